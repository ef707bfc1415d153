"""Batches of pairs: each pair once, filled up little, and masked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.errors import ModelError
from wordkit.training.pair_batches import PairBatches

sequences = st.lists(st.integers(0, 9), min_size=1, max_size=8)


def pairs_of(batches: Any) -> list[tuple[list[int], list[int]]]:
    """The pairs without what they are filled up with."""
    return [
        (source[source_mask].tolist(), target[target_mask].tolist())
        for batch in batches
        for source, source_mask, target, target_mask in zip(*batch[:4], strict=True)
    ]


@given(
    st.lists(st.tuples(sequences, sequences), min_size=1, max_size=40),
    st.integers(1, 6), st.integers(1, 4), st.booleans(), st.integers(0, 5),
)  # fmt: skip
def test_each_pair_once(
    pairs: list[tuple[list[int], list[int]]], batch_size: int, pool: int, shuffle: bool, seed: int
) -> None:
    sources, targets = (
        [np.array(side, np.int32) for side in sides] for sides in zip(*pairs, strict=True)
    )
    batches = PairBatches(sources, targets, batch_size=batch_size, pool=pool, shuffle=shuffle)
    epoch = batches.epoch(seed, 0)
    assert sorted(pairs_of(epoch)) == sorted(pairs)
    assert len(epoch) == sum(
        -(-min(batch_size * pool, len(pairs) - start) // batch_size)
        for start in range(0, len(pairs), batch_size * pool)
    )
    for batch in epoch:
        for block, mask in ((batch.source, batch.source_mask), (batch.target, batch.target_mask)):
            assert block.shape == mask.shape
            assert block.dtype == np.int32
            assert not block[~mask].any()
            assert mask[:, -1].any()  # no wider than the longest
            assert (np.diff(mask.astype(int), axis=1) <= 0).all()


RNG = np.random.default_rng(0)
SOURCES = [np.arange(1, n + 1) for n in RNG.integers(1, 30, 500)]
TARGETS = [np.full(len(source) % 7 + 1, n) for n, source in enumerate(SOURCES)]


def test_little_is_filled_up() -> None:
    """Batches at random would be filled up to nearly half."""
    masks = [b.source_mask for b in PairBatches(SOURCES, TARGETS, batch_size=10).epoch(0, 0)]
    assert sum(mask.sum() for mask in masks) > 0.95 * sum(mask.size for mask in masks)


def test_epochs_differ_and_can_be_had_again() -> None:
    batches = PairBatches(SOURCES, TARGETS, batch_size=10, pool=3)
    first, second = pairs_of(batches.epoch(1, 0)), pairs_of(batches.epoch(1, 1))
    assert first == pairs_of(batches.epoch(1, 0))
    assert first != second
    assert first != pairs_of(batches.epoch(2, 0))
    lengths = [batch.source.shape[1] for batch in batches.epoch(1, 0)]
    assert lengths != sorted(lengths)


def test_evaluation_keeps_the_order_of_pools() -> None:
    batches = PairBatches(SOURCES, TARGETS, batch_size=10, pool=2, shuffle=False)
    numbers = [target[0] for _, target in pairs_of(batches.epoch(1, 0))]
    for start in range(0, 500, 20):
        assert sorted(numbers[start : start + 20]) == list(range(start, start + 20))


@pytest.mark.parametrize(
    ("sources", "targets", "settings", "message"),
    [
        ([], [], {}, "expected pairs, found 0 sources and 0 targets"),
        ([[1]], [[1], [2]], {}, "found 1 sources and 2 targets"),
        ([[1], [2]], [[1], []], {}, "pair 2 has an empty sequence"),
        ([[1]], [[1]], {"batch_size": 0}, "must be at least 1, found 0 and 100"),
        ([[1]], [[1]], {"pool": 0}, "must be at least 1, found 1 and 0"),
    ],
)
def test_what_are_no_pairs(sources: Any, targets: Any, settings: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        PairBatches(sources, targets, **{"batch_size": 1, **settings})
