# mypy: ignore-errors
# (numba's types are not Python's)
"""Softmax cross-entropy of rows of scores, each read while it is in the cache."""

from __future__ import annotations

import numpy as np
from numba import njit

from wordkit.backend.simd_kernels import (
    LANES,
    add_up,
    at,
    fill,
    hold,
    load,
    maximum,
    multiply_add,
    pointer,
    store,
)
from wordkit.backend.simd_math_kernels import exp, load_some, store_some


@njit(cache=True, nogil=True)
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
    for row in range(rows):
        target, start = targets[row], row * size
        if target < 0:
            flat[start : start + size] = 0
            continue
        if len(bias):
            _add(a, start, size, b, c)
        highest, total = _highest_and_sum(a, start, size, c)
        score = picked = np.float64(a[start + target])
        if smoothing > 0:  # 0 times a score of -inf would be no number
            picked += smoothing * (total / size - score)
        total = _exponentials(a, start, size, highest, c)
        losses += np.float64(highest) + np.log(total) - picked
        unsmoothed += np.float64(highest) + np.log(total) - score
        if wants_gradient:
            _scale(a, start, size, share / total, share * smoothing / size, c)
            a[start + target] -= np.float32(share * (1 - smoothing))
            if len(d_bias):
                _add(d, 0, size, at(a, start), c)
    hold(flat)
    hold(bias)
    hold(spare)
    hold(d_bias)
    return losses * share, unsmoothed * share


@njit(cache=True, nogil=True)
def _add(a, start, size, bias, spare):
    """a += bias."""
    for k in range(0, size, LANES):
        score = load_some(a, start + k, size - k, spare)
        score += load_some(bias, k, size - k, spare)
        store_some(a, start + k, size - k, spare, score)


@njit(cache=True, nogil=True)
def _highest_and_sum(a, start, size, spare):
    """The highest score, and the sum of all."""
    whole, highest, total = size - size % LANES, a[start], 0.0
    if whole:
        highest_each, sums = load(a, start), fill(np.float32(0))
        for k in range(0, whole, LANES):
            score = load(a, start + k)
            highest_each = maximum(highest_each, score)
            sums += score
        total += add_up(sums)
        store(spare, 0, highest_each)
        for k in range(LANES):
            highest = max(highest, spare[k])
    for k in range(whole, size):
        highest = max(highest, a[start + k])
        total += a[start + k]
    return highest, total


@njit(cache=True, nogil=True)
def _exponentials(a, start, size, highest, spare):
    """a = exp(a - highest), and the sum of it."""
    whole, shift, sums = size - size % LANES, fill(highest), fill(np.float32(0))
    for k in range(0, whole, LANES):
        e = exp(load(a, start + k) - shift)
        store(a, start + k, e)
        sums += e
    total = np.float64(add_up(sums))
    if whole < size:
        e = exp(load_some(a, start + whole, size - whole, spare) - shift)
        store_some(a, start + whole, size - whole, spare, e)
        for k in range(whole, size):
            total += a[start + k]
    return total


@njit(cache=True, nogil=True)
def _scale(a, start, size, factor, shift, spare):
    """a = factor a - shift."""
    factors, shifts = fill(np.float32(factor)), fill(np.float32(-shift))
    for k in range(0, size, LANES):
        value = multiply_add(load_some(a, start + k, size - k, spare), factors, shifts)
        store_some(a, start + k, size - k, spare, value)
