"""Activations, and their derivatives as functions of what they gave."""

from __future__ import annotations

from collections.abc import Callable

from wordkit.backend.arrays import Array, array_module
from wordkit.errors import ModelError
from wordkit.layers.base import Layer


def step(x: Array) -> Array:
    """1 where x > 0, else 0."""
    return (x > 0).astype(x.dtype)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), and below zero exp(x) / (1 + exp(x)): nothing overflows."""
    xp = array_module(x)
    return xp.exp(xp.minimum(x, 0)) / (1 + xp.exp(-xp.abs(x)))


def tanh(x: Array) -> Array:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x))."""
    return array_module(x).tanh(x)


def relu(x: Array) -> Array:
    """max(x, 0)."""
    return array_module(x).maximum(x, 0)


def identity(x: Array) -> Array:
    """x."""
    return x


def softmax(x: Array) -> Array:
    """exp(x) / sum of exp(x) over the last axis; taking off the maximum changes nothing."""
    xp = array_module(x)
    exponentials = xp.exp(x - x.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


Function = Callable[[Array], Array]

ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "step": (step, lambda y: array_module(y).zeros_like(y)),
    "sigmoid": (sigmoid, lambda y: y * (1 - y)),
    "tanh": (tanh, lambda y: 1 - y * y),
    "relu": (relu, step),
    "identity": (identity, lambda y: array_module(y).ones_like(y)),
}
"""Name: (the function of x, its derivative as a function of the output y).

By the output, because then a layer over many steps keeps y alone. Where there is no
derivative, at the corner of ``step`` and of ``relu``, it is 0.
"""


class Activation(Layer):
    """y = f(x), element by element.

    Parameters
    ----------
    name
        A key of ``ACTIVATIONS``.
    """

    def __init__(self, name: str):
        super().__init__()
        if name not in ACTIVATIONS:
            raise ModelError(f"activation must be one of {', '.join(ACTIVATIONS)}, not {name!r}")
        self.name = name

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """From x (...) to y (...), in training or not."""
        function, _ = ACTIVATIONS[self.name]
        self._y = function(x)
        return self._y

    def backward(self, gradient: Array) -> Array:
        """From the gradient of y (...) to that of x (...)."""
        _, derivative = ACTIVATIONS[self.name]
        return gradient * derivative(self._y)


class Softmax(Layer):
    """y = softmax(x) over the last axis.

    To learn with, ``SoftmaxCrossEntropy`` takes the scores x themselves.
    """

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """From x (..., D) to y (..., D), in training or not."""
        self._y = softmax(x)
        return self._y

    def backward(self, gradient: Array) -> Array:
        """From the gradient of y (..., D) to that of x: y (gradient - sum of gradient y)."""
        weighted = gradient * self._y
        return weighted - self._y * weighted.sum(axis=-1, keepdims=True)
