"""Kernels on sparse rows: pointwise mutual information, and products with a dense block."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wordkit.backend.compiling import njit


class Rows(NamedTuple):
    """A CSR matrix: row r has the entries from ``pointers[r]`` to ``pointers[r + 1]``."""

    pointers: np.ndarray
    columns: np.ndarray
    values: np.ndarray


class Expected(NamedTuple):
    """What PMI subtracts from the log of a count (V, C).

    ``log_rows`` (V,) and ``log_columns`` (C,) are float64, ``shift`` is log k. With
    ``positive``, only results above zero are kept.
    """

    log_rows: np.ndarray
    log_columns: np.ndarray
    shift: float
    positive: bool


@njit
def pmi_rows(
    counts: Rows,
    expected: Expected,
    first: int,
    last: int,
    lengths: np.ndarray,
    out_columns: np.ndarray,
    out_values: np.ndarray,
) -> int:
    """Compute the PMI of rows [first, last) of a matrix of counts.

    Each value becomes ``log(value) - log_rows[row] - log_columns[column] - shift``. The
    number of entries kept in each row goes to ``lengths``; returns their total.
    """
    pointers, columns, values = counts
    log_rows, log_columns, shift, positive = expected
    n = 0
    for row in range(first, last):
        before = n
        for k in range(pointers[row], pointers[row + 1]):
            if values[k] > 0:
                pmi = np.log(values[k]) - log_rows[row] - log_columns[columns[k]] - shift
                if pmi > 0 or not positive:
                    out_columns[n] = columns[k]
                    out_values[n] = pmi
                    n += 1
        lengths[row] = n - before
    return n


@njit(fastmath={"contract", "reassoc"})
def times_dense(
    pointers: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    dense: np.ndarray,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """Write rows [first, last) of (CSR matrix) @ (dense (V, K) block) into ``out``.

    Four entries are added at a time, so that sums are loaded and stored once for four.
    """
    width = dense.shape[1]
    for row in range(first, last):
        target = out[row]
        target[:] = 0
        k, end = pointers[row], pointers[row + 1]
        while k + 4 <= end:
            v0, v1, v2, v3 = values[k], values[k + 1], values[k + 2], values[k + 3]
            r0, r1 = dense[columns[k]], dense[columns[k + 1]]
            r2, r3 = dense[columns[k + 2]], dense[columns[k + 3]]
            for d in range(width):
                target[d] += v0 * r0[d] + v1 * r1[d] + v2 * r2[d] + v3 * r3[d]
            k += 4
        while k < end:
            value, source = values[k], dense[columns[k]]
            for d in range(width):
                target[d] += value * source[d]
            k += 1
