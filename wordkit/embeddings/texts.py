"""Vectors for texts, from the vectors of their words: a step of a scikit-learn Pipeline.

N texts, V words, D dimensions.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from copy import copy
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from wordkit.checks import Choice, Interval, Parameter, check_parameters
from wordkit.corpus.reader import text_lines
from wordkit.corpus.text import TextOptions, Tokenizer, make_tokenizer
from wordkit.errors import ModelError
from wordkit.tables import refuse_data_frame
from wordkit.vectors.word_vectors import WordVectors

WEIGHTINGS = ("mean", "tfidf", "sif")
BATCH = 1024
"""Texts whose word vectors are gathered at a time."""


class TextVectors(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """From texts to vectors of fixed size, for a classifier or a search.

    Unknown words are left out; a text without a known word becomes zeros.

    Parameters
    ----------
    vectors
        The words, as ``WordVectors`` with dense vectors. Clones share them.
    weighting
        ``mean`` of the words. ``tfidf``: the mean weighted by term frequency times the
        inverse document frequency, ln((1 + N) / (1 + df)) + 1. ``sif``: each word weighted
        by a / (a + p), where p is its probability by ``vectors.counts`` or, without counts, in
        the texts of ``fit``; then the texts' common direction, their first singular vector,
        is removed (Arora, Liang and Ma 2017).
    a
        For ``sif``: the lower it is, the less frequent words count.
    text
        How strings are split into words; it should match how the vectors were trained. By
        default ``TextOptions()``. Token lists are used as they are.

    Attributes
    ----------
    weights_
        (V,) float32, one per word.
    common_
        (D,) float32, the direction that ``sif`` removes; zeros for other weightings.
    """

    _parameters: ClassVar = {
        "weighting": Parameter(Choice(WEIGHTINGS), help="How the words of a text are weighted."),
        "a": Parameter(Interval(above=0), help="sif: the lower, the less frequent words count."),
    }

    def __init__(
        self,
        *,
        vectors: WordVectors,
        weighting: str = "mean",
        a: float = 1e-3,
        text: TextOptions | None = None,
    ):
        self.vectors = vectors
        self.weighting = weighting
        self.a = a
        self.text = text

    def __sklearn_clone__(self) -> TextVectors:
        """Share the vectors, which never change, as copies could fill the memory."""
        bare: Any = copy(self)
        bare.vectors = None
        clone = super(TextVectors, bare).__sklearn_clone__()
        clone.vectors = self.vectors
        return clone

    def fit(self, X: Iterable[Any], y: Any = None) -> TextVectors:
        """Learn the weights from texts: strings, or lists of tokens.

        Raises
        ------
        ModelError
            A setting is out of range, or no text has a known word although weights must be
            learnt.
        """
        self._learn(self._word_counts(X))
        return self

    def transform(self, X: Iterable[Any]) -> np.ndarray:
        """Return the vectors of texts, (N, D) float32."""
        check_is_fitted(self)
        return self._embed(self._word_counts(X))

    def fit_transform(self, X: Iterable[Any], y: Any = None) -> np.ndarray:
        """``fit`` and ``transform``, reading the texts once."""
        counts = self._word_counts(X)
        self._learn(counts)
        return self._embed(counts)

    def _check(self) -> None:
        if not isinstance(self.vectors, WordVectors):
            raise ModelError(
                f"vectors must be WordVectors, not {type(self.vectors).__name__}; "
                "load a file with WordVectors.load"
            )
        if sp.issparse(self.vectors.vectors):
            raise ModelError("texts need dense word vectors, such as those of ppmi-svd")
        check_parameters(self)

    def _word_counts(self, X: Iterable[Any]) -> sp.csr_array:
        """Count how often each text has each word, (N, V) float32."""
        self._check()
        if isinstance(X, str) or not isinstance(X, Iterable):
            raise ModelError(f"expected a list of texts, found one {type(X).__name__}")
        refuse_data_frame(X, ModelError)
        tokenize = make_tokenizer(self.text or TextOptions())
        get = self.vectors.index.get
        rows, ends = array("i"), array("q", [0])
        for number, text in enumerate(X):
            found = map(get, _tokens(text, tokenize, number))
            rows.extend(row for row in found if row is not None)
            ends.append(len(rows))
        ones = np.ones(len(rows), np.float32)
        shape = (len(ends) - 1, len(self.vectors))
        counts = sp.csr_array((ones, np.array(rows), np.array(ends)), shape)
        counts.sum_duplicates()
        return counts

    def _learn(self, counts: sp.csr_array) -> None:
        texts, size = counts.shape
        self.weights_ = np.ones(size, np.float32)
        self.common_ = np.zeros(self.vectors.vector_size, np.float32)
        if self.weighting != "mean" and not counts.nnz:
            raise ModelError(
                f"none of the {texts:,} texts has a word of the vectors: nothing to learn from"
            )
        if self.weighting == "tfidf":
            frequency = np.bincount(counts.indices, minlength=size)
            self.weights_ = (np.log((1 + texts) / (1 + frequency)) + 1).astype(np.float32)
        elif self.weighting == "sif":
            known = self.vectors.counts
            totals = counts.sum(axis=0, dtype=np.float64) if known is None else known
            self.weights_ = (self.a / (self.a + totals / max(totals.sum(), 1))).astype(np.float32)
            embedded = self._embed(counts)
            self.common_ = np.linalg.eigh(embedded.T @ embedded)[1][:, -1]

    def _embed(self, counts: sp.csr_array) -> np.ndarray:
        weighted = counts.copy()
        weighted.data *= self.weights_[counts.indices]
        divisor = (counts if self.weighting == "sif" else weighted).sum(axis=1)
        divisor = np.where(divisor, divisor, 1)[:, None]
        out = np.empty((counts.shape[0], len(self.common_)), np.float32)
        for start in range(0, len(out), BATCH):
            texts = slice(start, start + BATCH)
            block = self._sums(weighted[texts]) / divisor[texts]
            out[texts] = block - np.outer(block @ self.common_, self.common_)
        return out

    def _sums(self, weights: sp.csr_array) -> np.ndarray:
        """Return weighted sums of word vectors, for weights (N, V); reads only the words used."""
        rows, columns = np.unique(weights.indices, return_inverse=True)
        vectors = self.vectors.vectors[rows]
        bad = ~np.isfinite(vectors).all(axis=1)
        if bad.any():
            word = self.vectors.words[rows[bad][0]]
            raise ModelError(f"the vector of {word!r} holds NaN or infinity; train again")
        shape = (weights.shape[0], len(rows))
        return sp.csr_array((weights.data, columns, weights.indptr), shape) @ vectors

    @property
    def _n_features_out(self) -> int:
        """The number of columns, from which scikit-learn makes their names."""
        return len(self.common_)


def _tokens(text: Any, tokenize: Tokenizer, number: int) -> list[str]:
    if isinstance(text, str):
        lines = (line for line in text_lines(text) if line is not None)
        return [token for line in lines for token in tokenize(line)]
    tokens = list(text) if isinstance(text, Iterable) else [text]
    if not all(isinstance(token, str) for token in tokens):
        raise ModelError(
            f"text {number}: expected a string or a list of strings, found {str(text)[:60]}"
        )
    return tokens
