"""Negative sampling, one pair at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from tests.layers.arrays import negative_sampling
from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.gradient_check import check_gradients
from wordkit.layers.losses.dense import REDUCTIONS
from wordkit.layers.losses.negative_sampling import UnigramSampler

RNG = np.random.default_rng(0)
WEIGHT = RNG.normal(size=(7, 3))
H = RNG.normal(size=(4, 3))
TARGETS = np.array([2, 0, 2, 6], np.int32)
# a negative drawn twice, one that is its target, one that is another pair's target
NEGATIVES = np.array([[5, 5, 1], [3, 0, 4], [0, 1, 6], [6, 6, 2]], np.int32)


def by_hand(weight: np.ndarray, h: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Sum of the losses, and its gradients by the weight and by h."""
    loss, d_weight, d_h = 0.0, np.zeros_like(weight), np.zeros_like(h)
    for n, target in enumerate(TARGETS):
        for k, word in enumerate([target, *NEGATIVES[n]]):
            if k > 0 and word == target:
                continue
            label = 1 if k == 0 else 0
            yes = 1 / (1 + math.exp(-weight[word] @ h[n]))
            loss -= math.log(yes if label else 1 - yes)
            d_weight[word] += (yes - label) * h[n]
            d_h[n] += (yes - label) * weight[word]
    return loss, d_weight, d_h


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_against_the_formula(xp: Any, reduction: str) -> None:
    loss, d_weight, d_h = by_hand(WEIGHT, H)
    share = 1 if reduction == "sum" else 1 / len(H)
    layer = negative_sampling(xp.asarray(WEIGHT), reduction=reduction)
    found = layer.forward(xp.asarray(H), xp.asarray(TARGETS), xp.asarray(NEGATIVES))
    assert float(found) == pytest.approx(loss * share)
    np.testing.assert_allclose(to_host(layer.backward()), d_h * share)
    np.testing.assert_allclose(to_host(layer.grads["weight"].dense()), d_weight * share)
    check_gradients(layer, xp.asarray(H), xp.asarray(TARGETS), xp.asarray(NEGATIVES))


def test_float32(xp: Any) -> None:
    loss, _, d_h = by_hand(WEIGHT, H)
    layer = negative_sampling(xp.asarray(WEIGHT.astype("f4")), reduction="sum")
    h = xp.asarray(H.astype("f4"))
    found = layer.forward(h, xp.asarray(TARGETS), xp.asarray(NEGATIVES))
    assert found.dtype == np.float64
    assert float(found) == pytest.approx(loss, rel=1e-6)
    gradient = layer.backward()
    assert gradient.dtype == layer.grads["weight"].values.dtype == np.float32
    np.testing.assert_allclose(to_host(gradient), d_h, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("score", [-80.0, -20.0, -6.0, 6.0, 20.0, 80.0])
def test_nothing_is_cut_off_where_the_sigmoid_saturates(score: float) -> None:
    """word2vec.c stops at 6: there the wrongest pairs learn nothing."""
    layer = negative_sampling(np.array([[score], [0]], np.float32))
    layer.forward(np.ones((1, 1), np.float32), np.array([0]), np.array([[1]]))
    layer.backward()
    missing = math.exp(-score) / (1 + math.exp(-score))
    found = layer.grads["weight"].dense()
    np.testing.assert_allclose(found[:, 0], [-missing, 0.5], rtol=1e-5)


def test_the_draws_have_the_distribution() -> None:
    counts = np.array([1000, 300, 0, 90, 40, 7, 1])
    sampler = UnigramSampler(counts, ns_exponent=0.75)
    expected = counts**0.75 / (counts**0.75).sum()
    np.testing.assert_allclose(sampler.probabilities, expected)
    draws = sampler.sample((500, 400), np.random.default_rng(3))
    assert draws.shape == (500, 400)
    assert draws.dtype == np.int32
    found = np.bincount(draws.ravel(), minlength=7)
    assert found[2] == 0
    there = counts > 0
    assert chisquare(found[there], expected[there] * draws.size).pvalue > 0.01
    other = counts[there] ** 0.7 / (counts[there] ** 0.7).sum()
    assert chisquare(found[there], other * draws.size).pvalue < 1e-9


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any),
    st.floats(-1, 1),
    st.integers(0, 2**32),
)
def test_only_words_that_occur_are_drawn(counts: list[int], power: float, seed: int) -> None:
    draws = UnigramSampler(counts, ns_exponent=power).sample(50, np.random.default_rng(seed))
    assert all(counts[draw] > 0 for draw in draws)


def test_the_ends_of_the_distribution() -> None:
    """The least and the greatest number that a generator gives."""

    class Extremes:
        def random(self, shape: int) -> np.ndarray:
            return np.resize([0.0, np.nextafter(1, 0)], shape)

    sampler = UnigramSampler([0, 3, 1, 2, 0])
    assert sampler.sample(2, Extremes()).tolist() == [1, 3]


@pytest.mark.parametrize("counts", [[], [0, 0], [np.inf, 1]])
def test_nothing_to_draw(counts: list[float]) -> None:
    with pytest.raises(ModelError, match="nothing can be drawn"):
        UnigramSampler(counts)


def test_unknown_reduction() -> None:
    with pytest.raises(ModelError, match="reduction must be one of"):
        negative_sampling(WEIGHT, reduction="max")
