"""Run kernels in threads: they release the GIL, so that threads use all cores."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from wordkit.backend.blas import inside_one_blas_thread, one_blas_thread
from wordkit.errors import ModelError

PARTS = 2
"""Per thread, of work that can be divided anywhere."""


class _Own(threading.local):
    shares_work = False
    """Whether this thread is running its part of work that several threads share."""


_own = _Own()


def available_workers() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def checked_workers(workers: int | None) -> int:
    """Return the number of workers, all cores for None; ``ModelError`` if it is invalid."""
    if workers is None:
        return available_workers()
    if workers < 1 or workers != int(workers):
        raise ModelError(f"workers must be a whole number from 1, not {workers}")
    return int(workers)


def _as_here(work: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``work`` for other threads: with this thread's BLAS limit and NumPy error state."""
    limit = one_blas_thread() if inside_one_blas_thread() else nullcontext()
    errors: Any = {**np.geterr(), "call": np.geterrcall()}

    def run(*arguments: Any) -> Any:
        with limit, np.errstate(**errors):
            _own.shares_work = True
            try:
                return work(*arguments)
            finally:
                _own.shares_work = False

    return run


def in_threads(kernel: Callable[..., Any], calls: Iterable[tuple], workers: int) -> list[Any]:
    """Return ``kernel(*call)`` for each call, in order, computed ``workers`` at a time.

    An error or Ctrl-C cancels the calls that have not started.
    """
    kernel = _as_here(kernel)
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(kernel, *call) for call in calls]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def shares(size: int, workers: int) -> list[slice]:
    """Split a range into ``workers`` slices of nearly equal length, leaving out empty ones."""
    cuts = [size * n // workers for n in range(workers + 1)]
    return [slice(a, b) for a, b in pairwise(cuts) if a < b]


def at_once(
    work: Callable[[Any], Any], parts: Sequence[Any], threads: int | None = None
) -> list[Any]:
    """Return ``work(part)`` for all parts, run at once in permanent threads, for short work.

    With fewer ``threads`` than parts, each takes the next part that is left, so that one that
    starts late, or on a slow core, takes fewer. If this thread is itself running such a part,
    the parts run one after the other: the permanent threads could all be waiting for parts of
    their own.
    """
    threads = min(len(parts), threads or len(parts))
    if threads < 2 or _own.shares_work:
        return [work(part) for part in parts]
    left, done = iter(enumerate(parts)), [None] * len(parts)

    def take() -> None:
        for number, part in left:
            done[number] = work(part)

    take = _as_here(take)
    others = [_pool(threads - 1).submit(take) for _ in range(threads - 1)]
    try:
        take()
        others = [other for other in others if not other.cancel()]  # no part was left for them
    finally:
        wait(others)
    for other in others:
        other.result()
    return done


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers)


def _after_fork() -> None:
    """A child process has none of its parent's threads."""
    _pool.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def in_step(kernel: Callable[..., Any], calls: Sequence[tuple]) -> list[Any]:
    """Return ``kernel(*call)`` for calls that run simultaneously and wait for each other.

    None starts before each has its thread; if a thread cannot be started, none does.
    """
    gate, kernel = threading.Barrier(len(calls)), _as_here(kernel)

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
