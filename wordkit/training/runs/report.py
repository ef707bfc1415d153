"""What people see of a training: a bar, a line for each epoch, and lines where no bar can be."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from types import TracebackType

from wordkit.progress import announce, progress_bar, shows_bars

EVERY = 60.0
"""Seconds from line to line, where there is no bar."""


class Report:
    """A context manager; what it says is also logged.

    Parameters
    ----------
    show
        False only logs.
    total, done
        Steps of the whole run, and of the part that was resumed.
    epochs
        How many the run is to have.
    seconds_left
        What is left of the time that the run may take.
    sample
        Writes some text with the model, to be shown after each epoch.
    """

    def __init__(
        self,
        *,
        show: bool,
        total: int,
        done: int,
        epochs: int,
        seconds_left: float = math.inf,
        sample: Callable[[], str] | None = None,
    ):
        self._show, self._total, self._done, self._epochs = show, total, done, epochs
        self._sample, self._first = sample, done
        self._began = self._said = time.monotonic()
        self._end = self._began + seconds_left
        self._lines = not shows_bars()
        self._bar = progress_bar("training", total, " steps", show=show)
        self._bar.n = self._bar.initial = done

    def __enter__(self) -> Report:
        self._bar.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def step(self, epoch: float, facts: Callable[[], str]) -> None:
        """A step is done; ``epoch`` is how far the run is, ``facts`` says how it goes."""
        self._done += 1
        if not self._bar.disable:
            self._bar.set_postfix_str(facts(), refresh=False)
        self._bar.update()
        if self._lines and time.monotonic() - self._said >= EVERY:
            self._say(f"epoch {epoch:.2f} of {self._epochs}: {facts()}{self._time_left()}")

    def epoch(self, number: int, facts: str) -> None:
        """An epoch is done."""
        self._say(f"epoch {number} of {self._epochs}: {facts}{self._time_left()}")
        if self._show and self._sample is not None and (text := self._sample()):
            announce(f"    {text}", show=True)

    def _say(self, message: str) -> None:
        self._said = time.monotonic()
        announce(message, show=self._show)

    def _time_left(self) -> str:
        now = time.monotonic()
        if self._done >= self._total:
            return ""
        each = (now - self._began) / max(self._done - self._first, 1)
        seconds = max(0.0, min((self._total - self._done) * each, self._end - now))
        return f", {duration(seconds)} left"


def duration(seconds: float) -> str:
    """In words of one or two units: 50 s, 12 min, 3 h 20 min."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60:,} h {minutes % 60} min"
