# mypy: ignore-errors
# (numba's types are not Python's: a loop over int64, a float32 that is no float)
"""From text to the steps of word2vec: which rows meet which, and with what label.

    ids            the cat sat on the mat .        a piece of text, as many tokens as fit
      | subsampling
    survivors      -   cat sat -  the mat .        ``Kept``: their ids, and places in the text
      | windows, negatives
    steps          contexts:  cat sat the mat      ``Steps``: a row in each table for a step
                   columns:   the mat . | dog is
                   labels:     1   1  1 | -.6 -.6  below zero for negatives

A step has contexts (rows of the input matrix) and columns (rows of the output matrix),
each column with a label: above zero if the contexts should find it, below if not, and how
far is its weight. There are three kinds of step:

    RUNS    the centre words of ``RUN`` tokens, each a column for the contexts within its
            own reach, and negatives that they share: skip-gram at its fastest
    PAIRS   one context; one centre word and its own negatives: skip-gram as published
    WORDS   all contexts of a centre word; it and negatives: CBOW. With hierarchical
            softmax the columns are the inner nodes on the way to the word.

Every random choice is a hash of the seed and the place in the text. So it does not
depend on how the text is cut into pieces, nor on the number of threads.
"""

from __future__ import annotations

import numpy as np

from wordkit.backend.compiling import njit
from wordkit.backend.simd_kernels import LANES, Pointer, at, hold, pointer
from wordkit.embeddings.word2vec.structures import (
    Course,
    Kept,
    Method,
    Steps,
    Targets,
    Text,
)

