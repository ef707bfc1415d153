"""Parameters that declare their limits: dataclasses and estimators alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator

from wordkit.checks import (
    Choice,
    Interval,
    Parameter,
    check_parameters,
    parameter,
    parameters_of,
)
from wordkit.errors import CorpusError, ModelError

CELLS = {"rnn": 1, "gru": 2, "lstm": 3}


@dataclass(frozen=True)
class Settings:
    """One field of each sort."""

    cell: str = parameter("lstm", Choice(CELLS), help="Kind of layer.")
    layers: int = parameter(1, Interval(1))
    dropout: float = parameter(0.0, Interval(0, below=1))
    lr: float | None = parameter(None, Interval(above=0), help="Learning rate.")
    share: float = parameter(0.5, Interval(above=0, high=1))
    seed: int = parameter(1, Interval(0, (1 << 32) - 1))
    shift: float = parameter(0.0, Interval())
    text: str = parameter("", help="Any text.")
    tie: bool = False
    extra: Any = None

    def __post_init__(self) -> None:
        check_parameters(self)


class Estimator(BaseEstimator):
    """The same as a table."""

    _parameters: ClassVar = {
        "mode": Parameter(Choice(("mean", "sum")), help="How to join."),
        "workers": Parameter(Interval(1)),
    }

    def __init__(self, *, mode: str = "mean", workers: int | None = None, verbose: bool = False):
        self.mode, self.workers, self.verbose = mode, workers, verbose


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("cell", "mgu", "cell must be one of rnn, gru, lstm, not 'mgu'"),
        ("cell", ["lstm"], "cell must be one of rnn, gru, lstm, not ['lstm']"),
        ("layers", 0, "layers must be a whole number of at least 1, not 0"),
        ("layers", 2.0, "layers must be a whole number of at least 1, not 2.0"),
        ("layers", True, "layers must be a whole number of at least 1, not True"),
        ("layers", None, "layers must be a whole number of at least 1, not None"),
        ("dropout", 1, "dropout must be a number from 0 to below 1, not 1"),
        ("dropout", "0.5", "dropout must be a number from 0 to below 1, not '0.5'"),
        ("lr", 0, "lr must be a number above 0, not 0"),
        ("lr", math.inf, "lr must be a number above 0, not inf"),
        ("share", 0, "share must be a number above 0 and at most 1, not 0"),
        ("seed", 1 << 32, "seed must be a whole number from 0 to 4,294,967,295, not 4294967296"),
        ("shift", math.nan, "shift must be a number, not nan"),
        ("text", 5, "text must be a string, not 5"),
        ("tie", 1, "tie must be true or false, not 1"),
    ],
)
def test_what_is_not_allowed_is_named(name: str, value: Any, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        Settings(**{name: value})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "values",
    [
        {"lr": None, "dropout": 0, "layers": 10**400, "share": 1},
        {"layers": np.int64(3), "dropout": np.float32(0.5), "seed": (1 << 32) - 1},
        {"extra": object(), "tie": True, "shift": -1e300},
        {"extra": True},
    ],
)
def test_what_is_allowed(values: dict[str, Any]) -> None:
    Settings(**values)


def test_an_estimator_has_a_table() -> None:
    check_parameters(Estimator(workers=3, mode="sum"))
    with pytest.raises(ModelError, match="mode must be mean or sum, not 'max'"):
        check_parameters(Estimator(mode="max"))
    with pytest.raises(CorpusError, match="workers must be a whole number of at least 1"):
        check_parameters(Estimator(workers=0), CorpusError)
    with pytest.raises(ModelError, match="verbose must be true or false, not 'yes'"):
        check_parameters(Estimator(verbose="yes"))


def test_the_halves_are_joined() -> None:
    lr = parameters_of(Settings)["lr"]
    assert lr == Parameter(Interval(above=0), "Learning rate.", "none", "float", True, None)
    found = parameters_of(Estimator())
    assert list(found) == ["mode", "workers", "verbose"]
    assert found["mode"] == Parameter(
        Choice(("mean", "sum")), "How to join.", kind="str", default="mean"
    )
    assert found["verbose"] == Parameter(kind="bool", default=False)


bounds = st.none() | st.floats(-5, 5)


@given(bounds, bounds, bounds, bounds, st.floats())
def test_an_interval_is_its_inequalities(low, high, above, below, value) -> None:  # type: ignore[no-untyped-def]
    inside = math.isfinite(value)
    inside &= low is None or low <= value
    inside &= high is None or value <= high
    inside &= above is None or above < value
    inside &= below is None or value < below
    assert Interval(low, high, above, below).allow(value) is inside


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (Interval(), "a number"),
        (Interval(0.5), "a number of at least 0.5"),
        (Interval(high=3), "a number of at most 3"),
        (Interval(below=3), "a number below 3"),
        (Interval(-1, 1e6), "a number from -1 to 1,000,000"),
        (Interval(above=0, below=1), "a number above 0 and below 1"),
    ],
)
def test_intervals_in_words(interval: Interval, words: str) -> None:
    assert interval.describe("a number") == words
