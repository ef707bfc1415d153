# mypy: ignore-errors
"""Registers against NumPy."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from numba import njit

from wordkit.backend.simd_kernels import (
    LANES,
    absolute,
    add_up,
    add_up_four,
    at,
    at_least,
    at_most,
    fill,
    floor,
    hold,
    load,
    maximum,
    minimum,
    multiply_add,
    pointer,
    power_of_two,
    prefetch,
    store,
    wait_for,
    where_positive,
)

A, B = np.random.default_rng(0).normal(0, 3, (2, LANES)).astype(np.float32)

FUNCTIONS = {
    "add": (lambda v, w: v + w, np.add),
    "subtract": (lambda v, w: v - w, np.subtract),
    "multiply": (lambda v, w: v * w, np.multiply),
    "divide": (lambda v, w: v / w, np.divide),
    "minimum": (lambda v, w: minimum(v, w), np.minimum),
    "maximum": (lambda v, w: maximum(v, w), np.maximum),
    "at_least": (lambda v, w: at_least(v, w), np.maximum),
    "at_most": (lambda v, w: at_most(v, w), np.minimum),
    "at_least, of NaN": (
        lambda v, w: at_least(v / fill(0) - v / fill(0), w),
        lambda a, b: a * np.nan,
    ),
    "at_most, of NaN": (
        lambda v, w: at_most(v / fill(0) - v / fill(0), w),
        lambda a, b: a * np.nan,
    ),
    "floor": (lambda v, w: floor(v), lambda a, b: np.floor(a)),
    "absolute": (lambda v, w: absolute(v), lambda a, b: np.abs(a)),
    "where": (lambda v, w: where_positive(v, v, w), lambda a, b: np.where(a >= 0, a, b)),
    "power": (lambda v, w: power_of_two(floor(v)), lambda a, b: 2 ** np.floor(a)),
    "fma": (lambda v, w: multiply_add(v, w, w), lambda a, b: np.float64(a) * b + b),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_lane_by_lane(name: str) -> None:
    function, twin = FUNCTIONS[name]
    compiled = njit(function)

    @njit
    def run(a, b, result):
        store(pointer(result), 0, compiled(load(pointer(a), 0), load(pointer(b), 0)))

    result = np.empty(LANES, np.float32)
    run(A, B, result)
    np.testing.assert_allclose(result, twin(A, B).astype(np.float32), rtol=1e-6)


@njit
def dot(a, b):
    a, b, total = pointer(a), pointer(b), fill(0)
    for d in range(0, 3 * LANES, LANES):
        prefetch(a, d + LANES)
        total += load(at(a, d), 0) * load(b, d)
    return add_up(total)


def test_sum_of_lanes() -> None:
    a, b = np.random.default_rng(1).normal(size=(2, 3 * LANES)).astype(np.float32)
    assert dot(a, b) == pytest.approx(a @ b, rel=1e-5)


@njit
def four_sums(a, result):
    a = pointer(a)
    v, w = load(a, 0), load(a, LANES)
    x, y = load(a, 2 * LANES), load(a, 3 * LANES)
    add_up_four(pointer(result), 1, v, w, x, y)
    one_by_one = add_up(v), add_up(w), add_up(x), add_up(y)
    return one_by_one


def test_four_sums_are_those_of_each_in_the_same_bits() -> None:
    a = np.random.default_rng(2).normal(size=(4, LANES)).astype(np.float32)
    result = np.full(6, 9, np.float32)
    assert four_sums(a, result) == tuple(result[1:5])
    np.testing.assert_allclose(result[1:5], a.sum(axis=1), rtol=1e-5)
    assert result[0] == result[5] == 9


@njit(nogil=True)
def take_turns(counter, me, workers, written, rounds):
    gate = pointer(counter)
    wrong = 0
    for number in range(rounds):
        written[me] = number
        wait_for(gate, (2 * number + 1) * workers)
        for other in range(workers):
            wrong += written[other] != number
        wait_for(gate, (2 * number + 2) * workers)
    hold(counter)
    return wrong


def test_threads_wait_for_each_other() -> None:
    counter, written = np.zeros(1, np.int64), np.zeros(3, np.int64)
    wrong: list[int] = []
    take_turns(np.zeros(1, np.int64), 0, 1, written, 1)  # compiles
    threads = [
        threading.Thread(target=lambda n=n: wrong.append(take_turns(counter, n, 3, written, 200)))
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [0, 0, 0]
