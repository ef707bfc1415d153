"""Work in processes comes back in order, and drawn no further ahead than it must be."""

from __future__ import annotations

import os
from collections.abc import Iterator

import joblib
import pytest

from wordkit.backend.processes import in_processes


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 20])
def test_in_order(workers: int, count: int) -> None:
    assert list(in_processes(lambda n: n * n, range(count), workers)) == [
        n * n for n in range(count)
    ]


def test_it_is_other_processes() -> None:
    assert os.getpid() not in set(in_processes(lambda _: os.getpid(), range(8), 2))
    assert list(in_processes(lambda _: os.getpid(), range(8), 1)) == [os.getpid()] * 8


def test_items_are_drawn_as_they_are_needed() -> None:
    drawn = 0

    def items() -> Iterator[int]:
        nonlocal drawn
        while drawn < 100:
            drawn += 1
            yield drawn

    results = in_processes(lambda n: n, items(), 2)
    next(results)
    assert drawn < 8
    results.close()


def test_an_error_comes_through_and_later_work_goes_on() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_processes(lambda n: 1 // n, [1, 0, 1], 2))
    assert list(in_processes(lambda n: 1 // n, [1, 1], 2)) == [1, 1]


def test_joblib_has_processes_of_its_own() -> None:
    """Which it would take from loky's shared place, and fail."""
    for _ in range(2):
        assert list(in_processes(str, range(5), 2)) == ["0", "1", "2", "3", "4"]
        assert joblib.Parallel(2)(joblib.delayed(abs)(n) for n in (-1, -2)) == [1, 2]