RUNS, PAIRS, WORDS = 0, 1, 2
NONE, ONE = np.int64(0), np.int64(1)
"""numba compiles a function again for a number that is written in its call."""
RUN = 4
"""Tokens of which the centre words share their negatives."""
SHARE = 1.6
"""How many more negatives they draw; each counts so much less."""
SIZES = 4
"""Numbers about a step, in its row of ``sizes``."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def tokens_at_once(kind: int, window: int, widest: int) -> int:
    """Tokens of which the steps are planned at once: their tables take a few megabytes."""
    numbers = 2 * window + 2 * widest + 64  # a step, about
    if kind == PAIRS:
        numbers = 2 * window * (2 * widest + 64)
    return max(RUN, min(1024, 1_000_000 // numbers // RUN * RUN))


def make_steps(tokens: int, kind: int, window: int, widest: int) -> Steps:
    """Room for the steps of so many tokens of text, of up to ``widest`` columns."""
    steps, contexts, width = tokens, 2 * window, widest + 2 + -(widest + 2) % LANES
    if kind == RUNS:
        contexts += RUN
    elif kind == PAIRS:
        steps, contexts = tokens * 2 * window, 1
    return Steps(
        np.zeros((steps, SIZES), np.int64),
        np.zeros((steps, contexts + 2), np.int32),
        np.zeros((steps, width), np.int32),
        np.zeros((steps, width), np.float32),
        np.zeros((steps, LANES), np.float32),
        np.zeros((steps, 1), np.float32),
        contexts + 2,
        width,
    )


@njit(inline="always")
def pointers(steps: Steps) -> Steps:
    """The same with pointers in place of arrays, for the functions here."""
    return Steps(
        pointer(steps.sizes), pointer(steps.contexts), pointer(steps.columns),
        pointer(steps.labels), pointer(steps.reaches), pointer(steps.rate),
        steps.contexts_apart, steps.columns_apart,
    )  # fmt: skip


@njit(inline="always")
def method_pointers(method: Method) -> Method:
    """The same with pointers in place of arrays."""
    t = method.targets
    targets = Targets(
        t.hierarchical, t.draws, t.label, t.words, pointer(t.table),
        pointer(t.codes), pointer(t.points), pointer(t.offsets),
    )  # fmt: skip
    return Method(
        method.kind, method.window, method.cbow, method.mean, method.mean_gradient, targets
    )


@njit(inline="always")
def steps_from(steps: Steps, number: int) -> Steps:
    """The steps from one on; as one step, the first of them."""
    return Steps(
        at(steps.sizes, SIZES * number),
        at(steps.contexts, steps.contexts_apart * number),
        at(steps.columns, steps.columns_apart * number),
        at(steps.labels, steps.columns_apart * number),
        at(steps.reaches, LANES * number),
        at(steps.rate, number),
        steps.contexts_apart,
        steps.columns_apart,
    )


@njit
def plan(text: Text, first: int, last: int, method: Method, course: Course, steps: Steps) -> int:
    """Write the steps of the centre words at the places [first, last); returns their number.

    ``first`` is a multiple of ``RUN``; ``method`` and ``steps`` have pointers.
    """
    words = np.empty(last - first + 2 * method.window, np.int32)
    places = np.empty(len(words), np.int64)
    offsets = text.offsets
    ids = Text(pointer(text.ids), pointer(offsets), pointer(text.keep))
    document, count = _document_at(offsets, first), NONE
    while document < len(offsets) - 1 and offsets[document] < last:
        kept = Kept(pointer(words), pointer(places), offsets[document], offsets[document + 1])
        kept = _survivors(ids, kept, first, last, method.window, course.seed)
        count = _document(kept, last, method, course, steps, count)
        document += 1
    hold((words, places))
    return count


@njit
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


@njit
def _survivors(
    text: Text, document: Kept, first: int, last: int, window: int, seed: np.uint64
) -> Kept:
    """The tokens of [first, last) in a document that survive subsampling.

    They stand from ``window`` on, with as many as a window can see on either side.
    """
    ids, keep, words, places = text.ids, text.keep, document.words, document.places
    low = n = window
    place = first - 1
    while low > 0 and place >= document.begin:
        if _survives(ids[place], place, keep, seed):
            low -= 1
            words[low], places[low] = ids[place], place
        place -= 1
    place, after = max(first, document.begin), 0
    while place < document.end and after < window:
        if _survives(ids[place], place, keep, seed):
            words[n], places[n] = ids[place], place
            n += 1
            after += place >= last
        place += 1
    return Kept(words, places, low, n)


@njit
def _document(
    kept: Kept, last: int, method: Method, course: Course, steps: Steps, count: int
) -> int:
    """Write the steps of the part of a document that was kept."""
    kind, places, start = method.kind, kept.places, method.window
    while start < kept.end and places[start] < last:
        stop = start + 1
        while kind == RUNS and stop < kept.end and places[stop] // RUN == places[start] // RUN:
            stop += 1
        state = _hash(course.seed + np.uint64(1), places[start])
        before = count
        if kind == RUNS:
            count = _run(kept, start, stop, method, course.seed, state, steps, count)
        elif kind == PAIRS:
            count = _pairs(kept, start, method, state, steps, count)
        else:
            count = _word(kept, start, method, state, steps, count)
        rate = max(course.alpha - course.slope * places[start], course.min_alpha)
        for number in range(before, count):
            steps.rate[number] = rate
        start = stop
    return count


# --- the three kinds of step ----------------------------------------------------------


@njit(forceinline=True)
def _run(
    kept: Kept,
    start: int,
    stop: int,
    method: Method,
    seed: np.uint64,
    state: np.uint64,
    steps: Steps,
    count: int,
) -> int:
    """One step of the centre words [start, stop) and all contexts that any of them sees."""
    step = steps_from(steps, count)
    low, high = start, stop
    for t in range(stop - start):
        reach = _reach(_hash(seed + np.uint64(1), kept.places[start + t]), method.window)
        low, high = min(low, start + t - reach), max(high, start + t + reach + 1)
        step.reaches[t] = reach + 1
    for t in range(stop - start, LANES):
        step.reaches[t] = 0
    low, high = max(low, kept.begin), min(high, kept.end)
    for i in range(low, high):
        step.contexts[i - low] = kept.words[i]
    step.sizes[2], step.sizes[3] = stop - start, low - start
    _columns(kept.words, start, stop, method.targets, state, step)
    # a centre word alone has no pair
    return _finished(step, count, high - low if high - low > 1 else NONE)


@njit
def _pairs(
    kept: Kept, start: int, method: Method, state: np.uint64, steps: Steps, count: int
) -> int:
    """A step for each context of a centre word, with negatives of its own."""
    reach = _reach(state, method.window)
    for i in range(max(start - reach, kept.begin), min(start + reach + 1, kept.end)):
        if i != start:
            step = steps_from(steps, count)
            step.contexts[0] = kept.words[i]
            own = state + np.uint64(i - start)
            _columns(kept.words, start, start + 1, method.targets, own, step)
            count = _finished(step, count, ONE)
    return count


@njit(forceinline=True)
def _word(
    kept: Kept, start: int, method: Method, state: np.uint64, steps: Steps, count: int
) -> int:
    """One step of all contexts of a centre word."""
    reach, c = _reach(state, method.window), NONE
    low, high = max(start - reach, kept.begin), min(start + reach + 1, kept.end)
    step = steps_from(steps, count)
    for i in range(low, high):
        if i != start:
            step.contexts[c] = kept.words[i]
            c += 1
    _columns(kept.words, start, start + 1, method.targets, state, step)
    return _finished(step, count, c)


@njit(inline="always")
def _finished(step: Steps, count: int, c: int) -> int:
    """Close a step of c contexts, if there are any; returns the number of the next."""
    step.sizes[0] = c
    return count + (c > 0)


@njit(forceinline=True)
def _columns(
    words: Pointer, start: int, stop: int, targets: Targets, state: np.uint64, step: Steps
) -> None:
    """Write the columns of a step, and their labels; negatives are none of the centre words."""
    columns, labels, m = step.columns, step.labels, 0
    if targets.hierarchical:
        for place in range(targets.offsets[words[start]], targets.offsets[words[start] + 1]):
            columns[m] = targets.points[place]
            labels[m] = 1 - 2 * targets.codes[place]
            m += 1
    else:
        for centre in range(start, stop):
            columns[m], labels[m] = words[centre], 1
            m += 1
        for k in range(1, targets.draws + 1):
            word = _draw(_hash(state, k), targets)
            fresh = True
            for t in range(stop - start):
                fresh = fresh and columns[t] != word
            if fresh:
                columns[m], labels[m] = word, targets.label
                m += 1
    step.sizes[1] = m
    for j in range(m, step.columns_apart):
        columns[j], labels[j] = columns[0], 0


# --- chance ---------------------------------------------------------------------------


@njit(inline="always")
def _hash(seed: np.uint64, number: int) -> np.uint64:
    """SplitMix64: 64 random bits for each number."""
    z = seed + np.uint64(number + 1) * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(inline="always")
def _survives(word: int, place: int, keep: Pointer, seed: np.uint64) -> bool:
    return (_hash(seed, place) >> np.uint64(11)) * (1 / 9007199254740992.0) < keep[word]


@njit(inline="always")
def _reach(bits: np.uint64, window: int) -> int:
    """From 1 to ``window``."""
    return 1 + np.int64((bits >> np.uint64(32)) * np.uint64(window) >> np.uint64(32))


@njit(inline="always")
def _draw(bits: np.uint64, targets: Targets) -> int:
    """A word, by the alias method (Walker 1977): itself with its share, or the other one."""
    word = np.int64((bits >> np.uint64(32)) * np.uint64(targets.words) >> np.uint64(32))
    if np.int64(bits & np.uint64(0xFFFFFF)) >= targets.table[2 * word]:
        return np.int64(targets.table[2 * word + 1])
    return word
