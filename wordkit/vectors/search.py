"""Nearest rows by cosine, over dense and over sparse vectors.

N words, D dimensions, Q queries. Queries are unit vectors.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

BLOCK = 1 << 24
"""Scores, 64 MB, up to which all are kept in memory; above that, a compiled kernel pays."""
FEW = 128
"""Answers per query up to which the kernel is fast: it inserts each into a sorted list."""


def is_sparse(matrix: Any) -> bool:
    """Whether this is a SciPy sparse matrix; SciPy is not imported to find out."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and bool(sparse.issparse(matrix))


def dense_rows(matrix: Any, rows: Any) -> np.ndarray:
    """Return rows as a dense array; ``rows`` may be a number or a list."""
    if is_sparse(matrix):
        found = matrix[np.atleast_1d(rows)].toarray()
        return found if np.ndim(rows) else found[0]
    return matrix[rows]


def row_norms(matrix: Any) -> np.ndarray:
    """Return the Euclidean length of each row, (N,) float32."""
    if is_sparse(matrix):
        squares = matrix.multiply(matrix).sum(axis=1)
        return np.sqrt(np.asarray(squares, np.float64)).ravel().astype(np.float32)
    with np.errstate(over="ignore"):
        norms = np.sqrt(np.einsum("nd,nd->n", matrix, matrix))
    extreme = np.flatnonzero(~(norms > 1e-15) | ~np.isfinite(norms))
    norms[extreme] = np.linalg.norm(matrix[extreme].astype(np.float64), axis=1)
    return norms


def cosines(matrix: Any, norms: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Return the cosine of each query with each row, (Q, N); ``norms`` of zero rows must be 1."""
    if is_sparse(matrix):
        return np.ascontiguousarray((matrix @ queries.T).T) / norms
    return (queries @ matrix.T) / norms


def largest(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the indices of the k largest of (N,) scores, largest first, ties in order."""
    if k >= len(scores):
        return np.argsort(-scores, kind="stable")
    kth = np.partition(scores, len(scores) - k)[len(scores) - k]
    above = np.flatnonzero(scores > kth)
    equal = np.flatnonzero(scores == kth)[: k - len(above)]
    return np.concatenate([above[np.argsort(-scores[above], kind="stable")], equal])


def nearest(
    matrix: Any, norms: np.ndarray, queries: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (Q, k) and cosines (Q, k) of the k rows nearest to each query."""
    if len(queries) * len(norms) > BLOCK and k <= FEW and not is_sparse(matrix):
        return _nearest_of_many(matrix, norms, queries, k)
    rows = np.empty((len(queries), k), np.int64)
    scores = np.empty((len(queries), k), np.float32)
    step = max(1, BLOCK // len(norms))
    for start in range(0, len(queries), step):
        block = cosines(matrix, norms, queries[start : start + step])
        for query, found in enumerate(block, start):
            rows[query] = largest(found, k)
            scores[query] = found[rows[query]]
    return rows, scores


def _nearest_of_many(
    matrix: np.ndarray, norms: np.ndarray, queries: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """``nearest`` by a kernel in threads, which stores no cosines but the best."""
    from wordkit.backend.threads import available_workers, in_threads
    from wordkit.vectors.search_kernels import LANES, ROWS, nearest_rows

    size = len(queries)
    queries = np.pad(queries, [(0, -size % 4), (0, -queries.shape[1] % LANES)])
    workers = available_workers()
    step = max(ROWS, -(-len(norms) // (2 * workers)))
    calls = [
        (
            matrix, norms, queries, first, min(first + step, len(norms)),
            np.full((len(queries), k), -1, np.int64),
            np.full((len(queries), k), -np.inf, np.float32),
        )
        for first in range(0, len(norms), step)
    ]  # fmt: skip
    in_threads(nearest_rows, calls, workers)
    rows = np.concatenate([call[-2] for call in calls], axis=1)[:size]
    scores = np.concatenate([call[-1] for call in calls], axis=1)[:size]
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(rows, best, 1), np.take_along_axis(scores, best, 1)
