"""Threads that share work, and threads that wait for each other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

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
