"""The weights that the training of a language model begins with."""

from __future__ import annotations

import numpy as np

from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import ModelError
from wordkit.layers.init import uniform
from wordkit.layers.recurrent.weights import Shapes, initial_recurrent, recurrent_shapes
from wordkit.lm.settings import ModelSettings
from wordkit.vectors.search import dense_rows
from wordkit.vectors.word_vectors import WordVectors

LIMIT = 0.1
"""Embedding and output are drawn uniformly from -LIMIT to LIMIT."""


def weight_shapes(settings: ModelSettings, words: int) -> Shapes:
    """The weights of a model, by name: those of a tied output are the embedding's."""
    size, inputs = settings.hidden_size, settings.embedding_size
    shapes: Shapes = {"embedding.weight": (words, inputs)}
    for number in range(settings.layers):
        shapes |= recurrent_shapes(f"recurrent.{number}", settings.cell, inputs, size)
        inputs = size
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

    The bias of the output is the logarithm of each word's share of the text, so that the
    model begins as the unigram model and not as the one that knows nothing. For the
    recurrent layers see ``initial_recurrent``.

    Parameters
    ----------
    vectors
        The embedding of their words, scaled to the usual size.

    Raises
    ------
    ModelError
        The vectors are of another size, or have no word of the vocabulary.
    """
    weights: dict[str, np.ndarray] = {}
    for name, shape in weight_shapes(settings, len(vocabulary)).items():
        if name.startswith("recurrent"):
            weights[name] = initial_recurrent(name, shape, settings.cell, rng)
        elif name.endswith("weight"):
            weights[name] = uniform(shape, rng, limit=LIMIT)
        else:
            weights[name] = np.zeros(shape, np.float32)
    counts = np.maximum(vocabulary.counts, 0.5)  # a word may come from another text only
    weights["output.bias"][:] = np.log(counts / counts.sum())
    if vectors is not None:
        _put_vectors(weights["embedding.weight"], vocabulary, vectors)
    return weights


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
