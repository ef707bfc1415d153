"""Confidence in a score: the items of a test set are resampled (bootstrap, Efron 1979).

Items are treated as independent. The questions of an analogy set share words, so that
their intervals come out narrower than they should.
"""

from __future__ import annotations

import numpy as np

RESAMPLES = 2000
_BLOCK = 1 << 20  # items drawn at once


def interval(resampled: np.ndarray) -> tuple[float, float] | tuple[None, None]:
    """Return the middle 95 % of resampled scores; None if no score is defined."""
    defined = resampled[np.isfinite(resampled)]
    if not len(defined):
        return None, None
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)


def p_value(resampled: np.ndarray) -> float:
    """Return the two-sided p-value of "no difference", from resampled differences."""
    defined = resampled[np.isfinite(resampled)]
    tail = min(np.count_nonzero(defined >= 0), np.count_nonzero(defined <= 0))
    return min(1.0, 2 * (int(tail) + 1) / (len(defined) + 1))


def correlations(
    human: np.ndarray, systems: np.ndarray, rng: np.random.Generator, resamples: int = RESAMPLES
) -> np.ndarray:
    """Resample Spearman's rho of human scores (n,) with the scores of k systems, (k, n).

    Returns
    -------
    (k, resamples): all systems are scored on the same samples; NaN where a sample has
    only equal human scores, or only equal scores of the system.
    """
    from scipy.stats import rankdata

    items = len(human)
    rhos = np.empty((len(systems), resamples))
    step = max(1, _BLOCK // items)
    for start in range(0, resamples, step):
        block = rhos[:, start : start + step]
        drawn = rng.integers(items, size=(block.shape[1], items))
        ranks = rankdata(human[drawn], axis=1)
        for row, system in zip(block, systems, strict=True):
            row[:] = _correlation(ranks, rankdata(system[drawn], axis=1))
    return rhos


def accuracies(
    correct: int, items: int, rng: np.random.Generator, resamples: int = RESAMPLES
) -> np.ndarray:
    """Resample the share of correct answers, (resamples,).

    The number of correct answers in a sample with replacement is binomial.
    """
    return rng.binomial(items, correct / items, resamples) / items


def accuracy_differences(
    first: np.ndarray, second: np.ndarray, rng: np.random.Generator, resamples: int = RESAMPLES
) -> np.ndarray:
    """Resample the accuracy of the first system minus that of the second, (resamples,).

    ``first`` and ``second`` are 1 where an answer is correct, else 0. Each question is won,
    lost or tied by the first system, so that the counts of a sample are multinomial.
    """
    items = len(first)
    won = np.count_nonzero(first > second)
    lost = np.count_nonzero(first < second)
    shares = np.array([won, lost, items - won - lost]) / items
    counts = rng.multinomial(items, shares, resamples)
    return (counts[:, 0] - counts[:, 1]) / items


def _correlation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Pearson's r of each row of ``x`` with that of ``y``; NaN if one is constant."""
    x = x - x.mean(axis=1, keepdims=True)
    y = y - y.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return (x * y).sum(axis=1) / np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
