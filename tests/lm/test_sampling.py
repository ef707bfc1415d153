"""How words are chosen: their shares, against probabilities worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wordkit.errors import ModelError
from wordkit.lm.sampling import Sampling, draw

P = np.array([0.1, 0.4, 0.2, 0.25, 0.05])
SCORES = np.log(P)[None] + 3


def shares(sampling: Sampling, scores: np.ndarray = SCORES, n: int = 20_000) -> np.ndarray:
    rows = np.repeat(scores, n, axis=0)
    drawn = sampling.choose(rows, np.random.default_rng(0))
    return np.bincount(drawn, minlength=scores.shape[1]) / n


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(), P),
        (Sampling(temperature=0.5), P**2),
        (Sampling(temperature=2), P**0.5),
        (Sampling(top_k=2), P * [0, 1, 0, 1, 0]),
        (Sampling(top_k=1), [0, 1, 0, 0, 0]),
        (Sampling(top_k=5), P),
        (Sampling(top_k=99), P),
        (Sampling(top_p=0.65), P * [0, 1, 0, 1, 0]),
        (Sampling(top_p=0.66), P * [0, 1, 1, 1, 0]),
        (Sampling(top_p=1.0), P),
        (Sampling(top_p=1e-9), [0, 1, 0, 0, 0]),
        (Sampling(top_k=3, top_p=0.5), P * [0, 1, 0, 1, 0]),
        (Sampling(temperature=0.01), [0, 1, 0, 0, 0]),
        (Sampling(greedy=True), [0, 1, 0, 0, 0]),
    ],
)
def test_the_shares_of_words(sampling: Sampling, expected: Any) -> None:
    expected = np.array(expected) / np.sum(expected)
    np.testing.assert_allclose(shares(sampling), expected, atol=0.015)
    assert (shares(sampling)[expected == 0] == 0).all()


@pytest.mark.parametrize("scale", [1e4, -1e4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_low_temperature_is_stable(scale: float, dtype: Any) -> None:
    scores = (SCORES + scale).astype(dtype)
    scores[0, 4] = -np.inf
    assert shares(Sampling(temperature=0.01), scores, 50).tolist() == [0, 1, 0, 0, 0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("temperature", "expected"),
    [(1e-310, [0, 1, 0, 0, 0]), (1e-50, [0, 1, 0, 0, 0]), (1e39, [1 / 4] * 4 + [0])],
)
def test_temperatures_that_float32_does_not_hold(temperature: float, expected: list) -> None:
    scores = SCORES.astype(np.float32)
    scores[0, 4] = -np.inf
    found = shares(Sampling(temperature=temperature), scores)
    assert (found[np.array(expected) == 0] == 0).all()
    np.testing.assert_allclose(found, expected, atol=0.015)


def test_equal_words_are_not_more_than_asked_for() -> None:
    equal = np.zeros((1, 10))
    assert (shares(Sampling(top_k=3), equal) > 0).sum() == 3
    assert (shares(Sampling(top_p=0.5), equal) > 0).sum() == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0}, "temperature must be a number above 0, not 0; .* greedy"),
        ({"temperature": -1.0}, "temperature must be"),
        ({"temperature": float("nan")}, "temperature must be"),
        ({"temperature": float("inf")}, "temperature must be a number above 0, not inf"),
        ({"temperature": None}, "temperature must be a number above 0, not None"),
        ({"top_k": 2.5}, "top_k must be a whole number of at least 1, not 2.5"),
        ({"top_k": 0}, "top_k must be a whole number of at least 1, not 0"),
        ({"top_p": 0.0}, "top_p must be a number above 0 and at most 1, not 0.0"),
        ({"top_p": 1.1}, "top_p must be a number above 0 and at most 1, not 1.1"),
    ],
)
def test_ways_to_choose_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Sampling(**options)


@pytest.mark.parametrize("wrong", [np.nan, -np.inf, np.inf])
@pytest.mark.parametrize("sampling", [Sampling(), Sampling(greedy=True), Sampling(top_k=2)])
def test_scores_of_which_none_can_be_chosen(wrong: float, sampling: Sampling) -> None:
    scores = np.vstack([SCORES, np.full_like(SCORES, wrong)])
    with pytest.raises(ModelError, match="there is no word to choose"):
        sampling.choose(scores, np.random.default_rng(0))


@pytest.mark.parametrize("size", [1, 5, 128, 129, 1000])
def test_draws_in_proportion(size: int) -> None:
    rng = np.random.default_rng(size)
    weights = rng.random(size).astype(np.float32) ** 4
    weights[rng.random(size) < 0.3] = 0
    weights[-1] = 1
    drawn = draw(np.tile(weights, (10_000, 1)), rng)
    found, expected = np.bincount(drawn, minlength=size) / 10_000, weights / weights.sum()
    assert not found[weights == 0].any()
    np.testing.assert_allclose(found, expected, atol=5 * np.sqrt(expected.max() / 10_000))


@pytest.mark.parametrize("place", [0, 127, 128, 299])
def test_draws_the_only_one(place: int) -> None:
    weights = np.zeros((50, 300), np.float32)
    weights[:, place] = 1e-30
    assert (draw(weights, np.random.default_rng(0)) == place).all()


class Highest:
    """Draws the last number below 1."""

    def random(self, size: int) -> np.ndarray:
        return np.full(size, np.nextafter(1.0, 0))


def test_rounding_draws_nothing_without_a_weight() -> None:
    """In float32 the sum of a block may be more than all its columns."""
    weights = np.zeros((2, 300), np.float32)
    weights[0, 1:3] = 1, 1.5 * 2**-24
    weights[1, 129:131] = 1, 1.5 * 2**-24
    assert weights.sum(axis=1).tolist() == [1 + 2**-23] * 2
    rng: Any = Highest()
    assert draw(weights, rng).tolist() == [2, 130]
