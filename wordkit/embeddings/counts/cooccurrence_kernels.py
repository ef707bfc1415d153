"""Counting co-occurrences, row by row.

A text is an int32 array of ids with -1 between documents. Each row of the matrix is computed
from all positions of its word at once, in a dense accumulator over the vocabulary, so that
nothing needs hashing or sorting.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wordkit.backend.compiling import njit


class Occurrences(NamedTuple):
    """The positions of all words in a text, word after word.

    Word w occurs at ``start + places[pointers[w]:pointers[w + 1]]``.
    """

    text: np.ndarray
    start: int
    pointers: np.ndarray
    places: np.ndarray


class Contexts(NamedTuple):
    """Which neighbours of a word count as contexts, and their weights.

    One at distance d counts ``weights[d - 1]`` times ``keep`` (V,) of both words.
    """

    weights: np.ndarray
    keep: np.ndarray
    left: bool
    right: bool


@njit
def places_by_word(
    text: np.ndarray, start: int, end: int, pointers: np.ndarray, places: np.ndarray
) -> None:
    """Sort the positions [start, end) of a text by their word.

    The positions of word w go to ``places[pointers[w]:pointers[w + 1]]``, relative to
    ``start``; ``pointers`` comes in as zeros.
    """
    for position in range(start, end):
        if text[position] >= 0:
            pointers[text[position] + 1] += 1
    for word in range(len(pointers) - 1):
        pointers[word + 1] += pointers[word]
    cursor = pointers[:-1].copy()
    for position in range(start, end):
        word = text[position]
        if word >= 0:
            places[cursor[word]] = position - start
            cursor[word] += 1


@njit
def count_rows(
    occurrences: Occurrences,
    contexts: Contexts,
    first: int,
    last: int,
    lengths: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
) -> int:
    """Count the contexts of the words [first, last).

    They are written row by row, columns ascending, into ``columns`` and ``values``, and the
    number of entries of each row into ``lengths``. Returns their total.
    """
    text, start, pointers, places = occurrences
    weights, keep, left, right = contexts
    size = len(pointers) - 1
    sums = np.zeros(size, np.float64)
    marks, groups = _bitmap(size)
    window = len(weights)
    n = 0
    for word in range(first, last):
        for k in range(pointers[word], pointers[word + 1]):
            position = start + places[k]
            if left:
                for d in range(1, min(window, position) + 1):
                    context = text[position - d]
                    if context < 0:
                        break
                    sums[context] += weights[d - 1] * keep[context]
                    _mark(context, marks, groups)
            if right:
                for d in range(1, min(window, len(text) - 1 - position) + 1):
                    context = text[position + d]
                    if context < 0:
                        break
                    sums[context] += weights[d - 1] * keep[context]
                    _mark(context, marks, groups)
        lengths[word] = _flush(sums, keep[word], marks, groups, columns[n:], values[n:])
        n += lengths[word]
    return n


@njit
def add_rows(
    pointers: np.ndarray,
    all_columns: np.ndarray,
    all_values: np.ndarray,
    first: int,
    last: int,
    lengths: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
) -> int:
    """Add up the rows [first, last) of several CSR matrices that are stacked into one.

    ``lengths`` is as long as one of them. Returns the number of entries written.
    """
    size = len(lengths)
    sums = np.zeros(size, np.float64)
    marks, groups = _bitmap(size)
    n = 0
    for row in range(first, last):
        for stacked in range(row, len(pointers) - 1, size):
            for k in range(pointers[stacked], pointers[stacked + 1]):
                sums[all_columns[k]] += all_values[k]
                _mark(all_columns[k], marks, groups)
        lengths[row] = _flush(sums, 1.0, marks, groups, columns[n:], values[n:])
        n += lengths[row]
    return n


# A set of columns that can be read in order: one bit per column, and one bit per word of 64
# such bits, so that empty stretches cost nothing.


@njit(inline="always")
def _bitmap(size: int) -> tuple[np.ndarray, np.ndarray]:
    marks = np.zeros((size >> 6) + 1, np.uint64)
    groups = np.zeros((size >> 12) + 1, np.uint64)
    return marks, groups


@njit(inline="always")
def _mark(column: int, marks: np.ndarray, groups: np.ndarray) -> None:
    marks[column >> 6] |= np.uint64(1) << np.uint64(column & 63)
    groups[column >> 12] |= np.uint64(1) << np.uint64((column >> 6) & 63)


@njit
def _flush(
    sums: np.ndarray,
    scale: float,
    marks: np.ndarray,
    groups: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
) -> int:
    """Write the marked sums, scaled, in order of their columns, and clear them."""
    n = 0
    for group in range(len(groups)):
        while groups[group]:
            word = (group << 6) + _lowest_bit(groups[group])
            groups[group] &= groups[group] - np.uint64(1)
            while marks[word]:
                column = (word << 6) + _lowest_bit(marks[word])
                marks[word] &= marks[word] - np.uint64(1)
                columns[n] = column
                values[n] = sums[column] * scale
                sums[column] = 0.0
                n += 1
    return n


@njit(inline="always")
def _lowest_bit(bits: np.uint64) -> np.int64:
    """Return the index of the lowest set bit: the number of bits below it."""
    b = (bits & (~bits + np.uint64(1))) - np.uint64(1)
    b = b - ((b >> np.uint64(1)) & np.uint64(0x5555555555555555))
    b = (b & np.uint64(0x3333333333333333)) + ((b >> np.uint64(2)) & np.uint64(0x3333333333333333))
    b = (b + (b >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((b * np.uint64(0x0101010101010101)) >> np.uint64(56))
