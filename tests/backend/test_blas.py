"""The limit of the BLAS, by the libraries that are installed: no stand-ins."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from tests.backend.programs import returned
from wordkit.backend import blas
from wordkit.backend.blas import one_blas_thread
from wordkit.backend.threads import at_once

THREADS = 3


def counts() -> set[int]:
    """Of threads, by all libraries of the BLAS."""
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    if not libraries:
        pytest.skip("threadpoolctl knows no BLAS of this machine")
    return {library.num_threads for library in libraries}


@pytest.fixture(autouse=True)
def several_threads() -> Iterator[None]:
    """By a neighbour in this thread, whose word threadpoolctl 3.8 takes for the last."""
    with threadpool_limits(THREADS, "blas"):
        yield


@pytest.fixture
def other() -> Iterator[Callable[..., Any]]:
    """Runs a function in another thread, always the same."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda *call: pool.submit(*call).result()


def here(function: Callable, *arguments: Any) -> Any:
    return function(*arguments)


@pytest.mark.parametrize("last", ["here", "there"])
@pytest.mark.parametrize("first", ["here", "there"])
def test_for_as_long_as_anybody_wants_it(first: str, last: str, other: Callable) -> None:
    places = {"here": here, "there": other}
    enter, leave = one_blas_thread().__enter__, one_blas_thread().__exit__
    for _ in range(2):  # the second time as the first
        assert counts() == {THREADS}
        for place in sorted(places, key=lambda name: name != first):
            places[place](enter)
            assert counts() == {1} == other(counts)
        for place in sorted(places, key=lambda name: name == last):
            assert counts() == {1} == other(counts)
            places[place](leave, None, None, None)
    assert counts() == {THREADS} == other(counts)


def test_in_another_thread_alone(other: Callable) -> None:
    def inside() -> set[int]:
        with one_blas_thread(), one_blas_thread():
            return counts()

    assert other(inside) == {1}
    assert counts() == {THREADS}


def test_others_can_set_it_afterwards(other: Callable) -> None:
    with one_blas_thread():
        pass

    def neighbour() -> set[int]:
        with threadpool_limits(2, "blas"):
            return counts()

    assert other(neighbour) == {2}
    with threadpool_limits(2, "blas"):
        assert counts() == {2}


def test_what_another_library_sets_meanwhile_stays() -> None:
    neighbour = threadpool_limits(1, "blas")
    with one_blas_thread():
        neighbour.restore_original_limits()
    assert counts() == {THREADS}
    with one_blas_thread():
        threadpool_limits(2, "blas")
    assert counts() == {2}


def test_a_limit_for_each_thread(monkeypatch: pytest.MonkeyPatch, other: Callable) -> None:
    """MKL and some builds of OpenBLAS have one; here the runtime of OpenMP stands for them."""
    import sklearn.cluster  # noqa: F401  (brings one)

    found = ThreadpoolController().select(prefix="libgomp").lib_controllers[:1]
    if not found:
        pytest.skip("needs GNU's OpenMP")
    monkeypatch.setattr(blas, "_libraries", lambda: found)

    def threads(_: Any = None) -> int:
        return found[0].num_threads

    for place in here, other:
        place(found[0].set_num_threads, THREADS)
    with one_blas_thread():
        assert (threads(), other(threads)) == (1, THREADS)
        assert at_once(threads, range(3)) == [1, 1, 1], "at_once passes the limit on"
        other(one_blas_thread().__enter__)
        assert (threads(), other(threads)) == (1, 1)
    assert (threads(), other(threads)) == (THREADS, 1)
    other(one_blas_thread().__exit__, None, None, None)
    assert other(threads) == THREADS


FORK = """
import os, sys, threading
import numpy as np
from threadpoolctl import ThreadpoolController
from wordkit.backend.blas import one_blas_thread

libraries = ThreadpoolController().select(user_api="blas").lib_controllers
for library in libraries:
    library.set_num_threads(3)
    getattr(library, "clear_controlling_thread", lambda force: None)(force=True)

def count():
    return max(library.num_threads for library in libraries)

def child_of(fork):
    child = fork()
    if not child:
        before = count()
        with one_blas_thread():
            inside = count()
        os._exit((before, inside, count()) != (3, 1, 3))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""
BESIDE = """
entered, leave = threading.Event(), threading.Event()

def stay():
    with one_blas_thread():
        entered.set()
        leave.wait()

thread = threading.Thread(target=stay)
thread.start()
entered.wait()
failed = child_of(os.fork)
leave.set()
thread.join()
sys.exit(failed or count() != 3)
"""
INSIDE = """
def fork():
    with one_blas_thread():
        child = os.fork()
        if count() != 1:
            os._exit(2)
    return child

sys.exit(child_of(fork) or count() != 3)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("program", [BESIDE, INSIDE], ids=["beside", "inside"])
def test_a_child_has_no_limit_but_its_own(program: str) -> None:
    """It has none of the other threads, and so nobody who would lift theirs."""
    assert counts()
    assert returned(FORK + program) == 0
