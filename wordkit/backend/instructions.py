"""Which vector instructions are used, and the environment variables that change it.

Both are for benchmarks and tests, and a workaround should something go wrong:

    WORDKIT_INSTRUCTIONS=avx2   run on a processor with AVX-512 as on one without it
    WORDKIT_PRODUCTS=blas       leave matrix products to NumPy's BLAS

The first is read when ``wordkit`` is imported, before numba compiles anything. NumPy and its
BLAS choose their code when they are loaded: import wordkit before NumPy to restrict them too.
"""

from __future__ import annotations

import os
import sys
from functools import cache

from wordkit.errors import BackendError

INSTRUCTIONS, PRODUCTS = "WORDKIT_INSTRUCTIONS", "WORDKIT_PRODUCTS"
_AVX2 = {
    "NUMBA_CPU_NAME": "x86-64-v3",
    "NUMBA_CPU_FEATURES": "+sse4.2,+popcnt,+cx16,+avx,+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+movbe",
    "OPENBLAS_CORETYPE": "Haswell",
    # the names in NumPy before 2.4 and since; it ignores those that it does not know
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL "
    "AVX512_SPR X86_V4",
}
"""Settings that keep numba, OpenBLAS and NumPy from using AVX-512."""


def narrow() -> None:
    """Restrict this process and its children to AVX2 if ``WORDKIT_INSTRUCTIONS`` says so.

    Raises
    ------
    BackendError
        numba has already been imported, so that it is too late.
    """
    if os.environ.get(INSTRUCTIONS) != "avx2":
        return
    if "numba" in sys.modules and os.environ.get("NUMBA_CPU_NAME") != _AVX2["NUMBA_CPU_NAME"]:
        raise BackendError(
            f"with {INSTRUCTIONS}=avx2, wordkit must be imported before numba, which has chosen "
            "its instructions by now: move 'import wordkit' up"
        )
    os.environ.update(_AVX2)


@cache
def instruction_set() -> str:
    """Return what kernels are compiled for: avx512, avx2, sse, neon, or the machine's name.

    Raises
    ------
    BackendError
        ``WORDKIT_INSTRUCTIONS`` is neither empty nor avx2, or could not be obeyed.
    """
    wanted = os.environ.get(INSTRUCTIONS, "")
    if wanted not in ("", "avx2"):
        raise BackendError(f"{INSTRUCTIONS} must be avx2 or not set, not {wanted!r}")
    import platform  # here, as ``import wordkit`` imports this file

    machine = platform.machine().lower()
    if machine in ("x86_64", "amd64"):
        found = _x86_instructions()
    else:
        found = "neon" if machine in ("arm64", "aarch64") else machine
    if wanted == "avx2" and found != "avx2":
        raise BackendError(
            f"{INSTRUCTIONS} is avx2, but the kernels are compiled for {found}: set it before "
            "Python starts, and on a processor that has AVX2 and FMA"
        )
    return found


def _x86_instructions() -> str:
    """Return the instruction set numba compiles for: the processor's, or the one set instead."""
    from llvmlite import binding  # slow to import, and not needed by ``import wordkit``

    processor = binding.get_host_cpu_features()
    chosen = os.environ.get("NUMBA_CPU_FEATURES", processor.flatten()).split(",")

    def usable(*names: str) -> bool:
        return all(processor.get(name) and f"+{name}" in chosen for name in names)

    if usable("avx512f"):
        return "avx512"
    return "avx2" if usable("avx2", "fma") else "sse"


def blas_only() -> bool:
    """Whether ``WORDKIT_PRODUCTS`` leaves products to the BLAS.

    Raises
    ------
    BackendError
        It is neither empty nor blas.
    """
    wanted = os.environ.get(PRODUCTS, "")
    if wanted not in ("", "blas"):
        raise BackendError(f"{PRODUCTS} must be blas or not set, not {wanted!r}")
    return wanted == "blas"
