"""Sparse matrices built row by row, on all cores, larger than memory if need be."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
import scipy.sparse as sp

from wordkit.backend.threads import checked_workers, in_threads

CHUNK = 1 << 20
"""Entries for which a thread gets room at a time (8 MB), unless a single row has more."""


class Pieces:
    """Concatenates arrays: in memory, or in a scratch file above a size."""

    def __init__(self, dtype: Any, memory_mb: float):
        self._dtype = dtype
        self._room = memory_mb * 2**20
        self._held: list[np.ndarray] = []
        self._file: IO[bytes] | None = None

    def append(self, piece: np.ndarray) -> None:
        """Append an array."""
        self._held.append(piece)
        self._room -= piece.nbytes
        if self._room < 0:
            self._file = self._file or tempfile.TemporaryFile()
            for held in self._held:
                self._file.write(held.data)
            self._held.clear()

    def array(self) -> np.ndarray:
        """Return the whole. A scratch file is memory-mapped, and is deleted with the array."""
        if self._file is None and len(self._held) == 1:
            return self._held[0]
        if self._file is None:
            return np.concatenate([np.empty(0, self._dtype), *self._held])
        self._file.flush()
        return np.memmap(self._file, self._dtype, "r").view(np.ndarray)


class RowWriter:
    """Builds a CSR matrix with float32 values, row by row.

    The result is the same for any number of workers.
    """

    def __init__(self, *, workers: int | None = None, memory_mb: float = 1024):
        self.workers = checked_workers(workers)
        self._columns = Pieces(np.int32, memory_mb / 2)
        self._values = Pieces(np.float32, memory_mb / 2)
        self._lengths: list[np.ndarray] = []

    def append(
        self,
        fill: Callable[..., int],
        bounds: np.ndarray,
        out: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        """Append rows with a kernel that computes some at a time.

        Parameters
        ----------
        fill
            ``fill(first, last, lengths, columns, values)`` writes the entries of rows
            [first, last) and the number of entries of each, and returns how many.
        bounds
            For each row, an upper bound on its number of entries.
        out
            Columns and values to overwrite, of length ``bounds.sum()``. They may be what
            ``fill`` reads: rows are written only after they have been read.
        """
        lengths = np.zeros(len(bounds), np.int64)
        if out is None:  # room that is not used is never touched, so it takes no memory
            room = int(bounds.sum())
            out = np.empty(room, np.int32), np.empty(room, np.float32)

        def chunk(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
            room = int(bounds[first:last].sum())
            columns, values = np.empty(room, np.int32), np.empty(room, np.float32)
            n = fill(first, last, lengths, columns, values)
            return columns[:n], values[:n]

        chunks = list(row_chunks(bounds))
        end = 0
        for start in range(0, len(chunks), 4 * self.workers):  # stored before more are computed
            some = chunks[start : start + 4 * self.workers]
            for made in in_threads(chunk, some, self.workers):
                begin, end = end, end + len(made[0])
                for array, piece in zip(out, made, strict=True):
                    array[begin:end] = piece
        self._columns.append(out[0][:end])
        self._values.append(out[1][:end])
        self._lengths.append(lengths)

    def matrix(self, columns: int) -> sp.csr_array:
        """Return all rows so far as a matrix with ``columns`` columns."""
        pointers = np.concatenate([[0], np.cumsum(np.concatenate(self._lengths))])
        indices, values = self._columns.array(), self._values.array()
        if pointers[-1] <= np.iinfo(np.int32).max:
            pointers = pointers.astype(np.int32)
        else:  # SciPy requires one index type for both
            indices = indices.astype(np.int64)
        return csr(pointers, indices, values, (len(pointers) - 1, columns))


def row_chunks(bounds: np.ndarray, limit: int = CHUNK) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows with at most ``limit`` entries, or of one larger row."""
    ends = np.cumsum(bounds)
    first, rows = 0, len(bounds)
    while first < rows:
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + limit, "right")))
        yield first, last
        first = last


def csr(pointers: np.ndarray, columns: np.ndarray, values: np.ndarray, shape: Any) -> sp.csr_array:
    """Make a CSR matrix of sorted arrays, without copying or converting them."""
    matrix = sp.csr_array(shape, dtype=values.dtype)
    matrix.indptr, matrix.indices, matrix.data = pointers, columns, values
    matrix.has_sorted_indices = matrix.has_canonical_format = True
    return matrix


class ThreadedCSR(sp.csr_array):
    """A CSR matrix whose product with a dense block runs on all cores.

    Only ``@`` and ``.T`` are overridden; scikit-learn's randomized SVD needs no more.
    """

    workers: int | None = None

    def __matmul__(self, dense: Any) -> Any:
        from wordkit.embeddings.counts.sparse_kernels import times_dense

        dense = np.ascontiguousarray(dense, np.float32)
        out = np.empty((self.shape[0], dense.shape[1]), np.float32)
        workers = checked_workers(self.workers)
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
        """The transpose, computed once, as the SVD multiplies by both in turn."""
        if not hasattr(self, "_transposed"):
            turned = sp.csr_array.transpose(self).tocsr()
            self._transposed = ThreadedCSR(turned)
            self._transposed._transposed = self
            self._transposed.workers = self.workers
        return self._transposed
