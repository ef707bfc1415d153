"""A text whose words are coloured by a number each: a heat map that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wordkit.errors import ModelError
from wordkit.plots.figure import (
    FONT_SIZE,
    check_picture,
    fonts,
    label_of,
    new_figure,
    one_warning_for_glyphs,
    save_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, LINE, GAP = 6.5, 0.28, 0.05
"""Inches: of the page, from line to line, between words."""


def text_map(
    words: Sequence[str],
    values: Sequence[float],
    path: str | Path | None = None,
    *,
    unit: str = "bits",
) -> Figure:
    """Draw words in lines, on a ground that is the darker the larger their value is.

    Parameters
    ----------
    values
        One for each word, from 0; NaN leaves its word on white.
    path
        Where to write it, as PNG, SVG or PDF; without it nothing is written.

    Raises
    ------
    ModelError
        There are no words, or not as many values.
    FormatError
        The name ends in none of ``.png``, ``.svg`` and ``.pdf``.
    BackendError
        matplotlib is not installed.
    """
    check_picture(path)
    if not words or len(words) != len(values):
        raise ModelError(
            f"a text needs words and a value for each, found {len(words)} words and "
            f"{len(values)} values"
        )
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    with one_warning_for_glyphs():
        figure = new_figure()
        renderer = FigureCanvasAgg(figure).get_renderer()
        style: dict[str, Any] = {
            "family": fonts(),
            "size": FONT_SIZE + 1.5,
            "va": "center",
            "ha": "center",
        }
        texts = [figure.text(0, 0, label_of(w), parse_math=False, **style) for w in words]
        widths = [text.get_window_extent(renderer).width / figure.dpi + 0.08 for text in texts]
        places, lines = _lines(widths)
        height = LINE * (lines + 1.6)
        figure.set_size_inches(WIDTH, height)
        finite = [value for value in values if np.isfinite(value)]
        colors = ScalarMappable(Normalize(0, max([*finite, 1e-9])), colormaps["Blues"])
        for text, value, width, (x, line) in zip(texts, values, widths, places, strict=True):
            y = 1 - LINE * (line + 0.6) / height
            text.set_position(((x + width / 2) / WIDTH, y))
            shade = colors.to_rgba(np.array(value)) if np.isfinite(value) else (1, 1, 1, 1)
            dark = np.dot(shade[:3], (0.299, 0.587, 0.114)) < 0.5
            text.set(color="white" if dark else "black")
            text.set_bbox({"facecolor": shade, "edgecolor": "none", "pad": 1.5})
        scale = figure.add_axes((0.02, 0.55 * LINE / height, 0.3, 0.25 * LINE / height))
        figure.colorbar(colors, cax=scale, orientation="horizontal")
        scale.tick_params(labelsize=FONT_SIZE - 1, length=2, pad=1)
        figure.text(0.335, 0.68 * LINE / height, unit, size=FONT_SIZE - 1, va="center")
        save_figure(figure, path)
    return figure


def _lines(widths: Sequence[float]) -> tuple[list[tuple[float, int]], int]:
    """Where each word begins (inches from the left, number of its line), and how many lines."""
    places, x, line = [], GAP, 0
    for width in widths:
        if x + width > WIDTH - GAP and x > GAP:
            x, line = GAP, line + 1
        places.append((x, line))
        x += width + GAP
    return places, line + 1
