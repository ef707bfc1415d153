"""Checks of values that may come from a file."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import fields
from typing import Any

from wordkit.errors import ModelError


def check_types(settings: Any) -> None:
    """``ModelError`` where a field of a dataclass is not of the type it is declared to be."""
    for field in fields(settings):
        value, kind = getattr(settings, field.name), field.type
        allowed: tuple[type, ...] = {"str": (str,), "int": (int,), "bool": (bool,)}.get(
            str(kind).removesuffix(" | None"), (int, float)
        )
        if value is None and str(kind).endswith("None"):
            continue
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise ModelError(f"{field.name} must be of the type {kind}, not {value!r}")


def check_least(settings: Any, least: int, *names: str) -> None:
    """``ModelError`` where a field is smaller, and not None."""
    for name in names:
        value = getattr(settings, name)
        if value is not None and value < least:
            raise ModelError(f"{name} must be at least {least}, not {value}")


def count_of(state: MutableMapping[str, Any], name: str) -> int:
    """Take a whole number from 0 out of a state; ``ModelError`` if it is something else."""
    value = state.pop(name)
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ModelError(f"{name} must be a whole number from 0, not {value!s:.40}")
    return value
