# mypy: ignore-errors
# (numba's types are not Python's)
"""exp, sigmoid and tanh of a vector register: a dozen instructions for all its lanes.

numba's ``np.exp`` is scalar. The relative errors here are below 3e-7. NaN gives NaN.
"""

from __future__ import annotations

import numpy as np

from wordkit.backend.compiling import njit
from wordkit.backend.simd_kernels import (
    LANES,
    Pointer,
    absolute,
    at_least,
    at_most,
    fill,
    floor,
    load,
    multiply_add,
    power_of_two,
    store,
    where_positive,
)


def polynomial(function, degree: int, low: float, high: float) -> tuple:
    """Return coefficients of a polynomial that approximates a function from low to high."""
    series = np.polynomial.Chebyshev.interpolate(function, degree, [low, high])
    coefficients = series.convert(kind=np.polynomial.Polynomial).coef[::-1]
    return tuple(np.float32(c) for c in coefficients)


_LOWEST, _HIGHEST = np.float32(-87), np.float32(88)
_LOG2_E = np.float32(1 / np.log(2))
_LOG_2 = np.float32(355 / 512)
_REST = np.float32(np.log(2) - 355 / 512)
"""log 2 as the sum of two numbers, so that whole * _LOG_2 is exact."""
_EXP = polynomial(np.exp, 6, -np.log(2) / 2, np.log(2) / 2)
_SMALL = np.float32(0.6)
_TANH = polynomial(
    lambda z: (np.tanh(np.sqrt(z)) / np.sqrt(z) - 1) / z, 4, 0.0, float(_SMALL) ** 2
)


@njit
def value_of(coefficients, x):
    """Evaluate a polynomial at x, by Horner's rule."""
    y = fill(coefficients[0])
    for n in range(1, len(coefficients)):
        y = multiply_add(y, x, fill(coefficients[n]))
    return y


@njit
def exp(x):
    """Return exp(x), with x clipped to -87 ... 88."""
    x = at_most(at_least(x, fill(_LOWEST)), fill(_HIGHEST))
    whole = floor(multiply_add(x, fill(_LOG2_E), fill(np.float32(0.5))))
    rest = multiply_add(whole, fill(-_LOG_2), x)
    rest = multiply_add(whole, fill(-_REST), rest)
    return value_of(_EXP, rest) * power_of_two(whole)


@njit(inline="always")
def values_of(coefficients, x, y):
    """Evaluate a polynomial at two places, interleaved to hide the latency of multiply-add."""
    first = fill(coefficients[0])
    a, b = (
        multiply_add(first, x, fill(coefficients[1])),
        multiply_add(first, y, fill(coefficients[1])),
    )
    for n in range(2, len(coefficients)):
        term = fill(coefficients[n])
        a, b = multiply_add(a, x, term), multiply_add(b, y, term)
    return a, b


@njit(inline="always")
def exp_two(x, y):
    """Return exp(x) and exp(y) for numbers up to 0, clipped to -87."""
    low, turn, half = fill(_LOWEST), fill(_LOG2_E), fill(np.float32(0.5))
    x, y = where_positive(low - x, low, x), where_positive(low - y, low, y)
    m, n = floor(multiply_add(x, turn, half)), floor(multiply_add(y, turn, half))
    x, y = multiply_add(m, fill(-_LOG_2), x), multiply_add(n, fill(-_LOG_2), y)
    x, y = multiply_add(m, fill(-_REST), x), multiply_add(n, fill(-_REST), y)
    a, b = values_of(_EXP, x, y)
    return a * power_of_two(m), b * power_of_two(n)


@njit
def sigmoid(x):
    """1 / (1 + exp(-x))."""
    one = fill(np.float32(1))
    return one / (one + exp(fill(np.float32(0)) - x))


@njit
def tanh(x):
    """1 - 2 / (exp(2 x) + 1), and a polynomial near zero, where the difference loses digits."""
    one = fill(np.float32(1))
    far = one - fill(np.float32(2)) / (exp(x + x) + one)
    squared = x * x
    near = multiply_add(value_of(_TANH, squared) * squared, x, x)
    return where_positive(absolute(x) - fill(_SMALL), far, near)


@njit
def load_some(source: Pointer, place: int, count: int, spare: Pointer):
    """``load`` for rows that may end within the register: only ``count`` numbers are read.

    ``spare`` has room for one register.
    """
    if count >= LANES:
        return load(source, place)
    for k in range(count):
        spare[k] = source[place + k]
    return load(spare, 0)


@njit
def store_some(target: Pointer, place: int, count: int, spare: Pointer, vector) -> None:
    """``store`` only the first ``count`` lanes; ``spare`` has room for one register."""
    if count >= LANES:
        store(target, place, vector)
    else:
        store(spare, 0, vector)
        for k in range(count):
            target[place + k] = spare[k]
