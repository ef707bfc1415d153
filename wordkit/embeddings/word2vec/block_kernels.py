# mypy: ignore-errors
# (numba's types are not Python's: a loop over int64, a float32 that is no float)
"""Products of a few rows that are in the first cache: score, and update.

    scores[i, j] = row i of the left . row j of the right        3 x 4 at a time in registers
    row i += by[i, j] * row j of others, j after j               3 x 3

Matrices are flat float32, row w beginning at w * size; of each row ``span`` numbers are
used, a multiple of ``LANES``. Lists of rows go on after the last one up to a multiple of
four: what is there is read, and does not count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wordkit.backend.compiling import njit
from wordkit.backend.simd_kernels import (
    ALIGNED,
    LANES,
    Pointer,
    add_up_four,
    fill,
    load,
    multiply_add,
    store,
)


class Rows(NamedTuple):
    """Some rows of a matrix: pointers to it and to their numbers, and how far rows are apart."""

    matrix: Pointer
    numbers: Pointer
    size: int


class Factors(NamedTuple):
    """Row i gets other row j times ``numbers[i * down + j * across]``."""

    numbers: Pointer
    down: int
    across: int


def aligned_zeros(size: int) -> np.ndarray:
    """Zeros that begin on a cache line."""
    room = np.zeros(size + ALIGNED, np.float32)
    start = (-room.ctypes.data % 64) // 4
    return room[start : start + size]


@njit(forceinline=True)
def copy_rows(rows: Rows, n: int, span: int, block: Pointer) -> None:
    """Put n rows one after the other in a block."""
    for i in range(n):
        row = rows.numbers[i] * rows.size
        for d in range(0, span, LANES):
            store(block, i * rows.size + d, load(rows.matrix, row + d))


@njit(forceinline=True)
def sum_rows(rows: Rows, n: int, by: Factors, span: int, total: Pointer) -> None:
    """Put the sum of n rows, each times its factor, in a row."""
    matrix, four = rows.matrix, span - span % (4 * LANES)
    for d in range(0, four, 4 * LANES):
        s0 = s1 = s2 = s3 = fill(np.float32(0))
        for i in range(n):
            factor, row = fill(by.numbers[i * by.down]), rows.numbers[i] * rows.size + d
            s0 = multiply_add(factor, load(matrix, row), s0)
            s1 = multiply_add(factor, load(matrix, row + LANES), s1)
            s2 = multiply_add(factor, load(matrix, row + 2 * LANES), s2)
            s3 = multiply_add(factor, load(matrix, row + 3 * LANES), s3)
        store(total, d, s0)
        store(total, d + LANES, s1)
        store(total, d + 2 * LANES, s2)
        store(total, d + 3 * LANES, s3)
    for d in range(four, span, LANES):
        s0 = fill(np.float32(0))
        for i in range(n):
            factor = fill(by.numbers[i * by.down])
            s0 = multiply_add(factor, load(matrix, rows.numbers[i] * rows.size + d), s0)
        store(total, d, s0)


@njit(forceinline=True)
def add_row(rows: Rows, picks: Pointer, n: int, by: Factors, span: int, x: Pointer) -> None:
    """Add a row x, times its factor, to each row that is picked."""
    m, i = rows.matrix, 0
    while i + 3 <= n:
        p, q, r = picks[i], picks[i + 1], picks[i + 2]
        a, b = rows.numbers[p] * rows.size, rows.numbers[q] * rows.size
        c = rows.numbers[r] * rows.size
        f, g = fill(by.numbers[p * by.down]), fill(by.numbers[q * by.down])
        h = fill(by.numbers[r * by.down])
        for d in range(0, span, LANES):
            v = load(x, d)
            store(m, a + d, multiply_add(f, v, load(m, a + d)))
            store(m, b + d, multiply_add(g, v, load(m, b + d)))
            store(m, c + d, multiply_add(h, v, load(m, c + d)))
        i += 3
    while i < n:
        p = picks[i]
        a, f = rows.numbers[p] * rows.size, fill(by.numbers[p * by.down])
        for d in range(0, span, LANES):
            store(m, a + d, multiply_add(f, load(x, d), load(m, a + d)))
        i += 1


@njit(forceinline=True)
def products(
    left: Rows, n: int, right: Rows, m: int, span: int, scores: Pointer, width: int
) -> None:
    """scores[i, j] = row i of the left times row j of the right, for n by m rows.

    The scores have ``width`` to a row.
    """
    i = 0
    while i + 3 <= n:
        for j in range(0, m, 4):
            _three_by_four(left, i, right, j, span, scores, i * width + j, width)
        i += 3
    while i < n:
        for j in range(0, m, 8):
            _one_by_eight(left, i, right, j, span, scores, i * width + j)
        i += 1


@njit(inline="always")
def _three_by_four(left, i, right, j, span, scores, k, width):
    a, b, size = left.matrix, right.matrix, left.size
    a0, a1, a2 = left.numbers[i] * size, left.numbers[i + 1] * size, left.numbers[i + 2] * size
    b0, b1 = right.numbers[j] * size, right.numbers[j + 1] * size
    b2, b3 = right.numbers[j + 2] * size, right.numbers[j + 3] * size
    s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = s20 = s21 = s22 = s23 = fill(np.float32(0))
    for d in range(0, span, LANES):
        p, q, r = load(a, a0 + d), load(a, a1 + d), load(a, a2 + d)
        s00, s10, s20 = _three(s00, p, s10, q, s20, r, load(b, b0 + d))
        s01, s11, s21 = _three(s01, p, s11, q, s21, r, load(b, b1 + d))
        s02, s12, s22 = _three(s02, p, s12, q, s22, r, load(b, b2 + d))
        s03, s13, s23 = _three(s03, p, s13, q, s23, r, load(b, b3 + d))
    add_up_four(scores, k, s00, s01, s02, s03)
    add_up_four(scores, k + width, s10, s11, s12, s13)
    add_up_four(scores, k + 2 * width, s20, s21, s22, s23)


@njit(inline="always")
def _one_by_eight(left, i, right, j, span, scores, k):
    a, b, numbers, size = left.matrix, right.matrix, right.numbers, left.size
    row = left.numbers[i] * size
    b0, b1 = numbers[j] * size, numbers[j + 1] * size
    b2, b3 = numbers[j + 2] * size, numbers[j + 3] * size
    b4, b5 = numbers[j + 4] * size, numbers[j + 5] * size
    b6, b7 = numbers[j + 6] * size, numbers[j + 7] * size
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = fill(np.float32(0))
    for d in range(0, span, LANES):
        x = load(a, row + d)
        s0, s1 = multiply_add(x, load(b, b0 + d), s0), multiply_add(x, load(b, b1 + d), s1)
        s2, s3 = multiply_add(x, load(b, b2 + d), s2), multiply_add(x, load(b, b3 + d), s3)
        s4, s5 = multiply_add(x, load(b, b4 + d), s4), multiply_add(x, load(b, b5 + d), s5)
        s6, s7 = multiply_add(x, load(b, b6 + d), s6), multiply_add(x, load(b, b7 + d), s7)
    add_up_four(scores, k, s0, s1, s2, s3)
    add_up_four(scores, k + 4, s4, s5, s6, s7)


@njit(forceinline=True)
def add_products(
    rows: Rows, picks: Pointer, n: int, others: Rows, m: int, by: Factors, span: int
) -> None:
    """Add to n picked rows m other rows, each times its factor.

    Three other rows are added at a time, in their order, to however many rows: which rows are
    picked changes no bit of the others. A row may be picked twice.
    """
    matrix, other, size, factor = rows.matrix, others.matrix, rows.size, by.numbers
    down, across = by.down, by.across
    for j in range(0, m, 3):
        b0 = others.numbers[j] * size
        b1 = others.numbers[j + 1] * size
        b2 = others.numbers[j + 2] * size
        i = 0
        while i + 3 <= n:
            i0, i1, i2 = picks[i], picks[i + 1], picks[i + 2]
            a0, a1 = rows.numbers[i0] * size, rows.numbers[i1] * size
            a2 = rows.numbers[i2] * size
            k = i0 * down + j * across
            s00, s01, s02 = fill(factor[k]), fill(factor[k + across]), fill(factor[k + 2 * across])
            k = i1 * down + j * across
            s10, s11, s12 = fill(factor[k]), fill(factor[k + across]), fill(factor[k + 2 * across])
            k = i2 * down + j * across
            s20, s21, s22 = fill(factor[k]), fill(factor[k + across]), fill(factor[k + 2 * across])
            for d in range(0, span, LANES):
                x, y, z = load(other, b0 + d), load(other, b1 + d), load(other, b2 + d)
                _add_three(matrix, a0 + d, s00, x, s01, y, s02, z)
                _add_three(matrix, a1 + d, s10, x, s11, y, s12, z)
                _add_three(matrix, a2 + d, s20, x, s21, y, s22, z)
            i += 3
        while i < n:
            a0 = rows.numbers[picks[i]] * size
            k = picks[i] * down + j * across
            s00, s01, s02 = fill(factor[k]), fill(factor[k + across]), fill(factor[k + 2 * across])
            for d in range(0, span, LANES):
                x, y, z = load(other, b0 + d), load(other, b1 + d), load(other, b2 + d)
                _add_three(matrix, a0 + d, s00, x, s01, y, s02, z)
            i += 1


@njit(inline="always")
def _three(a, p, b, q, c, r, x):
    return multiply_add(p, x, a), multiply_add(q, x, b), multiply_add(r, x, c)


@njit(inline="always")
def _add_three(matrix, place, a, x, b, y, c, z):
    total = multiply_add(a, x, load(matrix, place))
    store(matrix, place, multiply_add(c, z, multiply_add(b, y, total)))
