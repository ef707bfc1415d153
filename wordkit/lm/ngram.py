"""The n-gram model that recurrent ones are measured against: modified Kneser-Ney.

Chen and Goodman 1999, "An Empirical Study of Smoothing Techniques for Language
Modeling", interpolated. An m-gram is a context h of m - 1 words and a word w, and h' the
context without its first word:

    p(w | h) = (c(h w) - D(c(h w))) / C(h) + g(h) p(w | h')
    C(h) = sum over w of c(h w),   g(h) = sum over w of D(c(h w)) / C(h)

where c counts how often the m-gram occurs, if it is of the highest order; below that, how
many different words stand before it. Under the unigrams lies 1 / V. D is D1, D2 or D3 for
counts of 1, 2, or 3 and more.

No m-gram reaches across ``<eos>``: it can be the first word, the beginning of a line, and
what begins there has no word before it and is counted as it occurs. All m-grams of an
order stand in one sorted array of keys: the row of the context in the order below, and
the word.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.text import EOS
from wordkit.errors import ModelError
from wordkit.lm.texts import check_ids


class NGramModel:
    """Words by the ``order`` - 1 words before them.

    Parameters
    ----------
    order
        n of the longest n-grams.
    """

    def __init__(self, *, order: int = 5):
        self.order = order

    def fit(self, corpus: Corpus) -> NGramModel:
        """Count the n-grams of a corpus.

        Raises
        ------
        ModelError
            ``order`` is below 1, or the corpus is empty.
        """
        if self.order < 1:
            raise ModelError(f"order must be at least 1, not {self.order}")
        if not corpus.tokens:
            raise ModelError("the corpus is empty: there is nothing to count")
        self.vocabulary_size_ = len(corpus.vocabulary)
        self.eos_id_ = corpus.vocabulary.index.get(EOS, -1)
        levels = _count(corpus.ids, self.order, self.vocabulary_size_, self.eos_id_)
        below = np.full(1, 1 / self.vocabulary_size_)
        self._levels: list[_Smoothed] = []
        for level in levels:
            smoothed = _smooth(level, below, self.vocabulary_size_)
            self._levels.append(smoothed)
            below = smoothed.probabilities
        return self

    def log_probabilities(self, ids: np.ndarray) -> np.ndarray:
        """Of every id but the first, by those before it: natural logarithms, (T - 1,) float64.

        Raises
        ------
        ModelError
            One is the id of no word.
        """
        ids = np.asarray(ids)
        check_ids(ids, self.vocabulary_size_)
        return np.log(self._probabilities(ids)[1:])

    def perplexity(self, ids: np.ndarray) -> float:
        """Of every id but the first.

        Raises
        ------
        ModelError
            There are fewer than two ids, or one is of no word.
        """
        if len(ids) < 2:
            raise ModelError(f"perplexity needs at least 2 ids, found {len(ids)}")
        return float(np.exp(-self.log_probabilities(ids).mean()))

    def _probabilities(self, ids: np.ndarray) -> np.ndarray:
        size = self.vocabulary_size_
        probabilities = np.full(len(ids), 1 / size)
        contexts = np.zeros(len(ids), np.int64)  # rows in the order below; -1: never seen
        for m, level in enumerate(self._levels, 1):
            known = contexts >= 0
            probabilities[known] *= level.left[contexts[known]]
            rows = np.full(len(ids), -1)
            rows[known] = _find(level.keys, contexts[known] * size + ids[known])
            found = rows >= 0
            probabilities[found] = level.probabilities[rows[found]]
            contexts = _contexts(rows, ids, m, self.eos_id_)
        return probabilities


class _Counted(NamedTuple):
    """The M different m-grams of an order."""

    keys: np.ndarray  # (M,) int64, sorted: row of the context in the order below * V + word
    suffixes: np.ndarray  # (M,) rows, in the order below, of the m-grams without first words
    counts: np.ndarray  # (M,) float64
    contexts: int  # how many rows the order below has


class _Smoothed(NamedTuple):
    """The same, ready for queries."""

    keys: np.ndarray
    probabilities: np.ndarray  # (M,) of the word, after the context
    left: np.ndarray  # (contexts,): what a context leaves to the shorter one


def _count(ids: np.ndarray, order: int, size: int, eos: int) -> list[_Counted]:
    """All orders. Below the highest, counts are of different words before."""
    levels: list[_Counted] = []
    starts = np.zeros(1, bool)  # which m-grams of the order below begin a line
    contexts, suffixes = (np.zeros(len(ids), np.int64) for _ in range(2))
    for m in range(1, order + 1):
        there = np.flatnonzero(contexts >= 0)
        keys, first, inverse, counts = np.unique(
            contexts[there] * size + ids[there],
            return_index=True, return_inverse=True, return_counts=True,
        )  # fmt: skip
        level = _Counted(keys, suffixes[there[first]], counts.astype(float), len(starts))
        if levels:
            before = np.bincount(level.suffixes, minlength=level.contexts)
            below = levels[-1]
            levels[-1] = below._replace(counts=np.where(starts, below.counts, before))
        levels.append(level)
        rows = np.full(len(ids), -1)
        rows[there] = inverse.reshape(-1)
        # as a unigram <eos> is the end of a line, which has words before it
        starts = (ids[there[first] - m + 1] == eos) & (m > 1)
        contexts, suffixes = _contexts(rows, ids, m, eos), rows
    return levels


def _contexts(rows: np.ndarray, ids: np.ndarray, m: int, eos: int) -> np.ndarray:
    """Of each place, the row of the m-gram before it as a context; -1 where there is none."""
    contexts = np.append(-1, rows[:-1])
    if m > 1:
        contexts[1:][ids[:-1] == eos] = -1
    return contexts


def _find(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where they stand among the sorted keys; -1 for those that do not."""
    rows = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    return np.where(keys[rows] == wanted, rows, -1) if len(keys) else np.full(len(wanted), -1)


def _smooth(level: _Counted, below: np.ndarray, size: int) -> _Smoothed:
    """Discount, and give what is left to the order below, of these probabilities."""
    contexts, counts = level.keys // size, level.counts
    discounts = _discounts(counts)[np.minimum(counts, 3).astype(int)]
    totals = np.bincount(contexts, counts, level.contexts)
    left: np.ndarray = np.bincount(contexts, discounts, level.contexts)
    # what was never counted as a context leaves all
    left, totals = np.where(totals, left, 1.0), np.where(totals, totals, 1.0)
    left = left / totals
    own = (counts - discounts) / totals[contexts]
    return _Smoothed(level.keys, own + left[contexts] * below[level.suffixes], left)


def _discounts(counts: np.ndarray) -> np.ndarray:
    """For counts of 0, 1, 2, and 3 and more: Chen and Goodman 1999, formula 26.

    A text so small that the formula fails gets 1/2, 1 and 3/2.
    """
    n1, n2, n3, n4 = (float((counts == c).sum()) for c in (1, 2, 3, 4))
    if min(n1, n2, n3, n4) > 0:
        y = n1 / (n1 + 2 * n2)
        discounts = np.array([0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
        if (discounts[1:] > 0).all():
            return discounts
    return np.array([0, 0.5, 1, 1.5])
