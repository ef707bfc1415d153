"""Rows by number, against loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.layers.arrays import embedding, embedding_bag
from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.base import RowGradient
from wordkit.layers.embedding import MODES
from wordkit.layers.gradient_check import check_gradients

RNG = np.random.default_rng(0)
WEIGHT = RNG.normal(size=(6, 3))
IDS = np.array([[1, 4, 1], [5, 0, 1]], np.int32)
BAGS = np.array([[1, 4, -1, 1], [-1, -1, 0, -1], [-1, -1, -1, -1]], np.int32)


def test_embedding(xp: Any) -> None:
    layer = embedding(xp.asarray(WEIGHT))
    vectors = layer.forward(xp.asarray(IDS))
    np.testing.assert_array_equal(to_host(vectors), WEIGHT[IDS])
    gradient = RNG.normal(size=(2, 3, 3))
    layer.backward(xp.asarray(gradient))
    expected = np.zeros_like(WEIGHT)
    np.add.at(expected, IDS, gradient)
    np.testing.assert_allclose(to_host(layer.grads["weight"].dense()), expected)


def test_only_the_rows_used_have_a_gradient(xp: Any) -> None:
    """The whole of such a matrix would not fit into memory."""
    huge = np.lib.stride_tricks.as_strided(np.zeros(4), (10**12, 4), (0, 8), writeable=False)
    layer = embedding(huge)
    layer.backward(layer.forward(np.array([10**11, 7])))
    gradient = layer.grads["weight"]
    assert isinstance(gradient, RowGradient)
    assert gradient.rows.tolist() == [10**11, 7]
    assert gradient.values.shape == (2, 4)
    assert gradient.shape == (10**12, 4)


@pytest.mark.parametrize("mode", MODES)
def test_embedding_bag(xp: Any, mode: str) -> None:
    layer = embedding_bag(xp.asarray(WEIGHT), mode=mode)
    vectors = to_host(layer.forward(xp.asarray(BAGS)))
    upstream = RNG.normal(size=(3, 3))
    layer.backward(xp.asarray(upstream))
    expected = np.zeros_like(WEIGHT)
    for bag, vector, gradient in zip(BAGS, vectors, upstream, strict=True):
        ids = [n for n in bag if n >= 0]
        total = sum((WEIGHT[n] for n in ids), np.zeros(3))
        np.testing.assert_allclose(vector, total / (max(len(ids), 1) if mode != "sum" else 1))
        for n in ids:
            expected[n] += gradient / len(ids) if mode == "mean" else gradient
    np.testing.assert_allclose(to_host(layer.grads["weight"].dense()), expected)


def test_the_gradient_of_word2vec_is_undivided() -> None:
    """As in word2vec.c: what the mean should get, times the number of ids."""
    found = []
    for mode in ("mean", "word2vec"):
        layer = embedding_bag(WEIGHT, mode=mode)
        layer.forward(np.array([[0, 1, 2, 5]]))
        layer.backward(np.ones((1, 3)))
        found.append(layer.grads["weight"].dense())
    np.testing.assert_allclose(found[1], found[0] * 4)


def test_gradients(xp: Any) -> None:
    check_gradients(embedding(xp.asarray(WEIGHT)), xp.asarray(IDS))
    for mode in ("mean", "sum"):
        check_gradients(embedding_bag(xp.asarray(WEIGHT), mode=mode), xp.asarray(BAGS))
    with pytest.raises(ModelError, match="is wrong at 12 of 18 places"):
        check_gradients(embedding_bag(xp.asarray(WEIGHT), mode="word2vec"), xp.asarray(BAGS + 1))


def test_float32_stays() -> None:
    for layer in embedding(WEIGHT.astype("f4")), embedding_bag(WEIGHT.astype("f4")):
        vectors = layer.forward(IDS)
        layer.backward(vectors)
        assert vectors.dtype == layer.grads["weight"].values.dtype == np.float32


def test_unknown_mode() -> None:
    with pytest.raises(ModelError, match="mode must be one of mean, sum, word2vec"):
        embedding_bag(WEIGHT, mode="max")
