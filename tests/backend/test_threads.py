"""Threads that share work, and threads that wait for each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from wordkit.backend import threads
from wordkit.backend.threads import checked_workers, in_step, in_threads
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


def test_one_blas_thread_for_as_long_as_anybody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes second must not take the limit of the first for the state to go back to."""
    set_and_restored: list[str] = []

    class Limit:
        def limit(self, **_: Any) -> Limit:
            set_and_restored.append("set")
            return self

        def restore_original_limits(self) -> None:
            set_and_restored.append("restored")

    monkeypatch.setattr(threads, "_controller", Limit)
    first, second = threads.one_blas_thread(), threads.one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert set_and_restored == ["set"]
    second.__exit__(None, None, None)
    assert set_and_restored == ["set", "restored"]


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
    with subprocess.Popen([sys.executable, "-c", program], start_new_session=True) as parent:
        try:
            assert parent.wait(timeout=60) == 3
        finally:
            with suppress(ProcessLookupError):
                os.killpg(parent.pid, signal.SIGKILL)  # of a child that hangs, too
