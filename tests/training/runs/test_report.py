"""What people see of a training."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wordkit import progress
from wordkit.lm.estimator import LanguageModel
from wordkit.training.runs import report
from wordkit.training.runs.report import Report, duration

TEXTS = ["the cat sat on the mat .", "the dog sat on the cat ."] * 20


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(report, "time", found)
    return found


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_lines_where_there_is_no_bar(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Report(show=True, total=40, done=10, epochs=4, sample=lambda: "words") as shown:
        for seconds, expected in [
            (59, []), (2, ["epoch 0.50 of 4: fine, 14 min left"]), (59, []),
            (2, ["epoch 0.50 of 4: fine, 13 min left"]),
        ]:  # fmt: skip
            clock.now += seconds
            shown.step(0.5, lambda: "fine")
            assert lines(capsys) == expected
        shown.epoch(1, "done")
        assert lines(capsys) == ["epoch 1 of 4: done, 13 min left", "    words"]


def test_no_more_time_is_left_than_there_is(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Report(show=True, total=40, done=0, epochs=4, seconds_left=100) as shown:
        clock.now += 70
        shown.step(0.1, lambda: "fine")
        assert lines(capsys) == ["epoch 0.10 of 4: fine, 30 s left"]
    with Report(show=True, total=1, done=0, epochs=1) as shown:
        shown.step(1, lambda: "fine")
        shown.epoch(1, "done")
        assert lines(capsys) == ["epoch 1 of 1: done"]


def test_only_logged(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    def sample() -> str:
        raise AssertionError

    with (
        caplog.at_level(logging.INFO, "wordkit"),
        Report(show=False, total=1, done=0, epochs=1, sample=sample) as shown,
    ):
        shown.step(1, lambda: "fine")
        shown.epoch(1, "done")
    assert lines(capsys) == []
    assert caplog.messages == ["epoch 1 of 1: done"]


def test_the_log_gets_what_is_shown(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "wordkit"):
        LanguageModel(hidden_size=8, batch_size=2, epochs=2).fit(TEXTS, valid=TEXTS[:2])
    shown = lines(capsys)
    # of kernels that are compiled the log says too
    assert [line for line in caplog.messages if not line.startswith("compiling")] == shown
    assert shown[0].startswith("epoch 1 of 2: perplexity ")
    assert ", validation " in shown[0]
    assert shown[0].endswith(" left")


def test_what_is_shown_changes_nothing() -> None:
    """A sample between two epochs leaves states and generators alone."""
    options: dict[str, Any] = {"hidden_size": 8, "batch_size": 2, "epochs": 3, "dropout": 0.2}
    silent, shown = (
        LanguageModel(**options, progress=each).fit(TEXTS, valid=TEXTS[:4])
        for each in (False, True)
    )
    for path, weight in silent.model_.params.items():
        np.testing.assert_array_equal(shown.model_.params[path], weight)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (99, "99 s"), (100, "2 min"), (3569, "59 min"), (3571, "1 h 0 min"),
     (12_000, "3 h 20 min")],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


class Shell:
    kernel = object()


@pytest.mark.parametrize(
    ("shell", "expected"), [(Shell(), True), (object(), False), (None, False)]
)
def test_notebooks_have_bars(monkeypatch: pytest.MonkeyPatch, shell: Any, expected: bool) -> None:
    ipython = type(sys)("IPython")
    monkeypatch.setattr(ipython, "get_ipython", lambda: shell, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert progress.in_notebook() is bool(expected)
    assert progress.shows_bars() is bool(expected)
    bar = progress.progress_bar("working", 3, " steps")
    assert bar.disable is not bool(expected)


def test_who_hears_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(progress, "hear", heard.append)
    progress.announce("news", show=True)
    assert (heard, lines(capsys)) == (["news"], [])


def test_the_bar_counts_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "shows_bars", lambda: True)
    with Report(show=True, total=40, done=10, epochs=4) as shown:
        shown.step(0.5, lambda: "fine")
        shown.step(0.6, lambda: "better")
        assert shown._bar.n == 12
        assert shown._bar.postfix == "better"
