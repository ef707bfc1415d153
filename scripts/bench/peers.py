"""What the benches share: processes in which the peers use the instructions that wordkit uses."""

from __future__ import annotations

import os
import subprocess
import sys

from wordkit.backend.instructions import instruction_set

AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",  # PyTorch's own kernels, and its libraries
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
}
"""For what wordkit does not know of; it has set OPENBLAS_CORETYPE and the like itself."""


def environment() -> dict[str, str]:
    """For a process of any program; with ``WORDKIT_INSTRUCTIONS=avx2`` it goes without AVX-512."""
    return {**os.environ, **(AVX2 if instruction_set() == "avx2" else {})}


def printed_by(*arguments: str) -> list[float]:
    """The numbers that the running script prints in a process of its own."""
    command = [sys.executable, sys.argv[0], *arguments]
    ran = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, check=True, text=True)
    return [float(number) for number in ran.stdout.split()]
