"""word2vec as in the textbook, from the shared layers.

It shows the method and is what the fast kernels are measured against; on a GPU it is
the way to train. On a CPU ``SkipGram`` and ``Cbow`` do the same many times faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from wordkit.backend.arrays import Array, array_module, scatter_add, to_device, to_host
from wordkit.checks import Choice, Interval, Parameter, check_parameters
from wordkit.corpus.corpus import Corpus, corpus_of
from wordkit.embeddings.subsampling import keep_probabilities
from wordkit.embeddings.word2vec.settings import PREDICTED, check_rates
from wordkit.errors import ModelError
from wordkit.estimator import Estimator
from wordkit.layers.base import Layer, RowGradient
from wordkit.layers.embedding import MODES, Embedding, EmbeddingBag
from wordkit.layers.losses.hierarchical_softmax import HierarchicalSoftmaxLoss, huffman_tree
from wordkit.layers.losses.negative_sampling import NegativeSamplingLoss, UnigramSampler
from wordkit.layers.losses.softmax import SoftmaxLoss
from wordkit.progress import progress_bar
from wordkit.vectors.word_vectors import WordVectors

LOSSES = ("negative-sampling", "hierarchical-softmax", "softmax")


class TextbookWord2Vec(Estimator):
    """Skip-gram or CBOW, by gradient descent in small batches (Mikolov et al. 2013).

    Frequent words are left out at random; each word's window has a width drawn from 1 to
    ``window`` and stops at document ends; the rate falls linearly over all words of all
    epochs. Skip-gram predicts each word of the window from the centre word, CBOW the
    centre word from the window.

    Parameters
    ----------
    method
        ``skipgram`` or ``cbow``.
    loss
        ``negative-sampling``; ``hierarchical-softmax``, down the Huffman tree of the counts;
        or ``softmax`` over the whole vocabulary: exact, and for small vocabularies only.
    cbow_mode
        How CBOW combines a window; see ``EmbeddingBag``.
    negative, ns_exponent
        Negatives for each prediction, and the power of the counts they are drawn by.
    sample
        Threshold of the subsampling, 0 for none; see ``keep_probabilities``.
    dynamic_window
        False gives every word the whole window.
    alpha, min_alpha
        The rate at the start and at the end. A step descends the sum of the losses of its
        batch, as if they came one by one. CBOW in the mode ``mean``, which shares the
        gradient among the words of a window, needs about 0.2.
    batch_size
        Centre words to a step. As the words of a batch do not see each other's steps, a
        large one needs a smaller ``alpha``.
    device
        ``cpu``, or ``gpu`` by CuPy.

    Attributes
    ----------
    vectors_
        ``WordVectors``, in the order of the vocabulary.
    output_vectors_
        The vectors by which words are predicted, (V, D) float32; with hierarchical softmax
        those of the tree's inner nodes, (V - 1, D).
    loss_per_epoch_
        Mean loss of a prediction, a number an epoch.
    """

    _parameters: ClassVar = {
        **PREDICTED,
        "method": Parameter(Choice(("skipgram", "cbow")), help="What predicts what."),
        "loss": Parameter(Choice(LOSSES), help="How the prediction is scored."),
        "cbow_mode": Parameter(Choice(MODES), help="How CBOW combines a window."),
        "alpha": Parameter(Interval(above=0), help="Learning rate at the start."),
        "min_alpha": Parameter(Interval(0), help="Learning rate at the end."),
        "batch_size": Parameter(Interval(1), help="Centre words to a step."),
        "device": Parameter(Choice(("cpu", "gpu")), help="Where it is computed."),
    }

    def __init__(
        self,
        *,
        method: str = "skipgram",
        loss: str = "negative-sampling",
        vector_size: int = 100,
        window: int = 5,
        dynamic_window: bool = True,
        cbow_mode: str = "mean",
        negative: int = 5,
        ns_exponent: float = 0.75,
        sample: float = 1e-3,
        alpha: float = 0.025,
        min_alpha: float = 0.0001,
        epochs: int = 5,
        batch_size: int = 256,
        device: str = "cpu",
        seed: int = 1,
        progress: bool = True,
    ):
        self.method = method
        self.loss = loss
        self.vector_size = vector_size
        self.window = window
        self.dynamic_window = dynamic_window
        self.cbow_mode = cbow_mode
        self.negative = negative
        self.ns_exponent = ns_exponent
        self.sample = sample
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.epochs = epochs
        self.batch_size = batch_size
        self.device = device
        self.seed = seed
        self.progress = progress

    def fit(self, X: Any, y: Any = None) -> TextbookWord2Vec:
        """Learn from a ``Corpus``, or an iterable of texts or token lists.

        Raises
        ------
        ModelError
            A setting out of its range, nothing to predict, or a loss that grew beyond
            all numbers.
        BackendError
            No GPU, if one was asked for.
        """
        check_parameters(self)
        check_rates(self.alpha, self.min_alpha)
        corpus = corpus_of(X)
        rng = np.random.default_rng(self.seed)
        inner, output = self._inner(len(corpus.vocabulary), rng), self._output(corpus)
        sampler = UnigramSampler(corpus.vocabulary.counts, ns_exponent=self.ns_exponent)
        words = self.epochs * corpus.tokens
        self.loss_per_epoch_: list[float] = []
        with (
            progress_bar("training", words, " words", show=self.progress) as bar,
            np.errstate(over="ignore", invalid="ignore"),  # found in the loss
        ):
            for epoch in range(self.epochs):
                total, predictions = 0.0, 0
                for batch in self._batches(corpus, rng):
                    done = (epoch + batch.progress) / self.epochs
                    rate = self.alpha + (self.min_alpha - self.alpha) * done
                    total += self._step(inner, output, batch, sampler, rate, rng)
                    predictions += len(batch.targets)
                    bar.update(round(done * words) - bar.n)
                    self._check_finite(total, epoch, rate)
                self.loss_per_epoch_.append(self._mean(total, predictions))
        vocabulary, vectors = corpus.vocabulary, to_host(inner.params["weight"])
        self.vectors_ = WordVectors(vocabulary.words, vectors, counts=vocabulary.counts)
        self.output_vectors_ = to_host(output.params["weight"])
        return self

    def _inner(self, size: int, rng: np.random.Generator) -> Layer:
        """Words to vectors, starting near zero."""
        shape = size, self.vector_size
        words = ((rng.random(shape, np.float32) - 0.5) / self.vector_size).astype(np.float32)
        weights = {"weight": self._on_device(words)}
        if self.method == "cbow":
            return EmbeddingBag(*shape, mode=self.cbow_mode, weights=weights)
        return Embedding(*shape, weights=weights)

    def _output(self, corpus: Corpus) -> Layer:
        """Vectors to the loss, starting at zero."""
        counts = corpus.vocabulary.counts
        words, size = len(counts), self.vector_size
        tree = self.loss == "hierarchical-softmax"
        zeros = self._on_device(np.zeros((words - tree, size), np.float32))
        options: dict[str, Any] = {"reduction": "sum", "weights": {"weight": zeros}}
        if self.loss == "softmax":
            return SoftmaxLoss(size, words, bias=False, **options)
        if tree:
            return HierarchicalSoftmaxLoss(size, huffman_tree(counts), **options)
        return NegativeSamplingLoss(size, words, **options)

    def _on_device(self, weight: np.ndarray) -> Array:
        return to_device(weight) if self.device == "gpu" else weight

    def _batches(self, corpus: Corpus, rng: np.random.Generator) -> Iterator[Batch]:
        """The predictions of one epoch, in the order of the text."""
        kept = kept_positions(corpus, self.sample, rng)
        text, bounds = corpus.ids[kept], np.searchsorted(kept, corpus.offsets)
        for start in range(0, len(text), self.batch_size):
            centres = np.arange(start, min(start + self.batch_size, len(text)))
            reach = np.full(len(centres), self.window)
            if self.dynamic_window:
                reach = rng.integers(1, self.window, len(centres), endpoint=True)
            contexts = context_windows(text, bounds, centres, reach)
            progress = (int(kept[centres[-1]]) + 1) / corpus.tokens
            if self.method == "cbow":
                some = (contexts >= 0).any(axis=1)
                yield Batch(contexts[some], text[centres[some]], progress)
            else:
                pairs = np.nonzero(contexts >= 0)
                yield Batch(text[centres[pairs[0]]], contexts[pairs], progress)

    def _step(
        self,
        inner: Layer,
        output: Layer,
        batch: Batch,
        sampler: UnigramSampler,
        rate: float,
        rng: np.random.Generator,
    ) -> float:
        """Predict a batch, descend, and return the sum of its losses."""
        draws = [batch.inputs, batch.targets]
        if self.loss == "negative-sampling":
            draws.append(sampler.sample((len(batch.targets), self.negative), rng))
        xp = array_module(inner.params["weight"])
        inputs, *targets = (xp.asarray(block) for block in draws)
        loss = output.forward(inner.forward(inputs), *targets)
        inner.backward(output.backward())
        descend(inner, rate)
        descend(output, rate)
        return float(loss)

    def _check_finite(self, total: float, epoch: int, rate: float) -> None:
        if not np.isfinite(total):
            raise ModelError(
                f"the loss grew beyond all numbers in epoch {epoch + 1}, at the rate {rate:.4g}: "
                "train again with a smaller alpha or a smaller batch_size"
            )

    def _mean(self, total: float, predictions: int) -> float:
        if not predictions:
            raise ModelError(
                "no word has another one in its window: the documents are too short, or "
                f"sample={self.sample} leaves too few words"
            )
        return total / predictions


class Batch(NamedTuple):
    """Some predictions.

    ``inputs`` are ids (N,), or for CBOW (N, C) with -1 where there is none; ``targets``
    ids (N,); ``progress`` the share of the epoch that is done with them.
    """

    inputs: np.ndarray
    targets: np.ndarray
    progress: float


def kept_positions(corpus: Corpus, sample: float, rng: np.random.Generator) -> np.ndarray:
    """The positions that stay when frequent words are left out at random, ascending."""
    keep = keep_probabilities(corpus.vocabulary.counts, sample)
    return np.flatnonzero(rng.random(corpus.tokens) < keep[corpus.ids])


def context_windows(
    text: np.ndarray, bounds: np.ndarray, centres: np.ndarray, reach: np.ndarray
) -> np.ndarray:
    """The words around some words.

    Parameters
    ----------
    text
        Ids of all documents, one after the other.
    bounds
        (documents + 1,): where they begin and end.
    centres, reach
        (N,): positions in the text, and how many words count on each side.

    Returns
    -------
    (N, 2 * largest reach) ids, from left to right, -1 where the window has ended.
    """
    widest = int(reach.max())
    distances = np.concatenate([np.arange(-widest, 0), np.arange(1, widest + 1)])
    places = centres[:, None] + distances
    documents = np.searchsorted(bounds, centres, side="right")
    first, end = bounds[documents - 1, None], bounds[documents, None]
    inside = (abs(distances) <= reach[:, None]) & (places >= first) & (places < end)
    return np.where(inside, text[np.clip(places, 0, len(text) - 1)], -1)


def descend(layer: Layer, rate: float) -> None:
    """One step of plain gradient descent, in place."""
    for name, gradient in layer.grads.items():
        if isinstance(gradient, RowGradient):
            scatter_add(layer.params[name], gradient.rows, -rate * gradient.values)
        else:
            layer.params[name] -= rate * gradient
