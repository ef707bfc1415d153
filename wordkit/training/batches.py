"""Batches of text for language models.

The trainer calls ``epoch(seed, epoch)`` for the batches of an epoch. They are a sequence
with random access, so that a run can continue in the middle of an epoch; all randomness is
derived from (seed, epoch). Every batch has a ``rate_scale``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, overload

import numpy as np

from wordkit.errors import ModelError
from wordkit.random_streams import stream

IGNORED = -1
"""Marks a target that is ignored by the loss."""


class Batches(Protocol):
    """Data that a trainer can train or validate on."""

    def epoch(self, seed: int, epoch: int) -> Sequence[Any]:
        """Return the batches of an epoch; counting them makes none of them."""


class LazySequence(Sequence):
    """A sequence whose elements are made only when they are accessed."""

    def __init__(self, length: int, make: Callable[[int], Any]):
        self._length, self._make = length, make

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, n: int) -> Any: ...
    @overload
    def __getitem__(self, n: slice) -> Any: ...
    def __getitem__(self, n: Any) -> Any:
        if isinstance(n, slice):
            return [self._make(each) for each in range(*n.indices(self._length))]
        if not -self._length <= n < self._length:
            raise IndexError(f"batch {n} of {self._length}")
        return self._make(n % self._length)


class TextBatch(NamedTuple):
    """One window of each of N streams of text.

    ``inputs`` (N, T) int32; ``targets`` (N, T) int32, the ids that follow, ``IGNORED``
    where there is none; ``rate_scale`` multiplies the learning rate.
    """

    inputs: np.ndarray
    targets: np.ndarray
    rate_scale: float = 1.0


class TextBatches:
    """A text split into N parallel streams; each batch continues the one before it.

    Parameters
    ----------
    ids
        All words, 1-D; memory-mapped if it is long.
    batch_size
        N, the number of streams.
    bptt
        T, the steps of a window: back-propagation through time is truncated there.
    variable
        Windows of varying length (Merity et al. 2018): about ``bptt``, sometimes half of
        that, so that each epoch cuts the text at different places. A window's ``rate_scale``
        is its length / ``bptt``.
    every_target
        For evaluation: every id but the first is a target exactly once, and incomplete
        windows are padded with ``IGNORED`` targets. Otherwise an incomplete last window is
        dropped.

    Raises
    ------
    ModelError
        The text is too short for one window per stream, or has no target to evaluate.
    """

    def __init__(
        self,
        ids: np.ndarray,
        *,
        batch_size: int,
        bptt: int,
        variable: bool = False,
        every_target: bool = False,
    ):
        if batch_size < 1 or bptt < 1:
            raise ModelError(
                f"batch_size and bptt must be at least 1, found {batch_size} and {bptt}"
            )
        if variable and every_target:
            raise ModelError("windows of variable length leave targets out: not every_target")
        self.ids, self.batch_size, self.bptt = ids, batch_size, bptt
        self.variable, self.every_target = variable, every_target
        self.targets = max(0, len(ids) - 1)
        needed = batch_size * (1 if every_target else bptt)
        if self.targets < needed:
            raise ModelError(
                f"the text has {len(ids):,} ids; {batch_size} streams of at least "
                f"{needed // batch_size} need {needed + 1:,}: give more text, or a smaller "
                "batch_size or bptt"
            )
        # targets in a stream
        self.stream = (
            -(-self.targets // batch_size) if every_target else self.targets // batch_size
        )

    def epoch(self, seed: int, epoch: int) -> Sequence[TextBatch]:
        """Return the batches of an epoch, from left to right."""
        bounds = self._bounds(stream(seed, "windows", epoch))
        return LazySequence(len(bounds) - 1, lambda n: self._window(*bounds[n : n + 2].tolist()))

    def _bounds(self, rng: np.random.Generator) -> np.ndarray:
        """Return the start of each window of a stream, and the end of the last."""
        if self.every_target:
            return np.arange(0, self.stream + self.bptt, self.bptt)
        if not self.variable:
            return np.arange(0, self.stream + 1, self.bptt)
        shortest, longest = min(5, self.bptt), min(self.bptt + 20, self.stream)
        most = self.stream // shortest
        centres = np.where(rng.random(most) < 0.95, self.bptt, self.bptt / 2)
        lengths = rng.normal(centres, 5).astype(np.int64).clip(shortest, longest)
        bounds = np.append(0, np.cumsum(lengths))
        return bounds[bounds <= self.stream]

    def _window(self, start: int, end: int) -> TextBatch:
        steps = np.arange(start, end)
        places = np.arange(self.batch_size)[:, None] * self.stream + steps
        there = (steps < self.stream) & (places < self.targets)
        places = np.where(there, places, 0)
        inputs = np.asarray(self.ids[places], np.int32)
        targets = np.where(there, self.ids[places + 1], IGNORED).astype(np.int32)
        return TextBatch(inputs, targets, (end - start) / self.bptt)
