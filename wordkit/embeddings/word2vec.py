"""word2vec (Mikolov et al. 2013): skip-gram and CBOW with negative sampling, fast.

``textbook_word2vec`` has the same methods in layers that can be read; here they run in
fused kernels, in threads that share the weights without locks (Niu et al. 2011).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from wordkit.backend.threads import checked_workers, in_threads
from wordkit.corpus.encoded import Corpus, as_corpus
from wordkit.embeddings.cooccurrence import keep_probabilities, occurrences
from wordkit.errors import ModelError
from wordkit.progress import progress_bar
from wordkit.vectors.word_vectors import WordVectors

PIECE = 20_000
"""Centre words that a thread trains on at once."""


class _Word2Vec(BaseEstimator):
    """What skip-gram and CBOW share: everything but the kernel."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn from a ``Corpus``, or an iterable of texts or token lists."""
        from wordkit.embeddings.block_kernels import LANES, aligned_zeros

        corpus = as_corpus(X)
        self._check(corpus)
        size = len(corpus.vocabulary)
        counts = occurrences(corpus)
        rng = np.random.default_rng(self.seed)
        width = self.vector_size + -self.vector_size % LANES
        inputs, outputs = aligned_zeros(size, width), aligned_zeros(size, width)
        start = rng.random((size, self.vector_size), np.float32)
        inputs[:, : self.vector_size] = (start - np.float32(0.5)) / self.vector_size
        model = (inputs, outputs, *alias_tables(counts, self.ns_exponent))
        keep = keep_probabilities(counts, self.sample)
        workers = checked_workers(self.workers)
        self.loss_per_epoch_: list[float] = []
        total = len(corpus) * self.epochs
        with progress_bar("training", total, " words", show=self.verbose) as bar:
            for epoch in range(self.epochs):
                loss = self._epoch(corpus, epoch, keep, model, workers, bar)
                if not np.isfinite(loss) or not np.isfinite(inputs).all():
                    raise ModelError(
                        f"training ran away in epoch {epoch + 1} (loss {loss:.3g}): "
                        f"lower alpha, which is {self.alpha:g}"
                    )
                self.loss_per_epoch_.append(loss)
        vectors = np.ascontiguousarray(inputs[:, : self.vector_size])
        self.vectors_ = WordVectors(corpus.vocabulary.words, vectors, counts=counts)
        return self

    def _epoch(
        self, corpus: Corpus, epoch: int, keep: np.ndarray, model: tuple, workers: int, bar: Any
    ) -> float:
        """Train on the whole corpus once; returns the mean loss of a pair."""
        slope = (self.alpha - self.min_alpha) / (len(corpus) * self.epochs)
        alpha = self.alpha - slope * epoch * len(corpus)
        seed = np.uint64((self.seed << 20) + epoch)
        kernel, options = self._kernel()
        sums = np.zeros(2)
        starts = range(0, len(corpus), PIECE)
        for group in range(0, len(starts), 4 * workers):
            calls = [
                (
                    corpus.ids, corpus.offsets, first, min(first + PIECE, len(corpus)), keep,
                    self.window, self.negative, *options, *model, seed, alpha, slope,
                    self.min_alpha, np.zeros(2),
                )
                for first in starts[group : group + 4 * workers]
            ]  # fmt: skip
            in_threads(kernel, calls, workers)
            sums += sum(call[-1] for call in calls)
            bar.update(sum(call[3] - call[2] for call in calls))
            bar.set_postfix(epoch=epoch + 1, loss=f"{sums[0] / max(sums[1], 1):.3f}")
        if not sums[1]:
            raise ModelError(
                "no word has a neighbour to learn from: the documents have one word each, or "
                f"subsampling leaves no more of so short a text (sample={self.sample:g}; try 0)"
            )
        return float(sums[0] / sums[1])

    def _check(self, corpus: Corpus) -> None:
        for name, low, high in (
            ("vector_size", 1, 10_000),
            ("window", 1, 1_000),
            ("negative", 1, 1_000),
            ("epochs", 1, 100_000),
        ):
            value = getattr(self, name)
            if not low <= value <= high or value != int(value):
                raise ModelError(
                    f"{name} must be a whole number from {low} to {high:,}, not {value}"
                )
        if not 0 < self.alpha <= 10 or not 0 <= self.min_alpha <= self.alpha:
            raise ModelError(
                f"alpha must be above 0 and min_alpha between 0 and alpha, "
                f"not {self.alpha} and {self.min_alpha}"
            )
        if not 0 <= self.sample < np.inf or not -10 <= self.ns_exponent <= 10:
            raise ModelError("sample must be 0 or more, and ns_exponent from -10 to 10")
        if not 0 <= self.seed < 1 << 32:
            raise ModelError(f"seed must be from 0 to 4,294,967,295, not {self.seed}")
        if len(corpus.vocabulary) < 2:
            raise ModelError("word2vec needs at least two different words, found one")


