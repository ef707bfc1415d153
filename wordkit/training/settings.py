"""How a model is trained, as plain values: what all models with a ``Trainer`` share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from wordkit.checks import Interval, check_parameters, parameter
from wordkit.registry import Registry
from wordkit.training.descent.options import OPTIMIZERS, SCHEDULES

RATES = {
    "sgd": 20.0, "asgd": 20.0, "momentum": 2.0, "nesterov": 2.0, "adagrad": 0.05,
    "rmsprop": 0.001, "adadelta": 5.0, "adam": 0.06, "adamw": 0.06,
}  # fmt: skip
"""Default learning rates, for the gradient of the mean loss per word."""
BY_WIDTH = ("adam", "adamw")
"""Whose rate is divided by the square root of the hidden size: their steps are as long whatever
the gradient is, so that the sums of more units change by more."""
LONGEST = {"sgd": 10.0, "asgd": 10.0, "momentum": 1.5, "nesterov": 1.5}
"""Largest rate times clip, for optimizers whose step length is proportional to the gradient."""
WIDEST = 5.0
"""A clip above this hardly clips any gradient, so the rate falls no further."""
POSITIVE = Interval(above=0)
LAYERS, SIZES = Interval(1, 1_000), Interval(1, 100_000)
"""Limits on model sizes; larger numbers are assumed to be typing errors."""


@dataclass(frozen=True)
class Named:
    """A name of a registry, optionally followed by a colon and options: ``adam:beta1=0.5``."""

    names: Registry

    def allow(self, value: Any) -> bool:
        """Whether a text begins with one of the names; its options are read later."""
        return name_in(value) in self.names

    def describe(self, kind: str) -> str:
        """The names in words."""
        return f"one of {', '.join(self.names)}, with options or not"


def name_in(text: str) -> str:
    """Return the name without its options."""
    return text.partition(":")[0].strip()


@dataclass(kw_only=True)
class TrainingSettings:
    """The settings that ``trainer_for`` reads; each kind of model has a subclass of its own.

    Optimizer and schedule are parsed by ``wordkit.training.descent.options``. By default, a
    schedule's ``steps`` are the steps of all epochs, its ``every`` is one epoch, and its
    ``warm_up`` a tenth of all steps.
    """

    batch_size: int = parameter(20, Interval(1), help="Sequences at once.")
    optimizer: str = parameter("adam", Named(OPTIMIZERS), help="Such as sgd or adam:beta1=0.5.")
    schedule: str = parameter(
        "cosine", Named(SCHEDULES), help="Of the learning rate, such as plateau."
    )
    lr: float | None = parameter(
        None, POSITIVE, help="Learning rate.", none="by optimizer, clip and size"
    )
    clip: float = parameter(0.25, POSITIVE, help="Largest norm of the gradient.")
    epochs: int = parameter(10, Interval(1, 10**9), help="Passes over the training data.")
    max_minutes: float | None = parameter(
        None, POSITIVE, help="Stop after so many minutes.", none="never"
    )
    patience: int | None = parameter(
        None, Interval(1), help="Stop after so many validations without gain.", none="never"
    )
    validate_every: int | None = parameter(
        None, Interval(1), help="Steps between validations.", none="an epoch"
    )
    seed: int = parameter(1, Interval(0, 2**32 - 1), help="Seed of the randomness.")

    def __post_init__(self) -> None:
        check_parameters(self)

    def rate_for(self, width: int) -> float:
        """Return ``lr``, or else a default for the optimizer, the clip and the hidden size.

        The defaults were chosen by ``scripts/reproduce/learning_rates.py``.
        """
        if self.lr is not None:
            return self.lr
        name = name_in(self.optimizer)
        rate = RATES[name] / math.sqrt(width) if name in BY_WIDTH else RATES[name]
        return min(rate, LONGEST.get(name, math.inf) / min(self.clip, WIDEST))
