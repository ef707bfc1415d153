"""A product and a shift, against loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.layers.arrays import affine
from wordkit.backend.arrays import to_host
from wordkit.layers.gradient_check import check_gradients

RNG = np.random.default_rng(0)
WEIGHT, BIAS = RNG.normal(size=(4, 3)), RNG.normal(size=3)
SHAPES = [(4,), (5, 4), (2, 3, 4)]


@pytest.mark.parametrize("shape", SHAPES)
def test_against_loops(xp: Any, shape: tuple[int, ...]) -> None:
    x, upstream = RNG.normal(size=shape), RNG.normal(size=(*shape[:-1], 3))
    y, d_x, d_weight, d_bias = np.zeros_like(upstream), np.zeros_like(x), 0 * WEIGHT, 0 * BIAS
    for place in np.ndindex(*shape[:-1]):
        for h in range(3):
            y[place][h] = BIAS[h] + sum(x[place][d] * WEIGHT[d, h] for d in range(4))
            d_bias[h] += upstream[place][h]
            for d in range(4):
                d_weight[d, h] += x[place][d] * upstream[place][h]
                d_x[place][d] += WEIGHT[d, h] * upstream[place][h]
    layer = affine(xp.asarray(WEIGHT), xp.asarray(BIAS))
    np.testing.assert_allclose(to_host(layer.forward(xp.asarray(x))), y)
    np.testing.assert_allclose(to_host(layer.backward(xp.asarray(upstream))), d_x)
    np.testing.assert_allclose(to_host(layer.grads["weight"]), d_weight)
    np.testing.assert_allclose(to_host(layer.grads["bias"]), d_bias)


@pytest.mark.parametrize("shape", SHAPES)
def test_gradients(xp: Any, shape: tuple[int, ...]) -> None:
    x = xp.asarray(RNG.normal(size=shape))
    check_gradients(affine(xp.asarray(WEIGHT), xp.asarray(BIAS)), x)
    check_gradients(affine(xp.asarray(WEIGHT)), x)


def test_without_a_bias() -> None:
    layer = affine(WEIGHT)
    assert list(layer.params) == list(layer.grads) == ["weight"]
    x = RNG.normal(size=(2, 4))
    np.testing.assert_array_equal(layer.forward(x), x @ WEIGHT)


def test_a_view_of_a_block() -> None:
    """Steps cut out of a longer block do not lie one behind the other in memory."""
    x = RNG.normal(size=(2, 6, 4))[:, 1:5]
    layer = affine(WEIGHT, BIAS)
    np.testing.assert_allclose(layer.forward(x), np.einsum("ntd,dh->nth", x, WEIGHT) + BIAS)
    upstream = RNG.normal(size=(2, 6, 3))[:, 1:5]
    np.testing.assert_allclose(
        layer.backward(upstream), np.einsum("nth,dh->ntd", upstream, WEIGHT)
    )
    np.testing.assert_allclose(layer.grads["weight"], np.einsum("ntd,nth->dh", x, upstream))


def test_float32_stays() -> None:
    layer = affine(WEIGHT.astype("f4"), BIAS.astype("f4"))
    y = layer.forward(np.ones((2, 3, 4), np.float32), training=True)
    found = [y, layer.backward(y), *layer.grads.values()]
    assert {each.dtype for each in found} == {np.dtype("f4")}


@pytest.mark.parametrize("rows", [2, 200])
def test_another_type_becomes_that_of_the_weights(rows: int) -> None:
    """However many rows there are, and so whichever product it is."""
    layer = affine(WEIGHT.astype("f4"), BIAS.astype("f4"))
    x, upstream = RNG.normal(size=(rows, 4)), RNG.normal(size=(rows, 3))
    found = [layer.forward(x), layer.backward(upstream), *layer.grads.values()]
    assert {each.dtype for each in found} == {np.dtype("f4")}
    np.testing.assert_allclose(found[0], x @ WEIGHT + BIAS, rtol=1e-4, atol=1e-5)
