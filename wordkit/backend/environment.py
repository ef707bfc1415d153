"""Environment variables and limits of the process with which numba or the BLAS cannot work."""

from __future__ import annotations

import math
import os
import re

from wordkit.backend.memory import address_space
from wordkit.errors import BackendError

LEAST_SPACE = 1e9
"""Bytes of address space to load SciPy and numba and to compile kernels. With less, OpenBLAS
asks for a buffer until it gets one, in C, where nothing can stop it, and LLVM aborts."""
_SPACE_OF_A_THREAD = 1e8
"""NumPy and SciPy have an OpenBLAS each, with 32 MB and a stack for each of its threads."""
_THREADS = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")

_VALUES = {
    "NUMBA_CPU_FEATURES": (r"([+-][^,]+(,[+-][^,]+)*)?", "names after + or -, commas between"),
    "NUMBA_DISABLE_JIT": (r"0*", "0 or not set, for kernels have to be compiled"),
    "NUMBA_NUM_THREADS": (r"\+?0*[1-9][0-9]*", "a whole number from 1"),
    "NUMBA_OPT": (r"[0-3]|max", "0, 1, 2, 3 or max"),
}


def check_environment() -> None:
    """Check numba's environment variables; call this before numba is imported.

    Raises
    ------
    BackendError
        A variable has an invalid value.
    """
    for name, (pattern, wanted) in _VALUES.items():
        value = os.environ.get(name)
        if value is not None and not re.fullmatch(pattern, value.strip()):
            raise BackendError(f"{name} must be {wanted}, not {value!r}: change or unset it")
    if (space := address_space()) < math.inf:
        _fit_into(space)


def _fit_into(space: float) -> None:
    if space < LEAST_SPACE:
        raise BackendError(
            f"wordkit needs an address space of {LEAST_SPACE / 1e6:,.0f} MB, and this "
            f"process may have {space // 1e6:.0f}: raise the limit (ulimit -v)"
        )
    threads = 1 + int((space - LEAST_SPACE) / _SPACE_OF_A_THREAD)
    if threads < (os.cpu_count() or 1) and not any(name in os.environ for name in _THREADS):
        os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
