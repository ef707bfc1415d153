"""How a training went: perplexity by epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.plots.figure import picture
from wordkit.plots.label_places import DPI


def loss_curve(rows: Iterable[Mapping[str, Any]], path: str | Path) -> None:
    """Draw the perplexity of training and of validation by epoch, as PNG or SVG.

    Parameters
    ----------
    rows
        What ``wordkit.training.runs.metrics.read_metrics`` gives: ``perplexity`` in some,
        ``validation_perplexity`` in others, ``epoch`` in all. What is no finite number is
        left out.

    Raises
    ------
    FormatError
        The name ends in neither ``.png`` nor ``.svg``.
    BackendError
        matplotlib is not installed.
    """
    with picture(path) as save:
        from matplotlib.figure import Figure

        rows = list(rows)
        figure = Figure(figsize=(6, 4), dpi=DPI, facecolor="white", layout="constrained")
        axes = figure.add_subplot(xlabel="epoch", ylabel="perplexity", yscale="log")
        for name, label, color in (
            ("perplexity", "training", "#9a9a9a"),
            ("validation_perplexity", "validation", "#111111"),
        ):
            points = [(row.get("epoch"), row.get(name)) for row in rows]
            drawn = np.array([point for point in points if all(map(_is_finite, point))], float)
            axes.plot(*drawn.reshape(-1, 2).T, ".-", label=label, color=color)
        axes.grid(which="both", color="#dddddd", linewidth=0.4)
        axes.legend(frameon=False)
        save(figure)


def _is_finite(value: Any) -> bool:
    """Not so: None, which stands for NaN and infinity, and what a damaged file says."""
    return isinstance(value, (int, float)) and abs(value) < 1e100
