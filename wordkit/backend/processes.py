"""Python functions in processes: they hold the GIL, so threads would not help."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any


def in_processes(
    function: Callable[[Any], Any], items: Iterable[Any], workers: int
) -> Iterator[Any]:
    """``function(item)`` for each item, in order, in ``workers`` processes.

    Items are drawn in the calling thread, no more than two a worker ahead. Where there
    is but one item or one worker, it all happens here. An error, or Ctrl-C, ends the
    processes.
    """
    items = iter(items)
    head = list(islice(items, 2))
    items = chain(head, items)
    if workers == 1 or len(head) < 2:
        yield from map(function, items)
        return
    # loky, unlike multiprocessing, takes lambdas and scripts without a __main__ guard
    from joblib.externals.loky import get_reusable_executor

    with _signals_deferred():
        executor = get_reusable_executor(workers, timeout=60, initializer=_ignore_interrupts)
        executor.submit(int)  # starts the processes
    waiting: deque[Any] = deque()
    try:
        for item in items:
            waiting.append(executor.submit(function, item))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BaseException:
        executor.shutdown(kill_workers=True)
        raise


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """Hold Ctrl-C back while processes start: an exception in the middle of that gets lost."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    wanted = (signal.SIGINT, signal.SIGTERM)
    handlers = {
        each: signal.signal(each, lambda number, _: caught.append(number)) for each in wanted
    }
    try:
        yield
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler or signal.SIG_DFL)
    for number in caught[:1]:
        signal.raise_signal(number)


def _ignore_interrupts() -> None:
    """Ctrl-C goes to all processes of a terminal; the first of them decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
