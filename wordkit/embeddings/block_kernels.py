# mypy: ignore-errors
# (numba's types are not Python's: a loop over int64, a float32 that is no float)
"""Small dense blocks that stay in the first cache: gather, multiply, score, update.

Rows are named by their numbers, not cut out as slices: a slice counts its references,
and a count that all threads share is slower than the row.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LANES = 16
"""Dimensions are padded to a multiple of the widest vector register (16 float32)."""

_FAST = {"contract", "reassoc", "nsz", "arcp", "nnan", "ninf"}
_LARGEST = np.float32(30)
"""Scores are held within this: beyond, a float32 sigmoid is 0 or 1."""
_LOG2_E = np.float32(1.4426950408889634)
_LN2 = [np.float32(np.log(2) ** n / d) for n, d in enumerate((1, 1, 2, 6, 24, 120, 720))]
_C1, _C2, _C3, _C4, _C5, _C6 = _LN2[1:]
_A3, _A5, _A7 = np.float32(1 / 3), np.float32(1 / 5), np.float32(1 / 7)
_ROOT_HALF = np.array(0.5**0.5, np.float32).view(np.int32)[()]
"""The bits of sqrt(1/2)."""


@njit(cache=True, nogil=True)
def make_blocks(contexts: int, outputs: int, size: int) -> tuple:
    """Room for X, O, their scores and weights (flat too), and scratch of that size."""
    rows, columns = contexts + -contexts % 6, outputs + -outputs % 6
    scores, weights = np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.float32)
    right, powers = np.zeros(rows * columns, np.float32), np.zeros(rows * columns, np.int32)
    return (
        aligned_zeros(rows, size), aligned_zeros(columns, size), scores, scores.reshape(-1),
        weights, weights.reshape(-1), right, right.view(np.int32), powers,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def aligned_zeros(rows: int, columns: int) -> np.ndarray:
    """Zeros of which each row begins on a cache line, if columns are a multiple of 16."""
    room = np.zeros(rows * columns + LANES, np.float32)
    start = (-room.ctypes.data % 64) // 4
    return room[start : start + rows * columns].reshape(rows, columns)


@njit(cache=True, nogil=True)
def gather(matrix: np.ndarray, words: np.ndarray, n: int, block: np.ndarray, turned: int) -> None:
    """Copy n rows of a matrix to a block, the first ones turned round, and zeros behind."""
    for i in range(n):
        word = words[i]
        by = np.float32(-1) if i < turned else np.float32(1)
        for d in range(block.shape[1]):
            block[i, d] = by * matrix[word, d]
    for i in range(n, n + -n % 6):
        for d in range(block.shape[1]):
            block[i, d] = 0


@njit(cache=True, nogil=True, fastmath=_FAST)
def steps(
    scores: np.ndarray,
    weights: np.ndarray,
    right: np.ndarray,
    bits: np.ndarray,
    powers: np.ndarray,
    n: int,
    rate: float,
) -> float:
    """Turn n scores into steps (right - 1) * rate * weight; returns the loss.

    Centre words come in turned round (times -1), so every score should be low, and
    right = 1 / (1 + exp(score)) is the probability that it is. The exponential is a power
    of two times a Taylor series, the logarithm an exponent plus a series of atanh: all in
    vectors. ``bits`` are those of ``right``.
    """
    for k in range(n):
        y = min(max(scores[k], -_LARGEST), _LARGEST) * _LOG2_E
        whole = np.floor(y + np.float32(0.5))
        f = y - whole
        series = _C3 + f * (_C4 + f * (_C5 + f * _C6))
        right[k] = np.float32(1) + f * (_C1 + f * (_C2 + f * series))
        powers[k] = np.int32(whole)
    for k in range(n):
        bits[k] += powers[k] << np.int32(23)
    for k in range(n):
        right[k] = np.float32(1) / (np.float32(1) + right[k])
        scores[k] = (right[k] - np.float32(1)) * rate * weights[k]
    for k in range(n):
        powers[k] = (bits[k] - _ROOT_HALF) >> np.int32(23)
        bits[k] -= powers[k] << np.int32(23)  # leaves a mantissa from sqrt(1/2) to sqrt(2)
    loss = 0.0
    for k in range(n):
        z = (right[k] - np.float32(1)) / (right[k] + np.float32(1))
        zz = z * z
        series = np.float32(1) + zz * (_A3 + zz * (_A5 + zz * _A7))
        loss -= weights[k] * (np.float32(powers[k]) * _C1 + np.float32(2) * z * series)
    return loss


@njit(cache=True, nogil=True, fastmath=_FAST)
def products(x: np.ndarray, o: np.ndarray, c: int, m: int, scores: np.ndarray) -> None:
    """X times O transposed, two rows by three: six sums in registers."""
    for i in range(0, c, 2):
        for j in range(0, m, 3):
            s00 = s01 = s02 = s10 = s11 = s12 = np.float32(0)
            for d in range(x.shape[1]):
                a, b = x[i, d], x[i + 1, d]
                p, q, r = o[j, d], o[j + 1, d], o[j + 2, d]
                s00, s01, s02 = s00 + a * p, s01 + a * q, s02 + a * r
                s10, s11, s12 = s10 + b * p, s11 + b * q, s12 + b * r
            scores[i, j], scores[i, j + 1], scores[i, j + 2] = s00, s01, s02
            scores[i + 1, j], scores[i + 1, j + 1], scores[i + 1, j + 2] = s10, s11, s12


@njit(cache=True, nogil=True, fastmath=_FAST)
def add_product(
    matrix: np.ndarray,
    words: np.ndarray,
    n: int,
    block: np.ndarray,
    m: int,
    by: np.ndarray,
    down: int,
    across: int,
) -> None:
    """Add a product of steps (n, m) and block (m, D) to n rows: three by two at a time.

    Step (j, i) is ``by[j * down + i * across]``.
    """
    j = 0
    while j + 3 <= n:
        w0, w1, w2 = words[j], words[j + 1], words[j + 2]
        for i in range(0, m, 2):
            k = j * down + i * across
            a0, a1, a2 = by[k], by[k + down], by[k + 2 * down]
            k += across
            b0, b1, b2 = by[k], by[k + down], by[k + 2 * down]
            for d in range(block.shape[1]):
                p, q = block[i, d], block[i + 1, d]
                matrix[w0, d] += a0 * p + b0 * q
                matrix[w1, d] += a1 * p + b1 * q
                matrix[w2, d] += a2 * p + b2 * q
        j += 3
    while j < n:
        for i in range(m):
            add_row(matrix, words[j], block, i, by[j * down + i * across])
        j += 1


@njit(cache=True, nogil=True, fastmath=_FAST)
def add_row(matrix: np.ndarray, word: int, block: np.ndarray, row: int, by: float) -> None:
    for d in range(block.shape[1]):
        matrix[word, d] += by * block[row, d]


@njit(cache=True, nogil=True)
def clear_row(block: np.ndarray, row: int) -> None:
    for d in range(block.shape[1]):
        block[row, d] = 0
