"""Defaults and limits of parameters, in a form to compare with a table."""

from __future__ import annotations

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
