"""Vectors of which it is known how they lie."""

from __future__ import annotations

import numpy as np

from wordkit.vectors.word_vectors import WordVectors


def grouped_vectors(size: int = 60, dimensions: int = 20) -> WordVectors:
    """Words in three groups: w0, w3, w6 … are near each other."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((3, dimensions))
    matrix = np.resize(centres, (size, dimensions)) + 0.3 * rng.standard_normal((size, dimensions))
    return WordVectors([f"w{i}" for i in range(size)], matrix)
