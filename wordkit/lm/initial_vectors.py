"""Word vectors that the embedding of a language model begins with."""

from __future__ import annotations

import numpy as np

from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import ModelError
from wordkit.vectors.search import dense_rows
from wordkit.vectors.word_vectors import WordVectors

SPREAD = 0.1 / np.sqrt(3)
"""The standard deviation of what an embedding begins with otherwise."""


def put_vectors(embedding: np.ndarray, vocabulary: Vocabulary, vectors: WordVectors) -> None:
    """Write the vectors of the vocabulary's words into an embedding (V, D), scaled to ``SPREAD``.

    Raises
    ------
    ModelError
        The vectors are of another size, have no word of the vocabulary, or are not finite.
    """
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
    embedding[rows] = found * (SPREAD / spread)
