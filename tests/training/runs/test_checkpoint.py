"""Durations, and folders by their names. Checkpoints at work are in test_resume."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.errors import FormatError, ModelError
from wordkit.training.runs.checkpoint import (
    checkpoint_name,
    latest_checkpoint,
    parse_duration,
    read_checkpoint,
    write_checkpoint,
)
from wordkit.training.runs.metrics import read_metrics


@pytest.mark.parametrize(
    ("text", "seconds"), [("2s", 2), ("5m", 300), ("1h", 3600), ("1.5h", 5400), (" 0s ", 0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "5d", "5mm", "1h30m", ".5h", "٣s"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ModelError, match="expected a duration such as 30s, 5m or 1h, found"):
        parse_duration(text)


@given(st.integers(0, 10**6), st.sampled_from("smh"))
def test_any_duration(number: int, unit: str) -> None:
    assert parse_duration(f"{number}{unit}") == number * {"s": 1, "m": 60, "h": 3600}[unit]


@given(st.text())
def test_any_text_is_a_duration_or_an_error(text: str) -> None:
    with contextlib.suppress(ModelError):
        assert parse_duration(text) >= 0


def test_there_and_back(tmp_path: Path) -> None:
    path, array = tmp_path / checkpoint_name(7), np.arange(6, dtype=np.float32).reshape(2, 3)
    numbers = {"loss": 0.1 + 0.2, "state": 2**127 + 1}
    write_checkpoint(path, {"a/b": array}, numbers)
    arrays, settings = read_checkpoint(path)
    np.testing.assert_array_equal(arrays["a/b"], array)
    assert {name: settings[name] for name in numbers} == numbers


def test_the_latest_is_the_one_of_the_last_step(tmp_path: Path) -> None:
    assert latest_checkpoint(tmp_path / "nowhere") is None
    for name in ["step-999999999", "step-1000000000", "step-notes", "best-999999999999"]:
        (tmp_path / name).mkdir()
    (tmp_path / "step-2000000000").write_text("no folder")
    assert latest_checkpoint(tmp_path) == tmp_path / "step-1000000000"


def test_no_list_of_tensors(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "step-000000001", {}, {"tensors": None})
    with pytest.raises(FormatError, match="has no list of tensors"):
        read_checkpoint(tmp_path / "step-000000001")


def test_metrics_of_a_run_that_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1}\n{"step": 2}\n{"ste')
    assert read_metrics(path) == [{"step": 1}, {"step": 2}]


@pytest.mark.parametrize("line", ["[1]", "{", ""])
def test_damaged_metrics(tmp_path: Path, line: str) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(f'{{"step": 1}}\n{line}\n')
    with pytest.raises(FormatError, match=r"line 2: expected a JSON object"):
        read_metrics(path)


def test_a_list_of_tensors_that_are_not_named(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "step-000000001", {}, {"tensors": [["a"]]})
    with pytest.raises(FormatError, match="has no list of tensors"):
        read_checkpoint(tmp_path / "step-000000001")
