"""Metrics files, when the disk is full."""

from __future__ import annotations

from pathlib import Path

import pytest

from wordkit.training.runs.metrics import MetricsFile, read_metrics


def test_lines_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "of a model" / "of a run" / "metrics.jsonl"
    metrics = MetricsFile(path, 0)
    metrics.write(step=1, loss=2.5)
    size = metrics.sync()
    metrics.write(step=2, loss=float("inf"))
    assert read_metrics(path) == [{"step": 1, "loss": 2.5}, {"step": 2, "loss": None}]
    metrics.close()
    MetricsFile(path, size).close()
    assert read_metrics(path) == [{"step": 1, "loss": 2.5}]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    metrics = MetricsFile(path, 0)
    metrics._file.close()
    metrics._file = open("/dev/full", "ab")
    with pytest.raises(OSError, match=r"metrics\.jsonl") as caught:
        metrics.write(step=1)
    assert caught.value.filename == str(path)
