"""Which vector instructions are used, and the environment variables that change it.

Both are for measuring, for tests, and a way out where something goes wrong:

    WORDKIT_INSTRUCTIONS=avx2   a processor with AVX-512 does what one without it would
    WORDKIT_PRODUCTS=blas       products of matrices are left to the BLAS that NumPy has

The first one is read when ``wordkit`` is imported, before numba compiles anything. NumPy and
its BLAS choose their code when they are loaded: import wordkit before NumPy to hold them, too.
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
    # names of NumPy before 2.4 and since; it skips those that it does not know
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL "
    "AVX512_SPR X86_V4",
}
"""What makes numba, OpenBLAS and NumPy do without AVX-512."""


def narrow() -> None:
    """Hold this process, and those that it starts, to AVX2, if ``WORDKIT_INSTRUCTIONS`` says so.

    Raises
    ------
    BackendError
        It is too late: numba has been imported.
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
    """What the kernels are compiled for: avx512, avx2, sse, neon, or the name of the machine.

    Raises
    ------
    BackendError
        ``WORDKIT_INSTRUCTIONS`` is neither empty nor avx2, or could not be followed.
    """
    wanted = os.environ.get(INSTRUCTIONS, "")
    if wanted not in ("", "avx2"):
        raise BackendError(f"{INSTRUCTIONS} must be avx2 or not set, not {wanted!r}")
    import platform  # not at once: ``wordkit`` imports this file

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
    """Of what numba compiles for: the processor's, or those that were set in their place."""
    from llvmlite import binding  # takes a while, and is not needed to import wordkit

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
