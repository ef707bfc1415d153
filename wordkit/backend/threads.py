"""Kernels in threads: they release the GIL, so threads use all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def available_workers() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
