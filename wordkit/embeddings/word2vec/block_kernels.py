# mypy: ignore-errors
# (numba's types are not Python's: a loop over int64, a float32 that is no float)
"""Products of a few rows that are in the first cache: score, and update.

Matrices are flat float32, row w beginning at w * size; of each row ``span`` numbers are
used, a multiple of 16. Rows are named by a list of their numbers, in which two more stand
behind the last: so tiles of 3 x 3 rows need no other case, and fit into registers.
Matrices and lists come as pointers.
"""

from __future__ import annotations

import numpy as np

from wordkit.backend.compiling import njit
from wordkit.backend.simd_kernels import (
    ALIGNED,
    LANES,
    Pointer,
    add_up,
    fill,
    load,
    multiply_add,
    store,
)


def aligned_zeros(size: int) -> np.ndarray:
    """Zeros that begin on a cache line."""
    room = np.zeros(size + ALIGNED, np.float32)
    start = (-room.ctypes.data % 64) // 4
    return room[start : start + size]


@njit(cache=True, nogil=True)
def copy_rows(
    matrix: Pointer,
    rows: Pointer,
    n: int,
    size: int,
    span: int,
    block: Pointer,
) -> None:
    """Put n rows one after the other in a block."""
    for i in range(n):
        row = rows[i] * size
        for d in range(0, span, LANES):
            store(block, i * size + d, load(matrix, row + d))


@njit(cache=True, nogil=True)
def sum_rows(
    matrix: Pointer,
    rows: Pointer,
    n: int,
    size: int,
    span: int,
    by: Pointer,
    down: int,
    total: Pointer,
) -> None:
    """Put the sum of n rows, row i times ``by[i * down]``, in a row."""
    for d in range(0, span, LANES):
        part = fill(np.float32(0))
        for i in range(n):
            part = multiply_add(fill(by[i * down]), load(matrix, rows[i] * size + d), part)
        store(total, d, part)


@njit(cache=True, nogil=True)
def add_row(
    matrix: Pointer,
    rows: Pointer,
    picks: Pointer,
    n: int,
    size: int,
    span: int,
    by: Pointer,
    down: int,
    x: Pointer,
) -> None:
    """Add a row x, times ``by[i * down]``, to each row i that is picked."""
    for pick in range(n):
        i = picks[pick]
        row, factor = rows[i] * size, fill(by[i * down])
        for d in range(0, span, LANES):
            store(matrix, row + d, multiply_add(factor, load(x, d), load(matrix, row + d)))


@njit(cache=True, nogil=True)
def row_products(
    x: Pointer, matrix: Pointer, rows: Pointer, n: int, size: int, span: int, scores: Pointer
) -> None:
    """scores[i] = row x times row i of n, three at a time."""
    for i in range(0, n, 3):
        a, b, c = rows[i] * size, rows[i + 1] * size, rows[i + 2] * size
        s0 = s1 = s2 = fill(np.float32(0))
        for d in range(0, span, LANES):
            y = load(x, d)
            s0, s1, s2 = _three(
                s0, load(matrix, a + d), s1, load(matrix, b + d), s2, load(matrix, c + d), y
            )
        scores[i], scores[i + 1], scores[i + 2] = add_up(s0), add_up(s1), add_up(s2)


@njit(cache=True, nogil=True)
def products(
    left: Pointer,
    left_rows: Pointer,
    n: int,
    right: Pointer,
    right_rows: Pointer,
    m: int,
    size: int,
    span: int,
    scores: Pointer,
    columns: int,
) -> None:
    """scores[i, j] = row i of the left times row j of the right, for n by m rows.

    The scores have ``columns`` to a row.
    """
    for i in range(0, n, 3):
        a0 = left_rows[i] * size
        a1 = left_rows[i + 1] * size
        a2 = left_rows[i + 2] * size
        for j in range(0, m, 3):
            b0 = right_rows[j] * size
            b1 = right_rows[j + 1] * size
            b2 = right_rows[j + 2] * size
            s00 = s01 = s02 = s10 = s11 = s12 = s20 = s21 = s22 = fill(np.float32(0))
            for d in range(0, span, LANES):
                p, q, r = load(left, a0 + d), load(left, a1 + d), load(left, a2 + d)
                x, y, z = load(right, b0 + d), load(right, b1 + d), load(right, b2 + d)
                s00, s10, s20 = _three(s00, p, s10, q, s20, r, x)
                s01, s11, s21 = _three(s01, p, s11, q, s21, r, y)
                s02, s12, s22 = _three(s02, p, s12, q, s22, r, z)
            k = i * columns + j
            scores[k], scores[k + 1], scores[k + 2] = add_up(s00), add_up(s01), add_up(s02)
            k += columns
            scores[k], scores[k + 1], scores[k + 2] = add_up(s10), add_up(s11), add_up(s12)
            k += columns
            scores[k], scores[k + 1], scores[k + 2] = add_up(s20), add_up(s21), add_up(s22)


@njit(cache=True, nogil=True)
def add_products(
    matrix: Pointer,
    rows: Pointer,
    picks: Pointer,
    n: int,
    other: Pointer,
    other_rows: Pointer,
    m: int,
    size: int,
    span: int,
    by: Pointer,
    down: int,
    across: int,
) -> None:
    """Add to n picked rows m other rows, each times a number.

    Row i gets other row j times ``by[i * down + j * across]``. Three other rows are
    added at a time, in their order, to however many rows: which rows are picked changes no
    bit of the others.
    """
    for j in range(0, m, 3):
        b0 = other_rows[j] * size
        b1 = other_rows[j + 1] * size
        b2 = other_rows[j + 2] * size
        i = 0
        while i + 3 <= n:
            i0, i1, i2 = picks[i], picks[i + 1], picks[i + 2]
            a0, a1, a2 = rows[i0] * size, rows[i1] * size, rows[i2] * size
            k = i0 * down + j * across
            s00, s01, s02 = fill(by[k]), fill(by[k + across]), fill(by[k + 2 * across])
            k = i1 * down + j * across
            s10, s11, s12 = fill(by[k]), fill(by[k + across]), fill(by[k + 2 * across])
            k = i2 * down + j * across
            s20, s21, s22 = fill(by[k]), fill(by[k + across]), fill(by[k + 2 * across])
            for d in range(0, span, LANES):
                x, y, z = load(other, b0 + d), load(other, b1 + d), load(other, b2 + d)
                _add_three(matrix, a0 + d, s00, x, s01, y, s02, z)
                _add_three(matrix, a1 + d, s10, x, s11, y, s12, z)
                _add_three(matrix, a2 + d, s20, x, s21, y, s22, z)
            i += 3
        while i < n:
            a0 = rows[picks[i]] * size
            k = picks[i] * down + j * across
            s00, s01, s02 = fill(by[k]), fill(by[k + across]), fill(by[k + 2 * across])
            for d in range(0, span, LANES):
                x, y, z = load(other, b0 + d), load(other, b1 + d), load(other, b2 + d)
                _add_three(matrix, a0 + d, s00, x, s01, y, s02, z)
            i += 1


@njit(cache=True, nogil=True)
def _three(a, p, b, q, c, r, x):
    return multiply_add(p, x, a), multiply_add(q, x, b), multiply_add(r, x, c)


@njit(cache=True, nogil=True)
def _add_three(matrix, place, a, x, b, y, c, z):
    total = multiply_add(a, x, load(matrix, place))
    store(matrix, place, multiply_add(c, z, multiply_add(b, y, total)))
