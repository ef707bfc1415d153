"""Training curves: perplexity by epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wordkit.plots.figure import check_picture, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def loss_curve(
    rows: Iterable[Mapping[str, Any]], path: str | Path | None = None, *, title: str | None = None
) -> Figure:
    """Draw the perplexity of training and of validation by epoch.

    Parameters
    ----------
    rows
        What ``wordkit.training.runs.metrics.read_metrics`` gives: ``perplexity`` in some,
        ``validation_perplexity`` in others, ``epoch`` in all. Values that are not finite
        numbers are left out.
    path
        File to write, as PNG, SVG or PDF; None writes nothing.

    Raises
    ------
    FormatError
        The name ends in none of ``.png``, ``.svg`` and ``.pdf``.
    BackendError
        matplotlib is not installed.
    """
    check_picture(path)
    rows = list(rows)
    figure = new_figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="epoch", ylabel="perplexity", yscale="log")
    if title is not None:
        axes.set_title(title, parse_math=False)
    values = [np.zeros(0)]
    for name, label, color in (
        ("perplexity", "training", "#9a9a9a"),
        ("validation_perplexity", "validation", "#111111"),
    ):
        points = [(row.get("epoch"), row.get(name)) for row in rows]
        drawn = np.array([point for point in points if all(map(_is_finite, point))], float)
        epochs, perplexities = drawn.reshape(-1, 2).T
        axes.plot(epochs, perplexities, ".-", label=label, color=color)
        values.append(perplexities)
    _set_ticks(axes, np.concatenate(values))
    axes.grid(which="both", color="#dddddd", linewidth=0.4)
    axes.legend(frameon=False)
    save_figure(figure, path)
    return figure


def _set_ticks(axes: Axes, values: np.ndarray) -> None:
    """Set readable ticks on a logarithmic axis: 50, 100, 200, rather than powers of ten."""
    from matplotlib.ticker import AutoLocator, LogLocator, MaxNLocator, NullLocator

    wide = len(values) > 0 and values.max() > 10 * values.min()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)) if wide else AutoLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.12g}")
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))


def _is_finite(value: Any) -> bool:
    """Whether a value is a finite number; None stands for NaN and infinity in metrics."""
    return isinstance(value, (int, float)) and abs(value) < 1e100
