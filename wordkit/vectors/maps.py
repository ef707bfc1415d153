"""A map of words: their places in two dimensions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from wordkit.errors import ModelError
from wordkit.vectors.chosen_words import words_of
from wordkit.vectors.search import dense_rows

if TYPE_CHECKING:
    from wordkit.vectors.word_vectors import WordVectors

METHODS = ("pca", "tsne", "raw")


def map_words(
    vectors: WordVectors,
    words: Iterable[str] | None = None,
    *,
    top: int = 150,
    method: str = "pca",
    seed: int = 1,
) -> np.ndarray:
    """Lay n words out in two dimensions.

    Parameters
    ----------
    words
        The words; without them, the ``top`` most frequent ones.
    method
        ``pca``: the two directions of largest variance of the unit vectors. ``tsne``:
        neighbours by cosine stay neighbours, larger distances mean little (van der Maaten
        and Hinton 2008). ``raw``: the first two numbers of each vector, as they are.
    seed
        For t-SNE.

    Returns
    -------
    The place of each word, (n, 2).

    Raises
    ------
    UnknownWordError
        A word is not in the vocabulary.
    ModelError
        There is no word, or too few for t-SNE.
    """
    from threadpoolctl import threadpool_limits

    if method not in METHODS:
        raise ModelError(f"unknown method {method!r}: expected one of {', '.join(METHODS)}")
    chosen = vectors.words[: max(top, 0)] if words is None else words_of("words", words)
    rows = [vectors.row(word) for word in chosen]
    if not rows:
        raise ModelError("a map needs at least one word, found none")
    if method == "tsne" and len(rows) < 5:
        raise ModelError(
            f"a t-SNE map needs at least 5 words, found {len(rows)}; use the method pca"
        )
    if method == "raw":
        first = dense_rows(vectors.vectors, rows)[:, :2]
        return np.pad(first, [(0, 0), (0, 2 - first.shape[1])])
    units = vectors.unit(rows)
    if np.allclose(units, units[0]):  # a single word, or identical vectors
        return np.zeros((len(rows), 2))
    with threadpool_limits(1):  # t-SNE magnifies differences in rounding
        return _principal_components(units, 2) if method == "pca" else _tsne(units, seed)


def _principal_components(units: np.ndarray, size: int) -> np.ndarray:
    from sklearn.decomposition import PCA

    possible = min(size, *units.shape)
    places = PCA(possible, svd_solver="full").fit_transform(units)
    return np.pad(places, [(0, 0), (0, size - possible)])


def _tsne(units: np.ndarray, seed: int) -> np.ndarray:
    """Map unit vectors by t-SNE: their squared distances are twice their cosine distances."""
    from sklearn.manifold import TSNE

    units = _principal_components(units, 50) if units.shape[1] > 50 else units
    tsne = TSNE(perplexity=min(30, (len(units) - 1) / 3), init="pca", random_state=seed)
    places: np.ndarray = tsne.fit_transform(units)
    return places
