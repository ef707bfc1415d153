"""Run Python functions in processes: they hold the GIL, so threads would not help."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from multiprocessing import resource_tracker
from typing import Any

from wordkit.errors import BackendError
from wordkit.interrupts import INTERRUPTS


def in_processes(
    function: Callable[[Any], Any], items: Iterable[Any], workers: int
) -> Iterator[Any]:
    """Yield ``function(item)`` for each item, in order, computed in ``workers`` processes.

    Items are drawn in the calling thread, at most two per worker ahead. With a single item
    or a single worker, everything runs in this process. After an error or Ctrl-C no more
    work is started.

    Raises
    ------
    BackendError
        A worker process was killed, perhaps because memory ran out.
    """
    items = iter(items)
    head = list(islice(items, 2))
    items = chain(head, items)
    if workers == 1 or len(head) < 2:
        yield from map(function, items)
        return
    # loky, unlike multiprocessing, takes lambdas and scripts without a __main__ guard
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with _interrupts_blocked():
        executor = _executor(workers)
        executor.submit(int)  # starts the processes
    waiting: deque[Any] = deque()
    try:
        for item in items:
            waiting.append(executor.submit(function, item))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except TerminatedWorkerError:
        _executors.clear()
        raise BackendError(
            "a worker process was killed, perhaps because memory ran out; try fewer --workers"
        ) from None
    finally:
        for future in waiting:
            future.cancel()


_executors: dict[tuple[int, int], Any] = {}
"""One at most, by the process that it belongs to and its number of workers."""


def _executor(workers: int) -> Any:
    """The processes of the call before, if there are as many; they end when idle for a minute.

    loky's own reusable executor is not used: joblib's ``Parallel`` would take it for its own.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    key = os.getpid(), workers
    if key not in _executors:
        for (process, _), other in _executors.items():
            if process == key[0]:  # of a process that was forked it is its parent's
                other.shutdown(wait=False)
        _executors.clear()
        _executors[key] = ProcessPoolExecutor(workers, timeout=60)
    return _executors[key]


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Hold Ctrl-C back while processes start.

    Ctrl-C reaches all processes of a terminal. Those started here inherit the block and so
    leave it to this process, where it is delivered at the end.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    try:
        resource_tracker.ensure_running()  # it would lift the block of some signals
        signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
