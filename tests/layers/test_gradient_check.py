"""The check lets right gradients pass and no wrong ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wordkit.backend.arrays import Array, to_host
from wordkit.errors import ModelError
from wordkit.layers.base import Layer, Parameter
from wordkit.layers.gradient_check import check_gradients, numeric_gradient
from wordkit.layers.init import ones

X = np.random.default_rng(0).normal(size=(4, 3))
SCALE = np.array([2.0, -1.0, 0.5])


class Scale(Layer):
    """A layer of a user's own: x * scale, with an error if asked for."""

    def __init__(self, scale: Array, error: str = ""):
        super().__init__({"scale": Parameter(scale.shape, ones)}, weights={"scale": scale})
        self.error = error

    def forward(self, x: Array) -> Array:
        self.x = x
        return x * self.params["scale"]

    def backward(self, gradient: Array) -> Any:
        self.grads["scale"] = (gradient * self.x).sum(axis=0)
        if self.error == "scale":
            self.grads["scale"][1] += 1e-3
        if self.error == "shape":
            self.grads["scale"] = self.grads["scale"][None]
        if self.error == "unset":
            self.grads["scale"] = None
        if self.error == "missing":
            return None
        return gradient * (1 if self.error == "input" else self.params["scale"])


def test_numeric_gradient(xp: Any) -> None:
    x = xp.asarray(X)
    found = numeric_gradient(lambda x: (x**3).sum(), x)
    np.testing.assert_allclose(found, 3 * X**2, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(to_host(x), X)


def test_large_numbers() -> None:
    """Where a step of 1e-5 would be lost in the rounding."""
    found = numeric_gradient(lambda x: x.sum() ** 2, np.array([1e9]))
    np.testing.assert_allclose(found, [2e9], rtol=1e-6)


def test_a_right_layer_passes(xp: Any) -> None:
    check_gradients(Scale(xp.asarray(SCALE)), xp.asarray(X))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("scale", r"params\['scale'\] is wrong at 1 of 3 places; at \[1\] backward gives"),
        ("input", r"input 0 is wrong at 12 of 12 places; at \[0, 0\]"),
        ("shape", r"params\['scale'\] has the shape \(1, 3\), its array \(3,\)"),
        ("unset", r"backward sets no gradient of params\['scale'\]"),
        ("missing", "backward returns 0 gradients for 1 floating-point inputs"),
    ],
)
def test_a_wrong_layer_does_not(error: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        check_gradients(Scale(SCALE.copy(), error), X)


class Off(Scale):
    """Its gradient is off by a share of itself, and by a number."""

    def __init__(self, share: float, number: float):
        super().__init__(SCALE.copy())
        self.share, self.number = share, number

    def backward(self, gradient: Array) -> Any:
        d_x = super().backward(gradient)
        self.grads["scale"] = self.grads["scale"] * (1 + self.share) + self.number
        return d_x


def test_how_far_off_a_gradient_may_be() -> None:
    large, nothing = 1e4 + 0 * X, 0 * X  # of which the gradient is large, and 0
    check_gradients(Off(0.9e-5, 0), large)
    check_gradients(Off(0, 0.9e-8), nothing)
    for share, number, x in ((1.1e-5, 0, large), (0, 1.1e-8, nothing)):
        with pytest.raises(ModelError, match=r"params\['scale'\] is wrong at 3 of 3 places"):
            check_gradients(Off(share, number), x)
    check_gradients(Off(1.1e-5, 0), large, rtol=2e-5)
    check_gradients(Off(0, 1.1e-8), nothing, atol=2e-8)


def test_float32_is_refused() -> None:
    with pytest.raises(ModelError, match="input 0 must be float64"):
        check_gradients(Scale(SCALE), X.astype(np.float32))
    with pytest.raises(ModelError, match=r"params\['scale'\] must be float64"):
        check_gradients(Scale(SCALE.astype(np.float32)), X)
