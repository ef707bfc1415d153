"""Python functions in processes: they hold the GIL, so threads would not help."""

from __future__ import annotations

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
    """``function(item)`` for each item, in order, in ``workers`` processes.

    Items are drawn in the calling thread, no more than two a worker ahead. Where there
    is but one item or one worker, it all happens here. After an error, or Ctrl-C, no
    more work is begun.

    Raises
    ------
    BackendError
        A process was killed, perhaps for want of memory.
    """
    items = iter(items)
    head = list(islice(items, 2))
    items = chain(head, items)
    if workers == 1 or len(head) < 2:
        yield from map(function, items)
        return
    # loky, unlike multiprocessing, takes lambdas and scripts without a __main__ guard
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with _interrupts_blocked():
        executor = get_reusable_executor(workers, timeout=60)
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
        raise BackendError(
            "a worker process was killed, perhaps for want of memory; try fewer --workers"
        ) from None
    finally:
        for future in waiting:
            future.cancel()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Hold Ctrl-C back while processes start.

    It goes to all processes of a terminal: those that start here inherit the block, and
    so leave it to this one, in which it comes through at the end.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    try:
        resource_tracker.ensure_running()  # which lifts the block of some of them
        signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
