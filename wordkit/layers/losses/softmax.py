"""The softmax over all words, with the product before it, in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wordkit.backend.arrays import Array, array_module, fits_kernels
from wordkit.backend.products import product
from wordkit.backend.threads import at_once, available_workers, shares
from wordkit.errors import ModelError
from wordkit.layers.base import Layer, Parameter
from wordkit.layers.blocks import block_of, rows_of
from wordkit.layers.buffers import Buffers
from wordkit.layers.init import uniform, zeros
from wordkit.layers.losses.dense import SoftmaxCrossEntropy, checked_reduction, checked_targets
from wordkit.layers.losses.softmax_kernels import softmax_losses

SCORES_AT_ONCE = 2**23
"""32 MB of float32. With fewer rows, the gradients of (V, D) are added up more often."""
WORTH_THREADS = 2**18
"""Scores; with fewer, one thread is done before others have started."""


class SoftmaxLoss(Layer):
    """Softmax over all words, of the scores h W^T + b.

    ``params``: ``weight`` W, (V, D), which may be an embedding's own; ``bias`` b, (V,). The
    exact loss, for which ``NegativeSamplingLoss`` is the cheap stand-in.

    Scores are computed by blocks of rows, and in training at once turned into their
    gradient: no more than ``SCORES_AT_ONCE`` of the (N, V) exist together. What
    ``backward`` gives, the next ``forward`` overwrites.

    Parameters
    ----------
    size, words
        D and V.
    bias
        False for scores without b.
    reduction, label_smoothing
        As in ``SoftmaxCrossEntropy``.

    Attributes
    ----------
    unsmoothed
        As in ``SoftmaxCrossEntropy``.
    """

    def __init__(
        self,
        size: int,
        words: int,
        *,
        bias: bool = True,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        parameters = {"weight": Parameter((words, size), uniform)}
        if bias:
            parameters["bias"] = Parameter((words,), zeros)
        super().__init__(parameters, rng=rng, weights=weights)
        self.reduction = checked_reduction(reduction)
        self._cross_entropy = SoftmaxCrossEntropy(reduction="sum", label_smoothing=label_smoothing)
        self._buffers = Buffers()

    def forward(self, h: Array, targets: Array, *, training: bool = True) -> Array:
        """From vectors h (..., D) and targets (...) to the loss.

        Without ``training`` there is the loss alone, for a third of the work.
        """
        weight = self.params["weight"]
        xp, self._shape, self._trained = array_module(weight), h.shape, training
        if h.shape[-1] != weight.shape[1]:
            raise ModelError(f"h must have {weight.shape[1]} features, not {h.shape[-1]}")
        targets = checked_targets(targets, (*h.shape[:-1], len(weight)))
        targets = rows_of(targets.reshape(*h.shape[:-1], 1))[:, 0]
        h = rows_of(h).astype(weight.dtype, copy=False)
        self._share = 1 / xp.maximum((targets >= 0).sum(), 1) if self.reduction == "mean" else 1.0
        self._d_h = self._buffers.get("h", h.shape, weight)
        self._sums = {name: self._buffers.get(name, p.shape, p) for name, p in self.params.items()}
        if "bias" in self._sums:
            self._sums["bias"][...] = 0
        loss, self.unsmoothed = xp.zeros((), np.float64), xp.zeros((), np.float64)
        count = max(1, SCORES_AT_ONCE // len(weight))
        for first in range(0, max(len(h), 1), count):
            rows = slice(first, first + count)
            scores = self._buffers.get("scores", (len(h[rows]), len(weight)), weight)
            losses = self._losses_in_kernels if fits_kernels(scores) else self._losses
            loss = loss + losses(h[rows], targets[rows], scores, self._d_h[rows])
            if training:
                self._add_products(scores.T, h[rows], first)
        return loss

    def backward(self, gradient: Array = 1.0) -> Array:
        """The gradient of h, (..., D)."""
        if not self._trained:
            raise ModelError("there is no gradient: the last forward was not in training")
        for name, array in self._sums.items():
            self.grads[name] = _times(gradient, array)
        return block_of(_times(gradient, self._d_h), self._shape)

    def _losses(self, h: Array, targets: Array, scores: Array, d_h: Array) -> Array:
        """The sum of the losses; ``scores`` (N, V) and ``d_h`` become the gradients."""
        weight, bias, xp = self.params["weight"], self.params.get("bias"), array_module(h)
        xp.matmul(h, weight.T, out=scores)
        if bias is not None:
            scores += bias
        loss = self._cross_entropy.forward(scores, targets) * self._share
        self.unsmoothed += self._cross_entropy.unsmoothed * self._share
        if self._trained:
            scores[...] = self._cross_entropy.backward(self._share)
            xp.matmul(scores, weight, out=d_h)
            if bias is not None:
                self._sums["bias"] += scores.sum(axis=0)
        return loss

    def _losses_in_kernels(self, h: Array, targets: Array, scores: Array, d_h: Array) -> float:
        """The same, by kernels in threads."""
        weight, none = self.params["weight"], np.empty(0, np.float32)
        bias = np.ascontiguousarray(self.params.get("bias", none), np.float32)
        smoothing, weight_each = self._cross_entropy.label_smoothing, float(self._share)

        def share(rows: slice) -> tuple[float, float, np.ndarray]:
            d_bias = np.zeros_like(bias)
            losses = softmax_losses(
                scores[rows], bias, targets[rows], smoothing, weight_each, self._trained, d_bias
            )
            return *losses, d_bias

        product(h, weight.T, scores)
        workers = available_workers() if scores.size >= WORTH_THREADS else 1
        done = at_once(share, shares(len(h), workers))
        for _, unsmoothed, d_bias in done:
            self.unsmoothed += unsmoothed
            if len(bias):
                self._sums["bias"] += d_bias
        if self._trained:
            product(scores, weight, d_h)
        return sum(loss for loss, *_ in done)

    def _add_products(self, left: Array, right: Array, first: int) -> None:
        """Add a product to the gradient of W; the first one is written there."""
        total = self._sums["weight"]
        if first == 0:
            product(left, right, total)
        else:
            more = self._buffers.get("more", total.shape, total)
            total += product(left, right, more)


def _times(factor: Array, array: Array) -> Array:
    """The product, in the dtype of the array; itself where the factor is 1."""
    if isinstance(factor, float) and factor == 1:
        return array
    return (array * factor).astype(array.dtype, copy=False)
