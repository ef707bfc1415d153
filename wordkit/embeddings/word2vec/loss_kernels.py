# mypy: ignore-errors
# (numba's types are not Python's)
"""Negative-sampling loss of the scores of a step, and its gradient."""

from __future__ import annotations

import numpy as np

from wordkit.backend.compiling import njit
from wordkit.backend.simd_kernels import (
    LANES,
    Pointer,
    absolute,
    add_up,
    fill,
    load,
    maximum,
    minimum,
    pointer,
    store,
    where_positive,
)
from wordkit.backend.simd_math_kernels import exp, polynomial, value_of

_LANES = np.arange(LANES, dtype=np.float32)
_LOG1P = polynomial(lambda z: np.log1p(z) / z, 8, 0, 1)
"""log(1 + z) / z for z from 0 to 1."""


@njit(cache=True, nogil=True)
def gradients(scores: Pointer, rows: int, width: int, step: tuple, losses: Pointer) -> None:
    """Turn scores into rate * weight * (label - sigmoid(score)), and add up the loss.

    A column that is a centre word counts for the contexts within its reach, the others for
    each context as often as centre words do.
    """
    sizes, _, _, labels, reaches, rates = step
    centres, first = sizes[2], sizes[3]
    zero, one, lane = fill(np.float32(0)), fill(np.float32(1)), load(pointer(_LANES), 0)
    rate, total, pairs = fill(rates[0]), zero, np.float32(rows)
    if centres:
        pairs = np.float32(0)
    for i in range(rows):
        near = together = one
        if centres:
            distance = absolute(fill(np.float32(first + i)) - lane)
            near = maximum(load(reaches, 0) - distance, zero)
            near = minimum(near, minimum(distance, one))
            number = add_up(near)
            together = fill(number)
            near = where_positive(lane - fill(np.float32(centres)), together, near)
            pairs += number
        for k in range(0, width, LANES):
            weight = near * load(labels, k)
            near = together
            missing, loss = _sigmoid(load(scores, i * width + k), weight)
            store(scores, i * width + k, missing * weight * rate)
            total += loss * absolute(weight)
    for k in range(rows * width, (rows + -rows % 3) * width, LANES):
        store(scores, k, zero)
    losses[0] += add_up(total)
    losses[1] += pairs


@njit(cache=True, nogil=True)
def _sigmoid(score, weight):
    """1 - sigmoid(t) and -log sigmoid(t), where t is the score, turned if it should be low."""
    zero, one = fill(np.float32(0)), fill(np.float32(1))
    t = where_positive(weight, score, zero - score)
    e = exp(zero - absolute(t))
    return where_positive(t, e, one) / (one + e), value_of(_LOG1P, e) * e - minimum(t, zero)
