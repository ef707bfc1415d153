# mypy: ignore-errors
# (numba's types are not Python's)
"""Softmax cross-entropy of rows of scores, each read while it is in the cache."""

from __future__ import annotations

import numpy as np

from wordkit.backend.compiling import njit
from wordkit.backend.simd_kernels import (
    LANES,
    add_up,
    at,
    at_least,
    fill,
    hold,
    load,
    multiply_add,
    pointer,
    store,
)
from wordkit.backend.simd_math_kernels import exp, load_some, store_some


@njit
def softmax_losses(
    scores: np.ndarray,
    bias: np.ndarray,
    targets: np.ndarray,
    smoothing: float,
    share: float,
    wants_gradient: bool,
    d_bias: np.ndarray,
) -> tuple[float, float]:
    """The sum of the losses of rows, times share, in float64, with and without smoothing.

    Over the scores it writes the gradient.

    Parameters
    ----------
    scores
        (N, V) float32, contiguous; overwritten.
    bias
        (V,) float32, which is added to each row of scores; or (0,).
    targets
        (N,) integers; below zero the loss and the gradient are zero.
    smoothing
        The share of each target that all V scores get alike.
    wants_gradient
        Without it the scores are left as anything.
    d_bias
        (V,) float32, to which the gradient of each row is added; or (0,).
    """
    rows, size = scores.shape
    flat, spare = scores.ravel(), np.zeros(LANES, np.float32)
    a, b, c, d = pointer(flat), pointer(bias), pointer(spare), pointer(d_bias)
    losses = unsmoothed = 0.0
    for number in range(rows):
        row, target = at(a, number * size), targets[number]
        if target < 0:
            flat[number * size : (number + 1) * size] = 0
            continue
        highest = _highest(row, b, size, c, len(bias) > 0)
        score = picked = np.float64(row[target])
        if smoothing > 0:  # 0 times a score of -inf would be no number
            picked += smoothing * (_sum(row, size) / size - score)
        total = _exponentials(row, size, highest, c)
        losses += np.float64(highest) + np.log(total) - picked
        unsmoothed += np.float64(highest) + np.log(total) - score
        if wants_gradient:
            factor, shift = share / total, share * smoothing / size
            before = d[target] if len(d_bias) else np.float32(0)
            _scale(row, size, factor, shift, c, d, len(d_bias) > 0)
            row[target] -= np.float32(share * (1 - smoothing))
            if len(d_bias):
                d[target] = before + row[target]
    hold(flat)
    hold(bias)
    hold(spare)
    hold(d_bias)
    return losses * share, unsmoothed * share


# Whole registers and the rest of a row are separate: in one loop, asking which it is would
# take as long as the arithmetic.


@njit
def _highest(row, bias, size, spare, adds):
    """Of row += bias, if it ``adds``; else of the row."""
    whole, highest = size - size % LANES, -np.float32(np.inf)
    each = fill(highest)
    for k in range(0, whole, LANES):
        score = load(row, k)
        if adds:
            score += load(bias, k)
            store(row, k, score)
        each = at_least(each, score)
    store(spare, 0, each)
    for k in range(LANES):
        highest = max(highest, spare[k])
    for k in range(whole, size):
        if adds:
            row[k] += bias[k]
        highest = max(highest, row[k])
    return highest


@njit
def _sum(row, size):
    whole, sums = size - size % LANES, fill(np.float32(0))
    for k in range(0, whole, LANES):
        sums += load(row, k)
    total = np.float64(add_up(sums))
    for k in range(whole, size):
        total += row[k]
    return total


@njit
def _exponentials(row, size, highest, spare):
    """row = exp(row - highest), and the sum of it."""
    whole, shift, sums = size - size % LANES, fill(highest), fill(np.float32(0))
    for k in range(0, whole, LANES):
        e = exp(load(row, k) - shift)
        store(row, k, e)
        sums += e
    total = np.float64(add_up(sums))
    if whole < size:
        e = exp(load_some(row, whole, size - whole, spare) - shift)
        store_some(row, whole, size - whole, spare, e)
        for k in range(whole, size):
            total += row[k]
    return total


@njit
def _scale(row, size, factor, shift, spare, sums, adds):
    """row = factor row - shift; and ``sums`` += row, if it ``adds``."""
    factors, shifts = fill(np.float32(factor)), fill(np.float32(-shift))
    whole = size - size % LANES
    for k in range(0, whole, LANES):
        value = multiply_add(load(row, k), factors, shifts)
        store(row, k, value)
        if adds:
            store(sums, k, load(sums, k) + value)
    if whole < size:
        left = size - whole
        value = multiply_add(load_some(row, whole, left, spare), factors, shifts)
        store_some(row, whole, left, spare, value)
        if adds:
            value += load_some(sums, whole, left, spare)
            store_some(sums, whole, left, spare, value)
