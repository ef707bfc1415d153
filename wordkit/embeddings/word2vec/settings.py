"""What word2vec can be asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.errors import ModelError
from wordkit.vectors.word_vectors import WordVectors

WHOLE = {
    "vector_size": (1, 10_000),
    "window": (1, 1_000),
    "negative": (1, 1_000),
    "epochs": (1, 100_000),
    "seed": (0, (1 << 32) - 1),
}
REAL = {
    "alpha": (0, 10),
    "min_alpha": (0, 10),
    "sample": (0, 1e9),
    "ns_exponent": (-10, 10),
}
"""Settings that are numbers, and their ranges."""
CHOICES = {
    "loss": ("ns", "hs"),
    "negatives": ("shared", "per-pair"),
    "mode": ("mean", "sum", "word2vec"),
}


def check_settings(settings: Mapping[str, Any]) -> None:
    """A ``ModelError`` that names the setting, if one makes no sense."""
    for name, value in settings.items():
        if name in WHOLE:
            _check_number(name, value, "a whole number", Integral, WHOLE[name])
        elif name in REAL:
            _check_number(name, value, "a number", Real, REAL[name])
        elif name in CHOICES and value not in CHOICES[name]:
            *others, last = CHOICES[name]
            raise ModelError(f"{name} must be {', '.join(others)} or {last}, not {value!r}")
    if settings["alpha"] == 0:
        raise ModelError("alpha must be above 0")
    if settings["min_alpha"] > settings["alpha"]:
        raise ModelError(
            f"min_alpha must be no more than alpha, {settings['alpha']:g}, "
            f"not {settings['min_alpha']:g}"
        )
    if settings["freeze"] and settings["init"] is None:
        raise ModelError("freeze needs init: without vectors to start from, nothing would stay")


def _check_number(
    name: str, value: Any, wanted: str, kind: type, limits: tuple[float, float]
) -> None:
    low, high = limits
    if not isinstance(value, kind) or isinstance(value, bool) or not low <= value <= high:  # type: ignore[operator]
        raise ModelError(f"{name} must be {wanted} from {low} to {high:,}, not {value!r}")


def plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with NumPy's numbers as Python's own, which JSON knows."""
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in settings.items()
    }


def known_vectors(init: Any, vector_size: int) -> WordVectors:
    """Vectors to start from."""
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
