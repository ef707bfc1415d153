"""Gates that stand side by side in one array: (..., G H)."""

from __future__ import annotations

import numpy as np

from wordkit.backend.arrays import Array
from wordkit.layers.base import Initial


def split_gates(gates: Array, count: int) -> list[Array]:
    """The gates one by one, as views (..., H)."""
    size = gates.shape[-1] // count
    return [gates[..., k * size : (k + 1) * size] for k in range(count)]


def by_gate(draw: Initial, count: int) -> Initial:
    """First values (D, G H) of which each gate's (D, H) is drawn by itself."""

    def drawn(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        rows, width = shape
        return np.hstack([draw((rows, width // count), rng) for _ in range(count)])

    return drawn
