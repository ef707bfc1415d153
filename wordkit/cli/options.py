"""Options made from settings: name, type, default, limits and help stand with the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from wordkit.checks import Choice, Parameter, parameters_of

TYPES: dict[str, click.ParamType] = {"int": click.INT, "float": click.FLOAT, "str": click.STRING}


def options_of(owner: Any, *, without: Iterable[str] = ()) -> Callable[[Callable], Callable]:
    """A decorator that gives a command an option for each parameter of ``owner``.

    An option that is not given is None: defaults are the settings' business, and perhaps a
    recipe's. Values outside the limits are a usage error.

    Parameters
    ----------
    owner
        A dataclass of settings or an estimator; see ``wordkit.checks``.
    without
        Parameters that the command has in another form.
    """
    declared = {name: p for name, p in parameters_of(owner).items() if name not in set(without)}

    def add(command: Callable) -> Callable:
        for name, parameter in reversed(declared.items()):
            command = _option(name, parameter)(command)
        return command

    return add


def _option(name: str, parameter: Parameter) -> Callable[[Callable], Callable]:
    text = f"{parameter.help}  [default: {_default(parameter)}]"
    flag = name.replace("_", "-")
    if parameter.kind == "bool":
        return click.option(f"--{flag}/--no-{flag}", name, default=None, help=text)
    return click.option(f"--{flag}", name, type=Limited(name, parameter), help=text)


def _default(parameter: Parameter) -> str:
    if parameter.default is None:
        return parameter.none
    return str(parameter.default).lower() if parameter.kind == "bool" else str(parameter.default)


class Limited(click.ParamType):
    """A number or a name within the limits of a parameter."""

    def __init__(self, name: str, parameter: Parameter):
        self.parameter = parameter
        self._type = TYPES[parameter.kind]
        limits = parameter.limits
        self.name = "|".join(limits.names) if isinstance(limits, Choice) else self._type.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value, if the settings would take it."""
        value, limits = self._type.convert(value, param, ctx), self.parameter.limits
        if limits is not None and not limits.allow(value):
            noun = "a whole number" if self.parameter.kind == "int" else "a number"
            self.fail(f"must be {limits.describe(noun)}, not {value}", param, ctx)
        return value

    def get_metavar(self, param: click.Parameter, *_: Any, **__: Any) -> str | None:
        """As ``click.Choice`` has it, where there is a choice."""
        if isinstance(self.parameter.limits, Choice):
            return f"[{self.name}]"
        return None
