"""Schedules of the learning rate, step by step.

``rate`` is the initial rate, or the highest for ``OneCycle``; n is the number of steps done.
"""

from __future__ import annotations

import math
from typing import Any

from wordkit.errors import ModelError
from wordkit.training.descent.state import count_of


class Schedule:
    """The interface of a schedule."""

    def __init__(self, *, rate: float):
        self.first = _positive(rate, "rate")

    def rate(self, step: int) -> float:
        """Return the rate of the next step, after ``step`` steps."""
        raise NotImplementedError

    def validated(self, loss: float) -> None:
        """Record a validation loss."""

    def state(self) -> dict[str, Any]:
        """Return the state, as values for JSON."""
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore a ``state``."""


class Constant(Schedule):
    """rate."""

    def rate(self, step: int) -> float:
        """Return the rate of the next step, after ``step`` steps."""
        return self.first


class Plateau(Schedule):
    """The rate is divided by ``divisor`` after ``patience`` validations without a gain."""

    def __init__(self, *, rate: float, divisor: float = 4.0, patience: int = 1):
        super().__init__(rate=rate)
        self.divisor = _positive(divisor, "divisor")
        self.patience = _positive(patience, "patience")
        self.best: float | None = None
        self.worse = 0  # validations since the best one or the last division
        self.divisions = 0

    def rate(self, step: int) -> float:
        """rate / divisor ^ divisions."""
        return self.first / _power(self.divisor, self.divisions)

    def validated(self, loss: float) -> None:
        """Record a validation loss; the rate may fall."""
        if self.best is None or loss < self.best:
            self.best, self.worse = loss, 0
            return
        self.worse += 1
        if self.worse >= self.patience:
            self.worse = 0
            self.divisions += 1

    def state(self) -> dict[str, Any]:
        """Return the state, as values for JSON."""
        return {"best": self.best, "worse": self.worse, "divisions": self.divisions}

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore a ``state``."""
        state = dict(state)
        self.best, self.worse = state["best"], count_of(state, "worse")
        self.divisions = count_of(state, "divisions")


class _Decay(Schedule):
    """What schedules share that decay with n / every."""

    def __init__(self, *, rate: float, decay: float, every: float = 1):
        super().__init__(rate=rate)
        self.decay = _positive(decay, "decay")
        self.every = _positive(every, "every")


class InverseTime(_Decay):
    """rate / (1 + decay n / every) (Robbins and Monro 1951)."""

    def rate(self, step: int) -> float:
        """Return the rate of the next step, after ``step`` steps."""
        return self.first / (1 + self.decay * step / self.every)


class Exponential(_Decay):
    """rate decay ^ (n / every)."""

    def rate(self, step: int) -> float:
        """Return the rate of the next step, after ``step`` steps."""
        return self.first * _power(self.decay, step / self.every)


class NaturalExponential(_Decay):
    """rate e ^ (-decay n / every)."""

    def rate(self, step: int) -> float:
        """Return the rate of the next step, after ``step`` steps."""
        return self.first * math.exp(-self.decay * step / self.every)


class Cosine(Schedule):
    """Cosine annealing from rate to ``final`` in ``steps`` steps (Loshchilov and Hutter 2017).

    final + (rate - final) (1 + cos(pi n / steps)) / 2, and ``final`` after that.
    """

    def __init__(self, *, rate: float, steps: int, final: float = 0.0):
        super().__init__(rate=rate)
        self.steps = _positive(steps, "steps")
        if not 0 <= final < math.inf:
            raise ModelError(f"final must be a number from 0, not {final}")
        self.final = final

    def rate(self, step: int) -> float:
        """Return the rate of the next step, after ``step`` steps."""
        return _half_wave(self.first, self.final, step / self.steps)


class OneCycle(Schedule):
    """Up in ``warm_up`` steps, down in the others (Smith and Topin 2018).

    Cosine annealing from rate / start_divisor up to rate, and from there down to
    rate / final_divisor at ``steps``, where it stays.
    """

    def __init__(
        self,
        *,
        rate: float,
        steps: int,
        warm_up: int,
        start_divisor: float = 25.0,
        final_divisor: float = 1e4,
    ):
        super().__init__(rate=rate)
        self.steps = _positive(steps, "steps")
        self.warm_up = warm_up
        self.start = rate / _positive(start_divisor, "start_divisor")
        self.final = rate / _positive(final_divisor, "final_divisor")
        if not 0 <= warm_up < steps:
            raise ModelError(f"warm_up must be from 0 and below steps={steps}, not {warm_up}")

    def rate(self, step: int) -> float:
        """Return the rate of the next step, after ``step`` steps."""
        if step < self.warm_up:
            return _half_wave(self.start, self.first, step / self.warm_up)
        done = (step - self.warm_up) / (self.steps - self.warm_up)
        return _half_wave(self.first, self.final, done)


def _half_wave(start: float, end: float, done: float) -> float:
    """Anneal from start to end as ``done`` goes from 0 to 1; return end after that."""
    return end + (start - end) * (1 + math.cos(math.pi * min(done, 1.0))) / 2


def _power(base: float, exponent: float) -> float:
    """Return base ** exponent, infinity on overflow; the trainer rejects such a rate."""
    try:
        return float(base) ** exponent
    except OverflowError:
        return math.inf


def _positive(value: float, name: str) -> float:
    if not 0 < value < math.inf:
        raise ModelError(f"{name} must be a number above 0, not {value}")
    return value
