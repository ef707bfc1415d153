"""Threads that share work, and threads that wait for each other."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from tests.backend.programs import returned
from wordkit.backend.threads import at_once, checked_workers, in_step, in_threads
from wordkit.errors import ModelError


def test_results_in_order() -> None:
    assert in_threads(lambda n: n * n, [(n,) for n in range(20)], 3) == [n * n for n in range(20)]


def test_in_step_all_run_at_the_same_time() -> None:
    gate = threading.Barrier(3)
    assert sorted(in_step(lambda n: gate.wait(timeout=30) * 0 + n, [(0,), (1,), (2,)])) == [
        0,
        1,
        2,
    ]


def test_in_step_begins_all_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    submit = ThreadPoolExecutor.submit

    def no_third(self: ThreadPoolExecutor, *arguments: Any) -> Any:
        if arguments[-1] == (2,):
            raise RuntimeError("can't start new thread")
        return submit(self, *arguments)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", no_third)
    with pytest.raises(RuntimeError, match="new thread"):
        in_step(begun.append, [(0,), (1,), (2,)])
    assert begun == []


@pytest.mark.parametrize("workers", [0, -1, 1.5])
def test_workers_that_make_no_sense(workers: Any) -> None:
    with pytest.raises(ModelError, match="workers must be a whole number from 1"):
        checked_workers(workers)


@pytest.mark.parametrize("spread", [at_once, lambda work, parts: in_threads(work, zip(parts), 2)])
def test_numpys_errors_are_as_where_the_work_was_given(spread: Callable) -> None:
    def overflow(_: int) -> float:
        return float(np.float32(3e38) * np.float32(10))

    with np.errstate(over="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert spread(overflow, [0, 1, 2]) == [np.inf] * 3
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        spread(lambda part: part and overflow(part), [0, 1, 2])


def test_an_error_waits_for_the_other_parts() -> None:
    """They write into the same buffers."""
    done = []

    def work(part: int) -> None:
        if part == 0:
            raise ValueError("of the first part")
        time.sleep(0.2)
        done.append(part)

    with pytest.raises(ValueError, match="of the first part"):
        at_once(work, [0, 1, 2])
    assert sorted(done) == [1, 2]


def test_a_thread_that_is_held_up_takes_fewer_parts() -> None:
    done: list[int] = []
    others = threading.Event()

    def work(part: int) -> int:
        if part == 0:
            assert others.wait(timeout=30)
        done.append(part)
        if len(done) == 5:
            others.set()
        return -part

    assert at_once(work, range(6), threads=2) == [0, -1, -2, -3, -4, -5]
    assert done == [1, 2, 3, 4, 5, 0]


def test_parts_of_parts() -> None:
    """Each of the threads that stay would wait for another of them."""
    program = """if True:
        from wordkit.backend.threads import at_once
        add = lambda part: sum(at_once(abs, [-part, -1, -2]))
        assert at_once(add, [10, 20, 30]) == [13, 23, 33]
        assert at_once(abs, [-1, -2]) == [1, 2]
    """
    assert returned(program) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_has_threads_of_its_own() -> None:
    program = """if True:
        import os, sys
        from wordkit.backend.threads import at_once
        at_once(abs, [-1, -2])
        child = os.fork()
        if child == 0:
            os._exit(sum(at_once(abs, [-1, -2])))
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert returned(program) == 3
