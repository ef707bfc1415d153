"""Thin products against those of the BLAS, in float64."""

from __future__ import annotations

import numpy as np
import pytest

from wordkit.backend.thin_product_kernels import ROWS, WIDTH, panels_of, suits, thin_product


@pytest.mark.parametrize("n", [ROWS, ROWS + 1, 20, 2 * ROWS - 1, 64])
@pytest.mark.parametrize("width", [WIDTH, WIDTH + 1, 100, 3 * WIDTH])
@pytest.mark.parametrize("size", [0, 1, 50])
@pytest.mark.parametrize("transposed", [False, True])
def test_against_numpy(n: int, width: int, size: int, transposed: bool) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(n, size)).astype(np.float32)
    weight = rng.normal(size=(width, size) if transposed else (size, width)).astype(np.float32)
    weight = weight.T if transposed else weight
    out = np.full((n + 1, width), 7, np.float32)
    assert suits(n, width)
    thin_product(rows, panels_of(weight), out[:n])
    np.testing.assert_allclose(out[:n], rows.astype(float) @ weight, atol=2e-5)
    assert (out[n] == 7).all()


def test_what_it_leaves_to_the_blas() -> None:
    assert not suits(ROWS - 1, 100)
    assert not suits(20, WIDTH - 1)
    assert not suits(65, 100)
