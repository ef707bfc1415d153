"""Environment variables with which no kernel would run."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
