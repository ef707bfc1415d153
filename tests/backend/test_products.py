"""Products in kernels and in threads, against those of NumPy in float64."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from wordkit.backend import products
from wordkit.backend.product_kernels import DEPTH, ROWS, TILES, WIDTH
from wordkit.backend.products import Times, product, product_of_each
from wordkit.backend.threads import PARTS, one_blas_thread

FEW, SOME, MANY = 1, ROWS + 3, ROWS * TILES * 2 + 7


@pytest.fixture(params=["kernels", "blas"], autouse=True)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """By kernels, whether or not they pay on this machine; and without."""
    monkeypatch.setattr(products, "OWN_KERNELS", request.param == "kernels")


def matrix(rows: int, columns: int, layout: str) -> np.ndarray:
    """Of normal numbers: contiguous, transposed, or a part of a larger one."""
    rng = np.random.default_rng(rows + columns)
    if layout == "transposed":
        return rng.normal(size=(columns, rows)).astype(np.float32).T
    block = rng.normal(size=(2 * rows, columns + 5)).astype(np.float32)
    return block[::2, 3:-2] if layout == "part" else block[:rows, :columns].copy()


@pytest.mark.parametrize("rows", [FEW, ROWS, SOME, MANY])
@pytest.mark.parametrize("columns", [1, WIDTH // 2, WIDTH, WIDTH + 3, 100])
@pytest.mark.parametrize("size", [0, 1, 37, DEPTH + 50])
@pytest.mark.parametrize(
    ("left", "right"), [("whole", "transposed"), ("transposed", "part"), ("part", "whole")]
)
@pytest.mark.parametrize("workers", [1, 3])
def test_against_numpy(
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    columns: int,
    size: int,
    left: str,
    right: str,
    workers: int,
) -> None:
    monkeypatch.setattr(products, "available_workers", lambda: workers)
    monkeypatch.setattr(products, "WORTH_THREADS", 0)
    monkeypatch.setattr(products, "WORTH_COPYING", 0)
    monkeypatch.setattr(products, "WORTH_COPYING_TOGETHER", 0)
    a, b = matrix(rows, size, left), matrix(size, columns, right)
    block = np.full((rows + 1, columns + 2), 7, np.float32)
    product(a, b, block[:rows, :columns])
    expected = a.astype(float) @ b
    np.testing.assert_allclose(block[:rows, :columns], expected, atol=1e-6 * max(size, 1))
    assert (block[rows] == 7).all()
    assert (block[:, columns:] == 7).all(), "nothing beside the result is touched"


def test_bits_depend_on_no_tile_and_no_thread(monkeypatch: pytest.MonkeyPatch, path: None) -> None:
    if not products.OWN_KERNELS:
        pytest.skip("a BLAS may do as it likes")
    monkeypatch.setattr(products, "WORTH_THREADS", 0)
    monkeypatch.setattr(products, "WORTH_COPYING", 0)
    a, b = matrix(3 * ROWS + 1, 2 * DEPTH + 77, "part"), matrix(2 * DEPTH + 77, 2 * WIDTH, "whole")
    whole = product(a, b)
    monkeypatch.setattr(products, "available_workers", lambda: 3)
    columns = np.asfortranarray(a), b[:, 5:-3]
    for left, right, expected in (a, b, whole), (*columns, whole[:, 5:-3]):
        for first in range(ROWS):
            found = product(left[first:], np.ascontiguousarray(right))
            np.testing.assert_array_equal(found, expected[first:])


def test_several_with_one_matrix() -> None:
    weight = matrix(50, 40, "whole")
    times, out = Times(weight, 20, 3), np.empty((20, 40), np.float32)
    for _ in range(3):
        rows = matrix(20, 50, "whole")
        times(rows, out)
        np.testing.assert_allclose(out, rows @ weight, atol=1e-4)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("in_cache", [0, 2**30], ids=["large", "small"])
def test_each_thread_some_rows(
    monkeypatch: pytest.MonkeyPatch, workers: int, in_cache: int
) -> None:
    monkeypatch.setattr(products, "available_workers", lambda: workers)
    monkeypatch.setattr(products, "WORTH_ROWS", 0)
    monkeypatch.setattr(products, "IN_CACHE", in_cache)
    monkeypatch.setattr(products, "IN_SHARED_CACHE", in_cache)
    weight, rows, out = matrix(50, 40, "whole"), matrix(70, 50, "part"), np.empty((70, 40), "f4")
    threads = set()

    def work(part: slice, times: Callable) -> None:
        threads.add((part.start, part.stop))
        times(rows[part], out[part])

    Times(weight, 70, 3).by_rows(work, 70)
    assert len(threads) == (workers if in_cache else 1)
    np.testing.assert_allclose(out, rows @ weight, atol=1e-4)


@pytest.mark.parametrize(("rows", "threads"), [(15, 1), (16, 2)])
def test_rows_of_its_own_are_worth_a_matrix_in_the_shared_cache(
    monkeypatch: pytest.MonkeyPatch, rows: int, threads: int
) -> None:
    if not products.OWN_KERNELS:
        pytest.skip("a BLAS copies the matrix for each thread")
    monkeypatch.setattr(products, "available_workers", lambda: 2)
    monkeypatch.setattr(products, "WORTH_ROWS", 0)
    monkeypatch.setattr(products, "IN_CACHE", 0)
    parts: list[slice] = []
    times = Times(matrix(50, 40, "whole"), rows, 3)
    times.by_rows(lambda part, _: parts.append(part), rows)
    assert len(parts) == threads


def test_products_in_more_parts_than_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "available_workers", lambda: 2)
    monkeypatch.setattr(products, "WORTH_THREADS", 0)
    monkeypatch.setattr(products, "WORTH_A_PART", 1)
    for rows, columns in (100, 300), (300, 100):
        a, b = matrix(rows, 50, "whole"), matrix(50, columns, "whole")
        times, out = Times(b, rows), np.full((rows, columns), np.nan, np.float32)
        parts: list[tuple] = []
        alone = times._alone

        def noted(*given: Any, alone: Callable = alone, parts: list = parts) -> None:
            parts.append(given)
            alone(*given)

        monkeypatch.setattr(times, "_alone", noted)
        times(a, out)
        assert len(parts) == (PARTS * 2 if products.OWN_KERNELS else 2)
        np.testing.assert_allclose(out, a @ b, atol=1e-4)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("given", [False, True])
def test_a_product_of_each(monkeypatch: pytest.MonkeyPatch, workers: int, given: bool) -> None:
    monkeypatch.setattr(products, "available_workers", lambda: workers)
    monkeypatch.setattr(products, "WORTH_THREADS", 0)
    rng = np.random.default_rng(1)
    left, right = rng.normal(size=(7, 3, 5)), rng.normal(size=(7, 4, 5)).swapaxes(1, 2)
    out = np.full((3, 7, 4), np.nan).swapaxes(0, 1) if given else None
    found = product_of_each(left, right, out)
    assert found is out or not given
    np.testing.assert_allclose(found, np.einsum("ntk,nkm->ntm", left, right))


def test_the_blas_is_limited_once_around_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that set and reset the process's limit would leave each other's behind."""
    inside: list[int] = []

    @contextmanager
    def limit() -> Iterator[None]:
        inside.append(threading.get_ident())
        with one_blas_thread():
            yield

    monkeypatch.setattr(products, "one_blas_thread", limit)
    monkeypatch.setattr(products, "available_workers", lambda: 4)
    monkeypatch.setattr(products, "WORTH_THREADS", 0)
    before = [own["num_threads"] for own in threadpool_info()]
    product(matrix(300, 300, "whole"), matrix(300, 300, "part"), np.empty((300, 300), np.float32))
    assert inside == ([] if products.OWN_KERNELS else [threading.get_ident()])
    assert [own["num_threads"] for own in threadpool_info()] == before


@pytest.mark.parametrize("wrong", [0, 2])
def test_a_type_among_others(path: None, wrong: int) -> None:
    arrays = [matrix(40, 50, "whole"), matrix(50, 60, "whole"), np.empty((40, 60), np.float32)]
    arrays[wrong] = arrays[wrong].astype(np.float64)
    if products.OWN_KERNELS:
        with pytest.raises(ValueError, match="float32 by"):
            product(*arrays)
    else:
        product(*arrays)
        np.testing.assert_allclose(arrays[2], arrays[0] @ arrays[1], atol=1e-4)


def test_float64_is_left_to_the_blas() -> None:
    a, b = (matrix(30, 30, "whole").astype(np.float64) for _ in range(2))
    out = np.empty((30, 30))
    product(a, b, out)
    np.testing.assert_allclose(out, a @ b, rtol=1e-12)


@pytest.mark.parametrize("shape", [(19, 40), (20, 41)])
def test_shapes_that_do_not_fit(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"does not give|mismatch"):
        product(matrix(20, 50, "whole"), matrix(50, 40, "whole"), np.empty(shape, np.float32))
