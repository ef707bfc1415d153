"""Resampled scores are those of resampled items, and their spread is the right one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm, spearmanr

from wordkit.vectors.evaluation import bootstrap


def test_correlations_are_spearmans_rho_of_each_draw(monkeypatch):
    monkeypatch.setattr(bootstrap, "_BLOCK", 100)  # several blocks
    data = np.random.default_rng(0).integers(8, size=(3, 30)).astype(float)  # with ties
    found = bootstrap.correlations(data[0], data[1:], np.random.default_rng(1), 20)
    draws = np.random.default_rng(1).integers(30, size=(20, 30))
    expected = [[spearmanr(data[0][d], data[k][d])[0] for d in draws] for k in (1, 2)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_interval_of_a_correlation_is_like_fishers():
    rng = np.random.default_rng(0)
    human = rng.standard_normal(400)
    system = human + rng.standard_normal(400)
    rho = spearmanr(human, system)[0]
    low, high = bootstrap.interval(bootstrap.correlations(human, system[None], rng))
    width = norm.ppf(0.975) * np.sqrt(1.06 / (400 - 3))
    expected = np.tanh(np.arctanh(rho) + np.array([-width, width]))
    np.testing.assert_allclose([low, high], expected, atol=0.02)


def test_interval_of_an_accuracy_is_like_wilsons():
    drawn = bootstrap.accuracies(230, 1000, np.random.default_rng(0), 20_000)
    expected = binomtest(230, 1000).proportion_ci(method="wilson")
    np.testing.assert_allclose(bootstrap.interval(drawn), expected, atol=0.003)


def test_accuracy_differences_are_those_of_drawn_questions():
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 500)) < [[0.5], [0.4]]
    found = bootstrap.accuracy_differences(first, second, rng, 20_000)
    draws = rng.integers(500, size=(20_000, 500))
    expected = first[draws].mean(axis=1) - second[draws].mean(axis=1)
    quantiles = [0.01, 0.25, 0.5, 0.75, 0.99]
    np.testing.assert_allclose(
        np.quantile(found, quantiles), np.quantile(expected, quantiles), atol=0.005
    )


def test_constant_columns_give_no_interval():
    drawn = bootstrap.correlations(np.ones(9), np.ones((1, 9)), np.random.default_rng(0), 10)
    assert np.isnan(drawn).all()
    assert bootstrap.interval(drawn) == (None, None)


@pytest.mark.parametrize(
    ("resampled", "expected"),
    [
        ([0.0] * 9, 1.0),
        ([1.0] * 9, 0.2),
        ([-1.0] * 9, 0.2),
        ([1.0] * 7 + [-1.0] * 2, 0.6),
        ([1.0] * 9 + [np.nan], 0.2),
    ],
)
def test_p_value(resampled, expected):
    assert bootstrap.p_value(np.array(resampled)) == pytest.approx(expected)
