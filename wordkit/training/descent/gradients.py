"""Gradients for optimizers and clipping: one per array, unique rows, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module, scatter_add
from wordkit.backend.threads import at_once, available_workers, shares
from wordkit.layers.base import RowGradient

# The blocks of all arrays of an update fit into a core's cache together, so that weights are
# read from memory once, however many operations an update has. On a GPU each block costs a
# kernel launch, and a block need only be small compared to the weights.
_BLOCK = {"host": 1 << 14, "device": 1 << 22}  # numbers
WORTH_THREADS = 2**17
"""Elements from which threads pay: about 100 microseconds of reading and writing."""


class UniqueRows(RowGradient):
    """A ``RowGradient`` whose rows are unique and ascending."""


def unique_rows(gradient: RowGradient) -> UniqueRows:
    """Sum the values of repeated rows; returns the gradient itself if its rows are unique."""
    if isinstance(gradient, UniqueRows):
        return gradient
    xp = array_module(gradient.values)
    rows, places = xp.unique(gradient.rows, return_inverse=True)
    values = xp.zeros((len(rows), *gradient.shape[1:]), gradient.values.dtype)
    scatter_add(values, places.reshape(-1), gradient.values)
    return UniqueRows(rows, values, gradient.shape)


def combined(params: dict[str, Array], grads: dict[str, Any]) -> dict[str, Any]:
    """Return one gradient for each distinct array, under the first of its names.

    The gradients of an array with several names are added into the first dense one, in
    place. Rows are made unique. Names without a gradient (None) are left out.

    Parameters
    ----------
    grads
        By names of ``params``; in ``combined(params, grads)`` nothing is left to combine.
    """
    first = _first_names(params)
    found: dict[str, list[Any]] = {}
    for name, gradient in grads.items():
        if gradient is not None:
            found.setdefault(first[id(params[name])], []).append(gradient)
    return {name: _sum(gradients) for name, gradients in found.items()}


def _first_names(params: dict[str, Array]) -> dict[int, str]:
    names: dict[int, str] = {}
    for name, param in params.items():
        names.setdefault(id(param), name)
    return names


def _sum(gradients: list[Any]) -> Any:
    rows = [g for g in gradients if isinstance(g, RowGradient)]
    dense = [g for g in gradients if not isinstance(g, RowGradient)]
    if not dense:
        if len(rows) == 1:
            return unique_rows(rows[0])
        xp = array_module(rows[0].values)
        numbers = xp.concatenate([g.rows for g in rows])
        values = xp.concatenate([g.values for g in rows])
        return unique_rows(RowGradient(numbers, values, rows[0].shape))
    total = dense[0]
    for gradient in dense[1:]:
        total += gradient
    for gradient in rows:
        scatter_add(total, gradient.rows, gradient.values)
    return total


def in_parts(work: Callable[[slice], Any], size: int) -> list[Any]:
    """Call ``work(part)`` for parts of a range, on all cores if it is long."""
    return at_once(work, shares(size, available_workers() if size >= WORTH_THREADS else 1))


def blocks(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Yield views of the same rows of arrays of one shape, block by block."""
    size = _BLOCK["host" if array_module(arrays[0]) is np else "device"]
    length = len(arrays[0])
    height = max(1, size * length // max(1, arrays[0].size))  # rows
    for start in range(0, length, height):
        yield tuple(array[start : start + height] for array in arrays)
