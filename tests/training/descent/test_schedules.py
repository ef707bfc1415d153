"""Schedules against their closed forms, and by name."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.errors import ModelError
from wordkit.training.descent.options import (
    OPTIMIZERS,
    SCHEDULES,
    optimizer_from_text,
    schedule_from_text,
)
from wordkit.training.descent.schedules import Cosine, OneCycle, Plateau

CLOSED: list[tuple[str, dict[int, float]]] = [
    ("constant", {0: 2.0, 1000: 2.0}),
    ("inverse-time:decay=0.5,every=10", {0: 2.0, 10: 2 / 1.5, 40: 2 / 3}),
    ("exponential:decay=0.5,every=10", {0: 2.0, 10: 1.0, 15: 2 * 0.5**1.5}),
    ("natural-exponential:decay=0.5,every=10", {0: 2.0, 10: 2 / math.sqrt(math.e)}),
    ("cosine:steps=90,final=1", {0: 2.0, 30: 1.75, 45: 1.5, 60: 1.25, 90: 1.0, 91: 1.0}),
    (
        "one-cycle:steps=100,warm_up=40,start_divisor=10,final_divisor=100",
        {0: 0.2, 20: 1.1, 40: 2.0, 70: (2 + 0.02) / 2, 100: 0.02, 1000: 0.02},
    ),
    ("one-cycle:steps=10,warm_up=0", {0: 2.0, 10: 2e-4}),
]


@pytest.mark.parametrize(("text", "rates"), CLOSED)
def test_closed_forms(text: str, rates: dict[int, float]) -> None:
    schedule = schedule_from_text(text, rate=2)
    assert {n: schedule.rate(n) for n in rates} == pytest.approx(rates)


def test_all_have_a_closed_form_here() -> None:
    assert {text.partition(":")[0] for text, _ in CLOSED} | {"plateau"} == SCHEDULES.keys()


def test_plateau() -> None:
    schedule = Plateau(rate=1, divisor=2, patience=2)
    rates = []
    for loss in [5.0, 4, 4, 3, 3, 3.5, 3, 3, 2, 2.5]:
        schedule.validated(loss)
        rates.append(schedule.rate(0))
    assert rates == [1, 1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]


@given(st.lists(st.sampled_from([1.0, 2.0, 3.0])), st.lists(st.sampled_from([0.5, 1.0, 2.0])))
def test_plateau_goes_on_from_its_state(before: list[float], after: list[float]) -> None:
    whole, first, second = (Plateau(rate=1, patience=2) for _ in range(3))
    for loss in before:
        whole.validated(loss)
        first.validated(loss)
    second.load_state(first.state())
    for loss in after:
        whole.validated(loss)
        second.validated(loss)
        assert second.rate(0) == whole.rate(0)


@pytest.mark.parametrize(
    "text", ["exponential:decay=1e300,every=0.001", "exponential:decay=1e300,every=1e-320"]
)
def test_rates_beyond_all_numbers_are_infinite(text: str) -> None:
    schedule = schedule_from_text(text, rate=1)
    assert [schedule.rate(n) for n in (0, 1, 10**9)] == [1, math.inf, math.inf]


def test_divisions_without_end_leave_nothing() -> None:
    schedule = Plateau(rate=1, divisor=1e300)
    rates = []
    for _ in range(4):
        rates.append(schedule.rate(0))
        schedule.validated(1.0)
    assert rates == [1, 1, 1e-300, 0]


@pytest.mark.parametrize("value", [-1, 1.0, True, None, "1", 10**400])
def test_a_state_that_no_plateau_has(value: Any) -> None:
    state = {"best": None, "worse": 0, "divisions": 0}
    for name in "worse", "divisions":
        with pytest.raises(ModelError, match=f"{name} must be a whole number from 0 to below"):
            Plateau(rate=1).load_state({**state, name: value})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Cosine(rate=0, steps=3), "rate must be a number above 0, not 0"),
        (lambda: Cosine(rate=1, steps=0), "steps must be a number above 0, not 0"),
        (lambda: Cosine(rate=1, steps=3, final=-3), "final must be a number from 0, not -3"),
        (lambda: Plateau(rate=math.inf), "rate must be"),
        (lambda: OneCycle(rate=1, steps=5, warm_up=5), "warm_up must be from 0 and below"),
    ],
)
def test_out_of_range(build: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        build()


# --- by name ------------------------------------------------------------------------


def test_known_options_reach_those_that_have_them() -> None:
    cosine = schedule_from_text("cosine", rate=1, steps=10, warm_up=3)
    assert isinstance(cosine, Cosine)
    assert cosine.steps == 10
    assert schedule_from_text("cosine: steps = 20, final=0.5 ", rate=1, steps=10).rate(20) == 0.5
    assert schedule_from_text("cosine:rate=3", rate=1, steps=10).rate(0) == 3
    assert optimizer_from_text("sgd", weight_decay=0.5, beta1=0).weight_decay == 0.5


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_by_name(name: str) -> None:
    assert type(optimizer_from_text(name)) is OPTIMIZERS[name]
    assert optimizer_from_text(f"{name}:weight_decay=1e-6").state()["steps"] == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "optimizer must be one of sgd, .*, not ''"),
        ("Adam", "optimizer must be one of sgd, .*, not 'Adam'"),
        ("adam:beta", "expected option=number, found 'beta'"),
        ("adam:beta=1", "optimizer adam has no option 'beta': it has beta1, beta2, epsilon"),
        ("adam:self=1", "has no option 'self'"),
        ("adam:beta1=x", "optimizer adam: beta1 must be a number, not 'x'"),
        ("adam:beta1=nan", "must be a number, not 'nan'"),
        ("adam:beta1=", "must be a number, not ''"),
        ("adam:beta1=2", "beta1 must be a number from 0 and below 1, not 2"),
    ],
)
def test_bad_text(text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        optimizer_from_text(text)


def test_a_missing_option() -> None:
    with pytest.raises(ModelError, match="schedule exponential needs a value: exponential:decay="):
        schedule_from_text("exponential", rate=1)


@given(st.one_of(st.text(), st.text("adm:=,.01e-beta").map("adam:".__add__)))
def test_any_text_is_an_optimizer_or_an_error(text: str) -> None:
    with contextlib.suppress(ModelError):
        optimizer_from_text(text)
