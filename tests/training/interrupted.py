"""Ctrl-C in the middle of a training."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from wordkit.interrupts import TrainingInterrupted


@contextmanager
def interrupted_after(
    steps: int, model: type, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.ExceptionInfo[TrainingInterrupted]]:
    """Training inside is interrupted in the step after so many; yields what it raises."""
    real, calls = model.loss_and_gradients, iter(range(steps + 1))

    def interrupted(self: Any, batch: Any) -> Any:
        if next(calls) == steps:
            signal.raise_signal(signal.SIGINT)
        return real(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(model, "loss_and_gradients", interrupted)
        with pytest.raises(TrainingInterrupted) as caught:
            yield caught
