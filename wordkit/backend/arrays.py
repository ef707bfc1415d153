"""NumPy or CuPy: the array decides.

Code that runs on both begins with ``xp = array_module(x)`` and then uses ``xp``. CuPy is
imported only here, and only by ``to_device``: no CuPy array can exist before CuPy is imported.
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
    """Return the module that ``x`` belongs to: ``numpy`` or ``cupy``."""
    cupy = sys.modules.get("cupy")
    return cupy if cupy is not None and isinstance(x, cupy.ndarray) else np


def to_host(x: Array) -> np.ndarray:
    """Return the array in host memory: itself if it is there already, else a copy."""
    xp = array_module(x)
    return np.asarray(x) if xp is np else xp.asnumpy(x)


def to_device(x: Array) -> Array:
    """Return the array in GPU memory: itself if it is there already, else a copy.

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
    """Return an uninitialized array of the module and dtype of another.

    In NumPy it starts on a cache line, so that kernels read and write whole lines.
    """
    xp = array_module(like)
    if xp is not np:
        return xp.empty(shape, like.dtype)
    size = math.prod(shape) * like.dtype.itemsize
    memory = np.empty(size + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    return memory[start : start + size].view(like.dtype).reshape(shape)


def fits_kernels(array: Array) -> bool:
    """Whether kernels can take an array: float32, C-contiguous and in host memory."""
    return array_module(array) is np and array.dtype == np.float32 and array.flags.c_contiguous


def scatter_add(target: Array, rows: Array, values: Array) -> None:
    """Add to rows of an array in place; a row that occurs n times is added to n times.

    ``target[rows] += values`` would add to it only once.

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
        A row is out of range. Checked with NumPy only: on a GPU the check would have to wait
        for the result.
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
    """Return the distinct rows, ascending, and the sum of the values (n, D) of each.

    The sum is a product with a sparse matrix of ones, several times faster than
    ``np.add.at``, and it always adds in the order of ``rows``.
    """
    from scipy.sparse import csr_array

    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    pointers = np.append(starts, len(rows))
    ones = np.ones(len(rows), values.dtype)
    members = csr_array((ones, order, pointers), shape=(len(starts), len(rows)))
    return ordered[starts], members @ values
