"""A map of words in two dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.errors import ModelError
from wordkit.plots.figure import FONT_SIZE, fonts, label_of, one_warning_for_glyphs, picture
from wordkit.plots.label_places import DPI, place_labels
from wordkit.vectors.word_vectors import WordVectors

METHODS = ("pca", "tsne")


def map_words(
    vectors: WordVectors,
    words: Iterable[str] | None = None,
    *,
    top: int = 150,
    method: str = "pca",
    seed: int = 1,
) -> np.ndarray:
    """Lay n words out in two dimensions, near each other if their cosine is high.

    Parameters
    ----------
    words
        The words; without them, the ``top`` most frequent ones.
    method
        ``pca``: the two directions of largest variance. ``tsne``: neighbours stay
        neighbours, larger distances mean little (van der Maaten and Hinton 2008).
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
        raise ModelError(f"unknown method {method!r}: expected {' or '.join(METHODS)}")
    rows = [vectors.row(word) for word in _chosen(vectors, words, top)]
    if not rows:
        raise ModelError("a map needs at least one word, found none")
    if method == "tsne" and len(rows) < 5:
        raise ModelError(
            f"a t-SNE map needs at least 5 words, found {len(rows)}; use the method pca"
        )
    units = vectors.unit(rows)
    if np.allclose(units, units[0]):  # one word, or the same vector again and again
        return np.zeros((len(rows), 2))
    with threadpool_limits(1):  # t-SNE makes another map of sums rounded otherwise
        return _principal_components(units, 2) if method == "pca" else _tsne(units, seed)


def plot_words(
    vectors: WordVectors,
    path: str | Path,
    words: Iterable[str] | None = None,
    *,
    top: int = 150,
    method: str = "pca",
    seed: int = 1,
) -> None:
    """Draw the map of ``map_words`` as PNG or SVG, whichever the file's name ends in.

    No two labels overlap. One that finds no room beside its point is moved off and tied
    to it by a line, or else left out; words that come first are labelled first. The same
    input gives the same bytes.

    Raises
    ------
    FormatError
        The name ends in neither ``.png`` nor ``.svg``.
    BackendError
        matplotlib is not installed.
    UnknownWordError, ModelError
        As ``map_words``.
    """
    with picture(path) as save, one_warning_for_glyphs():
        chosen = list(dict.fromkeys(_chosen(vectors, words, top)))
        places = map_words(vectors, chosen, method=method, seed=seed)
        save(_draw([label_of(word) for word in chosen], places))


def _chosen(vectors: WordVectors, words: Iterable[str] | None, top: int) -> list[str]:
    return vectors.words[: max(top, 0)] if words is None else list(words)


def _principal_components(units: np.ndarray, size: int) -> np.ndarray:
    from sklearn.decomposition import PCA

    possible = min(size, *units.shape)
    places = PCA(possible, svd_solver="full").fit_transform(units)
    return np.pad(places, [(0, 0), (0, size - possible)])


def _tsne(units: np.ndarray, seed: int) -> np.ndarray:
    """Squared distances of unit vectors are their cosine distances, twice."""
    from sklearn.manifold import TSNE

    units = _principal_components(units, 50) if units.shape[1] > 50 else units
    tsne = TSNE(perplexity=min(30, (len(units) - 1) / 3), init="pca", random_state=seed)
    places: np.ndarray = tsne.fit_transform(units)
    return places


def _draw(labels: Sequence[str], places: np.ndarray) -> Any:
    """A figure of the labels, both axes to the same scale."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    figure = Figure(dpi=DPI, facecolor="white")
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    style: dict[str, Any] = {"family": fonts(), "size": FONT_SIZE, "color": "#111111"}
    texts = [axes.text(0, 0, s, va="bottom", parse_math=False, **style) for s in labels]
    extents = [text.get_window_extent(renderer) for text in texts]
    sizes = np.array([(extent.width, extent.height) for extent in extents])
    for growth in (1.0, 1.25, 1.6):  # the page, until every label has a place
        page, points = _page(places, growth)
        corners, leaders = place_labels(points, sizes, page)
        if np.isfinite(corners).all():
            break

    figure.set_size_inches(*page / DPI)
    axes.set(xlim=(0, page[0]), ylim=(0, page[1]))
    for text, corner in zip(texts, corners, strict=True):
        text.set_position(tuple(corner))
        text.set_visible(bool(np.isfinite(corner).all()))
    axes.scatter(points[:, 0], points[:, 1], s=5, color="#9a9a9a", linewidths=0, zorder=1)
    axes.add_collection(LineCollection(leaders, colors="#9a9a9a", linewidths=0.4, zorder=1))
    return figure


def _page(places: np.ndarray, growth: float) -> tuple[np.ndarray, np.ndarray]:
    """Width and height of a page, and the places on it, with a margin for the labels."""
    span = np.ptp(places, axis=0)
    span = np.maximum(span, max(span.max(), 1e-9) / 2)
    side = np.clip(0.7 * np.sqrt(len(places)), 3, 14) * growth * DPI
    page = np.round(side * span / np.sqrt(span.prod()))
    margin = 0.35 * DPI
    scale = ((page - 2 * margin) / span).min()
    middle = (places.max(axis=0) + places.min(axis=0)) / 2
    return page, page / 2 + (places - middle) * scale
