"""Squared error, and cross-entropy with softmax and with sigmoid.

A loss is one float64 number, whatever the type of the scores. In a cross-entropy, what
stands at a target or label below zero is ignored: it adds nothing to the loss and has no
gradient.
"""

from __future__ import annotations

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.errors import ModelError
from wordkit.layers.base import Layer

REDUCTIONS = ("mean", "sum")


def log_sigmoid(x: Array) -> Array:
    """log 1 / (1 + exp(-x)), right for any x: nothing overflows, nothing is cut off."""
    return -array_module(x).logaddexp(0, -x)


class SquaredError(Layer):
    """(prediction - target) ** 2.

    Parameters
    ----------
    reduction
        ``mean`` over all numbers of the block, or ``sum``.
    """

    def __init__(self, *, reduction: str = "mean"):
        super().__init__()
        self.reduction = checked_reduction(reduction)

    def forward(self, predictions: Array, targets: Array) -> Array:
        """From predictions and targets, both (...), to the loss."""
        if predictions.shape != targets.shape:  # (N, 1) - (N,) would be (N, N)
            raise ModelError(
                f"targets must have the shape of the predictions, {predictions.shape}, "
                f"not {targets.shape}"
            )
        self._errors = (predictions - targets).astype(predictions.dtype)
        self._share = 1 / max(self._errors.size, 1) if self.reduction == "mean" else 1.0
        return (self._errors.astype(float) ** 2).sum() * self._share

    def backward(self, gradient: Array = 1.0) -> Array:
        """The gradient of the predictions, (...); the targets are given and have none."""
        return (self._errors * (2 * self._share * gradient)).astype(self._errors.dtype)


class SoftmaxCrossEntropy(Layer):
    """-log softmax(scores)[target].

    Parameters
    ----------
    reduction
        ``mean`` over the targets that count, or ``sum``.
    label_smoothing
        The share, from 0 to below 1, that the target gives away to all V scores alike:
        (1 - share) (-log softmax[target]) + share (mean of -log softmax). Szegedy et al.
        2016, "Rethinking the Inception Architecture for Computer Vision", section 7. exp of
        such a loss is no perplexity.

    Attributes
    ----------
    unsmoothed
        The loss of the last ``forward`` as it would be without label smoothing.
    """

    def __init__(self, *, reduction: str = "mean", label_smoothing: float = 0.0):
        super().__init__()
        self.reduction = checked_reduction(reduction)
        if not 0 <= label_smoothing < 1:
            raise ModelError(f"label_smoothing must be from 0 to below 1, not {label_smoothing}")
        self.label_smoothing = label_smoothing

    def forward(self, scores: Array, targets: Array) -> Array:
        """From scores (..., V) and targets (...) to the loss."""
        xp = array_module(scores)
        self._shape = scores.shape
        targets = checked_targets(targets, scores.shape)
        scores = scores.reshape(-1, self._shape[-1])
        self._weights = example_weights(targets >= 0, self.reduction)
        # an ignored target picks some score, and its weight is 0
        self._picked = xp.arange(len(targets)), xp.maximum(targets, 0)
        scores = scores - scores.max(axis=1, keepdims=True)
        scores[targets < 0] = 0  # 0 times infinity would be no number
        exponentials = xp.exp(scores)
        sums = exponentials.sum(axis=1, keepdims=True)
        self._probabilities = exponentials / sums
        losses = xp.log(sums[:, 0]) - scores[self._picked]
        self.unsmoothed = (losses * self._weights).sum()
        if self.label_smoothing:
            losses += self.label_smoothing * (scores[self._picked] - scores.mean(axis=1))
        return (losses * self._weights).sum()

    def backward(self, gradient: Array = 1.0) -> Array:
        """The gradient of the scores, (..., V)."""
        scores = self._probabilities.copy()
        scores[self._picked] -= 1 - self.label_smoothing
        if self.label_smoothing:
            scores -= self.label_smoothing / scores.shape[1]
        scores *= (self._weights * gradient).astype(scores.dtype)[:, None]
        return scores.reshape(self._shape)


class SigmoidCrossEntropy(Layer):
    """-log sigmoid(score) where the label is 1, -log sigmoid(-score) where it is 0.

    Parameters
    ----------
    reduction
        ``mean`` over the labels that count, or ``sum``.
    """

    def __init__(self, *, reduction: str = "mean"):
        super().__init__()
        self.reduction = checked_reduction(reduction)

    def forward(self, scores: Array, labels: Array) -> Array:
        """From scores and labels, both (...), to the loss."""
        xp = array_module(scores)
        self._weights = example_weights(labels >= 0, self.reduction)
        self._signs = xp.where(labels > 0, 1, -1).astype(scores.dtype)
        self._margins = self._signs * scores
        return -(log_sigmoid(self._margins) * self._weights).sum()

    def backward(self, gradient: Array = 1.0) -> Array:
        """The gradient of the scores, (...)."""
        xp = array_module(self._margins)
        # 1 - sigmoid(margin), but without the subtraction that would leave nothing of it
        missing = xp.exp(log_sigmoid(-self._margins))
        return -self._signs * missing * (self._weights * gradient).astype(missing.dtype)


def example_weights(counted: Array, reduction: str) -> Array:
    """What each example counts in the loss, float64: 0 if it is not ``counted``."""
    xp = array_module(counted)
    weights = counted.astype(xp.float64)
    return weights if reduction == "sum" else weights / xp.maximum(weights.sum(), 1)


def checked_targets(targets: Array, shape: tuple[int, ...]) -> Array:
    """Targets (...) as (n,) int64, if they are such for scores of the shape (..., V)."""
    *rows, size = shape
    if not size:
        raise ModelError("there must be at least one score to choose from: V is 0")
    if targets.shape != tuple(rows):
        raise ModelError(f"targets must have the shape {tuple(rows)}, not {targets.shape}")
    if targets.dtype.kind not in "iu":
        raise ModelError(f"targets must be integers, not {targets.dtype}")
    # on a GPU, to look would be to wait
    if array_module(targets) is np and targets.size and targets.max() >= size:
        raise ModelError(f"targets must be below {size}, found {targets.max()}")
    return targets.ravel().astype(np.int64, copy=False)


def checked_reduction(reduction: str) -> str:
    """The reduction, if it is one."""
    if reduction not in REDUCTIONS:
        raise ModelError(f"reduction must be one of {', '.join(REDUCTIONS)}, not {reduction!r}")
    return reduction
