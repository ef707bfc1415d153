"""The weights that the training of a language model begins with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import ModelError
from wordkit.layers.init import Shape, orthogonal, uniform, xavier
from wordkit.lm.settings import ModelSettings
from wordkit.vectors.search import dense_rows
from wordkit.vectors.word_vectors import WordVectors

GATES = {"rnn": 1, "gru": 3, "lstm": 4}
LIMIT = 0.1
"""Embedding and output are drawn uniformly from -LIMIT to LIMIT."""


def weight_shapes(settings: ModelSettings, words: int) -> dict[str, tuple[int, ...]]:
    """The weights of a model, by name: those of a tied output are the embedding's."""
    size, width = settings.hidden_size, GATES[settings.cell] * settings.hidden_size
    biases = ("bias_ih", "bias_hh") if settings.cell == "gru" else ("bias",)
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (words, settings.embedding_size)}
    for number in range(settings.layers):
        inputs = size if number else settings.embedding_size
        shapes[f"recurrent.{number}.weight_ih"] = (inputs, width)
        shapes[f"recurrent.{number}.weight_hh"] = (size, width)
        shapes |= {f"recurrent.{number}.{bias}": (width,) for bias in biases}
    if not settings.tie:
        shapes["output.weight"] = (words, size)
    return shapes | {"output.bias": (words,)}


def initial_weights(
    settings: ModelSettings,
    vocabulary: Vocabulary,
    rng: np.random.Generator,
    *,
    vectors: WordVectors | None = None,
) -> dict[str, np.ndarray]:
    """Weights to begin with, float32.

    Input weights are Xavier's, recurrent ones orthogonal, gate by gate. An LSTM remembers
    at first: the bias of its forget gate is 1 (Jozefowicz et al. 2015, "An Empirical
    Exploration of Recurrent Network Architectures"). The bias of the output is the
    logarithm of each word's share of the text, so that the model begins as the unigram
    model and not as the one that knows nothing.

    Parameters
    ----------
    vectors
        The embedding of their words, scaled to the usual size.

    Raises
    ------
    ModelError
        The vectors are of another size, or have no word of the vocabulary.
    """
    gates, size = GATES[settings.cell], settings.hidden_size
    weights: dict[str, np.ndarray] = {}
    for name, shape in weight_shapes(settings, len(vocabulary)).items():
        if name.endswith("weight_ih"):
            weights[name] = _gate_by_gate(xavier, shape, gates, rng)
        elif name.endswith("weight_hh"):
            weights[name] = _gate_by_gate(orthogonal, shape, gates, rng)
        elif name.endswith("weight"):
            weights[name] = uniform(shape, rng, limit=LIMIT)
        else:
            weights[name] = np.zeros(shape, np.float32)
            if settings.cell == "lstm" and name.startswith("recurrent"):
                weights[name][size : 2 * size] = 1
    counts = np.maximum(vocabulary.counts, 0.5)  # a word may come from another text only
    weights["output.bias"][:] = np.log(counts / counts.sum())
    if vectors is not None:
        _put_vectors(weights["embedding.weight"], vocabulary, vectors)
    return weights


def _gate_by_gate(
    draw: Callable[[Shape, np.random.Generator], np.ndarray],
    shape: tuple[int, ...],
    gates: int,
    rng: np.random.Generator,
) -> np.ndarray:
    inputs, width = shape
    return np.hstack([draw((inputs, width // gates), rng) for _ in range(gates)])


def _put_vectors(embedding: np.ndarray, vocabulary: Vocabulary, vectors: WordVectors) -> None:
    size = embedding.shape[1]
    if vectors.vector_size != size:
        raise ModelError(
            f"the word vectors have {vectors.vector_size} dimensions, the embedding {size}: give "
            f"embedding_size {vectors.vector_size}, or other vectors"
        )
    rows = [row for row, word in enumerate(vocabulary.words) if word in vectors]
    if not rows:
        raise ModelError("the word vectors have no word of the vocabulary")
    found = dense_rows(vectors.vectors, [vectors.index[vocabulary.words[row]] for row in rows])
    spread = np.sqrt(np.mean(np.square(found, dtype=np.float64)))
    if not 0 < spread < np.inf:
        raise ModelError(
            "the word vectors are all zero, or hold NaN or infinity; train them again"
        )
    embedding[rows] = found * (LIMIT / np.sqrt(3) / spread)  # as spread as the uniform ones
