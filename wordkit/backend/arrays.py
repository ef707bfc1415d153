"""NumPy or CuPy: the array decides.

Code that is to run on both asks ``xp = array_module(x)`` and goes on with ``xp``.
CuPy is imported here only, and only by ``to_device``: an array of CuPy's cannot be
there before CuPy is.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from wordkit.errors import BackendError, ModelError

Array = Any
"""A ``numpy.ndarray`` or a ``cupy.ndarray``."""
CACHE_LINE = 64  # bytes


def array_module(x: Array) -> Any:
    """The module whose array ``x`` is: ``numpy`` or ``cupy``."""
    cupy = sys.modules.get("cupy")
    return cupy if cupy is not None and isinstance(x, cupy.ndarray) else np


def to_host(x: Array) -> np.ndarray:
    """The array in the memory of the host; itself if it is there."""
    xp = array_module(x)
    return np.asarray(x) if xp is np else xp.asnumpy(x)


def to_device(x: Array) -> Array:
    """The array in the memory of the GPU; itself if it is there.

    Raises
    ------
    BackendError
        CuPy is not installed, or finds no GPU.
    """
    try:
        import cupy
    except ImportError as error:
        raise BackendError(
            "computing on a GPU needs CuPy, which is not installed: pip install 'wordkit[gpu]'"
        ) from error
    if not cupy.cuda.is_available():
        raise BackendError(
            "CuPy is installed but finds no CUDA device: run nvidia-smi to see what the driver "
            "finds, or compute on the CPU"
        )
    return cupy.asarray(x)


def aligned_empty(shape: tuple[int, ...], like: Array) -> Array:
    """A new array of the module and dtype of another, of which the numbers may be anything.

    In NumPy it begins at a cache line: kernels then read and write whole lines.
    """
    xp = array_module(like)
    if xp is not np:
        return xp.empty(shape, like.dtype)
    size = math.prod(shape) * like.dtype.itemsize
    memory = np.empty(size + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    return memory[start : start + size].view(like.dtype).reshape(shape)


def fits_kernels(array: Array) -> bool:
    """Whether kernels of float32 take it: it is that, contiguous, and on the host."""
    return array_module(array) is np and array.dtype == np.float32 and array.flags.c_contiguous


def scatter_add(target: Array, rows: Array, values: Array) -> None:
    """Add to rows of an array in place; a row that is named n times is added to n times.

    ``target[rows] += values`` would add to it once.

    Parameters
    ----------
    target
        (V, ...).
    rows
        Integers from 0 to V - 1, of any shape (...).
    values
        rows.shape + target.shape[1:].

    Raises
    ------
    ModelError
        A row is negative or not there, found on NumPy only: looking would hold up a GPU.
    """
    xp = array_module(target)
    if xp is not np:
        xp.add.at(target, rows, values)
    elif rows.size:
        unique, sums = _sum_by_row(rows.ravel(), values.reshape(rows.size, -1))
        if unique[0] < 0 or unique[-1] >= len(target):
            wrong = unique[0] if unique[0] < 0 else unique[-1]
            raise ModelError(f"rows must be from 0 to {len(target) - 1}, found {wrong}")
        target[unique] += sums.reshape(len(unique), *target.shape[1:])


def _sum_by_row(rows: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows, ascending, and the sum of the values (n, D) of each.

    The sum is a product with a sparse matrix of ones, several times faster than
    ``np.add.at``, and always in the order of ``rows``.
    """
    from scipy.sparse import csr_array

    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    pointers = np.append(starts, len(rows))
    ones = np.ones(len(rows), values.dtype)
    members = csr_array((ones, order, pointers), shape=(len(starts), len(rows)))
    return ordered[starts], members @ values
