"""Tests of kernels once more, compiled for a processor without AVX-512."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wordkit.backend.instructions import INSTRUCTIONS, instruction_set

TESTS = Path(__file__).parents[1]
WIDTHS_DIFFER = (
    "backend/test_products.py",
    "backend/test_simd_kernels.py",
    "backend/test_simd_math_kernels.py",
    "layers/losses/test_softmax.py",
    "layers/recurrent/test_cells.py",
)


@pytest.mark.skipif(instruction_set() != "avx512", reason="they are compiled for it as it is")
def test_without_avx512() -> None:
    files = [str(TESTS / file) for file in WIDTHS_DIFFER]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-k", "not blas", *files]
    environment = {**os.environ, INSTRUCTIONS: "avx2"}
    done = subprocess.run(
        command, cwd=TESTS.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
