"""Sparse matrices made row by row, on all cores, larger than memory if need be."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp

from wordkit.backend.threads import available_workers, in_threads

CHUNK = 1 << 20
"""Entries for which a thread is given room at once, unless one row has more."""


class RowWriter:
    """A CSR matrix in the making: in memory, above a size in scratch files.

    Values are float32. What comes out is the same for any number of workers.
    """

    def __init__(self, *, workers: int | None = None, memory_mb: float = 1024):
        self.workers = workers or available_workers()
        room = int(min(memory_mb * 2**19, sys.maxsize))
        self._spools = [tempfile.SpooledTemporaryFile(room) for _ in range(2)]
        self._lengths: list[np.ndarray] = []

    def append(self, fill: Callable[..., int], bounds: np.ndarray) -> None:
        """Append rows with a kernel that makes some at a time.

        Parameters
        ----------
        fill
            ``fill(first, last, lengths, columns, values)`` writes the entries of rows
            [first, last) and the number of entries of each, and returns how many.
        bounds
            For each row, a number of entries that it will not exceed.
        """
        lengths = np.zeros(len(bounds), np.int64)

        def chunk(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
            room = int(bounds[first:last].sum())
            columns, values = np.empty(room, np.int32), np.empty(room, np.float32)
            n = fill(first, last, lengths, columns, values)
            return columns[:n], values[:n]

        chunks = list(row_chunks(bounds))
        for start in range(0, len(chunks), 4 * self.workers):  # written before more is made
            some = chunks[start : start + 4 * self.workers]
            for pieces in in_threads(chunk, some, self.workers):
                for spool, piece in zip(self._spools, pieces, strict=True):
                    spool.write(piece.data)
        self._lengths.append(lengths)

    def matrix(self, columns: int) -> sp.csr_array:
        """All rows so far, as a matrix of so many columns; files are memory-mapped."""
        pointers = np.concatenate([[0], np.cumsum(np.concatenate(self._lengths))])
        indices, values = map(mapped, self._spools, (np.int32, np.float32))
        if pointers[-1] <= np.iinfo(np.int32).max:
            pointers = pointers.astype(np.int32)
        else:  # SciPy wants one type for both
            indices = indices.astype(np.int64)
        return csr(pointers, indices, values, (len(pointers) - 1, columns))


def mapped(spool: Any, dtype: Any) -> np.ndarray:
    """The array in a spooled file: in memory, or mapped if it has grown into a real file.

    That file has no name, and goes with the last reference to the array.
    """
    size = spool.tell()
    spool.seek(0)
    if size <= spool._max_size:
        return np.frombuffer(spool.read(), dtype)
    return np.memmap(spool._file, dtype, "r").view(np.ndarray)


def row_chunks(bounds: np.ndarray, limit: int = CHUNK) -> Iterator[tuple[int, int]]:
    """Runs of rows, of at most ``limit`` entries each where a row allows it."""
    ends = np.cumsum(bounds)
    first, rows = 0, len(bounds)
    while first < rows:
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + limit, "right")))
        yield first, last
        first = last


def csr(pointers: np.ndarray, columns: np.ndarray, values: np.ndarray, shape: Any) -> sp.csr_array:
    """A CSR matrix around sorted arrays as they are: no copy, no change of type."""
    matrix = sp.csr_array(shape, dtype=values.dtype)
    matrix.indptr, matrix.indices, matrix.data = pointers, columns, values
    matrix.has_sorted_indices = matrix.has_canonical_format = True
    return matrix


class ThreadedCSR(sp.csr_array):
    """A CSR matrix of which the product with a dense block runs on all cores.

    Only ``@`` and ``.T`` are its own; scikit-learn's randomized SVD needs no more.
    """

    workers: int | None = None

    def __matmul__(self, dense: Any) -> Any:
        from wordkit.embeddings.sparse_kernels import times_dense

        dense = np.ascontiguousarray(dense, np.float32)
        out = np.empty((self.shape[0], dense.shape[1]), np.float32)
        workers = self.workers or available_workers()
        chunks = row_chunks(np.diff(self.indptr), CHUNK // 4)
        calls = [
            (self.indptr, self.indices, self.data, dense, first, last, out)
            for first, last in chunks
        ]
        in_threads(times_dense, calls, workers)
        return out

    def __rmatmul__(self, dense: Any) -> Any:
        return (self.T @ dense.T).T

    @property
    def T(self) -> ThreadedCSR:  # noqa: N802 - NumPy's name
        if not hasattr(self, "_transposed"):
            turned = sp.csr_array.transpose(self).tocsr()
            self._transposed = ThreadedCSR(turned)
            self._transposed._transposed = self
            self._transposed.workers = self.workers
        return self._transposed
