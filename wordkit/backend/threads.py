"""Kernels in threads: they release the GIL, so threads use all cores."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from wordkit.errors import ModelError


def available_workers() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def checked_workers(workers: int | None) -> int:
    """A number of workers, all cores for None; ``ModelError`` if it makes no sense."""
    if workers is None:
        return available_workers()
    if workers < 1 or workers != int(workers):
        raise ModelError(f"workers must be a whole number from 1, not {workers}")
    return int(workers)


def in_threads(kernel: Callable[..., Any], calls: Iterable[tuple], workers: int) -> list[Any]:
    """``kernel(*call)`` for each call, in order, ``workers`` at a time.

    An error, or Ctrl-C, cancels the calls that have not begun.
    """
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(kernel, *call) for call in calls]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def in_step(kernel: Callable[..., Any], calls: Sequence[tuple]) -> list[Any]:
    """``kernel(*call)`` for all calls at the same time, for kernels that wait for each other.

    None begins before each has its thread; an error in starting one lets none begin.
    """
    gate = threading.Barrier(len(calls))

    def run(call: tuple) -> Any:
        gate.wait()
        return kernel(*call)

    with ThreadPoolExecutor(len(calls)) as pool:
        try:
            futures = [pool.submit(run, call) for call in calls]
        except BaseException:
            gate.abort()
            raise
        return [future.result() for future in futures]
