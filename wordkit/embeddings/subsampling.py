"""Word counts, and the subsampling of frequent words."""

from __future__ import annotations

import numpy as np

from wordkit.corpus.corpus import Corpus
from wordkit.errors import ModelError

PIECE = 1 << 22
"""Tokens counted at a time: 16 MB of ids."""


def keep_probabilities(counts: np.ndarray, sample: float) -> np.ndarray:
    """Return the probability of keeping an occurrence of each word (word2vec.c), (V,) float64."""
    if not sample:
        return np.ones(len(counts))
    share = sample * counts.sum() / np.maximum(counts, 1)
    return np.minimum(1, np.sqrt(share) + share)


def occurrences(corpus: Corpus) -> np.ndarray:
    """Count how often each word occurs in this corpus, (V,) int64."""
    size = len(corpus.vocabulary)
    counts = np.zeros(size, np.int64)
    for start in range(0, corpus.tokens, PIECE):
        piece = corpus.ids[start : start + PIECE]
        if piece.min() < 0 or piece.max() >= size:
            raise ModelError("the corpus is damaged: it has ids that its vocabulary lacks")
        counts += np.bincount(piece, minlength=size)
    return counts
