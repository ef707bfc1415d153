"""Initial weights: their distributions, and where they come from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest, norm
from scipy.stats import uniform as uniform_distribution

from wordkit.errors import ModelError
from wordkit.layers.init import gaussian, he, orthogonal, uniform, xavier

SHAPE = (300, 200)
ALL = [gaussian, uniform, xavier, he, orthogonal]


def flat(limit: float) -> Any:
    return uniform_distribution(-limit, 2 * limit)


@pytest.mark.parametrize(
    ("function", "options", "expected"),
    [
        (gaussian, {"std": 0.3}, norm(0, 0.3)),
        (gaussian, {}, norm(0, 0.01)),
        (uniform, {"limit": 0.2}, flat(0.2)),
        (uniform, {}, flat(0.1)),
        (xavier, {}, flat(math.sqrt(6 / 500))),
        (xavier, {"gain": 2.0}, flat(2 * math.sqrt(6 / 500))),
        (he, {}, norm(0, math.sqrt(2 / 300))),
        (he, {"gain": 0.5}, norm(0, 0.5 * math.sqrt(2 / 300))),
    ],
)
def test_distributions(function: Callable, options: dict[str, float], expected: Any) -> None:
    draws = function(SHAPE, np.random.default_rng(1), dtype=np.float64, **options)
    assert draws.shape == SHAPE
    assert kstest(draws.ravel(), expected.cdf).pvalue > 0.01
    # and it can tell a spread that is wrong by a twentieth
    assert kstest(draws.ravel() * 1.05, expected.cdf).pvalue < 1e-6


@pytest.mark.parametrize(("function", "x"), [(xavier, np.tanh), (he, lambda x: np.maximum(x, 0))])
def test_signals_keep_their_size(function: Callable, x: Callable) -> None:
    """What xavier and he are for: ten layers on, activations neither vanish nor explode."""
    rng = np.random.default_rng(2)
    signal = rng.normal(size=(50, 400)) * 0.1
    before = np.sqrt((signal**2).mean())
    for _ in range(10):
        signal = x(signal @ function((400, 400), rng))
    assert 0.5 < np.sqrt((signal**2).mean()) / before < 2


@pytest.mark.parametrize("shape", [(7, 7), (9, 4), (4, 9), (1, 5)])
@pytest.mark.parametrize("gain", [1.0, 1.5])
def test_orthogonal(shape: tuple[int, int], gain: float) -> None:
    matrix = orthogonal(shape, np.random.default_rng(3), gain=gain, dtype=np.float64)
    assert matrix.shape == shape
    product = matrix @ matrix.T if shape[0] < shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, gain**2 * np.eye(min(shape)), atol=1e-12)


def test_orthogonal_has_both_signs() -> None:
    """Uncorrected, the signs are those that the factorization prefers: here always minus."""
    rng = np.random.default_rng(4)
    positive = np.sum([orthogonal((3, 3), rng) > 0 for _ in range(200)], axis=0)
    assert positive.min() > 70
    assert positive.max() < 130


@pytest.mark.parametrize("function", ALL)
def test_one_seed_one_result_in_every_dtype(function: Callable) -> None:
    """float32 unless asked, in the order of C, which is how weights are saved."""
    for shape in (5, 8), (8, 5):
        single = function(shape, np.random.default_rng(5))
        double = function(shape, np.random.default_rng(5), dtype=np.float64)
        assert single.dtype == np.float32
        assert double.dtype == np.float64
        assert single.flags.c_contiguous
        np.testing.assert_array_equal(single, double.astype(np.float32))


@pytest.mark.parametrize("function", [xavier, he, orthogonal])
@pytest.mark.parametrize("shape", [7, (7,), (2, 3, 4), (0, 4)])
def test_shapes_without_inputs_and_outputs(function: Callable, shape: Any) -> None:
    with pytest.raises(ModelError, match=r"shape must be \(inputs, outputs\), at least 1 each"):
        function(shape, np.random.default_rng(0))


@pytest.mark.parametrize("function", [xavier, he, orthogonal])
def test_one_input_and_one_output(function: Callable) -> None:
    assert abs(function((1, 1), np.random.default_rng(0))) > 0


def test_a_bias() -> None:
    assert gaussian(7, np.random.default_rng(0)).shape == (7,)
    assert uniform((2, 3, 4), np.random.default_rng(0)).shape == (2, 3, 4)
