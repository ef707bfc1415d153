"""Which words are used differently in two corpora, by their nearest neighbours in each.

Gonen, Jawahar, Seddah and Goldberg (2020), "Simple, Interpretable and Stable Method for
Detecting Words with Usage Change across Corpora". The two spaces need not be aligned: only
neighbours are compared, which also show what has changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wordkit.errors import ModelError
from wordkit.vectors.word_vectors import WordVectors

NEIGHBOURS, SHOWN = 1000, 5
BLOCK = 1024
"""Words whose neighbours are looked for at once."""


@dataclass(frozen=True)
class UsageChange:
    """How far the neighbours of a word in two corpora are the same."""

    word: str
    overlap: float
    """Share of the k nearest neighbours that both have, from 0 to 1."""
    first: tuple[str, ...]
    """The nearest words in the first corpus that are no neighbours in the second."""
    second: tuple[str, ...]
    """The nearest words in the second corpus that are no neighbours in the first."""


def usage_changes(
    first: WordVectors,
    second: WordVectors,
    *,
    topn: int = 20,
    neighbours: int | None = None,
    min_count: int = 100,
) -> list[UsageChange]:
    """Return the words whose neighbours differ most between two sets of vectors.

    Parameters
    ----------
    first, second
        Vectors of two corpora; they may have different dimensions, and come from different
        methods.
    topn
        How many words to return.
    neighbours
        k, how many nearest words are compared. None is a tenth of the words that are
        compared, and at most 1,000, the paper's number.
    min_count
        Words that are rarer in either corpus are neither compared nor neighbours: their
        neighbours are largely chance. (The paper has 200 for words, 100 for neighbours.)
        Vectors without counts have no such limit.

    Returns
    -------
    The words with the smallest overlap first; equal ones in the order of the first vectors.

    Raises
    ------
    ModelError
        Fewer than three words are left to compare, or a number is out of range.
    """
    for name, value in (("topn", topn), ("neighbours", neighbours), ("min_count", min_count)):
        if value is not None and value < 1:
            raise ModelError(f"{name} must be at least 1, not {value}")
    words = [word for word in first.words if _frequent(first, word, min_count)]
    words = [word for word in words if _frequent(second, word, min_count)]
    if len(words) < 3:
        raise ModelError(
            f"{len(words)} words occur in both at least {min_count} times, and three are needed: "
            "lower min_count"
        )
    spaces = [WordVectors(words, each[words]) for each in (first, second)]
    size = neighbours or max(1, min(NEIGHBOURS, len(words) // 10))
    size = min(size, len(words) - 1)
    overlaps = np.concatenate(
        [
            _overlaps(*(_nearest(space, start, size) for space in spaces))
            for start in range(0, len(words), BLOCK)
        ]
    )
    ranked = np.argsort(overlaps, kind="stable")[:topn].tolist()
    return [_explained(spaces, row, size, int(overlaps[row])) for row in ranked]


def _frequent(vectors: WordVectors, word: str, min_count: int) -> bool:
    row = vectors.index.get(word)
    if row is None:
        return False
    return vectors.counts is None or bool(vectors.counts[row] >= min_count)


def _nearest(space: WordVectors, start: int, size: int, end: int | None = None) -> np.ndarray:
    """Rows of the nearest neighbours of some words, (words, size), without the words."""
    rows = np.arange(start, min(end or start + BLOCK, len(space)))
    found, _ = space.search(space.unit(rows), size + 1)
    own = found == rows[:, None]
    own[~own.any(axis=1), -1] = True  # as many others are as near: the last goes
    return found[~own].reshape(len(rows), size)


def _overlaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How many numbers each row of two arrays (words, k) shares."""
    both = np.sort(np.concatenate([one, other], axis=1), axis=1)
    overlaps: np.ndarray = (both[:, 1:] == both[:, :-1]).sum(axis=1)
    return overlaps


def _explained(spaces: list[WordVectors], row: int, size: int, overlap: int) -> UsageChange:
    one, other = (_nearest(space, row, size, row + 1)[0].tolist() for space in spaces)
    words = spaces[0].words
    only = (
        tuple(words[near] for near in own if near not in set(others))[:SHOWN]
        for own, others in ((one, other), (other, one))
    )
    return UsageChange(words[row], overlap / size, *only)