class SkipGram(_Word2Vec):
    """Each word predicts the words around it.

    Parameters
    ----------
    vector_size
        Dimensions.
    window
        Largest reach of a window; each takes one from 1 to this at random.
    negative
        Words drawn against each centre word.
    negatives
        ``shared``: one draw for all contexts of a centre word; ``per-pair``: the classic
        draw for each, at about half the speed.
    ns_exponent
        Power of the word counts from which negatives are drawn.
    sample
        Subsampling threshold, 0 for none.
    alpha, min_alpha
        The rate falls from one to the other, linearly over all words.
    seed, workers
        One seed gives one result on one worker; on several, threads overwrite each other
        now and then.

    Attributes
    ----------
    vectors_
        ``WordVectors``.
    loss_per_epoch_
        Mean negative-sampling loss of a pair, before its update.
    """

    def __init__(
        self,
        *,
        vector_size: int = 100,
        window: int = 5,
        negative: int = 5,
        negatives: str = "shared",
        ns_exponent: float = 0.75,
        sample: float = 1e-4,
        alpha: float = 0.025,
        min_alpha: float = 1e-4,
        epochs: int = 10,
        seed: int = 1,
        workers: int | None = None,
        verbose: bool = False,
    ):
        self.vector_size = vector_size
        self.window = window
        self.negative = negative
        self.negatives = negatives
        self.ns_exponent = ns_exponent
        self.sample = sample
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.epochs = epochs
        self.seed = seed
        self.workers = workers
        self.verbose = verbose

    def _kernel(self) -> tuple[Any, tuple]:
        from wordkit.embeddings.word2vec_kernels import skipgram

        if self.negatives not in ("shared", "per-pair"):
            raise ModelError(f"negatives must be shared or per-pair, not {self.negatives!r}")
        return skipgram, (self.negatives == "shared",)


class Cbow(_Word2Vec):
    """The words around a word, together, predict it.

    Parameters
    ----------
    mode
        ``mean`` or ``sum`` of the context vectors, each with its right gradient; or
        ``word2vec``: the mean, but its gradient not divided, as word2vec.c and gensim do.
    others
        See ``SkipGram``.
    """

    def __init__(
        self,
        *,
        vector_size: int = 100,
        window: int = 5,
        negative: int = 5,
        mode: str = "word2vec",
        ns_exponent: float = 0.75,
        sample: float = 1e-4,
        alpha: float = 0.05,
        min_alpha: float = 1e-4,
        epochs: int = 10,
        seed: int = 1,
        workers: int | None = None,
        verbose: bool = False,
    ):
        self.vector_size = vector_size
        self.window = window
        self.negative = negative
        self.mode = mode
        self.ns_exponent = ns_exponent
        self.sample = sample
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.epochs = epochs
        self.seed = seed
        self.workers = workers
        self.verbose = verbose

    def _kernel(self) -> tuple[Any, tuple]:
        from wordkit.embeddings.word2vec_kernels import cbow

        if self.mode not in ("mean", "sum", "word2vec"):
            raise ModelError(f"mode must be mean, sum or word2vec, not {self.mode!r}")
        return cbow, (self.mode != "sum", self.mode == "mean")


def alias_tables(counts: np.ndarray, exponent: float) -> tuple[np.ndarray, np.ndarray]:
    """Tables to draw words in proportion to counts ** exponent (Walker 1977).

    Word w is drawn as itself with share[w], (V,) float32, and else as other[w], int32.
    """
    weights = np.where(counts > 0, np.maximum(counts, 1).astype(np.float64) ** exponent, 0)
    share = weights * (len(weights) / weights.sum())
    other = np.arange(len(weights), dtype=np.int32)
    poor = list(np.flatnonzero(share < 1))
    rich = list(np.flatnonzero(share >= 1))
    while poor and rich:
        give, take = rich[-1], poor.pop()
        other[take] = give
        share[give] -= 1 - share[take]
        if share[give] < 1:
            poor.append(rich.pop())
    return share.astype(np.float32), other
