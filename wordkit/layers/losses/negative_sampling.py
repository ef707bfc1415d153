"""Negative sampling: tell the true word from words drawn at random.

Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their
Compositionality".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.errors import ModelError
from wordkit.layers.base import Layer, Parameter, RowGradient
from wordkit.layers.init import zeros
from wordkit.layers.losses.dense import SigmoidCrossEntropy, checked_reduction


class UnigramSampler:
    """Draws word ids with probability count ** ns_exponent / sum.

    The distribution is exact, not a table of it as in word2vec.c, and words that do not
    occur are never drawn. Draws are made on the host, so that a seed gives the same ones
    on NumPy and on CuPy.

    Attributes
    ----------
    probabilities
        (V,) float64.
    """

    def __init__(self, counts: Any, *, ns_exponent: float = 0.75):
        counts = np.asarray(counts, np.float64)
        weights = np.power(counts, ns_exponent, out=np.zeros_like(counts), where=counts > 0)
        total = weights.sum()
        if not 0 < total < np.inf:
            raise ModelError(
                f"nothing can be drawn from {len(counts)} counts to the power {ns_exponent}, "
                f"of which the sum is {total}"
            )
        self.probabilities = weights / total
        cumulative = np.cumsum(self.probabilities)
        self._cumulative = cumulative / cumulative[-1]  # ends in 1, above every random number

    def sample(self, shape: int | tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Independent draws: int32 of that shape."""
        draws = np.searchsorted(self._cumulative, rng.random(shape), side="right")
        return draws.astype(np.int32)


class NegativeSamplingLoss(Layer):
    """-log sigmoid(u_o . h) - sum over negatives k of log sigmoid(-u_k . h).

    ``params["weight"]``: the output vectors u, (V, D). As in word2vec.c, a negative that
    is the target is left out, so that a pair may have fewer than K; one that was drawn
    twice counts twice. The gradient is full however far the sigmoid is saturated.

    Parameters
    ----------
    size, words
        D and V. The vectors begin as zeros, as in word2vec.c.
    reduction
        ``mean`` over the N pairs, or ``sum``. word2vec.c descends the sum.
    """

    def __init__(
        self,
        size: int,
        words: int,
        *,
        reduction: str = "mean",
        weights: Mapping[str, Array] | None = None,
    ):
        super().__init__({"weight": Parameter((words, size), zeros)}, weights=weights)
        self.reduction = checked_reduction(reduction)
        self._cross_entropy = SigmoidCrossEntropy(reduction="sum")

    def forward(self, h: Array, targets: Array, negatives: Array) -> Array:
        """From vectors h (N, D), targets (N,) and negatives (N, K) to the loss, float64."""
        xp = array_module(h)
        targets = targets[:, None]
        labels = xp.where(negatives == targets, -1, 0)
        labels = xp.concatenate([xp.ones_like(labels[:, :1]), labels], axis=1)
        self._h, self._ids = h, xp.concatenate([targets, negatives], axis=1)  # (N, 1 + K)
        self._rows = self.params["weight"][self._ids]  # (N, 1 + K, D)
        scores = (self._rows @ h[:, :, None])[:, :, 0]
        self._share = 1 / max(len(h), 1) if self.reduction == "mean" else 1.0
        return self._cross_entropy.forward(scores, labels) * self._share

    def backward(self, gradient: Array = 1.0) -> Array:
        """The gradient of h, (N, D)."""
        scores = self._cross_entropy.backward(gradient * self._share)
        shape = self.params["weight"].shape
        values = (scores[:, :, None] * self._h[:, None, :]).reshape(-1, shape[1])
        self.grads["weight"] = RowGradient(self._ids.ravel(), values, shape)
        return (scores[:, None, :] @ self._rows)[:, 0, :]
