"""A product with a matrix, and a shift."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wordkit.backend.arrays import Array
from wordkit.backend.products import product
from wordkit.errors import ModelError
from wordkit.layers.base import Initial, Layer, Parameter
from wordkit.layers.blocks import block_of, rows_of
from wordkit.layers.init import xavier, zeros


class Affine(Layer):
    """y = x W + b. ``params["weight"]``: W, (D, H); ``params["bias"]``: b, (H,).

    Parameters
    ----------
    inputs, outputs
        D and H.
    bias
        False for y = x W.
    initial
        What draws W.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        bias: bool = True,
        initial: Initial = xavier,
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        parameters = {"weight": Parameter((inputs, outputs), initial)}
        if bias:
            parameters["bias"] = Parameter((outputs,), zeros)
        super().__init__(parameters, rng=rng, weights=weights)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """From x (..., D) to y (..., H), of the weight's type, in training or not."""
        weight = self.params["weight"]
        if x.shape[-1] != len(weight):
            raise ModelError(
                f"the input of this Affine must have {len(weight)} features, not {x.shape[-1]}"
            )
        self._shape = x.shape
        # (N, T, D) @ (D, H) would be N small products
        self._x = rows_of(x).astype(weight.dtype, copy=False)
        y = product(self._x, weight)
        if "bias" in self.params:
            y += self.params["bias"]
        return block_of(y, (*self._shape[:-1], weight.shape[1]))

    def backward(self, gradient: Array) -> Array:
        """From the gradient of y (..., H) to that of x (..., D)."""
        weight = self.params["weight"]
        gradient = rows_of(gradient).astype(weight.dtype, copy=False)
        self.grads["weight"] = product(self._x.T, gradient)
        if "bias" in self.params:
            self.grads["bias"] = gradient.sum(axis=0)
        return block_of(product(gradient, weight.T), self._shape)
