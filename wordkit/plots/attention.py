"""What attention looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.errors import ModelError
from wordkit.plots.figure import (
    FONT_SIZE,
    LETTER,
    LINE,
    fonts,
    label_of,
    one_warning_for_glyphs,
    picture,
)
from wordkit.plots.label_places import DPI


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
    with picture(path) as save, one_warning_for_glyphs():
        from matplotlib.figure import Figure

        rows, columns = (
            [label_of(s.replace(" ", "␣")) for s in side] for side in (target, source)
        )
        cell = min(0.2, 30 / max(high, wide))  # inches: the page has an end
        step = math.ceil(LINE / cell)  # labels that are drawn do not touch
        figure = Figure(figsize=(cell * wide, cell * high), dpi=DPI, facecolor="white")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.imshow(weights, cmap="gray", vmin=0, vmax=1)
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        style: Any = {"family": fonts(), "size": FONT_SIZE, "parse_math": False}
        upright = max(map(len, columns)) * LETTER > step * cell
        axes.set_xticks(range(0, wide, step), columns[::step], rotation=90 * upright, **style)
        axes.set_yticks(range(0, high, step), rows[::step], **style)
        save(figure, bbox_inches="tight")  # the labels stand outside
