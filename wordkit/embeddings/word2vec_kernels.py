# mypy: ignore-errors
# (numba's types are not Python's: a loop over int64, a float32 that is no float)
"""word2vec at the speed of memory: the arithmetic of its steps.

In skip-gram the contexts X (C, D) of a step meet its columns O (M, D):

    S = X O^T                  scores
    G = (label - sigmoid(S))   weighted by labels and windows, times the rate
    X += G O,  O += G^T X      with the O and X from before the step

In CBOW X is one row, the sum or mean of the contexts, and what is added to it goes to
each of them.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from wordkit.backend.simd_kernels import (
    ALIGNED,
    LANES,
    Pointer,
    absolute,
    add_up,
    at,
    fill,
    floor,
    hold,
    load,
    maximum,
    minimum,
    multiply_add,
    pointer,
    power_of_two,
    prefetch,
    store,
    wait_for,
    where_positive,
)
from wordkit.embeddings.block_kernels import (
    add_products,
    add_row,
    aligned_zeros,
    copy_rows,
    products,
    row_products,
    sum_rows,
)
from wordkit.embeddings.word2vec_steps_kernels import (
    NONE,
    ONE,
    plan,
    pointers,
    step_at,
    steps_from,
)

ROUND = 16
"""Pieces of text that threads plan, each some of them, before they train on them together."""


@njit(cache=True, nogil=True)
def train(
    text: tuple,
    first: int,
    last: int,
    kind: int,
    window: int,
    targets: tuple,
    rates: tuple,
    seed: np.uint64,
    bag: tuple,
    model: tuple,
    tables: tuple,
    room: tuple,
    at_once: int,
) -> None:
    """Train on the centre words at the places [first, last), step after step.

    Parameters
    ----------
    text, kind, window, rates, seed
        As ``plan`` takes them.
    targets
        As ``plan`` takes them, but arrays.
    bag
        Whether this is CBOW, and whether it divides by the number of contexts: forwards,
        and backwards.
    model
        The length of a vector, a multiple of 16; flat input and output vectors, updated
        in place; and (V,) uint8: whether an input vector is to be updated.
    tables, room, at_once
        ``make_steps`` for so many tokens, and ``make_room`` for one step; the sums of loss
        and terms end in ``room``.
    """
    steps, weights, columns = pointers(tables), _weights(tables, model), _columns(tables, targets)
    slot, mine = _slot(_slots(room), NONE), (pointer(room[5]), pointer(room[6]), NONE, ONE)
    for begin in range(first, last, at_once):
        end = min(begin + at_once, last)
        n = plan(text, begin, end, kind, window, columns, rates, seed, steps)
        for number in range(n):
            if number + 1 < n:
                _fetch(weights, step_at(steps, number + 1))
            step = step_at(steps, number)
            _score(weights, bag, step, slot, mine)
            _update_inputs(weights, bag, step, slot, mine)
            _update_outputs(weights, bag, step, slot, mine)
    hold((tables, room))


@njit(cache=True, nogil=True)
def train_together(
    text: tuple,
    first: int,
    last: int,
    kind: int,
    window: int,
    targets: tuple,
    rates: tuple,
    seed: np.uint64,
    bag: tuple,
    model: tuple,
    tables: tuple,
    room: tuple,
    at_once: int,
    picks: np.ndarray,
    counter: np.ndarray,
    counts: np.ndarray,
    me: int,
    workers: int,
) -> None:
    """The same in batches, by ``workers`` threads that wait for each other: this is one.

    The steps of a batch take their scores from the same weights, each by one thread; then
    every thread updates the words that are its own, step after step. So each number is
    computed from the same ones in the same order, whatever the number of threads.

    ``first`` is a multiple of ``ROUND * at_once``. The threads of a call share ``tables``
    (for ``ROUND`` pieces), ``room`` (for the steps of a batch), ``counter``, one int64 of 0,
    and ``counts`` (ROUND,) int64, but not ``picks``, which is as in ``room``.
    """
    steps, weights, columns = pointers(tables), _weights(tables, model), _columns(tables, targets)
    slots, mine = _slots(room), (pointer(room[5]), pointer(picks), me, workers)
    batch, capacity = len(room[3]), len(tables[0]) // ROUND
    gate, waits = pointer(counter), np.int64(0)
    for begin in range(first, last, ROUND * at_once):
        for piece in range(me, ROUND, workers):
            start = min(begin + piece * at_once, last)
            own = steps_from(steps, piece * capacity)
            counts[piece] = plan(text, start, min(start + at_once, last), kind, window, columns,
                                 rates, seed, own)  # fmt: skip
        waits += workers
        wait_for(gate, waits)
        for piece in range(ROUND):
            for start in range(0, counts[piece], batch):
                own = steps_from(steps, piece * capacity + start)
                n = min(batch, counts[piece] - start)
                waits = _train_batch(own, n, weights, bag, slots, mine, gate, waits)
        waits += workers
        wait_for(gate, waits)  # nobody plans the next round while others are in this one
    hold((tables, room, picks, counter))


@njit(cache=True, nogil=True)
def _train_batch(
    steps: tuple,
    n: int,
    weights: tuple,
    bag: tuple,
    slots: tuple,
    mine: tuple,
    gate: Pointer,
    waits: int,
) -> int:
    """This thread's part of n steps; returns how often all threads have waited."""
    _, _, me, workers = mine
    for number in range(me, n, workers):
        if number + workers < n:
            _fetch(weights, step_at(steps, number + workers))
        _score(weights, bag, step_at(steps, number), _slot(slots, number), mine)
    wait_for(gate, waits + workers)
    for number in range(n):
        _update_inputs(weights, bag, step_at(steps, number), _slot(slots, number), mine)
    wait_for(gate, waits + 2 * workers)
    for number in range(n):
        _update_outputs(weights, bag, step_at(steps, number), _slot(slots, number), mine)
    wait_for(gate, waits + 3 * workers)
    return waits + 3 * workers


