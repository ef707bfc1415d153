"""Kernels in threads: they release the GIL, so threads use all cores."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from wordkit.errors import ModelError

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


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


class _OneBlasThread:
    """Sets the limit of the process with its first user, and takes it back with the last."""

    def __init__(self) -> None:
        self._lock, self._users = threading.Lock(), 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._users:
                self._limit = _controller().limit(limits=1, user_api="blas")
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._limit.restore_original_limits()


_blas = _OneBlasThread()


def one_blas_thread() -> AbstractContextManager[None]:
    """Products of matrices in one thread each, where there are threads already."""
    return _blas


@cache
def _controller() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()  # looks through all libraries that are loaded


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


def shares(size: int, workers: int) -> list[slice]:
    """A range cut into as many parts, or fewer, of nearly one length."""
    cuts = [size * n // workers for n in range(workers + 1)]
    return [slice(a, b) for a, b in pairwise(cuts) if a < b]


def at_once(work: Callable[[Any], Any], parts: Sequence[Any]) -> list[Any]:
    """``work(part)`` for all parts at once, in threads that stay: for a millisecond's work."""
    if len(parts) < 2:
        return [work(part) for part in parts]
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
    """A child has none of the threads of its parent, who may also have held the lock."""
    global _blas
    _blas = _OneBlasThread()
    _pool.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


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
