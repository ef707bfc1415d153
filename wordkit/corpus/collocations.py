"""Collocations: pairs of neighbours that occur more often than by chance.

T tokens, V words, P distinct pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.stop_words import is_function_word
from wordkit.corpus.text import EOS, UNK
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError

PIECE = 1 << 20
"""Tokens read at a time: 4 MB of ids."""
PAIRS_AT_ONCE = 1 << 23
"""About how many pairs are counted at a time: 200 MB, at 25 bytes each."""

CONNECTORS = (
    "a", "an", "the", "and", "or",
    "of", "with", "without", "at", "from", "to", "in", "for", "on", "by",
)  # fmt: skip
"""English articles, prepositions and conjunctions: gensim's ``ENGLISH_CONNECTOR_WORDS``."""
MOST_CONNECTORS = 2
"""Connectors between the two words of a pair: bank of the west."""
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


class Connectors:
    """Words that may stand between the two of a pair, at most ``MOST_CONNECTORS`` of them.

    A pair is a number, its key: (first · V + second) · ``runs`` + the run of connectors between
    the two, whose digits, in the base ``base``, are those of the connectors, from 1.

    Attributes
    ----------
    digits
        (V,): the digit of each word, 0 for one that is no connector.
    """

    def __init__(self, words: Sequence[str], vocabulary: Vocabulary):
        known = [word for word in dict.fromkeys(words) if word in vocabulary]
        self.ids = np.array([0, *(vocabulary.index[word] for word in known)], np.int64)
        self.digits = np.zeros(len(vocabulary), np.int64)
        self.digits[self.ids[1:]] = np.arange(1, len(self.ids))
        self.base = len(self.ids)
        self.runs = self.base**MOST_CONNECTORS

    def inside(self, run: int) -> list[int]:
        """Return the ids of the connectors of a run."""
        found = []
        while run:
            run, digit = divmod(run, self.base)
            found.append(int(self.ids[digit]))
        return found[::-1]


class Collocations(NamedTuple):
    """P pairs of words, in the order of their keys, with their connectors and scores."""

    first: np.ndarray
    second: np.ndarray
    run: np.ndarray
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


def find(
    corpus: Corpus,
    score: str,
    threshold: float,
    min_count: int,
    connectors: Connectors,
    stop_words: bool,
    bar: Any,
) -> Collocations:
    """Find the pairs that score above a threshold, except those with ``<eos>`` or ``<unk>``.

    Parameters
    ----------
    corpus
        Its vocabulary must have the counts of this text.
    score, threshold, min_count, stop_words
        See ``wordkit.corpus.phrases.join_phrases``.
    bar
        Its ``update`` is called with numbers of tokens done, T in all.
    """
    keys, together, different = frequent_pairs(corpus, min_count, connectors, bar)
    pairs, run = np.divmod(keys, connectors.runs)
    first, second = np.divmod(pairs, len(corpus.vocabulary))
    counts, tokens = corpus.vocabulary.counts.astype(np.float64), corpus.tokens
    a, b = counts[first], counts[second]
    if score == "npmi":
        scores = np.log(together * tokens / (a * b)) / -np.log(together / tokens)
    elif score == "word2vec":
        words = np.count_nonzero(counts[connectors.digits == 0])
        scores = (together - min_count) / (a * b) * (words + different)
    else:
        scores = _nltk_scores(score, together, a, b, tokens)
    good = scores > threshold
    for special in {EOS, UNK} & corpus.vocabulary.index.keys():
        number = corpus.vocabulary.index[special]
        good &= (first != number) & (second != number)
    if not stop_words:
        function_words = np.fromiter(map(is_function_word, corpus.vocabulary.words), bool)
        good &= ~(function_words[first] | function_words[second])
    return Collocations(first[good], second[good], run[good], scores[good])


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


def frequent_pairs(
    corpus: Corpus, min_count: int, connectors: Connectors, bar: Any
) -> tuple[np.ndarray, np.ndarray, int]:
    """Count the pairs.

    The text is read several times, each time for a range of first words that together have
    ``PAIRS_AT_ONCE`` tokens, so that memory does not grow with the text.

    Returns
    -------
    The pairs that occur at least ``min_count`` times as keys, ascending; how
    often each occurs; and the number of pairs with the rarer ones.
    """
    size, step = len(corpus.vocabulary), len(corpus.vocabulary) * connectors.runs
    ends = np.cumsum(corpus.vocabulary.counts)
    cuts = np.searchsorted(ends, np.arange(0, corpus.tokens, PAIRS_AT_ONCE), "right")
    frequent, counts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    different = 0
    for low, high in pairwise(np.unique([0, *cuts, size]).tolist()):
        keys = [np.zeros(0, np.int64)]
        for start in range(0, corpus.tokens, PIECE):
            some, _ = pair_keys(corpus, start, connectors)
            keys.append(some[(some >= low * step) & (some < high * step)])
        found, times = np.unique(np.concatenate(keys), return_counts=True)
        different += len(found)
        frequent.append(found[times >= min_count])
        counts.append(times[times >= min_count])
        bar.update(int(corpus.vocabulary.counts[low:high].sum()))
    return np.concatenate(frequent), np.concatenate(counts), different


def pair_keys(corpus: Corpus, start: int, connectors: Connectors) -> tuple[np.ndarray, np.ndarray]:
    """The pairs that begin at each place of the piece from ``start``, and their ends.

    Returns
    -------
    Keys, see ``Connectors``, -1 where no pair begins; and how many tokens each pair has with
    the connectors inside it.
    """
    size, reach = len(corpus.vocabulary), MOST_CONNECTORS + 1
    piece = corpus.ids[start : start + PIECE + reach].astype(np.int64)
    here = min(PIECE, len(piece))
    document = np.zeros(len(piece) + reach, np.int64)
    first, last = np.searchsorted(corpus.offsets, [start + 1, start + len(piece)])
    np.add.at(document, corpus.offsets[first:last] - start, 1)
    document[len(piece) :] = 1  # nothing goes on beyond the end
    document = np.cumsum(document)
    piece = np.append(piece, np.zeros(reach, np.int64))
    digits = connectors.digits[piece]
    keys, lengths = np.full(here, -1, np.int64), np.full(here, 2, np.int64)
    going, inside = digits[:here] == 0, np.zeros(here, np.int64)
    for distance in range(1, reach + 1):
        ahead = slice(distance, distance + here)
        going = going & (document[ahead] == document[:here])
        ends = going & (digits[ahead] == 0)
        found = (piece[:here] * size + piece[ahead]) * connectors.runs + inside
        keys[ends], lengths[ends] = found[ends], distance + 1
        going &= ~ends
        inside = inside * connectors.base + digits[ahead]
    return keys, lengths
