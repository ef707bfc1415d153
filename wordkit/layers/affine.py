"""A product with a matrix, and a shift."""

from __future__ import annotations

from wordkit.backend.arrays import Array
from wordkit.backend.products import product
from wordkit.layers.base import Layer


class Affine(Layer):
    """y = x W + b. ``params["weight"]``: W, (D, H); ``params["bias"]``: b, (H,), if given."""

    def __init__(self, weight: Array, bias: Array | None = None):
        if bias is None:
            super().__init__(weight=weight)
        else:
            super().__init__(weight=weight, bias=bias)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """From x (..., D) to y (..., H), of the weight's type, in training or not."""
        weight = self.params["weight"]
        self._shape = x.shape
        # (N, T, D) @ (D, H) would be N small products
        self._x = x.reshape(-1, len(weight)).astype(weight.dtype, copy=False)
        y = product(self._x, weight)
        if "bias" in self.params:
            y += self.params["bias"]
        return y.reshape(*self._shape[:-1], weight.shape[1])

    def backward(self, gradient: Array) -> Array:
        """From the gradient of y (..., H) to that of x (..., D)."""
        weight = self.params["weight"]
        gradient = gradient.reshape(-1, weight.shape[1]).astype(weight.dtype, copy=False)
        self.grads["weight"] = product(self._x.T, gradient)
        if "bias" in self.params:
            self.grads["bias"] = gradient.sum(axis=0)
        return product(gradient, weight.T).reshape(self._shape)
