"""Sparse matrices made row by row, on all cores, larger than memory if need be."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
import scipy.sparse as sp

from wordkit.backend.threads import available_workers, in_threads

CHUNK = 1 << 20
"""Entries for which a thread is given room at once, unless one row has more."""


def make_rows(
    fill: Callable[..., int],
    bounds: np.ndarray,
    shape: tuple[int, int],
    *,
    workers: int | None = None,
    memory_mb: float = 1024,
) -> sp.csr_array:
    """Make a CSR matrix with a kernel that fills some rows at a time.

    Parameters
    ----------
    fill
        ``fill(first, last, lengths, columns, values)`` writes the entries of rows
        [first, last) and the number of entries of each row, and returns how many.
    bounds
        For each row, a number of entries that it will not exceed.
    memory_mb
        Above this size the matrix is kept in scratch files and memory-mapped.

    Returns
    -------
    float32 values, int32 columns; the same for any number of workers.
    """
    workers = workers or available_workers()
    lengths = np.zeros(shape[0], np.int64)
    spools = [tempfile.SpooledTemporaryFile(memory_mb * 2**20 / 2) for _ in range(2)]  # noqa: SIM115

    def chunk(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        room = int(bounds[first:last].sum())
        columns, values = np.empty(room, np.int32), np.empty(room, np.float32)
        n = fill(first, last, lengths, columns, values)
        return columns[:n], values[:n]

    chunks = list(row_chunks(bounds))
    for start in range(0, len(chunks), 4 * workers):  # what is made is written before more is
        for arrays in in_threads(chunk, chunks[start : start + 4 * workers], workers):
            for spool, piece in zip(spools, arrays, strict=True):
                spool.write(piece.data)
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    columns, values = (
        _mapped(spool, dtype) for spool, dtype in zip(spools, (np.int32, np.float32), strict=True)
    )
    return csr(pointers, columns, values, shape)


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


def _mapped(spool: IO[bytes], dtype: Any) -> np.ndarray:
    """The array in a spool; the file has no name and goes with the last reference to it."""
    size = spool.tell()
    spool.seek(0)
    if size <= spool._max_size:  # type: ignore[attr-defined]
        return np.frombuffer(spool.read(), dtype)
    return np.memmap(spool._file, dtype, "r").view(np.ndarray)  # type: ignore[attr-defined]


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
