"""Environment variables and limits with which no kernel would run."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import pytest

from wordkit.backend import environment
from wordkit.backend.environment import check_environment
from wordkit.errors import BackendError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NUMBA_NUM_THREADS", "-1"),
        ("NUMBA_NUM_THREADS", "0"),
        ("NUMBA_NUM_THREADS", "two"),
        ("NUMBA_NUM_THREADS", ""),
        ("NUMBA_OPT", "9"),
        ("NUMBA_CPU_FEATURES", "avx2"),
        ("NUMBA_CPU_FEATURES", "+avx2,,-fma"),
        ("NUMBA_DISABLE_JIT", "1"),
    ],
)
def test_senseless(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BackendError, match=rf"{name} must be .*, not '.*': change or unset it"):
        check_environment()


SENSIBLE = {
    "NUMBA_NUM_THREADS": " 01 ",
    "NUMBA_OPT": "max",
    "NUMBA_CPU_FEATURES": "+avx2,-avx512f",
    "NUMBA_DISABLE_JIT": "0",
}


def test_sensible(monkeypatch: pytest.MonkeyPatch) -> None:
    """To numba, too, which says nothing about them."""
    for name, value in SENSIBLE.items():
        monkeypatch.setenv(name, value)
    check_environment()
    command = [sys.executable, "-c", "import numba"]
    assert subprocess.run(command, check=True, capture_output=True).stderr == b""
    monkeypatch.setenv("NUMBA_CPU_FEATURES", "")
    check_environment()


def test_before_numba_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_NUM_THREADS", "-1")
    program = "import wordkit\ntry: wordkit.SkipGram\nexcept wordkit.WordkitError as e: print(e)"
    printed = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert printed.startswith("NUMBA_NUM_THREADS must be a whole number from 1, not '-1'")


LIMITED = """
import resource, sys
space = int(sys.argv.pop())
resource.setrlimit(resource.RLIMIT_AS, (space, space))
"""


@pytest.mark.parametrize("space", [3e8, 3.9e8, 4.3e8, 4.7e8, 6e8, 9.99e8])
def test_an_address_space_in_which_openblas_would_hang(space: float) -> None:
    """Not that it does with each of these, everywhere."""
    pytest.importorskip("resource")
    program = LIMITED + "from wordkit.cli.main import main; main()"
    command = [sys.executable, "-c", program, "seq2seq", "translate", "none", str(int(space))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == (
        "Error: wordkit needs an address space of 1,000 MB, and this process may have "
        f"{space / 1e6:.0f}: raise the limit (ulimit -v)\n"
    )
    assert (done.returncode, done.stdout) == (1, "")


def test_the_least_address_space() -> None:
    pytest.importorskip("resource")
    program = f"""{LIMITED}
import wordkit
svd = wordkit.SVD(vector_size=2)
import numpy as np
assert svd.fit_transform(np.eye(3)).shape == (3, 2)
"""
    command = [sys.executable, "-c", program, str(int(environment.LEAST_SPACE))]
    subprocess.run(command, timeout=60, check=True)


@pytest.mark.parametrize(
    ("space", "threads"), [(1e9, "1"), (1.25e9, "3"), (1.65e9, None), (math.inf, None)]
)
def test_threads_of_the_blas(
    monkeypatch: pytest.MonkeyPatch, space: float, threads: str | None
) -> None:
    monkeypatch.setattr(environment, "address_space", lambda: space)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    monkeypatch.setattr(os, "environ", {})
    check_environment()
    assert os.environ.get("OPENBLAS_NUM_THREADS") == threads


@pytest.mark.parametrize("name", ["OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"])
def test_what_somebody_has_chosen_stays(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(environment, "address_space", lambda: 1.2e9)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    monkeypatch.setattr(os, "environ", {name: "2"})
    check_environment()
    assert os.environ == {name: "2"}
