"""Kernels: for Python, and as parts of others."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba.core.registry import CPUDispatcher

import wordkit
from wordkit import progress
from wordkit.backend import compiling
from wordkit.backend.compiling import Kernel, njit

FILES = sorted(Path(wordkit.__file__).parent.rglob("*_kernels.py"))


@pytest.fixture
def kernels() -> tuple[Any, Any]:
    """One, and another that calls it."""

    @njit
    def halved(x):  # type: ignore[no-untyped-def]
        return x / 2

    @njit
    def summed(a):  # type: ignore[no-untyped-def]
        total = 0.0
        for k in range(len(a)):
            total += halved(a[k])
        return total

    return halved, summed


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDKIT_CACHE", str(tmp_path))


def test_called_by_kernels_and_by_python(kernels: tuple[Any, Any]) -> None:
    halved, summed = kernels
    numbers = np.arange(5.0)
    assert summed(numbers) == 5
    assert halved.overloads == {}, "only what Python calls is compiled for it"
    assert halved(3.0) == 1.5
    assert summed(numbers.astype(np.float32)) == 5
    assert halved(3) == 1.5


def test_in_functions_of_numba(kernels: tuple[Any, Any]) -> None:
    halved, _ = kernels
    assert numba.njit(lambda x: halved(x) + 1)(4.0) == 3


def test_the_gil_is_released(kernels: tuple[Any, Any]) -> None:
    assert all(kernel.targetoptions["nogil"] for kernel in kernels)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_all_kernels_are_of_this_kind(file: Path) -> None:
    """numba's own njit would keep what is old."""
    root = Path(wordkit.__file__).parents[1]
    module = import_module(".".join(file.relative_to(root).with_suffix("").parts))
    compiled = [each for each in vars(module).values() if isinstance(each, CPUDispatcher)]
    assert all(isinstance(each, Kernel) for each in compiled)


def kernels_in(source: str) -> dict[str, int]:
    """The functions of a module that ``njit`` compiles, and how many arguments each takes."""
    found = {}
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        called = {d.func if isinstance(d, ast.Call) else d for d in function.decorator_list}
        if any(ast.unparse(decorator).endswith("njit") for decorator in called):
            taken = function.args
            arguments = [*taken.posonlyargs, *taken.args, *taken.kwonlyargs]
            found[function.name] = len(arguments)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_kernel_takes_more_than_ten_arguments(file: Path) -> None:
    """What belongs together is a NamedTuple, so that nothing is told by position alone."""
    kernels = kernels_in(file.read_text(encoding="utf-8"))
    assert kernels, f"{file} should have kernels"
    assert {name: count for name, count in kernels.items() if count > 10} == {}


def test_arguments_of_kernels_are_counted() -> None:
    source = """
@njit
def one(a, b): ...
@njit(fastmath=True)
def two(a, /, b, *, c): ...
@intrinsic
def none(a): ...
def nor_this(a): ...
"""
    assert kernels_in(source) == {"one": 2, "two": 3}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr(progress, "hear", messages.append)
    monkeypatch.setattr(compiling, "_announcement", compiling._Announcement())
    return messages


def test_compiling_that_takes_long_is_announced(
    monkeypatch: pytest.MonkeyPatch, kernels: tuple[Any, Any], heard: list[str]
) -> None:
    monkeypatch.setattr(compiling, "LONG", 0.0)
    kernels[1](np.ones(3))
    assert len(heard) == 1
    assert "compiling kernels" in heard[0]
    kernels[1](np.ones(3, np.float32))
    assert len(heard) == 1, "once"


def test_what_does_not_take_long_is_not(
    monkeypatch: pytest.MonkeyPatch, kernels: tuple[Any, Any], heard: list[str]
) -> None:
    monkeypatch.setattr(compiling, "LONG", 3600.0)
    kernels[1](np.ones(3))
    assert compiling._announcement._timer is None, "and nothing waits to say it"
    assert heard == []
