"""Collocations: pairs of neighbours that occur more often than by chance.

T tokens, V words, P distinct pairs.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.text import EOS, UNK
from wordkit.errors import CorpusError

PIECE = 1 << 20
"""Tokens read at a time: 4 MB of ids."""
PAIRS_AT_ONCE = 1 << 23
"""About how many pairs are counted at a time: 200 MB, at 25 bytes each."""

THRESHOLDS = {"npmi": 0.5, "word2vec": 10.0}
MEASURES = (
    "chi_sq",
    "dice",
    "jaccard",
    "likelihood_ratio",
    "mi_like",
    "phi_sq",
    "pmi",
    "poisson_stirling",
    "student_t",
)
"""Those of NLTK's ``BigramAssocMeasures`` that serve as a score."""


class Collocations(NamedTuple):
    """P pairs of words, in the order of their ids, with their counts and scores."""

    first: np.ndarray
    second: np.ndarray
    scores: np.ndarray


def check(score: str, threshold: float | None, min_count: int) -> float:
    """Check the options; return the threshold, or the score's default for None.

    Raises
    ------
    CorpusError
        The score is unknown, or a number is out of range.
    """
    if score not in THRESHOLDS and score not in MEASURES:
        known = ", ".join([*THRESHOLDS, *MEASURES])
        raise CorpusError(f"unknown score {score!r}: expected one of {known}")
    if min_count < 1:
        raise CorpusError(f"min_count must be at least 1, not {min_count}")
    if threshold is None:
        threshold = THRESHOLDS.get(score)
    if threshold is None:
        raise CorpusError(f"the score {score} has no usual threshold: give one (--threshold)")
    if score == "npmi" and not -1 <= threshold <= 1:
        raise CorpusError(f"the threshold of npmi must be from -1 to 1, not {threshold}")
    if score == "word2vec" and not threshold >= 0:
        raise CorpusError(f"the threshold of word2vec must be 0 or more, not {threshold}")
    if not np.isfinite(threshold):
        raise CorpusError(f"the threshold must be a finite number, not {threshold}")
    return threshold


def find(corpus: Corpus, score: str, threshold: float, min_count: int, bar: Any) -> Collocations:
    """Find the pairs that score above a threshold, except those with ``<eos>`` or ``<unk>``.

    Parameters
    ----------
    corpus
        Its vocabulary must have the counts of this text.
    score, threshold, min_count
        See ``wordkit.corpus.phrases.join_phrases``.
    bar
        Its ``update`` is called with numbers of tokens done, T in all.
    """
    keys, together, different = frequent_pairs(corpus, min_count, bar)
    first, second = np.divmod(keys, len(corpus.vocabulary))
    counts, tokens = corpus.vocabulary.counts.astype(np.float64), corpus.tokens
    a, b = counts[first], counts[second]
    if score == "npmi":
        scores = np.log(together * tokens / (a * b)) / -np.log(together / tokens)
    elif score == "word2vec":
        scores = (together - min_count) / (a * b) * (np.count_nonzero(counts) + different)
    else:
        scores = _nltk_scores(score, together, a, b, tokens)
    good = scores > threshold
    for special in {EOS, UNK} & corpus.vocabulary.index.keys():
        number = corpus.vocabulary.index[special]
        good &= (first != number) & (second != number)
    return Collocations(first[good], second[good], scores[good])


def _nltk_scores(
    name: str, together: np.ndarray, a: np.ndarray, b: np.ndarray, tokens: int
) -> np.ndarray:
    """Compute an NLTK measure; minus infinity for pairs rarer than by chance.

    Two-sided measures, such as ``likelihood_ratio``, would be high there too.
    """
    from nltk.metrics import BigramAssocMeasures

    measure = getattr(BigramAssocMeasures, name)
    scores = np.full(len(a), -np.inf)
    for n in np.flatnonzero(together * tokens > a * b).tolist():
        scores[n] = measure(int(together[n]), (int(a[n]), int(b[n])), tokens)
    return scores


def frequent_pairs(corpus: Corpus, min_count: int, bar: Any) -> tuple[np.ndarray, np.ndarray, int]:
    """Count the pairs.

    The text is read several times, each time for a range of first words that together have
    ``PAIRS_AT_ONCE`` tokens, so that memory does not grow with the text.

    Returns
    -------
    The pairs that occur at least ``min_count`` times as first · V + second, ascending; how
    often each occurs; and the number of pairs with the rarer ones.
    """
    size = len(corpus.vocabulary)
    ends = np.cumsum(corpus.vocabulary.counts)
    cuts = np.searchsorted(ends, np.arange(0, corpus.tokens, PAIRS_AT_ONCE), "right")
    frequent, counts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    different = 0
    for low, high in pairwise(np.unique([0, *cuts, size]).tolist()):
        keys = [np.zeros(0, np.int64)]
        for start in range(0, corpus.tokens, PIECE):
            some = pair_keys(corpus, start)
            keys.append(some[(some >= low * size) & (some < high * size)])
        found, times = np.unique(np.concatenate(keys), return_counts=True)
        different += len(found)
        frequent.append(found[times >= min_count])
        counts.append(times[times >= min_count])
        bar.update(int(corpus.vocabulary.counts[low:high].sum()))
    return np.concatenate(frequent), np.concatenate(counts), different


def pair_keys(corpus: Corpus, start: int) -> np.ndarray:
    """Return the pairs that begin in the piece from ``start``, as first · V + second.

    -1 if a document ends between the two words.
    """
    piece = corpus.ids[start : start + PIECE + 1].astype(np.int64)
    keys = piece[:-1] * len(corpus.vocabulary) + piece[1:]
    first, last = np.searchsorted(corpus.offsets, [start + 1, start + len(piece)])
    keys[corpus.offsets[first:last] - start - 1] = -1
    return keys
