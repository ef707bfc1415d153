"""The narrow path on a wide machine."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from llvmlite import binding

from wordkit.backend import instructions
from wordkit.backend.instructions import INSTRUCTIONS, PRODUCTS, blas_only, instruction_set
from wordkit.errors import BackendError

FEATURES = binding.get_host_cpu_features()
NO_AVX2 = not (FEATURES.get("avx2") and FEATURES.get("fma"))
needs_avx2 = pytest.mark.skipif(NO_AVX2, reason="this processor has no AVX2")

KERNEL = """
import wordkit
from numba import njit
from wordkit.backend.instructions import instruction_set
from wordkit.backend.simd_kernels import LANES, hold, load, pointer, store

@njit
def twice(x):
    a = pointer(x)
    for k in range(0, len(x), LANES):
        store(a, k, load(a, k) + load(a, k))
    for k in range(len(x)):
        x[k] += x[k]
    hold(x)

import numpy as np
x = np.ones(10 * LANES, np.float32)
twice(x)
assert (x == 4).all()
code = "".join(twice.inspect_asm().values())
from threadpoolctl import threadpool_info
blas = {own["architecture"] for own in threadpool_info() if own["internal_api"] == "openblas"}
print(instruction_set(), LANES, "zmm" in code, "ymm" in code, *blas - {"Haswell", "Zen"})
"""
CACHED = """
import wordkit, numpy
from wordkit.training.descent.update_kernels import squared_norm
squared_norm(numpy.ones(3, numpy.float32))
print(sum(squared_norm.stats.cache_hits.values()))
"""


def printed(program: str, **environment: str) -> str:
    """By a Python of its own, with these variables and none of the others that matter."""
    kept = {k: v for k, v in os.environ.items() if k not in {INSTRUCTIONS, *instructions._AVX2}}
    command = [sys.executable, "-c", program]
    return subprocess.check_output(command, env=kept | environment, text=True).strip()


@needs_avx2
def test_a_wide_machine_does_what_a_narrow_one_would() -> None:
    assert printed(KERNEL, **{INSTRUCTIONS: "avx2"}) == "avx2 8 False True"


@pytest.mark.skipif(not FEATURES.get("avx512f"), reason="this processor has no AVX-512")
def test_without_the_variable_it_does_not() -> None:
    assert printed(KERNEL).startswith("avx512 16 True")


@needs_avx2
def test_compiled_kernels_of_both_are_kept(tmp_path: Path) -> None:
    narrow = {INSTRUCTIONS: "avx2"}
    runs = [{}, narrow, {}, narrow]
    hits = [printed(CACHED, WORDKIT_CACHE=str(tmp_path), **run) for run in runs]
    assert hits == ["0", "0", "1", "1"]


@needs_avx2
def test_too_late_for_numba() -> None:
    program = """
import numba
try:
    import wordkit
except Exception as error:
    print(type(error).__name__, error)
"""
    found = printed(program, **{INSTRUCTIONS: "avx2"})
    assert found.startswith("BackendError")
    assert "before numba" in found


def test_values_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(INSTRUCTIONS, "avx9")
    with pytest.raises(BackendError, match=r"WORDKIT_INSTRUCTIONS must be avx2.*'avx9'"):
        instruction_set.__wrapped__()
    monkeypatch.setenv(PRODUCTS, "mkl")
    with pytest.raises(BackendError, match=r"WORDKIT_PRODUCTS must be blas.*'mkl'"):
        blas_only()


@pytest.mark.parametrize(
    ("machine", "features", "found"),
    [
        ("x86_64", "+avx,+avx2,+fma,-avx512f", "avx2"),
        ("AMD64", "+avx,+avx2,-fma,-avx512f", "sse"),
        ("arm64", "", "neon"),
        ("aarch64", "", "neon"),
        ("riscv64", "", "riscv64"),
    ],
)
def test_names(monkeypatch: pytest.MonkeyPatch, machine: str, features: str, found: str) -> None:
    if found == "avx2" and NO_AVX2:
        pytest.skip("this processor has no AVX2")
    monkeypatch.delenv(INSTRUCTIONS, raising=False)
    monkeypatch.setenv("NUMBA_CPU_FEATURES", features)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert instruction_set.__wrapped__() == found


@pytest.mark.parametrize("found", ["avx512", "sse"])
def test_a_variable_that_comes_to_nothing(monkeypatch: pytest.MonkeyPatch, found: str) -> None:
    monkeypatch.setenv(INSTRUCTIONS, "avx2")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(instructions, "_x86_instructions", lambda: found)
    with pytest.raises(BackendError, match=f"compiled for {found}"):
        instruction_set.__wrapped__()


def test_products_by_the_blas() -> None:
    program = "import wordkit; from wordkit.backend import products; print(products.OWN_KERNELS)"
    assert printed(program, **{PRODUCTS: "blas"}) == "False"
    usual = instruction_set() in ("avx512", "avx2", "neon")
    assert printed(program) == str(usual)
