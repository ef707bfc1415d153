"""Normalization against loops over single numbers, and against PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.layers.arrays import normalizing
from wordkit.backend.arrays import Array, to_host
from wordkit.errors import ModelError
from wordkit.layers.base import Layer
from wordkit.layers.gradient_check import check_gradients
from wordkit.layers.normalization import BatchNorm, LayerNorm

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4, 5)) * 2 + 1
GAMMA, BETA = RNG.normal(size=5), RNG.normal(size=5)
UPSTREAM = RNG.normal(size=X.shape)


class Training(BatchNorm):
    """In training whether told or not."""

    def forward(self, x: Array) -> Array:
        return super().forward(x, training=True)


def normalized(numbers: np.ndarray) -> np.ndarray:
    """With the biased variance, and the usual epsilon."""
    mean = sum(numbers) / len(numbers)
    variance = sum((x - mean) ** 2 for x in numbers) / len(numbers)
    return np.array([(x - mean) / math.sqrt(variance + 1e-5) for x in numbers])


def params(xp: Any) -> tuple[Array, Array]:
    return xp.asarray(GAMMA), xp.asarray(BETA)


def test_batch_norm_in_training(xp: Any) -> None:
    columns = X.reshape(-1, 5).T
    expected = np.transpose([GAMMA[d] * normalized(columns[d]) + BETA[d] for d in range(5)])
    found = normalizing(BatchNorm, *params(xp)).forward(xp.asarray(X), training=True)
    np.testing.assert_allclose(to_host(found).reshape(-1, 5), expected)


def test_batch_norm_runs(xp: Any) -> None:
    """The running values move by a tenth of the way, and are what evaluation uses."""
    layer = normalizing(BatchNorm, *params(xp))
    mean, variance = np.zeros(5), np.ones(5)
    for scale in (1, 3):
        layer.forward(xp.asarray(X * scale), training=True)
        rows = X.reshape(-1, 5) * scale
        mean = 0.9 * mean + 0.1 * rows.mean(axis=0)
        variance = 0.9 * variance + 0.1 * rows.var(axis=0, ddof=1)
    expected = GAMMA * (X - mean) / np.sqrt(variance + 1e-5) + BETA
    for _ in range(2):  # evaluation leaves no trace
        np.testing.assert_allclose(to_host(layer.forward(xp.asarray(X))), expected)
    np.testing.assert_allclose(to_host(layer.running_mean), mean)
    np.testing.assert_allclose(to_host(layer.running_variance), variance)


def test_layer_norm(xp: Any) -> None:
    expected = [GAMMA * normalized(row) + BETA for row in X.reshape(-1, 5)]
    found = normalizing(LayerNorm, *params(xp)).forward(xp.asarray(X))
    np.testing.assert_allclose(to_host(found).reshape(-1, 5), expected)


@pytest.mark.parametrize("kind", [Training, BatchNorm, LayerNorm])
@pytest.mark.parametrize("x", [X, X[0]])
def test_gradients(xp: Any, kind: Any, x: np.ndarray) -> None:
    check_gradients(normalizing(kind, *params(xp)), xp.asarray(x))


def test_layer_norm_of_one_example(xp: Any) -> None:
    check_gradients(normalizing(LayerNorm, *params(xp)), xp.asarray(X[0, 0]))


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_against_pytorch(training: bool) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    twin = torch.nn.BatchNorm1d(5, dtype=torch.float64)
    against_pytorch(torch, normalizing(BatchNorm, GAMMA, BETA), twin, training)


def test_layer_norm_against_pytorch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    twin = torch.nn.LayerNorm(5, dtype=torch.float64)
    against_pytorch(torch, normalizing(LayerNorm, GAMMA, BETA), twin, True)


def against_pytorch(torch: Any, layer: Layer, twin: Any, training: bool) -> None:
    with torch.no_grad():
        twin.weight.copy_(torch.tensor(GAMMA))
        twin.bias.copy_(torch.tensor(BETA))
    for mode in (True, training):  # after one step the running values are not the first ones
        x = torch.tensor(X.reshape(-1, 5), requires_grad=True)
        twin.train(mode).zero_grad()
        expected = twin(x)
        expected.backward(torch.tensor(UPSTREAM.reshape(-1, 5)))
        found = layer.forward(X, training=mode)
    np.testing.assert_allclose(found.reshape(-1, 5), expected.detach())
    d_x = layer.backward(UPSTREAM).reshape(-1, 5)
    np.testing.assert_allclose(d_x, x.grad, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(layer.grads["gamma"], twin.weight.grad)
    np.testing.assert_allclose(layer.grads["beta"], twin.bias.grad)


def test_float32_stays(xp: Any) -> None:
    x = xp.asarray(X.astype("f4"))
    for kind in BatchNorm, LayerNorm:
        gamma, beta = xp.asarray(GAMMA.astype("f4")), xp.asarray(BETA.astype("f4"))
        layer = normalizing(kind, gamma, beta)
        for training in (True, False):
            y = layer.forward(x, training=training)
            found = [y, layer.backward(y), *layer.grads.values()]
            assert {each.dtype for each in found} == {np.dtype("f4")}


def test_numbers_far_from_zero() -> None:
    """The mean is taken off before squaring: float32 keeps the variance."""
    x = (RNG.normal(size=(200, 5)) + 1000).astype("f4")
    ones, zeros = np.ones(5, "f4"), np.zeros(5, "f4")
    for layer in normalizing(BatchNorm, ones, zeros), normalizing(LayerNorm, ones, zeros):
        y = layer.forward(x, training=True)
        axis = 0 if isinstance(layer, BatchNorm) else 1
        np.testing.assert_allclose(y.std(axis=axis), 1, atol=1e-2)


def test_two_examples_have_one() -> None:
    x = np.array([[0.0, 3], [2, 3]])
    y = normalizing(BatchNorm, np.ones(2), np.zeros(2)).forward(x, training=True)
    np.testing.assert_allclose(y, [[-1, 0], [1, 0]], rtol=1e-4)


def test_one_example_has_no_variance() -> None:
    layer = normalizing(BatchNorm, GAMMA, BETA)
    with pytest.raises(ModelError, match="must have at least 2 examples to train on, not 1"):
        layer.forward(X[:1, 0], training=True)
    layer.forward(X[:1, 0])
    np.testing.assert_array_equal(layer.running_mean, np.zeros(5))
