"""Layers one after the other."""

from __future__ import annotations

from typing import Any

from wordkit.backend.arrays import Array
from wordkit.layers.base import Layer


class Sequential(Layer):
    """Each layer takes the output of the one before it; the paths of params begin with its number.

    Examples
    --------
    >>> import numpy as np
    >>> from wordkit.layers import Activation, Affine
    >>> rng = np.random.default_rng(1)
    >>> network = Sequential(Affine(2, 3, rng=rng), Activation("tanh"), Affine(3, 1, rng=rng))
    >>> network.forward(np.ones((5, 2))).shape
    (5, 1)
    """

    def __init__(self, *layers: Layer):
        super().__init__(children={str(number): layer for number, layer in enumerate(layers)})

    def forward(self, x: Array, *, training: bool = False) -> Any:
        """The output of the last layer."""
        for layer in self.children.values():
            x = layer.forward(x, training=training)
        return x

    def backward(self, gradient: Array) -> Any:
        """The gradient of the first layer's input; None if that has none."""
        for layer in reversed(self.children.values()):
            gradient = layer.backward(gradient)
        return gradient
