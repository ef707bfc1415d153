"""Products of matrices on all cores.

float32 goes through kernels of our own: with one thread they are as fast as OpenBLAS, or faster;
a matrix that is multiplied many times is prepared once; and threads sleep when they are done.
Those of a BLAS go on looking for work, at full speed, long after a product; on few cores that
takes them from whatever comes next. What the kernels are not for is left to the BLAS, with one
thread: float64, few rows, processors without multiply-add.
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
from wordkit.backend.threads import at_once, available_workers, shares

OWN_KERNELS = instruction_set() in ("avx512", "avx2", "neon") and not blas_only()
WORTH_THREADS = 2**23
"""Multiplications: some 70 microseconds in one thread."""
WORTH_COPYING = 32
"""Rows."""
WORTH_COPYING_TOGETHER = 2**19
"""Numbers, likewise."""
WORTH_ROWS = 2**21
"""Multiplications of one product, to give each thread rows of its own for many."""
IN_CACHE = 2**19
"""Numbers of a matrix that a core has near enough to read them for few rows."""
_own = threading.local()


def product(left: Array, right: Array, out: Array | None = None) -> Array:
    """left @ right, into ``out`` if given: matrices (N, K), (K, M) and (N, M)."""
    if out is None:
        out = _result(left, right)
    Times(right, len(left))(left, out)
    return out


def product_of_each(left: Array, right: Array, out: Array | None = None) -> Array:
    """left[n] @ right[n] for each n, into ``out`` if given: (N, T, K), (N, K, M), (N, T, M).

    By the BLAS, each thread some of the n.
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
    """``product`` with matrices that do not change meanwhile: each is looked at once."""

    def __init__(self) -> None:
        self._times: dict[tuple, Times] = {}

    def __call__(self, left: Array, right: Array, out: Array | None = None) -> Array:
        """As ``product``."""
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
    """Products of several matrices with the same right one, which is looked at only now.

    Parameters
    ----------
    right
        (K, M).
    rows, uses
        How many rows the others have, about, and how many others there are. Few rows are
        not worth the copy that the kernels want of the right matrix.
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
        """``out`` = left @ right, on all cores if that is worth it."""
        (rows, columns), panels = out.shape, -(-out.shape[1] // WIDTH)
        # to read the right matrix takes as long as to multiply it with 8 rows
        worth = max(rows, 8) * self.right.size >= WORTH_THREADS
        workers = self._workers if worth else 1
        with self._limited():
            if rows >= columns:
                at_once(lambda part: self._alone(left[part], out[part]), shares(rows, workers))
            else:
                at_once(lambda part: self._alone(left, out, part), shares(panels, workers))

    def by_rows(self, work: Callable[[slice, Callable], None], rows: int) -> None:
        """``work(part, times)`` for parts of the rows, each with a thread of its own.

        ``times(left, out)`` is the product. Threads that need not wait for each other after
        each one are faster, unless all must read a large matrix for a few rows: then there
        is one part, and its products are on all cores.
        """
        size = self.right.size
        if size > IN_CACHE or rows * size < WORTH_ROWS:
            work(slice(0, rows), self)
            return
        with self._limited():
            at_once(lambda part: work(part, self._alone), shares(rows, self._workers))

    def _limited(self) -> AbstractContextManager[None]:
        """The limit of the BLAS is the process's: it is set once, around all threads."""
        return one_blas_thread() if self._by_blas else nullcontext()

    def _alone(self, left: Array, out: Array, part: slice = slice(None)) -> None:
        """The same in this thread; of ``part``, that counts panels, if it is given."""
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
    """Of this thread."""
    if not hasattr(_own, "scratch"):
        _own.scratch = np.empty(SCRATCH, np.float32)
    return _own.scratch
