"""Batches of text: what is a target, how often, and after what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.errors import ModelError
from wordkit.training.batches import IGNORED, TextBatch, TextBatches


def streams(batches: Sequence[TextBatch]) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets of the windows side by side, (N, all steps)."""
    return tuple(np.concatenate(blocks, axis=1) for blocks in list(zip(*batches, strict=True))[:2])


@given(st.integers(1, 5), st.integers(1, 7), st.integers(0, 50), st.booleans(), st.integers(0, 9))
def test_training(batch_size: int, bptt: int, more: int, variable: bool, seed: int) -> None:
    ids = np.arange(100, 100 + batch_size * bptt + 1 + more, dtype=np.int32)
    batches = TextBatches(ids, batch_size=batch_size, bptt=bptt, variable=variable)
    inputs, targets = streams(batches.epoch(seed, 0))
    length = (len(ids) - 1) // batch_size
    for n in range(batch_size):  # each stream is a piece of the text, from its beginning
        start = 100 + n * length
        np.testing.assert_array_equal(inputs[n], start + np.arange(inputs.shape[1]))
    np.testing.assert_array_equal(targets, inputs + 1)
    assert inputs.dtype == targets.dtype == np.int32
    assert inputs.shape[1] <= length
    if not variable:
        assert inputs.shape[1] == length // bptt * bptt


@given(st.integers(1, 5), st.integers(1, 7), st.integers(2, 60))
def test_evaluation_counts_every_target_once(batch_size: int, bptt: int, size: int) -> None:
    if size <= batch_size:
        size += batch_size
    ids = np.arange(100, 100 + size, dtype=np.int32)
    batches = TextBatches(ids, batch_size=batch_size, bptt=bptt, every_target=True).epoch(0, 0)
    inputs, targets = streams(batches)
    counted = targets != IGNORED
    assert targets[counted].tolist() == ids[1:].tolist()
    np.testing.assert_array_equal(inputs[counted] + 1, targets[counted])
    assert (np.diff(counted.astype(int), axis=1) <= 0).all()  # the ignored ones come last
    assert {batch.inputs.shape for batch in batches} == {(batch_size, bptt)}
    assert ((inputs >= 100) & (inputs < 100 + size)).all()
    assert (batches[-1].targets != IGNORED).any()  # no window for nothing


def test_a_window_by_hand() -> None:
    batches = TextBatches(np.arange(12), batch_size=2, bptt=2).epoch(0, 0)
    assert [batch.inputs.tolist() for batch in batches] == [
        [[0, 1], [5, 6]], [[2, 3], [7, 8]]
    ]  # fmt: skip
    assert [batch.rate_scale for batch in batches] == [1, 1]


def test_an_epoch_is_drawn_from_the_seed_and_its_number() -> None:
    batches = TextBatches(np.arange(5000), batch_size=2, bptt=30, variable=True)

    def lengths(seed: int, epoch: int) -> list[int]:
        return [batch.inputs.shape[1] for batch in batches.epoch(seed, epoch)]

    assert lengths(1, 2) == lengths(1, 2)
    assert lengths(1, 2) != lengths(1, 3)
    assert lengths(1, 2) != lengths(2, 2)
    epoch = batches.epoch(1, 2)
    np.testing.assert_array_equal(epoch[7].inputs, list(epoch)[7].inputs)


def test_variable_lengths() -> None:
    """Normal around bptt, or in one of twenty around its half (Merity et al. 2018)."""
    batches = TextBatches(np.arange(400_001), batch_size=1, bptt=70, variable=True)
    epoch = batches.epoch(0, 0)
    lengths = np.array([batch.inputs.shape[1] for batch in epoch])
    long = lengths[lengths > 52]
    assert long.mean() == pytest.approx(69.5, abs=0.5)  # they are cut to whole numbers
    assert long.std() == pytest.approx(5, abs=0.3)
    assert 1 - len(long) / len(lengths) == pytest.approx(0.05, abs=0.01)
    assert lengths.min() >= 5
    assert [batch.rate_scale for batch in epoch] == [length / 70 for length in lengths]


def test_the_sequence_of_an_epoch() -> None:
    epoch = TextBatches(np.arange(41), batch_size=2, bptt=4).epoch(0, 0)
    assert len(epoch) == len(list(epoch)) == 5
    np.testing.assert_array_equal(epoch[-1].inputs, epoch[4].inputs)
    assert [batch.inputs[0, 0] for batch in epoch[1:3]] == [4, 8]
    for n in (5, -6):
        with pytest.raises(IndexError):
            epoch[n]


def test_mapped_ids(tmp_path: Path) -> None:
    np.arange(30, dtype=np.int32).tofile(tmp_path / "ids")
    ids = np.memmap(tmp_path / "ids", np.int32, "r")
    batch = TextBatches(ids, batch_size=2, bptt=3).epoch(0, 0)[0]
    assert batch.targets.tolist() == [[1, 2, 3], [15, 16, 17]]
    assert type(batch.inputs) is np.ndarray


@pytest.mark.parametrize(
    ("size", "settings", "message"),
    [
        (6, {"batch_size": 2, "bptt": 3}, "the text has 6 ids; 2 streams of .* 3 need 7"),
        (0, {"batch_size": 1, "bptt": 1}, "the text has 0 ids"),
        (5, {"batch_size": 5, "bptt": 3, "every_target": True}, "streams of at least 1 need 6"),
        (1, {"batch_size": 1, "bptt": 3, "every_target": True}, "need 2"),
        (9, {"batch_size": 0, "bptt": 3}, "must be at least 1, found 0 and 3"),
        (9, {"batch_size": 1, "bptt": 0}, "must be at least 1, found 1 and 0"),
        (9, {"batch_size": 1, "bptt": 3, "variable": True, "every_target": True}, "variable"),
    ],
)
def test_text_that_does_not_do(size: int, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        TextBatches(np.arange(size), **settings)
