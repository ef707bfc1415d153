"""Two sets of vectors are compared on what both know, and only real differences count."""

from __future__ import annotations

import json

import numpy as np
import pytest

from wordkit.errors import ModelError
from wordkit.vectors.evaluation.comparison import compare
from wordkit.vectors.evaluation.scores import evaluate
from wordkit.vectors.evaluation.sets import Analogies, WordPairs
from wordkit.vectors.word_vectors import WordVectors

WORDS = [f"w{i}" for i in range(200)]


def noisy(noise: float, seed: int, words: int = 200, extra: int = 0) -> WordVectors:
    """Twenty stems in ten forms, and noise; turned into more dimensions if ``extra``."""
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((20, 1, 30)) + rng.standard_normal((1, 10, 30))
    matrix = matrix.reshape(200, 30) + noise * np.random.default_rng(seed).standard_normal(
        (200, 30)
    )
    return WordVectors(WORDS[:words], np.pad(matrix[:words], [(0, 0), (0, extra)]))


def pairs() -> WordPairs:
    """Scores are the cosines of the vectors without noise."""
    rng = np.random.default_rng(1)
    rows = rng.integers(200, size=(300, 2))
    units = noisy(0, 0).unit(np.arange(200))
    scores = np.einsum("nd,nd->n", units[rows[:, 0]], units[rows[:, 1]])
    return WordPairs("p", tuple((f"w{a}", f"w{b}") for a, b in rows), tuple(scores.tolist()))


def analogies() -> Analogies:
    rng = np.random.default_rng(2)
    questions = []
    for _ in range(300):
        (s, t), (f, g) = rng.choice(20, 2, replace=False), rng.choice(10, 2, replace=False)
        questions.append(tuple(f"w{10 * x + y}" for x, y in [(s, f), (s, g), (t, f), (t, g)]))
    return Analogies("a", tuple(questions), ("s",) * 300)


SETS = pytest.mark.parametrize("test_set", [pairs(), analogies()], ids=["pairs", "analogies"])


@SETS
def test_the_better_one_is_found(test_set):
    found = compare(noisy(0.5, 1), noisy(1.2, 2), test_set)
    assert found.used == found.total == 300
    assert found.difference == found.first - found.second
    assert 0 < found.low < found.difference < found.high
    assert found.p_value < 0.01
    assert found.first == evaluate(noisy(0.5, 1), test_set).score
    assert found.second == evaluate(noisy(1.2, 2), test_set).score


@SETS
def test_the_other_way_round_it_is_the_negative(test_set):
    found = compare(noisy(0.5, 1), noisy(1.2, 2), test_set)
    turned = compare(noisy(1.2, 2), noisy(0.5, 1), test_set)
    assert turned.difference == -found.difference
    assert turned.low < turned.difference < turned.high < 0


@SETS
def test_vectors_do_not_differ_from_themselves(test_set):
    wider = noisy(0.8, 1, extra=7)
    with pytest.raises(ModelError, match=r"30 and 37 dimensions.*--any-size"):
        compare(noisy(0.8, 1), wider, test_set)
    found = compare(noisy(0.8, 1), wider, test_set, any_size=True)
    assert found.difference == pytest.approx(0, abs=0.01)
    assert found.low <= 0 <= found.high
    assert found.p_value > 0.05


@SETS
def test_equal_vectors_give_a_p_value_of_one(test_set):
    found = compare(noisy(0.8, 1), noisy(0.8, 1), test_set)
    assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


@SETS
def test_chance_differences_are_rarely_significant(test_set):
    found = [compare(noisy(0.8, 2 * i), noisy(0.8, 2 * i + 1), test_set) for i in range(12)]
    assert sum(comparison.p_value < 0.01 for comparison in found) <= 3


@SETS
def test_only_what_both_know_counts(test_set):
    found = compare(noisy(0.8, 1, words=150), noisy(0.8, 2), test_set)
    known = {*WORDS[:150]}
    items = test_set.pairs if isinstance(test_set, WordPairs) else test_set.questions
    kept = [known.issuperset(item) for item in items]
    assert found.used == sum(kept) < found.total == 300
    assert found.first == evaluate(noisy(0.8, 1, words=150), test_set).score


def test_plain_data():
    found = json.loads(json.dumps(compare(noisy(1, 1), noisy(1, 2), pairs()).to_dict()))
    assert (found["kind"], found["name"], found["used"]) == ("pairs", "p", 300)


def test_undefined_correlations_have_no_difference():
    few = WordPairs("few", (("w1", "w2"), ("w3", "w4")), (1.0, 2.0))
    found = compare(noisy(1, 1), noisy(1, 2), few)
    assert found.used == 2
    assert found.first is found.difference is found.low is found.p_value is None


@SETS
def test_nothing_in_common(test_set):
    other = WordVectors(["x", "y"], np.eye(2, 30))
    with pytest.raises(ModelError, match="of its 300 items there is none whose words stand in"):
        compare(noisy(1, 1), other, test_set)
