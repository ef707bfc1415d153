"""Pictures: a map of words in two dimensions, how a training went, what attention looks at.

matplotlib is an optional extra and is imported when a picture is drawn. Only its
object-oriented interface is used, so that nothing of ``pyplot`` changes.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.errors import BackendError, FormatError, ModelError
from wordkit.label_places import DPI, place_labels
from wordkit.storage import new_file
from wordkit.vectors.word_vectors import WordVectors

METHODS = ("pca", "tsne")
_FONT_SIZE = 7.5  # points
_LONGEST = 30  # letters of a label
_LETTER, _LINE = 0.1, 0.13  # inches: the width and the height of a label's letter, and some
# The first has Latin, Greek and Cyrillic letters and comes with matplotlib; of the
# others, those that the machine has are asked for the letters that are missing.
_FONTS = (
    "DejaVu Sans", "Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans Arabic",
    "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai", "WenQuanYi Zen Hei",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Segoe UI", "PingFang SC",
    "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS",
)  # fmt: skip


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
    with _picture(path) as save, _one_warning_for_glyphs():
        chosen = list(dict.fromkeys(_chosen(vectors, words, top)))
        places = map_words(vectors, chosen, method=method, seed=seed)
        save(_draw([_label(word) for word in chosen], places))


def loss_curve(rows: Iterable[Mapping[str, Any]], path: str | Path) -> None:
    """Draw the perplexity of training and of validation by epoch, as PNG or SVG.

    Parameters
    ----------
    rows
        What ``wordkit.training.metrics.read_metrics`` gives: ``perplexity`` in some,
        ``validation_perplexity`` in others, ``epoch`` in all.

    Raises
    ------
    FormatError
        The name ends in neither ``.png`` nor ``.svg``.
    BackendError
        matplotlib is not installed.
    """
    with _picture(path) as save:
        from matplotlib.figure import Figure

        rows = list(rows)
        figure = Figure(figsize=(6, 4), dpi=DPI, facecolor="white", layout="constrained")
        axes = figure.add_subplot(xlabel="epoch", ylabel="perplexity", yscale="log")
        for name, label, color in (
            ("perplexity", "training", "#9a9a9a"),
            ("validation_perplexity", "validation", "#111111"),
        ):
            drawn = [(row["epoch"], row[name]) for row in rows if row.get(name) is not None]
            axes.plot(*np.reshape(drawn, (-1, 2)).T, ".-", label=label, color=color)
        axes.grid(which="both", color="#dddddd", linewidth=0.4)
        axes.legend(frameon=False)
        save(figure)


def attention_map(
    weights: np.ndarray, source: Sequence[str], target: Sequence[str], path: str | Path
) -> None:
    """Draw how much each of T target tokens looks at each of S source tokens, as PNG or SVG.

    As Bahdanau et al. 2015, figure 3: from black, 0, to white, 1. Raises as ``loss_curve``,
    and ``ModelError`` if the weights are not of the shape (T, S), or there are none.
    """
    high, wide = len(target), len(source)
    if np.shape(weights) != (high, wide) or 0 in (high, wide):
        raise ModelError(
            f"expected weights of the shape ({high}, {wide}), for at least one target and one "
            f"source token, found {np.shape(weights)}"
        )
    with _picture(path) as save, _one_warning_for_glyphs():
        from matplotlib.figure import Figure

        rows, columns = ([_label(s.replace(" ", "␣")) for s in side] for side in (target, source))
        cell = min(0.2, 30 / max(high, wide))  # inches: the page has an end
        step = math.ceil(_LINE / cell)  # labels that are drawn do not touch
        figure = Figure(figsize=(cell * wide, cell * high), dpi=DPI, facecolor="white")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.imshow(weights, cmap="gray", vmin=0, vmax=1)
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        style: Any = {"family": _fonts(), "size": _FONT_SIZE, "parse_math": False}
        upright = max(map(len, columns)) * _LETTER > step * cell
        axes.set_xticks(range(0, wide, step), columns[::step], rotation=90 * upright, **style)
        axes.set_yticks(range(0, high, step), rows[::step], **style)
        save(figure, bbox_inches="tight")  # the labels stand outside


@contextmanager
def _picture(path: str | Path) -> Iterator[Callable[..., None]]:
    """Yield what saves a figure as ``path``: the same figure gives the same bytes."""
    path = Path(path)
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("png", "svg"):
        raise FormatError(f"{path}: expected a name that ends in .png or .svg")
    try:
        import matplotlib
    except ImportError:
        raise BackendError(
            "plots need matplotlib, which is not installed: pip install 'wordkit[plot]'"
        ) from None

    def save(figure: Any, **options: Any) -> None:
        # Without a salt and with a date, each SVG file would differ from the last.
        metadata = {"Software": None} if kind == "png" else {"Creator": None, "Date": None}
        with new_file(path) as file:
            figure.savefig(file, format=kind, metadata=metadata, **options)

    with matplotlib.rc_context({"svg.hashsalt": "wordkit"}):
        yield save


def _chosen(vectors: WordVectors, words: Iterable[str] | None, top: int) -> list[str]:
    return vectors.words[: max(top, 0)] if words is None else list(words)


# --- two dimensions -----------------------------------------------------------------


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


# --- drawing ------------------------------------------------------------------------


def _draw(labels: Sequence[str], places: np.ndarray) -> Any:
    """A figure of the labels, both axes to the same scale."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    figure = Figure(dpi=DPI, facecolor="white")
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    style: dict[str, Any] = {"family": _fonts(), "size": _FONT_SIZE, "color": "#111111"}
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


def _label(word: str) -> str:
    """A word as it can be drawn: on one line, of limited length."""
    letters = (c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in word)
    label = "".join(letters)
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"


def _fonts() -> list[str]:
    from matplotlib.font_manager import fontManager

    return [name for name in _FONTS if name in set(fontManager.get_font_names())]


@contextmanager
def _one_warning_for_glyphs() -> Iterator[None]:
    """matplotlib warns of each letter that no font has: say it once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    others = [w for w in caught if "missing from" not in str(w.message)]
    for w in others:
        warnings.warn_explicit(w.message, w.category, w.filename, w.lineno)
    if len(others) < len(caught):
        warnings.warn(
            "some letters are drawn as boxes, because no font that was found has them; "
            "install one that does, for instance Noto Sans",
            stacklevel=4,
        )
