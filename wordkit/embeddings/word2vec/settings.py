"""Parameters of word2vec, and their limits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.checks import Choice, Interval, Parameter, check_parameters
from wordkit.embeddings.parameters import SHARED
from wordkit.errors import ModelError
from wordkit.vectors.word_vectors import WordVectors

PREDICTED = {
    **SHARED,
    "window": Parameter(Interval(1, 1_000), help="Context words on each side."),
    "negative": Parameter(Interval(1, 1_000), help="Words drawn against each centre word."),
    "ns_exponent": Parameter(Interval(-10, 10), help="Power of the counts to draw by."),
    "epochs": Parameter(Interval(1, 100_000), help="Passes over the text."),
    "alpha": Parameter(Interval(above=0, high=10), help="Learning rate at the start."),
    "min_alpha": Parameter(Interval(0, 10), help="Learning rate at the end."),
}
"""Parameters of word2vec in kernels and in layers."""
FAST = {
    **PREDICTED,
    "loss": Parameter(Choice(("ns", "hs")), help="Negative sampling or hierarchical softmax."),
    "negatives": Parameter(
        Choice(("shared", "per-pair")), help="One draw for a window, or one for each pair."
    ),
    "mode": Parameter(Choice(("mean", "sum", "word2vec")), help="How contexts are joined."),
    "init": Parameter(help="Vectors to start from, in any format."),
    "freeze": Parameter(help="Keep the vectors of init fixed."),
    "reproducible": Parameter(
        help="One seed gives the same bits on any number of workers; one worker repeats anyway."
    ),
}
"""... in kernels only."""


def check_settings(estimator: Any) -> None:
    """Raise a ``ModelError`` that names the first invalid setting."""
    check_parameters(estimator)
    check_rates(estimator.alpha, estimator.min_alpha)
    if estimator.freeze and estimator.init is None:
        raise ModelError("freeze needs init: without vectors to start from, nothing would stay")


def check_rates(alpha: float, min_alpha: float) -> None:
    """Raise ``ModelError`` if the learning rate would rise."""
    if min_alpha > alpha:
        raise ModelError(f"min_alpha must be no more than alpha, {alpha:g}, not {min_alpha:g}")


def plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Convert NumPy numbers in settings to Python's own, for JSON."""
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in settings.items()
    }


def known_vectors(init: Any, vector_size: int) -> WordVectors:
    """Return the vectors to start from."""
    if isinstance(init, (str, os.PathLike)):
        init = WordVectors.load(Path(init))
    if not isinstance(init, WordVectors) or not isinstance(init.vectors, np.ndarray):
        raise ModelError("init must be dense WordVectors, or a file or folder of them")
    if init.vector_size != vector_size:
        raise ModelError(
            f"the vectors to start from have {init.vector_size} dimensions, not {vector_size}: "
            f"set vector_size to {init.vector_size}"
        )
    return init
