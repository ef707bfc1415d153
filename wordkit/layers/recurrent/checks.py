"""What a recurrent layer refuses: shapes, types and calls that do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wordkit.backend.arrays import Array
from wordkit.errors import ModelError
from wordkit.layers.base import Layer


def check_one_type(layer: Layer) -> None:
    """``ModelError`` if the weights are of several types."""
    dtypes = {str(param.dtype) for param in layer.params.values()}
    if len(dtypes) > 1:
        raise ModelError(
            f"the weights of this {type(layer).__name__} must be of one type, found "
            f"{' and '.join(sorted(dtypes))}"
        )


def check_input(layer: Any, x: Array, state: Mapping[str, Array] | None, axes: str) -> None:
    """``ModelError`` if x is not of the shape that ``axes`` names, or the state does not fit."""
    weight_ih, name = layer.params["weight_ih"], type(layer).__name__
    if x.ndim != axes.count(",") + 1:
        raise ModelError(f"the input of this {name} must be {axes}, not of shape {x.shape}")
    if x.shape[-1] != len(weight_ih):
        raise ModelError(
            f"the input of this {name} must have {len(weight_ih)} features, not {x.shape[-1]}"
        )
    check_state(layer, state, len(x), "the state")


def check_state(layer: Any, state: Mapping[str, Array] | None, n: int, what: str) -> None:
    """``ModelError`` if a state is not one of N sequences."""
    expected = dict.fromkeys(layer.state_names, (n, len(layer.params["weight_hh"])))
    found = {name: array.shape for name, array in (state or {}).items()}
    if state is not None and found != expected:
        raise ModelError(f"{what} must have the arrays {expected}, not {found}")


def check_turn(called: str, in_turn: bool) -> None:
    """``ModelError`` if a method is called out of turn."""
    if not in_turn:
        raise ModelError(
            f"{called} is out of turn: step by step it is begin, advance for each step, "
            "begin_backward, retreat for each step, end_backward; else forward, backward"
        )


def check_rows(what: str, rows: Array, block: Array) -> None:
    """``ModelError`` if the rows are not those of a step: one row is not to become all."""
    if rows.shape != block.shape[1:]:
        raise ModelError(f"{what} must have the shape {block.shape[1:]}, not {rows.shape}")
