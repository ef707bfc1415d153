"""Batches of text for language models.

What the trainer takes as batches has ``epoch(seed, epoch)``: the batches of that epoch as
a sequence, of which any one can be asked for, so that a run can continue in the middle. All
that is drawn at random comes from (seed, epoch). Every batch has a ``rate_scale``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, overload

import numpy as np

from wordkit.errors import ModelError
from wordkit.random_streams import stream

IGNORED = -1
"""A target that does not count."""


class Batches(Protocol):
    """What the trainer trains and validates on."""

    def epoch(self, seed: int, epoch: int) -> Sequence[Any]:
        """The batches of an epoch."""


class LazySequence(Sequence):
    """A sequence of which the elements are made when they are asked for."""

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
    """The same window of N streams of text.

    ``inputs`` (N, T) int32; ``targets`` (N, T) int32, the ids that follow, ``IGNORED``
    where there is none; ``rate_scale`` by which the learning rate is multiplied.
    """

    inputs: np.ndarray
    targets: np.ndarray
    rate_scale: float = 1.0


class TextBatches:
    """A text cut in N parallel streams, of which each batch continues the one before.

    Parameters
    ----------
    ids
        All words, 1-D; memory-mapped if it is long.
    batch_size
        N, the number of streams.
    bptt
        T, the steps of a window: back-propagation through time is truncated there.
    variable
        Windows of Merity et al. 2018: about ``bptt`` long, sometimes half of that, so that
        an epoch cuts the text at other places than the one before. A window's
        ``rate_scale`` is its length / ``bptt``.
    every_target
        For evaluation: every id but the first is a target once. The streams are as long as
        it takes and the windows that are not full end in ``IGNORED`` targets. Otherwise
        the end that fills no window is left out.

    Raises
    ------
    ModelError
        The text has no window for every stream, or for evaluation no target.
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
        """The batches of an epoch, from left to right."""
        bounds = self._bounds(stream(seed, "windows", epoch))
        return LazySequence(len(bounds) - 1, lambda n: self._window(*bounds[n : n + 2].tolist()))

    def _bounds(self, rng: np.random.Generator) -> np.ndarray:
        """Where the windows of a stream begin, and the last one ends."""
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
