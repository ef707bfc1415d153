"""Dropout: what is dropped, how much, and that the gradient sees the same mask."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from tests.layers.arrays import affine
from wordkit.backend.arrays import Array, to_host
from wordkit.errors import ModelError
from wordkit.layers.base import Layer
from wordkit.layers.dropout import Dropout, EmbeddingDropout, WeightDrop
from wordkit.layers.gradient_check import check_gradients
from wordkit.layers.recurrent.gru import GRU
from wordkit.layers.recurrent.lstm import LSTM
from wordkit.layers.recurrent.stack import Bidirectional, Stack

SEED = 6
RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4, 5))
IDS = RNG.integers(0, 7, (3, 4))
WEIGHT, BIAS = RNG.normal(size=(5, 6)), RNG.normal(size=6)


def seeded() -> np.random.Generator:
    return np.random.default_rng(SEED)


class Held(Layer):
    """A layer in training that draws the same mask at each forward."""

    def __init__(self, layer: Layer, rng: np.random.Generator):
        super().__init__()
        self.own, self.children, self.own_grads = layer.own, layer.children, layer.own_grads
        self.layer, self.rng = layer, rng

    def forward(self, *inputs: Array) -> Array:
        self.rng.bit_generator.state = seeded().bit_generator.state
        return self.layer.forward(*inputs, training=True)

    def backward(self, gradient: Array) -> Array:
        return self.layer.backward(gradient)


@pytest.mark.parametrize("variational", [False, True])
def test_gradients_of_dropout(xp: Any, variational: bool) -> None:
    rng = seeded()
    check_gradients(Held(Dropout(0.4, rng, variational=variational), rng), xp.asarray(X))


def test_gradients_of_embedding_dropout(xp: Any) -> None:
    rng = seeded()
    layer = Held(EmbeddingDropout(0.4, rng, 7), rng)
    check_gradients(layer, xp.asarray(X), xp.asarray(IDS))


def test_gradients_of_weight_drop(xp: Any) -> None:
    rng = seeded()
    layer = WeightDrop(affine(xp.asarray(WEIGHT), xp.asarray(BIAS)), "weight", 0.4, rng)
    check_gradients(Held(layer, rng), xp.asarray(X))


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.5, 0.65, 0.99])
def test_how_much_is_dropped(xp: Any, rate: float) -> None:
    ones = np.ones((200, 300), np.float32)
    y = to_host(Dropout(rate, seeded()).forward(xp.asarray(ones), training=True))
    assert y.dtype == np.float32
    kept = y[y != 0]
    np.testing.assert_allclose(kept, 1 / (1 - rate), rtol=1e-6)
    dropped = y.size - kept.size
    assert binomtest(dropped, y.size, rate).pvalue > 0.01
    # units fall alone, and not by rows or columns
    assert (y == 0).mean(axis=0).std() < 0.04
    assert (y == 0).mean(axis=1).std() < 0.04


def test_variational_dropout_is_the_same_at_all_steps(xp: Any) -> None:
    ones = xp.asarray(np.ones((40, 7, 30)))
    y = to_host(Dropout(0.3, seeded(), variational=True).forward(ones, training=True))
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1], y.shape))
    first = y[:, 0] == 0
    assert binomtest(int(first.sum()), first.size, 0.3).pvalue > 0.01
    assert first.mean(axis=0).min() > 0  # each sequence has a mask of its own
    assert first.mean(axis=1).max() < 1  # each unit falls alone


def test_a_new_mask_each_time() -> None:
    layer = Dropout(0.5, seeded())
    first, second = (layer.forward(np.ones(64), training=True) for _ in range(2))
    assert (first != second).any()


def test_the_same_draws_on_every_array_module(xp: Any) -> None:
    for variational in (False, True):
        here = Dropout(0.5, seeded(), variational=variational).forward(X, training=True)
        layer = Dropout(0.5, seeded(), variational=variational)
        there = layer.forward(xp.asarray(X), training=True)
        np.testing.assert_array_equal(to_host(there), here)


LAYERS: list[Callable[[float, np.random.Generator], tuple[Layer, tuple[np.ndarray, ...]]]] = [
    lambda rate, rng: (Dropout(rate, rng), (X,)),
    lambda rate, rng: (Dropout(rate, rng, variational=True), (X,)),
    lambda rate, rng: (EmbeddingDropout(rate, rng, 7), (X, IDS)),
    lambda rate, rng: (WeightDrop(affine(np.eye(5)), "weight", rate, rng), (X,)),
]


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize(("rate", "options"), [(0.5, {}), (0.0, {"training": True})])
def test_nothing_is_dropped_or_drawn(make: Callable, rate: float, options: dict) -> None:
    """Outside training, or at rate 0; also after a step of training that did drop."""
    rng = seeded()
    layer, inputs = make(rate, rng)
    if rate:
        assert (layer.forward(*inputs, training=True) != X).any()
    before = rng.bit_generator.state
    np.testing.assert_array_equal(layer.forward(*inputs, **options), X)
    np.testing.assert_array_equal(layer.backward(X), X)
    assert rng.bit_generator.state == before


def test_embedding_dropout_drops_words(xp: Any) -> None:
    """As if rows of the embedding matrix were dropped and the others scaled."""
    matrix = RNG.normal(size=(1000, 3))
    ids = RNG.integers(0, 1000, (50, 60))
    layer = EmbeddingDropout(0.2, seeded(), 1000)
    y = to_host(layer.forward(xp.asarray(matrix[ids]), xp.asarray(ids), training=True))
    dropped = {int(word) for word in ids[(y == 0).all(axis=-1)]}
    assert binomtest(len(dropped), len(np.unique(ids)), 0.2).pvalue > 0.01
    left = matrix / 0.8
    left[list(dropped)] = 0
    np.testing.assert_allclose(y, left[ids])


def test_weight_drop(xp: Any) -> None:
    """Forward and backward are those of a layer whose weights are the ones left."""
    inner = affine(xp.asarray(WEIGHT), xp.asarray(BIAS))
    whole = inner.params["weight"]
    layer = WeightDrop(inner, "weight", 0.5, seeded())
    y = to_host(layer.forward(xp.asarray(X), training=True))
    mask = to_host(Dropout(0.5, seeded()).forward(xp.asarray(np.ones((5, 6))), training=True))
    assert 0 < (mask == 0).sum() < mask.size
    twin = affine(WEIGHT * mask, BIAS)
    np.testing.assert_allclose(y, twin.forward(X))
    np.testing.assert_allclose(to_host(layer.backward(xp.asarray(y))), twin.backward(y))
    np.testing.assert_allclose(to_host(layer.grads["weight"]), twin.grads["weight"] * mask)
    np.testing.assert_allclose(to_host(layer.grads["bias"]), twin.grads["bias"])
    assert layer.params["weight"] is inner.params["weight"] is whole
    assert layer.grads is inner.grads
    np.testing.assert_array_equal(to_host(whole), WEIGHT)


def lstm(xp: Any, mask: Any = 1.0) -> LSTM:
    """From 5 to 3, of which the recurrent weights are multiplied by a mask."""
    rng = np.random.default_rng(3)
    weight_ih, weight_hh, bias = (rng.normal(size=shape) for shape in ((5, 12), (3, 12), 12))
    arrays = {"weight_ih": weight_ih, "weight_hh": weight_hh * mask, "bias": bias}
    return LSTM(5, 3, weights={name: xp.asarray(array) for name, array in arrays.items()})


def test_weight_drop_in_a_recurrent_layer(xp: Any) -> None:
    """All that goes in and out is that of a layer whose weights are the ones left."""
    layer = WeightDrop(lstm(xp), "weight_hh", 0.5, seeded())
    mask = Dropout(0.5, seeded()).forward(np.ones((3, 12)), training=True)
    twin = lstm(np, mask)
    state = {name: RNG.normal(size=(3, 3)) for name in ("h", "c")}
    there = {name: xp.asarray(array) for name, array in state.items()}
    y = layer.forward(xp.asarray(X), state=there, training=True)
    expected = twin.forward(X, state=state)
    np.testing.assert_allclose(to_host(y), expected)
    d_x = layer.backward(xp.asarray(expected), state_gradient=there)
    np.testing.assert_allclose(to_host(d_x), twin.backward(expected, state_gradient=state))
    twin.grads["weight_hh"] *= mask
    for found, right in (
        (layer.final_state, twin.final_state),
        (layer.initial_state_gradient, twin.initial_state_gradient),
        (layer.grads, twin.grads),
    ):
        assert found.keys() == right.keys()
        for name, array in right.items():
            np.testing.assert_allclose(to_host(found[name]), array, err_msg=name)


def test_weight_drop_takes_a_step_with_all_weights(xp: Any) -> None:
    layer = WeightDrop(lstm(xp), "weight_hh", 0.5, seeded())
    layer.forward(xp.asarray(X), training=True)
    state = {name: xp.asarray(RNG.normal(size=(3, 3))) for name in ("h", "c")}
    found = layer.step(xp.asarray(X[:, 0]), state=state)
    expected = lstm(xp).step(xp.asarray(X[:, 0]), state)
    for name, array in expected.items():
        np.testing.assert_array_equal(to_host(found[name]), to_host(array))


def test_weight_drop_stands_where_a_recurrent_layer_would() -> None:
    """In a stack, of layers of both directions too, it has all that they are asked for."""
    rng = np.random.default_rng(5)

    def dropped(inputs: int) -> WeightDrop:
        gru = GRU(inputs, 3, rng=rng)
        gru.replace(lambda _, array: rng.normal(0, 0.5, array.shape))
        return WeightDrop(gru, "weight_hh", 0.4, draws)

    draws = seeded()
    layer = Stack([Bidirectional(dropped(5), dropped(5)), dropped(6)])
    assert layer.forward(X).shape == (3, 4, 3)
    assert layer.final_state.keys() == {"0.forward.h", "0.backward.h", "1.h"}
    check_gradients(Held(layer, draws), X)
    assert layer.initial_state_gradient.keys() == layer.final_state.keys()


def test_weight_drop_puts_the_weight_back_after_an_error() -> None:
    layer = WeightDrop(affine(WEIGHT), "weight", 0.5, seeded())
    with pytest.raises(ModelError, match="must have 5 features, not 3"):
        layer.forward(np.ones((2, 3)), training=True)
    assert layer.params["weight"] is WEIGHT


def test_weight_drop_does_not_go_step_by_step() -> None:
    layer = Stack([WeightDrop(lstm(np), "weight_hh", 0.5, seeded())])
    with pytest.raises(ModelError, match="use forward and backward, or the layer without"):
        layer.begin(3, 4)


def test_backward_before_any_forward() -> None:
    np.testing.assert_array_equal(Dropout(0.5, seeded()).backward(WEIGHT), WEIGHT)
    lstm = LSTM(3, 2, rng=seeded())
    with pytest.raises(ModelError, match="before the first forward"):
        WeightDrop(lstm, "weight_hh", 0.5, seeded()).backward(np.ones((1, 1, 2)))


def test_float32_stays(xp: Any) -> None:
    for make in LAYERS[:3]:
        layer, (x, *ids) = make(0.5, seeded())
        x = xp.asarray(x.astype(np.float32))
        y = layer.forward(x, *map(xp.asarray, ids), training=True)
        assert y.dtype == layer.backward(y).dtype == np.float32


@pytest.mark.parametrize("rate", [-0.1, 1.0, 50, math.nan])
@pytest.mark.parametrize("make", LAYERS)
def test_rates_that_make_no_sense(make: Callable, rate: float) -> None:
    with pytest.raises(ModelError, match="a dropout rate must be from 0 to below 1, not"):
        make(rate, seeded())


@pytest.mark.parametrize("rate", [0, 0.0, 0.999])
@pytest.mark.parametrize("make", LAYERS)
def test_rates_at_their_limits(make: Callable, rate: float) -> None:
    make(rate, seeded())


def test_a_weight_that_is_not_there() -> None:
    with pytest.raises(ModelError, match="must be one of weight, bias, not 'weight_hh'"):
        WeightDrop(affine(WEIGHT, BIAS), "weight_hh", 0.5, seeded())
