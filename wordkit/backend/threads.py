"""Kernels in threads: they release the GIL, so threads use all cores."""

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


class _Own(threading.local):
    shares_work = False
    """Whether this thread is at its part of what several threads do."""


_own = _Own()


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


def _as_here(work: Callable[..., Any]) -> Callable[..., Any]:
    """``work`` for other threads: with this thread's limit of the BLAS and NumPy's errors."""
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
    """``kernel(*call)`` for each call, in order, ``workers`` at a time.

    An error, or Ctrl-C, cancels the calls that have not begun.
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
    """A range cut into as many parts, or fewer, of nearly one length."""
    cuts = [size * n // workers for n in range(workers + 1)]
    return [slice(a, b) for a, b in pairwise(cuts) if a < b]


def at_once(work: Callable[[Any], Any], parts: Sequence[Any]) -> list[Any]:
    """``work(part)`` for all parts at once, in threads that stay: for a millisecond's work.

    Where this thread is at such a part itself, one part after the other: the threads that
    stay could all be waiting for their own parts.
    """
    if len(parts) < 2 or _own.shares_work:
        return [work(part) for part in parts]
    work = _as_here(work)
    futures = [_pool(len(parts) - 1).submit(work, part) for part in parts[1:]]
    try:
        first = work(parts[0])
    finally:
        wait(futures)
    return [first, *(future.result() for future in futures)]


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers)


def _after_fork() -> None:
    """A child has none of the threads of its parent."""
    _pool.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def in_step(kernel: Callable[..., Any], calls: Sequence[tuple]) -> list[Any]:
    """``kernel(*call)`` for all calls at the same time, for kernels that wait for each other.

    None begins before each has its thread; an error in starting one lets none begin.
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
