"""Choices of chance that are the same on every machine."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Choices made with ``random()`` alone: nothing else in Python's generator is sure to stay."""

    def __init__(self, seed: int):
        self._random = random.Random(seed).random

    def below(self, size: int) -> int:
        """A whole number from 0 to ``size`` - 1."""
        return int(self._random() * size)

    def one(self, options: Sequence[T]) -> T:
        """One of them, each as likely."""
        return options[self.below(len(options))]

    def some(self, options: Iterable[T], count: int) -> list[T]:
        """So many different ones, or all, in the order in which they stand."""
        pool = list(enumerate(options))
        drawn = [pool.pop(self.below(len(pool))) for _ in range(min(count, len(pool)))]
        return [option for _, option in sorted(drawn, key=lambda place: place[0])]
