"""A map of words in two dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wordkit.errors import ModelError
from wordkit.plots.figure import (
    DPI,
    FONT_SIZE,
    LETTER,
    check_picture,
    fonts,
    label_of,
    new_figure,
    one_warning_for_glyphs,
    save_figure,
)
from wordkit.plots.label_places import place_labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_GREY, _BLACK = "#9a9a9a", "#111111"
# Okabe and Ito's colours, safe for the colour-blind; without yellow, too pale for text
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_TITLE, _LEGEND_ROW = 0.32, 0.2  # inches


def plot_words(
    words: Sequence[str],
    places: np.ndarray,
    path: str | Path | None = None,
    *,
    groups: Sequence[str] | None = None,
    title: str | None = None,
) -> Figure:
    """Draw n words at their places, both axes to the same scale.

    No two labels overlap. A label without room beside its point is moved away and connected
    to it by a line, or left out; words that come first are labelled first. The same input
    gives the same bytes.

    Parameters
    ----------
    places
        (n, 2), such as ``wordkit.vectors.maps.map_words`` gives.
    path
        File to write, as PNG, SVG or PDF; None writes nothing.
    groups
        The name of the group of each word: each group has a colour, named in a legend.

    Raises
    ------
    FormatError
        The name ends in none of ``.png``, ``.svg`` and ``.pdf``.
    BackendError
        matplotlib is not installed.
    ModelError
        There are no words, or not as many words as places.
    """
    places = np.asarray(places, float)
    if not len(words) or places.shape != (len(words), 2):
        raise ModelError(
            f"expected at least one word and a place (x, y) for each, found {len(words)} words "
            f"and places of the shape {places.shape}"
        )
    if groups is not None and len(groups) != len(words):
        raise ModelError(f"{len(words)} words need as many groups, found {len(groups)}")
    check_picture(path)
    with one_warning_for_glyphs():
        labels = [label_of(word) for word in words]
        figure = _draw(labels, places, None if groups is None else list(groups), title)
        save_figure(figure, path)
    return figure


def _draw(
    labels: list[str], places: np.ndarray, groups: list[str] | None, title: str | None
) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection

    names = list(dict.fromkeys(groups or []))
    color_of = {name: _COLORS[n % len(_COLORS)] for n, name in enumerate(names)}
    colors = [color_of[group] for group in groups] if groups else [_BLACK] * len(labels)
    figure = new_figure()
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    style: dict[str, Any] = {"family": fonts(), "size": FONT_SIZE, "parse_math": False}
    texts = [
        axes.text(0, 0, label, va="bottom", color=color, **style)
        for label, color in zip(labels, colors, strict=True)
    ]
    extents = [text.get_window_extent(renderer) for text in texts]
    sizes = np.array([(extent.width, extent.height) for extent in extents])
    for growth in (1.0, 1.25, 1.6):  # of the page, until every label has a place
        page, points = _page(places, growth)
        corners, leaders = place_labels(points, sizes, page)
        if np.isfinite(corners).all():
            break

    axes.set(xlim=(0, page[0]), ylim=(0, page[1]))
    for text, corner in zip(texts, corners, strict=True):
        text.set_position(tuple(corner))
        text.set_visible(bool(np.isfinite(corner).all()))
    dots = colors if groups else _GREY
    axes.scatter(points[:, 0], points[:, 1], s=5, color=dots, linewidths=0, zorder=1)
    axes.add_collection(LineCollection(leaders, colors=_GREY, linewidths=0.4, zorder=1))
    _add_heading(figure, page / DPI, title, color_of, style)
    return figure


def _add_heading(
    figure: Figure,
    page: np.ndarray,
    title: str | None,
    color_of: dict[str, str],
    style: dict[str, Any],
) -> None:
    """Set the size of the page (inches), with room above the map for title and legend."""
    names = {label_of(name): color for name, color in color_of.items()}
    columns = int(page[0] // (LETTER * max(map(len, names), default=1) + 0.4))
    columns = max(1, min(columns, len(names)))
    legend_height = -(-len(names) // columns) * _LEGEND_ROW
    height = page[1] + legend_height + _TITLE * (title is not None)
    figure.set_size_inches(page[0], height)
    figure.axes[0].set_position((0, 0, 1, page[1] / height))
    style = {"family": style["family"], "parse_math": False}
    if title is not None:
        figure.text(0.1 / page[0], 1 - 0.08 / height, label_of(title), va="top", size=10, **style)
    for n, (name, color) in enumerate(names.items()):
        row, column = divmod(n, columns)
        x = (0.15 + column * (page[0] - 0.1) / columns) / page[0]
        y = (page[1] + legend_height - (row + 0.5) * _LEGEND_ROW) / height
        where: dict[str, Any] = {"ha": "left", "va": "center", "size": FONT_SIZE + 1}
        figure.text(x, y, f"● {name}", color=color, **where, **style)


def _page(places: np.ndarray, growth: float) -> tuple[np.ndarray, np.ndarray]:
    """Return width and height of a page, and the places on it, with a margin for labels."""
    span = np.ptp(places, axis=0)
    span = np.maximum(span, max(span.max(), 1e-9) / 2)
    side = np.clip(0.7 * np.sqrt(len(places)), 3, 14) * growth * DPI
    page = np.round(side * span / np.sqrt(span.prod()))
    margin = 0.35 * DPI
    scale = ((page - 2 * margin) / span).min()
    middle = (places.max(axis=0) + places.min(axis=0)) / 2
    return page, page / 2 + (places - middle) * scale
