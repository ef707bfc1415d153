"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wordkit.backend.arrays import Array
from wordkit.training.descent.gradients import blocks
from wordkit.training.descent.optimizers import SGD, checked
from wordkit.training.descent.state import count_of


class ASGD(SGD):
    """w <- w - rate g; the mean of the weights since the trigger is evaluated and kept.

    Polyak and Juditsky 1992, with the non-monotonic trigger of Merity et al. 2018: the
    average begins when a validation loss is worse than the best one of all but the last
    ``patience`` validations.

    With d the changes since the trigger, w <- w - d, the mean of the t + 1 weights from it
    on is w + (1 d_1 + 2 d_2 + ... + t d_t) / (t + 1). The sum is kept as the slot: a row
    that is not used has d = 0, so that neither it nor its mean need be touched.

    Parameters
    ----------
    patience
        n in the paper; with 0 the average begins at the first validation without a gain.
    """

    def __init__(self, *, patience: int = 5, weight_decay: float = 0.0):
        super().__init__(weight_decay=weight_decay)
        self.patience = int(checked(patience, "patience"))
        self.losses: list[float] = []
        self.averaging = False  # whether the average has begun
        self.averaged_steps = 0  # t, the steps since then

    def validated(self, loss: float) -> None:
        """Record a validation loss; the average may begin here."""
        earlier = self.losses[: max(0, len(self.losses) - self.patience)]
        if not self.averaging and earlier and loss > min(earlier):
            self._begin()
        self.losses.append(loss)

    def _begin(self) -> None:
        self.averaging = True
        self.slot_names = ("sum",)
        self.slots.clear()

    def step(self, params: dict[str, Array], grads: dict[str, Any], rate: float) -> None:
        """Descend once; see ``Optimizer.step``."""
        self.averaged_steps += self.averaging
        super().step(params, grads, rate)

    def _update(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        d = rate * g
        w -= d
        for total in slots:
            d *= self.averaged_steps
            total += d

    @contextmanager
    def averaged(self, params: dict[str, Array]) -> Iterator[None]:
        """Put the averages into ``params`` for the duration of the block."""
        weights = {name: params[name].copy() for name in self.slots if self.slots[name]}
        try:
            for name in weights:
                for w, total in blocks(params[name], self.slots[name][0]):
                    w += total / (self.averaged_steps + 1)
            yield
        finally:
            for name, w in weights.items():
                params[name][...] = w

    def state(self) -> dict[str, Any]:
        """Return the state: arrays (not copied) and values for JSON."""
        return {
            **super().state(),
            "losses": list(self.losses),
            "averaging": self.averaging,
            "averaged_steps": self.averaged_steps,
        }

    def _load_numbers(self, state: dict[str, Any]) -> None:
        super()._load_numbers(state)
        self.losses = list(state.pop("losses"))
        self.averaged_steps = count_of(state, "averaged_steps")
        if state.pop("averaging"):
            self._begin()
