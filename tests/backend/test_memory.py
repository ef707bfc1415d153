"""What cannot fit into memory is refused, by the least of all limits."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from wordkit.backend import memory as module
from wordkit.backend.memory import check_memory, memory
from wordkit.errors import ModelError


@pytest.fixture(autouse=True)
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the limit of a container would stand."""
    monkeypatch.setattr(module, "_OF_CONTAINERS", (tmp_path / "none", tmp_path / "limit"))
    return tmp_path / "limit"


def test_of_the_machine() -> None:
    if hasattr(os, "sysconf"):
        assert 1 << 28 < memory() < 1 << 50


@pytest.mark.parametrize(("content", "found"), [("1000000\n", 10**6), ("max\n", math.inf)])
def test_of_the_container(container: Path, content: str, found: float) -> None:
    before = memory()
    container.write_text(content)
    assert memory() == min(before, found)


def test_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10**6, resource.RLIM_INFINITY))
    assert memory() == 10**6


@pytest.mark.parametrize(
    ("size", "said"), [(3 * 10**9, "3.0"), (10**20, "over a million"), (10**400, "over a million")]
)
def test_what_is_said(size: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "memory", lambda: 2.5e9)
    with pytest.raises(ModelError) as error:
        check_memory(size, "a beam of 7", "narrow it")
    expected = f"a beam of 7 would take {said} GB of memory, and there are 2.5: narrow it"
    assert str(error.value) == expected
    check_memory(2 * 10**9, "a beam of 2", "narrow it")
