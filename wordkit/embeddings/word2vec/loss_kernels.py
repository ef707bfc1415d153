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
from wordkit.backend.simd_math_kernels import exp, exp_two, polynomial, value_of, values_of
from wordkit.embeddings.word2vec.structures import Steps

_LANES = np.arange(LANES, dtype=np.float32)
_LOG1P = polynomial(lambda z: np.log1p(z) / z, 8, 0, 1)
"""log(1 + z) / z for z from 0 to 1."""


@njit
def gradients(scores: Pointer, rows: int, step: Steps, weights: Pointer, losses: Pointer) -> None:
    """Turn scores into rate * weight * (label - sigmoid(score)), and add up the loss.

    ``weights`` is room for as many numbers, and ``LANES`` more.
    """
    rate, total, size = fill(step.rate[0]), fill(np.float32(0)), rows * step.columns_apart
    if rows > 1:
        losses[1] += _weigh(rows, step, weights)
        store(weights, size, fill(np.float32(0)))
        for k in range(0, size, 2 * LANES):
            total = _pull_two(scores, k, load(weights, k), load(weights, k + LANES), rate, total)
    else:
        losses[1] += 1
        for k in range(0, step.sizes[1] + 2, LANES):
            total = _pull(scores, k, load(step.labels, k), rate, total)
    for k in range(size, (rows + -rows % 3) * step.columns_apart, LANES):
        store(scores, k, fill(np.float32(0)))
    losses[0] += add_up(total)


@njit(inline="always")
def _weigh(rows: int, step: Steps, weights: Pointer) -> float:
    """Write the weight of each score, below zero for negatives; returns the number of pairs.

    A column that is a centre word counts for the contexts within its reach, the others for
    each context as often as centre words do.
    """
    width, centres, first = step.columns_apart, step.sizes[2], step.sizes[3]
    zero, one, lane = fill(np.float32(0)), fill(np.float32(1)), load(pointer(_LANES), 0)
    near = together = one
    pairs = np.float32(0 if centres else rows)
    for i in range(rows):
        if centres:
            distance = absolute(fill(np.float32(first + i)) - lane)
            near = maximum(load(step.reaches, 0) - distance, zero)
            near = minimum(near, minimum(distance, one))
            number = add_up(near)
            together = fill(number)
            near = where_positive(lane - fill(np.float32(centres)), together, near)
            pairs += number
        for k in range(0, width, LANES):
            store(weights, i * width + k, near * load(step.labels, k))
            near = together
    return pairs


@njit(inline="always")
def _pull(scores: Pointer, k: int, weight, rate, total):
    """Turn a register of scores into its gradient; returns ``total`` with the loss.

    t is the score, turned if it should be low: the loss is -log sigmoid(t).
    """
    zero, one = fill(np.float32(0)), fill(np.float32(1))
    score = load(scores, k)
    t = where_positive(weight, score, zero - score)
    e = exp(zero - absolute(t))
    store(scores, k, where_positive(t, e, one) / (one + e) * weight * rate)
    return total + (value_of(_LOG1P, e) * e - minimum(t, zero)) * absolute(weight)


@njit(inline="always")
def _pull_two(scores: Pointer, k: int, weight, more, rate, total):
    """The same for two registers: while one waits for a result, the other goes on."""
    zero, one = fill(np.float32(0)), fill(np.float32(1))
    s, t = load(scores, k), load(scores, k + LANES)
    s, t = where_positive(weight, s, zero - s), where_positive(more, t, zero - t)
    e, f = exp_two(zero - absolute(s), zero - absolute(t))
    store(scores, k, where_positive(s, e, one) / (one + e) * weight * rate)
    store(scores, k + LANES, where_positive(t, f, one) / (one + f) * more * rate)
    p, q = values_of(_LOG1P, e, f)
    total += (p * e - minimum(s, zero)) * absolute(weight)
    total += (q * f - minimum(t, zero)) * absolute(more)
    return total
