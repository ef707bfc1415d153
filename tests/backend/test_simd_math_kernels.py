"""exp, sigmoid and tanh of registers against NumPy in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit

from wordkit.backend.simd_kernels import LANES, fill, hold, pointer
from wordkit.backend.simd_math_kernels import (
    exp,
    exp_two,
    load_some,
    sigmoid,
    store_some,
    tanh,
    value_of,
    values_of,
)

ORACLES: dict[str, tuple[Any, Callable]] = {
    "exp": (exp, np.exp),
    "sigmoid": (sigmoid, lambda x: 1 / (1 + np.exp(-x))),
    "tanh": (tanh, np.tanh),
}


def applied(function: Any, x: np.ndarray) -> np.ndarray:
    """The function of each number, of any count."""

    @njit
    def run(x: np.ndarray, y: np.ndarray, spare: np.ndarray) -> None:
        a, b, c = pointer(x), pointer(y), pointer(spare)
        for k in range(0, len(x), LANES):
            store_some(b, k, len(x) - k, c, function(load_some(a, k, len(x) - k, c)))
        hold(x)
        hold(y)
        hold(spare)

    y = np.full(len(x) + LANES, 7, np.float32)
    run(x.astype(np.float32), y, np.zeros(LANES, np.float32))
    assert (y[len(x) :] == 7).all()  # nothing is written behind the end
    return y[: len(x)]


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.filterwarnings("ignore:(overflow|invalid)")
def test_against_numpy(name: str) -> None:
    function, oracle = ORACLES[name]
    places = [np.linspace(-reach, reach, 20_001) for reach in (87, 10, 1, 1e-3, 1e-20)]
    x = np.concatenate(places).astype(np.float32)
    np.testing.assert_allclose(applied(function, x), oracle(x.astype(float)), rtol=3e-7)
    ends = applied(function, np.array([np.nan, np.inf, -np.inf, 1e30, -1e30]))
    assert np.isnan(ends[0])
    if name == "exp":
        np.testing.assert_allclose(ends[1:], np.exp([88.0, -87, 88, -87]), rtol=3e-7)
    else:
        np.testing.assert_allclose(ends[1:], oracle(np.array([1, -1, 1, -1]) * 1e3), atol=1e-30)


SERIES = (np.float32(2), np.float32(-0.5), np.float32(3))


@njit
def first_of_two_exp(x):
    return exp_two(x, fill(np.float32(-1)))[0]


@njit
def second_of_two_exp(x):
    return exp_two(fill(np.float32(-1)), x)[1]


@njit
def one_value(x):
    return value_of(SERIES, x)


@njit
def second_of_two_values(x):
    return values_of(SERIES, fill(np.float32(4)), x)[1]


@pytest.mark.parametrize("function", [first_of_two_exp, second_of_two_exp])
def test_two_at_a_time_have_the_bits_of_one(function: Any) -> None:
    x = np.append(np.linspace(-90, 0, 1001), [np.nan, -np.inf, -0.0]).astype(np.float32)
    np.testing.assert_array_equal(applied(function, x), applied(exp, x))


def test_polynomials_at_one_place_and_at_two() -> None:
    x = np.linspace(-3, 3, 101).astype(np.float32)
    np.testing.assert_allclose(applied(one_value, x), (2 * x - 0.5) * x + 3, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(applied(second_of_two_values, x), applied(one_value, x))
