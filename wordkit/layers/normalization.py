"""Normalization: mean 0 and variance 1, then a scale and a shift that are learned."""

from __future__ import annotations

from collections.abc import Mapping

from wordkit.backend.arrays import Array, array_module
from wordkit.errors import ModelError
from wordkit.layers.base import Layer, Parameter
from wordkit.layers.init import ones, zeros


class BatchNorm(Layer):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, each feature over all examples.

    In training, ``forward(x, training=True)``, mean and variance are those of the block,
    and the running ones move towards them; otherwise they are the running ones. Ioffe and
    Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing
    Internal Covariate Shift".

    Parameters
    ----------
    size
        D, of ``params["gamma"]`` and ``params["beta"]``.
    momentum
        The share of the running mean and variance that stays at each training step.

    Attributes
    ----------
    running_mean, running_variance
        (D,), the variance being the unbiased one. Not learned by gradient, but part of
        the model: save them with the params.
    """

    def __init__(
        self,
        size: int,
        *,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        weights: Mapping[str, Array] | None = None,
    ):
        super().__init__(_scale_and_shift(size), weights=weights)
        self.momentum, self.epsilon = momentum, epsilon
        gamma = self.params["gamma"]
        xp = array_module(gamma)
        self.running_mean, self.running_variance = xp.zeros_like(gamma), xp.ones_like(gamma)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """From x to y, both (..., D)."""
        self._training = training
        gamma, beta = self.params["gamma"], self.params["beta"]
        examples = x.reshape(-1, len(gamma))
        mean, variance = self.running_mean, self.running_variance
        if training:
            mean, variance = examples.mean(axis=0), examples.var(axis=0)
            self._run(mean, variance, len(examples))
        self._inverse = 1 / array_module(x).sqrt(variance + self.epsilon)
        self._normal = (examples - mean) * self._inverse
        return (gamma * self._normal + beta).reshape(x.shape)

    def backward(self, gradient: Array) -> Array:
        """From the gradient of y to that of x, both (..., D)."""
        gamma, shape = self.params["gamma"], gradient.shape
        gradient = gradient.reshape(-1, len(gamma))
        self.grads["gamma"] = (gradient * self._normal).sum(axis=0)
        self.grads["beta"] = gradient.sum(axis=0)
        gradient = gradient * gamma
        if self._training:  # mean and variance depend on x too
            gradient = centred(gradient, self._normal, axis=0)
        return (gradient * self._inverse).reshape(shape)

    def _run(self, mean: Array, variance: Array, count: int) -> None:
        if count < 2:
            raise ModelError(f"BatchNorm must have at least 2 examples to train on, not {count}")
        for running, now in (
            (self.running_mean, mean),
            (self.running_variance, variance * (count / (count - 1))),
        ):
            running *= self.momentum
            running += (1 - self.momentum) * now


class LayerNorm(Layer):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, each example over its features.

    The same in training or not, and at one step as over many. Ba et al. 2016, "Layer
    Normalization".

    Parameters
    ----------
    size
        D, of ``params["gamma"]`` and ``params["beta"]``.
    """

    def __init__(
        self, size: int, *, epsilon: float = 1e-5, weights: Mapping[str, Array] | None = None
    ):
        super().__init__(_scale_and_shift(size), weights=weights)
        self.epsilon = epsilon

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """From x to y, both (..., D)."""
        variance = x.var(axis=-1, keepdims=True)
        self._inverse = 1 / array_module(x).sqrt(variance + self.epsilon)
        self._normal = (x - x.mean(axis=-1, keepdims=True)) * self._inverse
        return self.params["gamma"] * self._normal + self.params["beta"]

    def backward(self, gradient: Array) -> Array:
        """From the gradient of y to that of x, both (..., D)."""
        examples = tuple(range(gradient.ndim - 1))
        self.grads["gamma"] = (gradient * self._normal).sum(axis=examples)
        self.grads["beta"] = gradient.sum(axis=examples)
        gradient = gradient * self.params["gamma"]
        return centred(gradient, self._normal, axis=-1) * self._inverse


def _scale_and_shift(size: int) -> dict[str, Parameter]:
    return {"gamma": Parameter((size,), ones), "beta": Parameter((size,), zeros)}


def centred(gradient: Array, normal: Array, axis: int) -> Array:
    """The gradient without what moves the mean or the variance, which cannot move.

    g - mean(g) - n mean(g n), with n the normalized values and means along the axis.
    """
    mean = gradient.mean(axis=axis, keepdims=True)
    slope = (gradient * normal).mean(axis=axis, keepdims=True)
    return gradient - mean - normal * slope
