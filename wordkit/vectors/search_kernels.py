"""Many queries at once: cosines stay in registers, and only the nearest rows are stored."""

from __future__ import annotations

import numpy as np

from wordkit.backend.compiling import njit

LANES = 16
"""Dimensions are padded to a multiple of the widest vector register (16 float32)."""
ROWS = 256
"""Rows of the matrix that stay in the cache while all queries are compared with them."""


@njit
def nearest_rows(
    matrix: np.ndarray,
    norms: np.ndarray,
    queries: np.ndarray,
    first: int,
    last: int,
    rows: np.ndarray,
    scores: np.ndarray,
) -> None:
    """Find the nearest of the rows [first, last) of a matrix (N, D) to each query.

    ``queries`` (Q, D padded) are unit vectors, Q a multiple of 4. ``rows`` and
    ``scores`` (Q, k) must hold -1 and minus infinity; they are filled nearest first.
    """
    block = np.zeros((ROWS, queries.shape[1]), np.float32)
    cosines = np.empty((4, ROWS), np.float32)
    k = rows.shape[1]
    for start in range(first, last, ROWS):
        size = min(ROWS, last - start)
        _unit_rows(matrix[start : start + size], norms[start : start + size], block)
        for query in range(0, len(queries), 4):
            _products(queries[query : query + 4], block, size, cosines)
            for q in range(4):
                if _above(cosines[q, :size], scores[query + q, k - 1]):
                    _insert(cosines[q, :size], start, rows[query + q], scores[query + q])


@njit
def _unit_rows(matrix: np.ndarray, norms: np.ndarray, block: np.ndarray) -> None:
    for row in range(len(matrix)):
        scale = 1 / norms[row]
        for d in range(matrix.shape[1]):
            block[row, d] = matrix[row, d] * scale


@njit(fastmath={"contract", "reassoc"})
def _products(four: np.ndarray, block: np.ndarray, size: int, out: np.ndarray) -> None:
    """Multiply four queries by the rows of a block, four at a time: 16 sums in registers."""
    q0, q1, q2, q3 = four[0], four[1], four[2], four[3]
    zero = np.float32(0)
    for row in range(0, size, 4):
        r0, r1, r2, r3 = block[row], block[row + 1], block[row + 2], block[row + 3]
        s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = zero
        s20 = s21 = s22 = s23 = s30 = s31 = s32 = s33 = zero
        for d in range(block.shape[1]):
            x0, x1, x2, x3 = q0[d], q1[d], q2[d], q3[d]
            y = r0[d]
            s00, s10, s20, s30 = s00 + x0 * y, s10 + x1 * y, s20 + x2 * y, s30 + x3 * y
            y = r1[d]
            s01, s11, s21, s31 = s01 + x0 * y, s11 + x1 * y, s21 + x2 * y, s31 + x3 * y
            y = r2[d]
            s02, s12, s22, s32 = s02 + x0 * y, s12 + x1 * y, s22 + x2 * y, s32 + x3 * y
            y = r3[d]
            s03, s13, s23, s33 = s03 + x0 * y, s13 + x1 * y, s23 + x2 * y, s33 + x3 * y
        out[0, row], out[0, row + 1], out[0, row + 2], out[0, row + 3] = s00, s01, s02, s03
        out[1, row], out[1, row + 1], out[1, row + 2], out[1, row + 3] = s10, s11, s12, s13
        out[2, row], out[2, row + 1], out[2, row + 2], out[2, row + 3] = s20, s21, s22, s23
        out[3, row], out[3, row + 1], out[3, row + 2], out[3, row + 3] = s30, s31, s32, s33


@njit
def _above(values: np.ndarray, bound: float) -> np.int32:
    """Count the cosines above a bound; a count vectorizes where a search would not."""
    n = np.int32(0)
    for value in values:
        n += np.int32(value > bound)
    return n


@njit
def _insert(cosines: np.ndarray, start: int, rows: np.ndarray, scores: np.ndarray) -> None:
    """Insert cosines that exceed the last of the sorted scores, and their rows."""
    for i in range(len(cosines)):
        place = len(scores) - 1
        if cosines[i] > scores[place]:
            while place > 0 and cosines[i] > scores[place - 1]:
                scores[place], rows[place] = scores[place - 1], rows[place - 1]
                place -= 1
            scores[place], rows[place] = cosines[i], start + i
