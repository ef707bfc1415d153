"""Activations against the mathematics of single numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.activations import ACTIVATIONS, Activation, Softmax, sigmoid, softmax
from wordkit.layers.gradient_check import check_gradients, numeric_gradient

# none at 0, where step and relu have no derivative
X = np.random.default_rng(0).normal(size=(2, 3, 4))
BY_HAND = {
    "step": lambda x: 1.0 if x > 0 else 0.0,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
    "relu": lambda x: max(x, 0.0),
    "identity": lambda x: x,
}
names = pytest.mark.parametrize("name", ACTIVATIONS)


@names
def test_against_the_formula(xp: Any, name: str) -> None:
    expected = [BY_HAND[name](x) for x in X.ravel()]
    found = to_host(Activation(name).forward(xp.asarray(X)))
    np.testing.assert_allclose(found, np.reshape(expected, X.shape))


@names
def test_derivatives(xp: Any, name: str) -> None:
    check_gradients(Activation(name), xp.asarray(X))
    function, derivative = ACTIVATIONS[name]
    x = xp.asarray(X)
    expected = numeric_gradient(lambda x: function(x).sum(), x)
    np.testing.assert_allclose(to_host(derivative(function(x))), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ["step", "relu"])
def test_corners(name: str) -> None:
    """At 0 the output is 0, and the gradient too."""
    layer = Activation(name)
    assert layer.forward(np.zeros(1)) == 0
    assert layer.backward(np.ones(1)) == 0


@given(st.floats(-700, 700))
def test_sigmoid(x: float) -> None:
    """The last digits are right even where 1 + tanh(x / 2) would have lost them."""
    assert float(sigmoid(np.float64(x))) == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_far_out(dtype: type) -> None:
    x = np.array([-np.inf, -1e30, -1000, 0, 1000, 1e30, np.inf, np.nan], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = sigmoid(x)
    np.testing.assert_array_equal(found, [0, 0, 0, 0.5, 1, 1, 1, np.nan])


def test_softmax(xp: Any) -> None:
    found = to_host(Softmax().forward(xp.asarray(X)))
    for scores, probabilities in zip(X.reshape(-1, 4), found.reshape(-1, 4), strict=True):
        total = sum(math.exp(score) for score in scores)
        np.testing.assert_allclose(probabilities, [math.exp(s) / total for s in scores])
    check_gradients(Softmax(), xp.asarray(X))


def test_softmax_far_out() -> None:
    """Scores of which the exponential overflows, or that are impossible."""
    x = np.array([[1e4, 1e4, -1e4], [-np.inf, 0, 0]], np.float32)
    np.testing.assert_array_equal(softmax(x), [[0.5, 0.5, 0], [0, 0.5, 0.5]])


def test_float32_stays(xp: Any) -> None:
    x = xp.asarray(X.astype(np.float32))
    for layer in [*(Activation(name) for name in ACTIVATIONS), Softmax()]:
        y = layer.forward(x, training=True)
        assert y.dtype == layer.backward(y).dtype == np.float32


def test_the_input_is_left_as_it_was() -> None:
    x = X.copy()
    for layer in [*(Activation(name) for name in ACTIVATIONS), Softmax()]:
        layer.backward(layer.forward(x))
    np.testing.assert_array_equal(x, X)


def test_unknown_name() -> None:
    message = "activation must be one of step, sigmoid, tanh, relu, identity, not 'gelu'"
    with pytest.raises(ModelError, match=message):
        Activation("gelu")
