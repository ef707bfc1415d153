"""What can be trained, and how good it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from wordkit.backend.arrays import Array
from wordkit.errors import ModelError


class Model(Protocol):
    """What the trainer asks of a model.

    Attributes
    ----------
    params
        Arrays by name, changed in place. One array under several names is one param.
    state
        What the model carries from one batch to the next, arrays by name: the recurrent
        state. Others set it: to ``{}`` at the start of an epoch or a text, or to what they
        read from it earlier, which must not have changed since.
    generators
        What the model draws from in training, from ``np.random.default_rng``, by name.
    """

    params: dict[str, Array]
    state: dict[str, Array]
    generators: dict[str, np.random.Generator]

    def loss_and_gradients(self, batch: Any) -> tuple[float, int, dict[str, Any]]:
        """Forward and backward in training.

        Returns
        -------
        The sum of the losses in nats, of which exp(mean) is a perplexity; the number of
        targets; and the gradients to descend (as a rule, of the mean): arrays or
        ``RowGradient``s, by the names of ``params``.
        """

    def loss(self, batch: Any) -> tuple[float, int]:
        """The same sum and number; nothing is drawn, nothing dropped out."""


def evaluate(model: Model, batches: Iterable[Any]) -> tuple[float, int]:
    """The mean loss of a target, in nats and float64, and the number of targets.

    The state begins empty, and is afterwards what it was.

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
