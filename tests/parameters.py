"""Defaults and limits of parameters, in a form to compare with a table."""

from __future__ import annotations

import inspect
from typing import Any

from wordkit.checks import KINDS, Interval, parameters_of


def defaults_and_limits(owner: Any) -> dict[str, str]:
    """Of each parameter the default and, of a number, which ones are allowed."""
    found = {}
    for name, parameter in parameters_of(owner).items():
        limits = parameter.limits
        interval = isinstance(limits, Interval)
        allowed = f", {limits.describe(KINDS[parameter.kind][1])}" if interval else ""
        found[name] = f"{parameter.default}{allowed}"
    return found


def defaults(function: Any) -> dict[str, Any]:
    """Of each parameter that need not be given, what it is then, unless that is None."""
    parameters = inspect.signature(function).parameters.values()
    given = {each.name: each.default for each in parameters if each.default is not each.empty}
    return {name: value for name, value in given.items() if value is not None}
