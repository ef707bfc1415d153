"""Clipping against its formula."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.base import RowGradient
from wordkit.training.descent.clipping import clip_by_norm, clip_by_value
from wordkit.training.descent.gradients import combined

RNG = np.random.default_rng(0)
DENSE = RNG.normal(size=(4, 3))
VALUES = RNG.normal(size=(5, 2))
ROWS = np.array([6, 1, 6, 6, 0])


def some_gradients(xp: Any) -> tuple[dict[str, Any], np.ndarray]:
    """Gradients, and all their numbers in a row, rows that repeat being summed."""
    rows = RowGradient(xp.asarray(ROWS), xp.asarray(VALUES.copy()), (8, 2))
    summed = np.zeros((8, 2))
    np.add.at(summed, ROWS, VALUES)
    grads = {"a": xp.asarray(DENSE.copy()), "b": rows, "c": xp.asarray(np.array([2.0]))}
    return grads, np.concatenate([DENSE.ravel(), summed.ravel(), [2.0]])


def numbers(grads: dict[str, Any]) -> np.ndarray:
    dense = [g.dense() if isinstance(g, RowGradient) else g for g in grads.values()]
    return np.concatenate([to_host(g).ravel() for g in dense])


@pytest.mark.parametrize("share", [0.3, 1.5])
def test_by_norm(xp: Any, share: float) -> None:
    grads, flat = some_gradients(xp)
    norm = math.sqrt(sum(x * x for x in flat))
    assert clip_by_norm(grads, share * norm) == pytest.approx(norm)
    np.testing.assert_allclose(numbers(grads), flat * min(share, 1))


def test_by_value(xp: Any) -> None:
    grads, flat = some_gradients(xp)
    assert abs(flat).max() > 0.7
    clip_by_value(grads, 0.7)
    np.testing.assert_allclose(numbers(grads), [min(max(x, -0.7), 0.7) for x in flat])


def test_shared_arrays_count_as_one() -> None:
    """(g + h)^2, not g^2 + h^2."""
    w = np.zeros((1, 2))
    grads = combined(
        {"in": w, "out": w}, {"in": np.array([[3.0, 0]]), "out": np.array([[0, 4.0]])}
    )
    assert clip_by_norm(grads, 1) == pytest.approx(5)
    np.testing.assert_allclose(grads["in"], [[0.6, 0.8]])


def test_the_norm_is_float64() -> None:
    assert clip_by_norm({"w": np.full(10, 1e30, np.float32)}, math.inf) == pytest.approx(
        1e30 * math.sqrt(10), rel=1e-6
    )
    many = np.full(1 << 20, 1, np.float32)
    many[0] = 1 << 13  # its square is 2^26, beside which a float32 1 is nothing
    assert clip_by_norm({"w": many}, math.inf) ** 2 == pytest.approx(2**26 + 2**20 - 1, abs=0.1)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_what_is_not_finite_stays(wrong: float) -> None:
    g = np.array([1.0, wrong])
    assert not math.isfinite(clip_by_norm({"w": g}, 1))
    np.testing.assert_array_equal(g, [1.0, wrong])


def test_of_nothing() -> None:
    assert clip_by_norm({"w": np.zeros((2, 2))}, 1) == 0
    assert clip_by_norm({}, 1) == 0


@pytest.mark.parametrize("limit", [0, -1, math.nan])
def test_bad_limits(limit: float) -> None:
    with pytest.raises(ModelError, match="norm to clip by must be above 0"):
        clip_by_norm({}, limit)
    with pytest.raises(ModelError, match="value to clip by must be above 0"):
        clip_by_value({}, limit)
