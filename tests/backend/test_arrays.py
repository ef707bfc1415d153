"""Arrays of both kinds, against NumPy's own."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from wordkit.backend.arrays import (
    aligned_empty,
    array_module,
    scatter_add,
    to_device,
    to_host,
)
from wordkit.errors import BackendError, ModelError


def test_the_array_decides(xp: Any) -> None:
    assert array_module(xp.asarray(np.eye(2))) is xp
    assert array_module(np.eye(2)) is np
    assert array_module(np.float64(1)) is np


def test_there_and_back(xp: Any) -> None:
    host = np.arange(6.0).reshape(2, 3)
    there = host if xp is np else to_device(host)
    assert array_module(there) is xp
    back = to_host(there)
    assert isinstance(back, np.ndarray)
    np.testing.assert_array_equal(back, host)


@pytest.mark.parametrize("shape", [(), (0, 3), (7,), (1000, 1000)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_at_a_cache_line(xp: Any, shape: tuple[int, ...], dtype: type) -> None:
    made = aligned_empty(shape, xp.zeros(1, dtype))
    assert array_module(made) is xp
    assert made.shape == shape
    assert made.dtype == dtype
    assert made.flags.c_contiguous
    made[...] = 7
    assert (made == 7).all()
    if xp is np:
        assert made.ctypes.data % 64 == 0 or not made.size


def test_without_cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(BackendError, match=r"pip install 'wordkit\[gpu\]'"):
        to_device(np.eye(2))
    assert array_module(np.eye(2)) is np


def test_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(is_available=lambda: False)
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=cuda))
    with pytest.raises(BackendError, match="no CUDA device"):
        to_device(np.eye(2))


@given(st.data())
def test_scatter_add_is_numpys(data: st.DataObject) -> None:
    """Whole numbers, so that the order of addition does not matter."""
    dtype = data.draw(st.sampled_from([np.float32, np.float64, np.int64]))
    numbers = st.integers(-99, 99)
    target = data.draw(arrays(dtype, array_shapes(max_dims=3, max_side=5), elements=numbers))
    shape = data.draw(array_shapes(min_dims=0, max_dims=2, max_side=9))
    rows = data.draw(arrays(np.int32, shape, elements=st.integers(0, len(target) - 1)))
    values = data.draw(arrays(dtype, (*shape, *target.shape[1:]), elements=numbers))
    expected = target.copy()
    np.add.at(expected, rows, values)
    scatter_add(target, rows, values)
    assert target.dtype == dtype
    np.testing.assert_array_equal(target, expected)


def test_scatter_add_everywhere(xp: Any) -> None:
    target = xp.asarray(np.ones((3, 2)))
    rows, values = np.array([[2, 0], [2, 2]]), np.arange(8.0).reshape(2, 2, 2)
    scatter_add(target, xp.asarray(rows), xp.asarray(values))
    np.testing.assert_array_equal(to_host(target), [[3, 4], [1, 1], [11, 14]])


def test_scatter_add_of_nothing() -> None:
    target = np.ones((3, 2))
    scatter_add(target, np.zeros(0, int), np.zeros((0, 2)))
    np.testing.assert_array_equal(target, np.ones((3, 2)))


@pytest.mark.parametrize("row", [-1, 3])
def test_scatter_add_to_no_row(row: int) -> None:
    target = np.ones((3, 2))
    with pytest.raises(ModelError, match=f"from 0 to 2, found {row}"):
        scatter_add(target, np.array([1, row]), np.ones((2, 2)))
    np.testing.assert_array_equal(target, np.ones((3, 2)))
