"""Answer thousands of analogies at once.

The questions of a set share few distinct words (the 19,544 of the Google set use 905).
So the cosines of these words with the vocabulary are computed once, one block of the
vocabulary at a time, and each question only adds up three rows of cosines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wordkit.errors import ModelError

if TYPE_CHECKING:
    from wordkit.vectors.word_vectors import WordVectors

METHODS = ("3cosadd", "3cosmul")
_VOCAB_BLOCK = 2048  # words; with 256 questions 2 MB of cosines, which stay in the cache
_QUESTION_BLOCK = 256


def answer(
    vectors: WordVectors,
    questions: np.ndarray,
    *,
    method: str = "3cosadd",
    restrict_vocab: int | None = None,
) -> np.ndarray:
    """Find d in "a is to b as c is to d", the words of the question excluded.

    Parameters
    ----------
    questions
        Rows of a, b and c, (Q, 3).
    method
        ``3cosadd``: the largest cos(d, b) + cos(d, c) - cos(d, a) (Mikolov, Yih and
        Zweig 2013). ``3cosmul``: the largest cos(d, b) cos(d, c) / (cos(d, a) + .001),
        each cosine shifted to (1 + cos) / 2 (Levy and Goldberg 2014).
    restrict_vocab
        Search only this many first rows, that is, the most frequent words.

    Returns
    -------
    The row of each answer, (Q,); -1 where no word is left to choose from.
    """
    if method not in METHODS:
        raise ModelError(f"unknown method {method!r}: expected {' or '.join(METHODS)}")
    if restrict_vocab is not None and restrict_vocab < 1:
        raise ModelError(f"restrict_vocab must be at least 1, not {restrict_vocab}")
    limit = min(restrict_vocab or len(vectors), len(vectors))
    rows, terms = np.unique(questions, return_inverse=True)
    terms = terms.reshape(-1, 3)
    best = np.full(len(terms), -np.inf, np.float32)
    answers = np.full(len(terms), -1, np.int64)
    for start in range(0, limit, _VOCAB_BLOCK):
        stop = min(start + _VOCAB_BLOCK, limit)
        plus, minus = _summands(_cosines(vectors, rows, start, stop), method)
        for first in range(0, len(terms), _QUESTION_BLOCK):
            part = slice(first, first + _QUESTION_BLOCK)
            a, b, c = terms[part].T
            scores = plus[b]
            scores += plus[c]
            scores -= minus[a]
            question, term = np.nonzero((questions[part] >= start) & (questions[part] < stop))
            scores[question, questions[part][question, term] - start] = -np.inf
            found = scores.argmax(axis=1)
            score = scores[np.arange(len(found)), found]
            better = score > best[part]
            best[part][better] = score[better]
            answers[part][better] = found[better] + start
    return answers


def _cosines(vectors: WordVectors, rows: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Return the cosines of some rows with the rows [start, stop), dense."""
    products = vectors.vectors[rows] @ vectors.vectors[start:stop].T
    if not isinstance(products, np.ndarray):  # sparse rows have sparse products
        products = products.toarray()
    return products / vectors.lengths[rows, None] / vectors.lengths[start:stop]


def _summands(cosines: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what a question adds for b and c, and what it subtracts for a."""
    if method == "3cosadd":
        return cosines, cosines
    shifted = np.maximum((1 + cosines) / 2, np.finfo(np.float32).tiny)
    return np.log(shifted), np.log(shifted + 1e-3)  # so that the product becomes a sum
