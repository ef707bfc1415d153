# mypy: ignore-errors
# (numba's types are not Python's: a loop over int64, a float32 that is no float)
"""From text to the steps of word2vec: which rows meet which, and with what label.

A step has contexts (rows of the input matrix) and columns (rows of the output matrix),
each column with a label: above zero if the contexts should find it, below if not, and how
far is its weight. There are three kinds of step:

    RUNS    the centre words of ``RUN`` tokens, each a column for the contexts within its
            own reach, and negatives that they share: skip-gram at its fastest
    PAIRS   one context; one centre word and its own negatives: skip-gram as it was told
    WORDS   all contexts of a centre word; it and negatives: CBOW. With hierarchical
            softmax the columns are the inner nodes on the way to the word.

Every random choice is a hash of the seed and the place in the text. So it does not
depend on how the text is cut into pieces, nor on the number of threads.
"""

from __future__ import annotations

import numpy as np

from wordkit.backend.compiling import njit
from wordkit.backend.simd_kernels import LANES, Pointer, at, hold, pointer

RUNS, PAIRS, WORDS = 0, 1, 2
NONE, ONE = np.int64(0), np.int64(1)
"""numba compiles a function again for a number that is written in its call."""
RUN = 4
"""Tokens of which the centre words share their negatives."""
SHARE = 1.6
"""How many more negatives they draw; each counts so much less."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def tokens_at_once(kind: int, window: int, widest: int) -> int:
    """Tokens of which the steps are planned at once: their tables take a few megabytes."""
    numbers = 2 * window + 2 * widest + 64  # a step, about
    if kind == PAIRS:
        numbers = 2 * window * (2 * widest + 64)
    return max(RUN, min(1024, 1_000_000 // numbers // RUN * RUN))


def make_steps(tokens: int, kind: int, window: int, widest: int) -> tuple:
    """Room for the steps of so many tokens of text, of up to ``widest`` columns.

    Returns tables with a row for each step:

    sizes (4): numbers of contexts, of columns, and of columns that are centre words with a
    reach of their own; where the first context stands, counted from the first centre word.
    contexts, columns: their ids, and two more, as ``block_kernels`` wants them. labels, of
    the columns; reaches of the centre words, plus one; rate (1).
    """
    steps, contexts, width = tokens, 2 * window, widest + 2 + -(widest + 2) % LANES
    if kind == RUNS:
        contexts += RUN
    elif kind == PAIRS:
        steps, contexts = tokens * 2 * window, 1
    return (
        np.zeros((steps, 4), np.int64),
        np.zeros((steps, contexts + 2), np.int32),
        np.zeros((steps, width), np.int32),
        np.zeros((steps, width), np.float32),
        np.zeros((steps, LANES), np.float32),
        np.zeros((steps, 1), np.float32),
    )


@njit(cache=True, nogil=True)
def pointers(tables: tuple) -> tuple:
    """The same for the functions here: two widths, and pointers to the tables."""
    sizes, contexts, columns, labels, reaches, rates = tables
    return (
        contexts.shape[1], columns.shape[1], pointer(sizes), pointer(contexts),
        pointer(columns), pointer(labels), pointer(reaches), pointer(rates),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def step_at(steps: tuple, number: int) -> tuple:
    """One step: pointers to its row of each table."""
    wide, width, sizes, contexts, columns, labels, reaches, rates = steps
    return (
        at(sizes, 4 * number),
        at(contexts, wide * number),
        at(columns, width * number),
        at(labels, width * number),
        at(reaches, LANES * number),
        at(rates, number),
    )


@njit(cache=True, nogil=True)
def steps_from(steps: tuple, number: int) -> tuple:
    """The steps from one on."""
    sizes, contexts, columns, labels, reaches, rates = step_at(steps, number)
    return steps[0], steps[1], sizes, contexts, columns, labels, reaches, rates


@njit(cache=True, nogil=True)
def plan(
    text: tuple,
    first: int,
    last: int,
    kind: int,
    window: int,
    targets: tuple,
    rates: tuple,
    seed: np.uint64,
    steps: tuple,
) -> int:
    """Write the steps of the centre words at the places [first, last); returns their number.

    ``first`` is a multiple of ``RUN``. ``text`` is ids, offsets of the documents, and the
    probability of each word to survive subsampling; ``targets`` as in ``_columns``;
    ``rates`` are alpha, slope and min_alpha: the rate at place p is
    ``max(alpha - slope * p, min_alpha)``; ``steps`` are ``pointers``.
    """
    ids, offsets, keep = text
    words = np.empty(last - first + 2 * window, np.int32)
    places = np.empty(len(words), np.int64)
    document, count = _document_at(offsets, first), np.int64(0)
    while document < len(offsets) - 1 and offsets[document] < last:
        begin, end = _survivors(
            pointer(ids), offsets[document], offsets[document + 1], pointer(keep),
            first, last, window, seed, pointer(words), pointer(places),
        )  # fmt: skip
        kept = (pointer(words), pointer(places), begin, end)
        count = _document(kept, last, kind, window, targets, rates, seed, steps, count)
        document += 1
    hold(words)
    hold(places)
    return count


@njit(cache=True, nogil=True)
def _document_at(offsets: np.ndarray, place: int) -> int:
    """The document with this place: the last that begins there or before."""
    low, high = np.int64(0), np.int64(len(offsets))
    while high - low > 1:
        middle = (low + high) // 2
        if offsets[middle] <= place:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _survivors(
    ids: Pointer,
    begin: int,
    end: int,
    keep: Pointer,
    first: int,
    last: int,
    window: int,
    seed: np.uint64,
    words: Pointer,
    places: Pointer,
) -> tuple[int, int]:
    """The tokens of [first, last) in the document [begin, end) that survive subsampling.

    They stand from ``window`` on, with as many as a window can see on either side. Returns
    where they begin and end.
    """
    low = n = window
    place = first - 1
    while low > 0 and place >= begin:
        if _survives(ids[place], place, keep, seed):
            low -= 1
            words[low], places[low] = ids[place], place
        place -= 1
    place, after = max(first, begin), 0
    while place < end and after < window:
        if _survives(ids[place], place, keep, seed):
            words[n], places[n] = ids[place], place
            n += 1
            after += place >= last
        place += 1
    return low, n


@njit(cache=True, nogil=True)
def _document(
    kept: tuple,
    last: int,
    kind: int,
    window: int,
    targets: tuple,
    rates: tuple,
    seed: np.uint64,
    steps: tuple,
    count: int,
) -> int:
    """Write the steps of the part of a document that was kept."""
    _, places, _, end = kept
    alpha, slope, min_alpha = rates
    start = window
    while start < end and places[start] < last:
        stop = start + 1
        while kind == RUNS and stop < end and places[stop] // RUN == places[start] // RUN:
            stop += 1
        state = _hash(seed + np.uint64(1), places[start])
        before = count
        if kind == RUNS:
            count = _run(kept, start, stop, window, targets, seed, state, steps, count)
        elif kind == PAIRS:
            count = _pairs(kept, start, window, targets, state, steps, count)
        else:
            count = _word(kept, start, window, targets, state, steps, count)
        for number in range(before, count):
            step_at(steps, number)[5][0] = max(alpha - slope * places[start], min_alpha)
        start = stop
    return count


# --- the three kinds of step ----------------------------------------------------------


@njit(cache=True, nogil=True)
def _run(
    kept: tuple,
    start: int,
    stop: int,
    window: int,
    targets: tuple,
    seed: np.uint64,
    state: np.uint64,
    steps: tuple,
    count: int,
) -> int:
    """One step of the centre words [start, stop) and all contexts that any of them sees."""
    words, places, begin, end = kept
    step = step_at(steps, count)
    sizes, contexts, _, _, reaches, _ = step
    low, high = start, stop
    for t in range(stop - start):
        reach = _reach(_hash(seed + np.uint64(1), places[start + t]), window)
        low, high = min(low, start + t - reach), max(high, start + t + reach + 1)
        reaches[t] = reach + 1
    for t in range(stop - start, LANES):
        reaches[t] = 0
    low, high = max(low, begin), min(high, end)
    for i in range(low, high):
        contexts[i - low] = words[i]
    sizes[2], sizes[3] = stop - start, low - start
    _columns(words, start, stop, targets, state, step)
    # a centre word alone has no pair
    return _finished(step, count, high - low if high - low > 1 else NONE)


@njit(cache=True, nogil=True)
def _pairs(
    kept: tuple,
    start: int,
    window: int,
    targets: tuple,
    state: np.uint64,
    steps: tuple,
    count: int,
) -> int:
    """A step for each context of a centre word, with negatives of its own."""
    words, _, begin, end = kept
    reach = _reach(state, window)
    for i in range(max(start - reach, begin), min(start + reach + 1, end)):
        if i != start:
            step = step_at(steps, count)
            step[1][0] = words[i]
            _columns(words, start, start + 1, targets, state + np.uint64(i - start), step)
            count = _finished(step, count, ONE)
    return count


@njit(cache=True, nogil=True)
def _word(
    kept: tuple,
    start: int,
    window: int,
    targets: tuple,
    state: np.uint64,
    steps: tuple,
    count: int,
) -> int:
    """One step of all contexts of a centre word."""
    words, _, begin, end = kept
    reach, c = _reach(state, window), NONE
    step = step_at(steps, count)
    for i in range(max(start - reach, begin), min(start + reach + 1, end)):
        if i != start:
            step[1][c] = words[i]
            c += 1
    _columns(words, start, start + 1, targets, state, step)
    return _finished(step, count, c)


@njit(cache=True, nogil=True)
def _finished(step: tuple, count: int, c: int) -> int:
    """Close a step of c contexts, if there are any; returns the number of the next."""
    sizes, contexts, columns, _, _, _ = step
    sizes[0], m = c, sizes[1]
    for i in range(2):
        contexts[c + i], columns[m + i] = contexts[0], columns[0]
    return count + (c > 0)


@njit(cache=True, nogil=True)
def _columns(
    words: Pointer, start: int, stop: int, targets: tuple, state: np.uint64, step: tuple
) -> None:
    """Write the columns of a step, and their labels.

    ``targets`` begin with the width of the table. Then, for negative sampling: False; the
    number of draws and the label of a negative; two tables to draw from and their length.
    Negatives are none of the centre words. For hierarchical softmax: True, and last of all
    codes, points and offsets of the Huffman tree.
    """
    width, hierarchical, draws, label, share, other, size, codes, points, offsets = targets
    sizes, _, columns, labels, _, _ = step
    m = 0
    if hierarchical:
        for place in range(offsets[words[start]], offsets[words[start] + 1]):
            columns[m] = points[place]
            labels[m] = 1 - 2 * codes[place]
            m += 1
    else:
        for centre in range(start, stop):
            columns[m], labels[m] = words[centre], 1
            m += 1
        for k in range(1, draws + 1):
            word = _draw(_hash(state, k), share, other, size)
            fresh = True
            for t in range(stop - start):
                fresh = fresh and columns[t] != word
            if fresh:
                columns[m], labels[m] = word, label
                m += 1
    sizes[1] = m
    for j in range(m, width):
        labels[j] = 0


# --- chance ---------------------------------------------------------------------------


@njit(cache=True, nogil=True, inline="always")
def _hash(seed: np.uint64, number: int) -> np.uint64:
    """SplitMix64: 64 random bits for each number."""
    z = seed + np.uint64(number + 1) * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def _survives(word: int, place: int, keep: Pointer, seed: np.uint64) -> bool:
    return (_hash(seed, place) >> np.uint64(11)) * (1 / 9007199254740992.0) < keep[word]


@njit(cache=True, nogil=True)
def _reach(bits: np.uint64, window: int) -> int:
    """From 1 to ``window``."""
    return 1 + np.int64((bits >> np.uint64(32)) * np.uint64(window) >> np.uint64(32))


@njit(cache=True, nogil=True)
def _draw(bits: np.uint64, share: Pointer, other: Pointer, size: int) -> int:
    """A word, by the alias method (Walker 1977): itself with its share, or the other one."""
    word = np.int64((bits >> np.uint64(32)) * np.uint64(size) >> np.uint64(32))
    if np.float32(bits & np.uint64(0xFFFFFF)) * np.float32(2**-24) >= share[word]:
        return np.int64(other[word])
    return word
