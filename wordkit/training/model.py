"""What a trainer needs of a model, and the evaluation of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from wordkit.backend.arrays import Array
from wordkit.errors import ModelError


class Model(Protocol):
    """The interface that the trainer needs of a model.

    Attributes
    ----------
    params
        Arrays by name, changed in place. One array under several names is one param.
    state
        What the model carries from one batch to the next, arrays by name: the recurrent
        state. The trainer resets it to ``{}`` at the start of an epoch or a text, or sets it
        to an earlier value, so the model must not change these arrays in place.
    generators
        The random generators used in training, by name, made by ``np.random.default_rng``.
    """

    params: dict[str, Array]
    state: dict[str, Array]
    generators: dict[str, np.random.Generator]

    def loss_and_gradients(self, batch: Any) -> tuple[float, int, dict[str, Any]]:
        """Run forward and backward for a training batch.

        Returns
        -------
        The sum of the losses in nats, so that exp(mean) is the perplexity; the number of
        targets; and the gradients (usually of the mean loss): arrays or ``RowGradient``s,
        by the names of ``params``.
        """

    def loss(self, batch: Any) -> tuple[float, int]:
        """Return the sum of the losses and the number of targets, without dropout or sampling."""


def evaluate(model: Model, batches: Iterable[Any]) -> tuple[float, int]:
    """Return the mean loss per target, in nats (float64), and the number of targets.

    The model starts with an empty state, and gets its state back afterwards.

    Raises
    ------
    ModelError
        There is no target.
    """
    kept, model.state = model.state, {}
    total, targets = 0.0, 0
    try:
        for batch in batches:
            loss, count = model.loss(batch)
            total += float(loss)
            targets += int(count)
    finally:
        model.state = kept
    if not targets:
        raise ModelError("nothing to evaluate: the text has no target that counts")
    return total / targets, targets
