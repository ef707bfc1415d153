"""Ctrl-C, SIGTERM and SIGHUP: they end a command, but not in the middle of what must be whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

INTERRUPTS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Ctrl-C, ``kill``, and a terminal that is closed (which Windows has no signal for)."""

INTERRUPTED = 130
"""The exit status of a command that one of them ended: as a shell has it for Ctrl-C."""


class Interrupted(KeyboardInterrupt):
    """One that says what was kept."""


class TrainingInterrupted(Interrupted):
    """A run that was stopped by hand, after its checkpoint; says how to continue it."""


def handle_interrupts(handler: Callable[[int, Any], Any]) -> None:
    """Send those of the signals to a handler that are not ignored.

    ``nohup`` wants no SIGHUP, and a job in the background of a script no SIGINT.
    """
    for number in _handlers():
        signal.signal(number, handler)


@contextmanager
def noted_interrupts() -> Iterator[list[int]]:
    """Yield a list to which the first signal is added instead of acting.

    A second one acts as before. In a thread that is not the main one nothing is noted.
    """
    noted: list[int] = []
    before = _handlers()

    def note(number: int, frame: Any) -> None:
        noted.append(number)
        _restore(before)

    handle_interrupts(note)
    try:
        yield noted
    finally:
        _restore(before)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold all of them back until the block has ended: for the moment in which things change."""
    noted: list[int] = []
    before = _handlers()
    handle_interrupts(lambda number, frame: noted.append(number))
    try:
        yield
    finally:
        _restore(before)
        if noted:
            signal.raise_signal(noted[0])


def _handlers() -> dict[int, Any]:
    """Those of signals that are not ignored; none in a thread that may not change them."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    found = {number: signal.getsignal(number) for number in INTERRUPTS}
    # None: a handler that Python cannot put back
    return {n: handler for n, handler in found.items() if handler not in (None, signal.SIG_IGN)}


def _restore(handlers: dict[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