def make_room(slots: int, tables: tuple, size: int) -> tuple:
    """What steps keep from their scores to their updates, in so many slots.

    Scores; X; in CBOW its gradient, and the share of each context; loss and its terms,
    (slots, 2). For all: the numbers of the rows of X, and a list for picking rows.
    """
    rows, width = tables[1].shape[1], tables[2].shape[1]
    longest = max(rows, width)
    return (
        aligned_zeros(slots * rows * width),
        aligned_zeros(slots * rows * size),
        aligned_zeros(slots * size),
        np.zeros(slots, np.float32),
        np.zeros((slots, 2)),
        np.arange(longest, dtype=np.int32),
        np.zeros(longest, np.int32),
    )


@njit(cache=True, nogil=True)
def _slots(room: tuple) -> tuple:
    """Pointers to the room, and how far the slots are apart."""
    scores, x, gradients, shares, losses, _, _ = room
    n = len(shares)
    return (
        len(scores) // n, len(x) // n, len(gradients) // n, pointer(scores), pointer(x),
        pointer(gradients), pointer(shares), pointer(losses),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _slot(slots: tuple, number: int) -> tuple:
    of_scores, of_x, of_gradients, scores, x, gradients, shares, losses = slots
    return (
        at(scores, of_scores * number),
        at(x, of_x * number),
        at(gradients, of_gradients * number),
        at(shares, number),
        at(losses, 2 * number),
    )


@njit(cache=True, nogil=True)
def _weights(tables: tuple, model: tuple) -> tuple:
    size, inputs, outputs, learns = model
    return size, tables[2].shape[1], pointer(inputs), pointer(outputs), pointer(learns)


@njit(cache=True, nogil=True)
def _columns(tables: tuple, targets: tuple) -> tuple:
    """``targets`` as ``plan`` takes them."""
    hierarchical, draws, label, share, other, codes, points, offsets = targets
    return (
        tables[2].shape[1], hierarchical, draws, label, pointer(share), pointer(other),
        len(other), pointer(codes), pointer(points), pointer(offsets),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _fetch(model: tuple, step: tuple) -> None:
    """Ask for the rows of a step before it is their turn."""
    size, _, inputs, outputs, _ = model
    sizes, contexts, columns, _, _, _ = step
    for i in range(sizes[0]):
        row = contexts[i] * size
        for d in range(0, size, ALIGNED):
            prefetch(inputs, row + d)
    for j in range(sizes[1]):
        row = columns[j] * size
        for d in range(0, size, ALIGNED):
            prefetch(outputs, row + d)


@njit(cache=True, nogil=True)
def _score(model: tuple, bag: tuple, step: tuple, slot: tuple, mine: tuple) -> None:
    """The scores of a step, turned into G; X is kept, and in CBOW also G O."""
    size, width, inputs, outputs, _ = model
    sizes, contexts, columns, _, _, _ = step
    scores, x, gradient, shares, losses = slot
    numbers = mine[0]
    c, m = sizes[0], sizes[1]
    if bag[0]:
        shares[0] = 1 / c if bag[1] else 1
        sum_rows(inputs, contexts, c, size, shares, NONE, x)
        row_products(x, outputs, columns, m, size, scores)
        _gradients(scores, ONE, width, step, losses)
        sum_rows(outputs, columns, m, size, scores, ONE, gradient)
    else:
        copy_rows(inputs, contexts, c, size, x)
        products(x, numbers, c, outputs, columns, m, size, scores, width)
        _gradients(scores, c, width, step, losses)


@njit(cache=True, nogil=True)
def _update_inputs(model: tuple, bag: tuple, step: tuple, slot: tuple, mine: tuple) -> None:
    """Update the contexts that are this worker's: every so many words one is."""
    size, width, inputs, outputs, learns = model
    sizes, contexts, columns, _, _, _ = step
    scores, _, gradient, shares, _ = slot
    _, picks, me, workers = mine
    c, n = sizes[0], NONE
    for i in range(c):
        if learns[contexts[i]] and (workers == 1 or contexts[i] % workers == me):
            picks[n] = i
            n += 1
    if bag[0]:
        shares[0] = 1 / c if bag[2] else 1
        add_row(inputs, contexts, picks, n, size, shares, NONE, gradient)
    else:
        add_products(
            inputs, contexts, picks, n, outputs, columns, sizes[1], size, scores, width, ONE
        )


@njit(cache=True, nogil=True)
def _update_outputs(model: tuple, bag: tuple, step: tuple, slot: tuple, mine: tuple) -> None:
    """Update the columns that are this worker's."""
    size, width, _, outputs, _ = model
    sizes, _, columns, _, _, _ = step
    scores, x, _, _, _ = slot
    numbers, picks, me, workers = mine
    n = NONE
    for j in range(sizes[1]):
        if workers == 1 or columns[j] % workers == me:
            picks[n] = j
            n += 1
    if bag[0]:
        add_row(outputs, columns, picks, n, size, scores, ONE, x)
    else:
        add_products(outputs, columns, picks, n, x, numbers, sizes[0], size, scores, ONE, width)


# --- sigmoid and loss -----------------------------------------------------------------

_LANES = np.arange(LANES, dtype=np.float32)
_LOG2_E = np.float32(np.log2(np.e))
_EXP2 = tuple(
    np.float32(c)
    for c in np.polynomial.Chebyshev.interpolate(np.exp2, 6, [-0.5, 0.5])
    .convert(kind=np.polynomial.Polynomial)
    .coef[::-1]
)
"""2 ** f for f from -1/2 to 1/2."""
_LOG1P = tuple(
    np.float32(c)
    for c in np.polynomial.Chebyshev.interpolate(lambda z: np.log1p(z) / z, 8, [0, 1])
    .convert(kind=np.polynomial.Polynomial)
    .coef[::-1]
)
"""log(1 + z) / z for z from 0 to 1."""


@njit(cache=True, nogil=True)
def _gradients(scores: Pointer, rows: int, width: int, step: tuple, losses: Pointer) -> None:
    """Turn scores into rate * weight * (label - sigmoid(score)), and add up the loss.

    A column that is a centre word counts for the contexts within its reach, the others for
    each context as often as centre words do.
    """
    sizes, _, _, labels, reaches, rates = step
    centres, first = sizes[2], sizes[3]
    zero, one, lane = fill(np.float32(0)), fill(np.float32(1)), load(pointer(_LANES), 0)
    rate, total, pairs = fill(rates[0]), zero, np.float32(rows)
    if centres:
        pairs = np.float32(0)
    for i in range(rows):
        near = together = one
        if centres:
            distance = absolute(fill(np.float32(first + i)) - lane)
            near = maximum(load(reaches, 0) - distance, zero)
            near = minimum(near, minimum(distance, one))
            number = add_up(near)
            together = fill(number)
            near = where_positive(lane - fill(np.float32(centres)), together, near)
            pairs += number
        for k in range(0, width, LANES):
            weight = near * load(labels, k)
            near = together
            missing, loss = _sigmoid(load(scores, i * width + k), weight)
            store(scores, i * width + k, missing * weight * rate)
            total += loss * absolute(weight)
    for k in range(rows * width, (rows + -rows % 3) * width, LANES):
        store(scores, k, zero)
    losses[0] += add_up(total)
    losses[1] += pairs


@njit(cache=True, nogil=True)
def _sigmoid(score, weight):
    """1 - sigmoid(t) and -log sigmoid(t), where t is the score, turned if it should be low."""
    zero, one = fill(np.float32(0)), fill(np.float32(1))
    t = where_positive(weight, score, zero - score)
    y = fill(_LOG2_E) * maximum(zero - absolute(t), fill(np.float32(-80)))
    whole = floor(y + fill(np.float32(0.5)))
    f = y - whole
    e = fill(_EXP2[0])
    for n in range(1, len(_EXP2)):
        e = multiply_add(e, f, fill(_EXP2[n]))
    e = e * power_of_two(whole)  # exp(-|t|)
    log = fill(_LOG1P[0])
    for n in range(1, len(_LOG1P)):
        log = multiply_add(log, e, fill(_LOG1P[n]))
    return where_positive(t, e, one) / (one + e), log * e - minimum(t, zero)
