"""Matrix products on all cores.

float32 is multiplied by our own kernels: on one thread they are at least as fast as OpenBLAS; a
matrix that is used in many products is prepared once; and threads sleep when they are done. The
threads of a BLAS keep spinning for a while after each product, which on few cores slows down
whatever comes next. Everything else is left to the BLAS, on one thread: float64, few rows, and
processors without multiply-add.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from wordkit.backend.arrays import Array, aligned_empty, array_module
from wordkit.backend.blas import one_blas_thread
from wordkit.backend.instructions import blas_only, instruction_set
from wordkit.backend.product_kernels import ROWS, SCRATCH, WIDTH, fill_panels, multiply
from wordkit.backend.threads import PARTS, at_once, available_workers, shares

OWN_KERNELS = instruction_set() in ("avx512", "avx2", "neon") and not blas_only()
WORTH_THREADS = 2**23
"""Multiply-adds from which threads pay: about 70 microseconds of work for one thread."""
WORTH_A_PART = 2**22
"""Multiply-adds of a part, where threads take one part after the other."""
WORTH_COPYING = 32
"""Left rows, over all products, from which copying the right matrix into panels pays."""
WORTH_COPYING_TOGETHER = 2**19
"""Elements of the right matrix from which several threads copy it: 2 MB of float32."""
WORTH_ROWS = 2**21
"""Multiply-adds per product from which each thread gets its own rows for many products."""
IN_CACHE, IN_SHARED_CACHE = 2**19, 2**21
"""Elements of a matrix, 2 MB, that a core's cache holds well enough to reread for few rows; and
8 MB, that the cache of all cores does for ``READING`` rows per core."""
READING = 8
"""Rows: multiplying so many by a matrix takes as long as reading it."""
_own = threading.local()


def product(left: Array, right: Array, out: Array | None = None) -> Array:
    """Return left @ right, in ``out`` if given: (N, K) times (K, M) gives (N, M)."""
    if out is None:
        out = _result(left, right)
    Times(right, len(left))(left, out)
    return out


def product_of_each(left: Array, right: Array, out: Array | None = None) -> Array:
    """Return left[n] @ right[n] for each n, in ``out`` if given.

    (N, T, K) times (N, K, M) gives (N, T, M). The BLAS multiplies; threads share the n.
    """
    xp = array_module(left)
    if out is None:
        out = xp.empty((*left.shape[:2], right.shape[2]), left.dtype)
    worth = out.size * right.shape[1] >= WORTH_THREADS
    workers = available_workers() if worth and xp is np else 1
    with one_blas_thread() if workers > 1 else nullcontext():
        at_once(
            lambda part: xp.matmul(left[part], right[part], out=out[part]),
            shares(len(out), workers),
        )
    return out


class KeptProducts:
    """``product`` for right matrices that do not change in between: each is prepared once."""

    def __init__(self) -> None:
        self._times: dict[tuple, Times] = {}

    def __call__(self, left: Array, right: Array, out: Array | None = None) -> Array:
        """Multiply as ``product`` does."""
        if out is None:
            out = _result(left, right)
        if array_module(out) is not np:
            return product(left, right, out)
        key = (*_place_and_steps(right), right.shape, len(left) >= ROWS)
        if key not in self._times:
            self._times[key] = Times(right, len(left), WORTH_COPYING)
        self._times[key](left, out)
        return out


class Times:
    """Products of several left matrices with one right matrix, which is prepared once.

    Parameters
    ----------
    right
        (K, M). It must not change until after the last product.
    rows, uses
        About how many rows a left matrix has, and how many left matrices there will be. For
        few rows, the copy of the right matrix that the kernels need does not pay.
    """

    def __init__(self, right: Array, rows: int, uses: int = 1):
        self.right = right
        on_host = array_module(right) is np
        self._workers = available_workers() if on_host else 1
        self._panels: np.ndarray | None = None
        in_kernels = on_host and OWN_KERNELS and right.dtype == np.float32
        in_kernels &= rows >= ROWS and rows * uses >= WORTH_COPYING
        self._by_blas = on_host and not in_kernels
        if in_kernels:
            size, columns = right.shape
            self._panels = aligned_empty((-(-columns // WIDTH), size, WIDTH), right)
            workers = self._workers if right.size >= WORTH_COPYING_TOGETHER else 1
            at_once(self._copy, shares(len(self._panels), workers))

    def _copy(self, part: slice) -> None:
        assert self._panels is not None
        right = self.right[:, part.start * WIDTH : part.stop * WIDTH]
        place = self._panels[part].ctypes.data
        fill_panels(*_place_and_steps(right), *right.shape, place)

    def __call__(self, left: Array, out: Array) -> None:
        """Write left @ right into ``out``, on all cores if that pays."""
        (rows, columns), panels = out.shape, -(-out.shape[1] // WIDTH)
        work = max(rows, READING) * self.right.size
        workers = parts = self._workers if work >= WORTH_THREADS else 1
        copied = left.strides[1] != left.itemsize  # tile by tile, in each part
        if self._panels is not None and workers > 1 and not copied:
            parts = min(max(work // WORTH_A_PART, workers), PARTS * workers)
        with self._limited():
            if rows >= columns:
                at_once(lambda p: self._alone(left[p], out[p]), shares(rows, parts), workers)
            else:
                at_once(lambda p: self._alone(left, out, p), shares(panels, parts), workers)

    def by_rows(self, work: Callable[[slice, Callable], None], rows: int) -> None:
        """Call ``work(part, times)`` for parts of the rows, each in its own thread.

        ``times(left, out)`` is the product. This is faster than threads that meet after each
        product, unless all of them would read a large matrix for a few rows: then there is
        one part, and each of its products runs on all cores.
        """
        size, many = self.right.size, rows >= READING * self._workers
        near = IN_SHARED_CACHE if many and self._panels is not None else IN_CACHE
        if size > near:
            work(slice(0, rows), self)
            return
        threads = self._workers if rows * size >= WORTH_ROWS else 1
        with self._limited():
            at_once(lambda part: work(part, self._alone), shares(rows, threads))

    def _limited(self) -> AbstractContextManager[None]:
        """Limit the BLAS once, around all threads: the limit may be one per process."""
        return one_blas_thread() if self._by_blas else nullcontext()

    def _alone(self, left: Array, out: Array, part: slice = slice(None)) -> None:
        """Multiply in this thread; only the panels of ``part``, if it is given."""
        columns = slice(*(None if n is None else n * WIDTH for n in (part.start, part.stop)))
        right, out = self.right[:, columns], out[:, columns]
        if self._panels is None:
            array_module(right).matmul(left, right, out=out)
            return
        if left.dtype != np.float32 or out.dtype != np.float32:
            raise ValueError(f"float32 by {left.dtype} does not give {out.dtype} here")
        place, step, unit = _place_and_steps(out)
        if left.shape[1] != len(right) or out.shape != (len(left), right.shape[1]) or unit != 1:
            raise ValueError(f"{left.shape} by {right.shape} does not give {out.shape}")
        multiply(
            *_place_and_steps(left), *left.shape, self._panels[part].ctypes.data,
            right.shape[1], place, step, _scratch().ctypes.data,
        )  # fmt: skip


def _result(left: Array, right: Array) -> Array:
    return aligned_empty((len(left), right.shape[1]), left)


def _place_and_steps(matrix: np.ndarray) -> tuple[int, int, int]:
    down, across = matrix.strides
    return matrix.ctypes.data, down // 4, across // 4


def _scratch() -> np.ndarray:
    """Return the scratch memory of this thread."""
    if not hasattr(_own, "scratch"):
        _own.scratch = np.empty(SCRATCH, np.float32)
    return _own.scratch
