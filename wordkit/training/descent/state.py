"""Values in the state of optimizers and schedules, which may come from a damaged file."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from wordkit.checks import Interval, Parameter

COUNT = Interval(0, below=1 << 53)
"""Counts that float64 and JSON keep exactly; what is larger comes from no training."""


def count_of(state: MutableMapping[str, Any], name: str) -> int:
    """Take a count out of a state.

    Raises
    ------
    ModelError
        It is not a whole number within ``COUNT``.
    KeyError
        It is missing.
    """
    value: int = state.pop(name)
    Parameter(COUNT, kind="int").check(name, value)
    return value
