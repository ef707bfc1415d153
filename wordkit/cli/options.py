"""Options made from settings: name, type, default, limits and help stand with the settings.

Values that are not given are None: defaults are the settings' business, and perhaps a recipe's.
Values outside the limits are a usage error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import click

from wordkit.checks import Choice, Parameter, parameters_of

TYPES: dict[str, click.ParamType] = {"int": click.INT, "float": click.FLOAT, "str": click.STRING}


def options_of(owner: Any, *, without: Iterable[str] = ()) -> Callable[[Callable], Callable]:
    """A decorator that gives a command an option for each parameter of ``owner``.

    Parameters
    ----------
    owner
        A dataclass of settings; see ``wordkit.checks``.
    without
        Parameters that the command has in another form.
    """
    declared = {name: p for name, p in parameters_of(owner).items() if name not in set(without)}

    def add(command: Callable) -> Callable:
        click_params = [_option(name, p, _default(p)) for name, p in declared.items()]
        for option in reversed(click_params):
            command = _with(command, option)
        return command

    return add


def _with(command: Callable, option: click.Option) -> Callable:
    """As ``click.option`` does."""
    if not hasattr(command, "__click_params__"):
        command.__click_params__ = []  # type: ignore[attr-defined]
    command.__click_params__.append(option)  # type: ignore[attr-defined]
    return command


class MethodsCommand(click.Command):
    """A command with the options of several estimators, each of which is a method by name.

    The estimators are imported when the options are asked for: by the command and its own
    help, not by the help of others.
    """

    methods: Callable[[], Mapping[str, Any]]
    """Gives the estimators, by method."""
    without: tuple[str, ...] = ()
    """Parameters that the command has in another form."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own, and then the estimators'."""
        own = super().get_params(ctx)
        return [*own[:-1], *options_of_methods(type(self).methods(), self.without), own[-1]]


def options_of_methods(
    methods: Mapping[str, Any], without: Iterable[str] = ()
) -> list[click.Option]:
    """An option for each parameter of any method; its help says whose it is."""
    declared = {method: parameters_of(owner) for method, owner in methods.items()}
    names = dict.fromkeys(name for own in declared.values() for name in own)
    return [_shared_option(name, declared) for name in names if name not in set(without)]


def _shared_option(name: str, declared: Mapping[str, Mapping[str, Parameter]]) -> click.Option:
    own = {
        method: parameters[name] for method, parameters in declared.items() if name in parameters
    }
    by_default: dict[str, list[str]] = {}
    for method, parameter in own.items():
        by_default.setdefault(_default(parameter), []).append(method)
    usual, *others = by_default
    defaults = "; ".join([usual, *(f"{', '.join(by_default[each])}: {each}" for each in others)])
    parameter = next(iter(own.values()))
    if len(own) < len(declared):
        help = f"{parameter.help.removesuffix('.')} ({', '.join(own)})."
        parameter = replace(parameter, help=help)
    return _option(name, parameter, defaults)


def _option(name: str, parameter: Parameter, default: str) -> click.Option:
    text, flag = f"{parameter.help}  [default: {default}]", name.replace("_", "-")
    if parameter.kind == "bool":
        return click.Option([f"--{flag}/--no-{flag}", name], default=None, help=text)
    return click.Option([f"--{flag}", name], type=Limited(name, parameter), help=text)


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
            message = f"must be {limits.describe(noun)}, not {value}{self.parameter.ending}"
            self.fail(message, param, ctx)
        return value

    def get_metavar(self, param: click.Parameter, *_: Any, **__: Any) -> str | None:
        """As ``click.Choice`` has it, where there is a choice."""
        if isinstance(self.parameter.limits, Choice):
            return f"[{self.name}]"
        return None
