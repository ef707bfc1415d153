"""Environment variables with which numba crashes, or kernels cannot work."""

from __future__ import annotations

import os
import re

from wordkit.errors import BackendError

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
