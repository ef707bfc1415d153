"""Attention maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wordkit.errors import ModelError
from wordkit.plots.figure import (
    FONT_SIZE,
    LETTER,
    LINE,
    check_picture,
    fonts,
    label_of,
    new_figure,
    one_warning_for_glyphs,
    save_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SCALE_HEIGHT = 0.4  # inches: room for its three numbers


def attention_map(
    weights: np.ndarray,
    source: Sequence[str],
    target: Sequence[str],
    path: str | Path | None = None,
    *,
    title: str | None = None,
) -> Figure:
    """Draw how much each of T target tokens attends to each of S source tokens.

    As in Bahdanau et al. 2015, figure 3: black is 0, white is 1; a scale stands beside it.

    Parameters
    ----------
    weights
        The attention weights, (T, S).
    path
        File to write, as PNG, SVG or PDF; None writes nothing.

    Raises
    ------
    FormatError
        The name ends in none of ``.png``, ``.svg`` and ``.pdf``.
    BackendError
        matplotlib is not installed.
    ModelError
        The weights are not of the shape (T, S), there are none, or a side is one string.
    """
    for name, side in (("source", source), ("target", target)):
        if isinstance(side, str):
            raise ModelError(
                f"{name} must be a list of tokens, not a string: write list({side[:20]!r}) for "
                "characters, or split it into words"
            )
    high, wide = len(target), len(source)
    if np.shape(weights) != (high, wide) or 0 in (high, wide):
        raise ModelError(
            f"expected weights of the shape ({high}, {wide}), for at least one target and one "
            f"source token, found {np.shape(weights)}"
        )
    check_picture(path)
    with one_warning_for_glyphs():
        rows, columns = (
            [label_of(s.replace(" ", "␣")) for s in side] for side in (target, source)
        )
        cell = min(0.2, 30 / max(high, wide))  # inches; limits the size of the page
        step = math.ceil(LINE / cell)  # so that labels do not touch
        figure = new_figure(figsize=(cell * wide, cell * high))
        axes = figure.add_axes((0, 0, 1, 1))
        image = axes.imshow(weights, cmap="gray", vmin=0, vmax=1)
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        style: Any = {"family": fonts(), "size": FONT_SIZE, "parse_math": False}
        upright = max(map(len, columns)) * LETTER > step * cell
        axes.set_xticks(range(0, wide, step), columns[::step], rotation=90 * upright, **style)
        axes.set_yticks(range(0, high, step), rows[::step], **style)
        _add_scale(figure, image, max(cell * high, _SCALE_HEIGHT))
        if title is not None:
            axes.set_title(title, parse_math=False, fontsize=FONT_SIZE + 2, loc="left")
        _grow_to_fit(figure)
        save_figure(figure, path)
    return figure


def _add_scale(figure: Figure, image: Any, height: float) -> None:
    """Draw the scale from black to white, to the right of the map; sizes in inches."""
    width, map_height = figure.get_size_inches()
    height = min(height, 4 * _SCALE_HEIGHT)
    bar = figure.add_axes(
        ((width + 0.15) / width, 1 - height / map_height, 0.08 / width, height / map_height)
    )
    figure.colorbar(image, cax=bar, ticks=[0, 0.5, 1])
    bar.tick_params(labelsize=FONT_SIZE, length=2)


def _grow_to_fit(figure: Figure) -> None:
    """Enlarge a page so that labels outside the axes fit on it; nothing is scaled."""
    box = figure.get_tightbbox().padded(0.1)  # inches
    old = figure.get_size_inches()
    places = [
        (
            (axes.get_position().x0 * old[0] - box.x0) / box.width,
            (axes.get_position().y0 * old[1] - box.y0) / box.height,
            axes.get_position().width * old[0] / box.width,
            axes.get_position().height * old[1] / box.height,
        )
        for axes in figure.axes
    ]
    figure.set_size_inches(box.width, box.height)
    for axes, place in zip(figure.axes, places, strict=True):
        axes.set_position(place)
