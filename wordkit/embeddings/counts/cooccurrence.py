"""Co-occurrence counts, the basis of all count-based methods."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin

from wordkit.checks import Choice, Interval, Parameter, check_parameters
from wordkit.corpus.corpus import Corpus, corpus_of
from wordkit.embeddings.counts.sparse_rows import Pieces, RowWriter
from wordkit.embeddings.parameters import SHARED
from wordkit.embeddings.subsampling import keep_probabilities, occurrences
from wordkit.errors import ModelError
from wordkit.progress import progress_bar

PIECE = 1 << 22
"""Tokens read at a time: 16 MB of ids."""
WEIGHTINGS = ("flat", "linear", "harmonic")
CONTEXTS = ("symmetric", "left", "right")


class Cooccurrence(TransformerMixin, BaseEstimator):
    """From a corpus to its co-occurrence counts.

    Parameters
    ----------
    window
        Words on each side that count as context. Windows stop at document ends.
    weighting
        The weight of a context at distance d: ``flat`` 1; ``linear`` (window - d + 1) /
        window, as word2vec's on average; ``harmonic`` 1 / d, as GloVe's.
    context
        ``symmetric``, or words to the ``left`` or to the ``right`` only.
    sample
        Threshold of the subsampling of frequent words, 0 for none. It is done in
        expectation: each occurrence is weighted by the probability with which word2vec
        (Mikolov et al. 2013) would keep it.
    memory_mb
        Memory for counting. Larger texts are counted in blocks that are merged, and larger
        counts are kept in memory-mapped scratch files.
    workers
        Threads, all cores if None. The counts do not depend on their number.

    Attributes
    ----------
    vocabulary_
        The words of the rows and columns.
    """

    _parameters: ClassVar = {
        **SHARED,
        "window": Parameter(Interval(1, 10_000), help="Context words on each side."),
        "weighting": Parameter(Choice(WEIGHTINGS), help="What a context counts by its distance."),
        "context": Parameter(Choice(CONTEXTS), help="Which side counts."),
        "memory_mb": Parameter(Interval(above=0), help="Memory for counting, in MB."),
    }

    def __init__(
        self,
        *,
        window: int = 10,
        weighting: str = "harmonic",
        context: str = "symmetric",
        sample: float = 1e-4,
        memory_mb: float = 1024,
        workers: int | None = None,
        progress: bool = True,
    ):
        self.window = window
        self.weighting = weighting
        self.context = context
        self.sample = sample
        self.memory_mb = memory_mb
        self.workers = workers
        self.progress = progress

    def fit(self, X: Any, y: Any = None) -> Cooccurrence:
        """Take the vocabulary of a corpus, or of an iterable of texts or token lists."""
        check_parameters(self)
        self.vocabulary_ = corpus_of(X).vocabulary
        return self

    def fit_transform(self, X: Any, y: Any = None) -> sp.csr_array:
        """``fit`` and ``transform``, reading texts once."""
        corpus = corpus_of(X)
        return self.fit(corpus).transform(corpus)

    def transform(self, X: Any) -> sp.csr_array:
        """Count co-occurrences: (V, V) float32, one row per word, one column per context word."""
        X = corpus_of(X, self.vocabulary_)
        if X.vocabulary.words != self.vocabulary_.words:
            raise ModelError("this corpus has another vocabulary than the one fitted")
        size = len(self.vocabulary_)
        counts = occurrences(X)
        keep = keep_probabilities(counts, self.sample)
        text = _separated(X, self.memory_mb)
        # a token needs an int32, and room for as many counts as it can have contexts
        room = 4 * len(text) + 8 * np.minimum(counts * self.window * 2, size).sum()
        step = max(1 << 16, int(len(text) / max(1, room / (self.memory_mb * 2**20))))
        step = min(step, np.iinfo(np.int32).max)  # places in a block are int32
        blocks = RowWriter(workers=self.workers, memory_mb=self.memory_mb)
        with progress_bar("counting", len(text), " words", show=self.progress) as bar:
            for start in range(0, len(text), step):
                end = min(start + step, len(text))
                self._count_block(text, start, end, keep, blocks)
                bar.update(end - start)
        stacked = blocks.matrix(size)
        return stacked if stacked.shape[0] == size else self._merged(stacked)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the words in column order."""
        return np.array(self.vocabulary_.words, object)

    def _count_block(
        self, text: np.ndarray, start: int, end: int, keep: np.ndarray, rows: RowWriter
    ) -> None:
        """Append the counts around the positions [start, end) of a text."""
        from wordkit.embeddings.counts import cooccurrence_kernels as kernels

        size = len(keep)
        pointers, places = np.zeros(size + 1, np.int64), np.empty(end - start, np.int32)
        kernels.places_by_word(text, start, end, pointers, places)
        weights = distance_weights(self.window, self.weighting)
        left, right = self.context != "right", self.context != "left"
        occurrences = kernels.Occurrences(text, start, pointers, places)
        contexts = kernels.Contexts(weights, keep, left, right)
        most = np.diff(pointers) * self.window * (left + right)
        rows.append(
            lambda *chunk: kernels.count_rows(occurrences, contexts, *chunk),
            np.minimum(most, size),
        )

    def _merged(self, stacked: sp.csr_array) -> sp.csr_array:
        from wordkit.embeddings.counts.cooccurrence_kernels import add_rows

        size = stacked.shape[1]
        fixed = (stacked.indptr, stacked.indices, stacked.data)
        entries = np.diff(stacked.indptr).astype(np.int64).reshape(-1, size).sum(axis=0)
        rows = RowWriter(workers=self.workers, memory_mb=self.memory_mb)
        rows.append(lambda *chunk: add_rows(*fixed, *chunk), np.minimum(entries, size))
        return rows.matrix(size)


def distance_weights(window: int, weighting: str) -> np.ndarray:
    """Return the weights of contexts at the distances 1 … window, float64."""
    distances = np.arange(1, window + 1)
    if weighting == "linear":
        return (window - distances + 1) / window
    if weighting == "harmonic":
        return 1 / distances
    return np.ones(window)


def _separated(corpus: Corpus, memory_mb: float) -> np.ndarray:
    """Return the ids with -1 between documents; long texts are memory-mapped scratch files."""
    inner = corpus.offsets[1:-1]
    text = Pieces(np.int32, memory_mb / 4)
    for start in range(0, corpus.tokens, PIECE):
        first, last = np.searchsorted(inner, [start, start + PIECE])
        piece = corpus.ids[start : start + PIECE]
        text.append(np.insert(piece, inner[first:last] - start, -1))
    return text.array()
