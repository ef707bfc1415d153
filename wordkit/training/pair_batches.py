"""Batches of pairs of sequences, for encoder-decoders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from wordkit.errors import ModelError
from wordkit.random_streams import stream
from wordkit.training.batches import LazySequence

BATCH_TOKENS = 1 << 14
"""Room for 128 pairs of 64 tokens on each side: 100 MB with 128 units and few words."""


class PairBatch(NamedTuple):
    """N pairs of sequences, padded with zeros.

    ``source`` (N, S) and ``target`` (N, T) int32; ``source_mask`` and ``target_mask`` of
    the same shapes, False for padding; ``rate_scale`` multiplies the learning rate;
    ``sampled`` is the share of target tokens that scheduled sampling replaces in training.
    """

    source: np.ndarray
    source_mask: np.ndarray
    target: np.ndarray
    target_mask: np.ndarray
    rate_scale: float = 1.0
    sampled: float = 0.0


class PairBatches:
    """Pairs of sequences, bucketed by length into batches with little padding.

    Pairs are shuffled and split into pools; each pool is sorted by length and split into
    batches; finally the batches are shuffled.

    Parameters
    ----------
    sources, targets
        Sequences of ids, pair by pair.
    batch_size
        The largest number of pairs in a batch.
    batch_tokens
        The largest number of tokens in a batch, both sides and padding included: batches of
        long pairs have fewer pairs. A pair that is longer still is a batch by itself.
    pool
        Batches per pool: large pools need less padding, small ones are more random.
    shuffle
        False for evaluation: pools and batches are not shuffled.

    Raises
    ------
    ModelError
        No pair, an empty sequence, or a source without a target.
    """

    def __init__(
        self,
        sources: Sequence[np.ndarray],
        targets: Sequence[np.ndarray],
        *,
        batch_size: int,
        batch_tokens: int = BATCH_TOKENS,
        pool: int = 100,
        shuffle: bool = True,
    ):
        if min(batch_size, batch_tokens, pool) < 1:
            raise ModelError(
                "batch_size, batch_tokens and pool must be at least 1, found "
                f"{batch_size}, {batch_tokens} and {pool}"
            )
        if len(sources) != len(targets) or not len(sources):
            raise ModelError(
                f"expected pairs, found {len(sources)} sources and {len(targets)} targets"
            )
        self.sources, self.targets = sources, targets
        self.batch_size, self.batch_tokens = batch_size, batch_tokens
        self.pool, self.shuffle = pool, shuffle
        self._lengths = np.array([[len(source) for source in sources], [len(t) for t in targets]])
        if not self._lengths.all():
            pair = int(np.flatnonzero(~self._lengths.all(axis=0))[0])
            raise ModelError(f"pair {pair + 1} has an empty sequence: leave such pairs out")

    def epoch(self, seed: int, epoch: int) -> Sequence[PairBatch]:
        """Return the batches of an epoch."""
        rng = stream(seed, "pairs", epoch)
        batches = list(self._chosen(rng))
        if self.shuffle:
            batches = [batches[n] for n in rng.permutation(len(batches))]
        return LazySequence(len(batches), lambda n: self._batch(batches[n]))

    def _chosen(self, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Yield the indices of the pairs of each batch."""
        pairs = np.arange(len(self.sources))
        if self.shuffle:
            rng.shuffle(pairs)
        height = self.batch_size * self.pool
        for start in range(0, len(pairs), height):
            pool = pairs[start : start + height]
            sources, targets = self._lengths[:, pool]
            # so that a short source with a long target does not cause padding of other pairs
            long = sources + targets > self.batch_tokens // self.batch_size
            yield from self._cut(pool[np.lexsort((targets, sources, long))])

    def _cut(self, pairs: np.ndarray) -> Iterator[np.ndarray]:
        """Split sorted pairs into batches of the largest allowed size."""
        while len(pairs):
            widths = np.maximum.accumulate(self._lengths[:, pairs[: self.batch_size]], axis=1)
            tokens = widths.sum(axis=0) * np.arange(1, widths.shape[1] + 1)
            count = max(1, np.count_nonzero(tokens <= self.batch_tokens))
            yield pairs[:count]
            pairs = pairs[count:]

    def _batch(self, pairs: np.ndarray) -> PairBatch:
        source = padded([self.sources[n] for n in pairs])
        return PairBatch(*source, *padded([self.targets[n] for n in pairs]))


def padded(sequences: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Pad nonempty sequences of ids to a block (N, T) int32; also return its mask, (N, T) bool."""
    lengths = np.array([len(sequence) for sequence in sequences])
    mask = np.arange(lengths.max()) < lengths[:, None]
    block = np.zeros(mask.shape, np.int32)
    block[mask] = np.concatenate(sequences)
    return block, mask
