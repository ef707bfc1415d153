"""Batches of pairs: each pair once, filled up little, and masked."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.corpus.pair_tasks import date_pairs
from wordkit.errors import ModelError
from wordkit.training.pair_batches import PairBatches

RNG = np.random.default_rng(0)
SOURCES = [np.arange(1, n + 1) for n in RNG.integers(1, 30, 500)]
TARGETS = [np.full(len(source) % 7 + 1, n) for n, source in enumerate(SOURCES)]

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


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=40),
    st.integers(1, 6), st.integers(1, 200), st.integers(1, 4), st.booleans(),
)  # fmt: skip
def test_no_batch_has_more_tokens_than_it_may(
    lengths: list[tuple[int, int]], batch_size: int, batch_tokens: int, pool: int, shuffle: bool
) -> None:
    sources, targets = ([np.full(n, n) for n in side] for side in zip(*lengths, strict=True))
    batches = PairBatches(
        sources, targets, batch_size=batch_size, batch_tokens=batch_tokens, pool=pool,
        shuffle=shuffle,
    ).epoch(1, 0)  # fmt: skip
    found = [(len(source), len(target)) for source, target in pairs_of(batches)]
    assert sorted(found) == sorted(lengths)
    for batch in batches:
        assert len(batch.source) <= batch_size
        assert len(batch.source) == 1 or batch.source.size + batch.target.size <= batch_tokens


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=40),
    st.integers(1, 6), st.integers(1, 200),
)  # fmt: skip
def test_a_batch_has_as_many_pairs_as_it_may(
    lengths: list[tuple[int, int]], batch_size: int, batch_tokens: int
) -> None:
    sources, targets = ([np.full(n, n) for n in side] for side in zip(*lengths, strict=True))
    batches = PairBatches(
        sources, targets, batch_size=batch_size, batch_tokens=batch_tokens, shuffle=False
    ).epoch(1, 0)
    for one, following in pairwise(batches):
        n = len(one.source) + 1
        source = max(one.source.shape[1], following.source[0].max())
        target = max(one.target.shape[1], following.target[0].max())
        assert n > batch_size or n * (source + target) > batch_tokens


@pytest.mark.parametrize(("source", "target"), [(2000, 2000), (2000, 3), (3, 2000)])
def test_one_long_pair_fills_up_no_others(source: int, target: int) -> None:
    sources = [*SOURCES[:383], np.ones(source, np.int64)]
    targets = [*TARGETS[:383], np.ones(target, np.int64)]
    epoch = PairBatches(sources, targets, batch_size=128).epoch(1, 0)
    padded = sum(batch.source.size + batch.target.size for batch in epoch)
    assert padded < 1.4 * sum(map(len, [*sources, *targets]))
    assert sorted(len(batch.source) for batch in epoch) == [1, 127, 128, 128]


def test_batches_of_dates_are_full() -> None:
    """The usual case: the bound on tokens is far away."""
    pairs = date_pairs(1000)
    sources, targets = ([np.ones(len(text)) for text in side] for side in zip(*pairs, strict=True))
    epoch = PairBatches(sources, targets, batch_size=128).epoch(1, 0)
    assert sorted(len(batch.source) for batch in epoch) == [1000 % 128] + 7 * [128]


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


def test_batches_of_one_pool_are_shuffled() -> None:
    batches = PairBatches(SOURCES, TARGETS, batch_size=10)
    first, second = ([b.source.shape[1] for b in batches.epoch(1, n)] for n in range(2))
    assert first != sorted(first)
    assert first != second


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
        ([[1], [2], [], []], [[1], [2], [3], [4]], {}, "pair 3 has an empty sequence"),
        ([[1]], [[1]], {"batch_size": 0}, "must be at least 1, found 0, 16384 and 100"),
        ([[1]], [[1]], {"batch_tokens": 0}, "must be at least 1, found 1, 0 and 100"),
        ([[1]], [[1]], {"pool": 0}, "must be at least 1, found 1, 16384 and 0"),
    ],
)
def test_what_are_no_pairs(sources: Any, targets: Any, settings: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        PairBatches(sources, targets, **{"batch_size": 1, **settings})
