"""Ctrl-C lets the step be finished."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class TrainingInterrupted(KeyboardInterrupt):
    """A run that was stopped by hand, after its checkpoint; says how to go on."""


@contextmanager
def noted_interrupts() -> Iterator[list[int]]:
    """Yield a list to which the first Ctrl-C, or SIGTERM, is added instead of acting.

    A second one acts as before. In a thread that is not the main one nothing is noted.
    """
    noted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # None: a handler that Python cannot put back; ignored: somebody wants no interrupts
    ours = [n for n, handler in before.items() if handler not in (None, signal.SIG_IGN)]

    def restore() -> None:
        for number in ours:
            signal.signal(number, before[number])

    def note(number: int, frame: Any) -> None:
        noted.append(number)
        restore()

    for number in ours:
        signal.signal(number, note)
    try:
        yield noted
    finally:
        restore()
