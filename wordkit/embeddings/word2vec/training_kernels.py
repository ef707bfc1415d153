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

from wordkit.backend.compiling import njit
from wordkit.backend.simd_kernels import (
    ALIGNED,
    LANES,
    Pointer,
    at,
    hold,
    load,
    pointer,
    prefetch,
    store,
    wait_for,
)
from wordkit.embeddings.word2vec.block_kernels import (
    add_products,
    add_row,
    aligned_zeros,
    copy_rows,
    products,
    row_products,
    sum_rows,
)
from wordkit.embeddings.word2vec.loss_kernels import gradients
from wordkit.embeddings.word2vec.steps_kernels import (
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
    scratch: tuple,
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
    tables, room, scratch, at_once
        ``make_steps`` for so many tokens, ``make_room`` for one step of one part, and
        ``make_scratch``; the sums of loss and terms end in ``room``.
    """
    steps, columns = pointers(tables), _columns(tables, targets)
    weights, own = _weights(tables, model, NONE, model[0]), _pointers(scratch)
    slot = _slot(_slots(room), NONE, NONE, NONE)
    for begin in range(first, last, at_once):
        end = min(begin + at_once, last)
        n = plan(text, begin, end, kind, window, columns, rates, seed, steps)
        for number in range(n):
            if number + 1 < n:
                _fetch(weights, step_at(steps, number + 1))
            step = step_at(steps, number)
            _score(weights, bag, step, slot, own)
            _weigh(weights, bag, step, slot, ONE, NONE)
            _update_inputs(weights, bag, step, slot, own)
            _update_outputs(weights, bag, step, slot, own)
    hold((tables, room, scratch))


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
    scratch: tuple,
    at_once: int,
    parts: int,
    counter: np.ndarray,
    counts: np.ndarray,
    me: int,
    workers: int,
) -> None:
    """The same in batches, by ``workers`` threads that wait for each other: this is one.

    All vectors are cut into the same ``parts``, and a thread has some of these: it alone
    reads and writes them. A score is the sum of those of the parts, in their order; so each
    number is computed from the same ones in the same order, whatever the number of threads.

    ``first`` is a multiple of ``ROUND * at_once``. The threads of a call share ``tables``
    (for ``ROUND`` pieces), ``room`` (for the steps of two batches), ``counter``, one int64
    of 0, and ``counts`` (ROUND,) int64, but not ``scratch``.
    """
    steps, columns = pointers(tables), _columns(tables, targets)
    slots, own = _slots(room), _pointers(scratch)
    batch, capacity = room[3] // 2, len(tables[0]) // ROUND
    gate, waits, turn = pointer(counter), np.int64(0), np.int64(0)
    for begin in range(first, last, ROUND * at_once):
        for piece in range(me, ROUND, workers):
            start = min(begin + piece * at_once, last)
            room_for_it = steps_from(steps, piece * capacity)
            counts[piece] = plan(text, start, min(start + at_once, last), kind, window, columns,
                                 rates, seed, room_for_it)  # fmt: skip
        waits += workers
        wait_for(gate, waits)
        for piece in range(ROUND):
            for start in range(0, counts[piece], batch):
                chosen = steps_from(steps, piece * capacity + start)
                n = min(batch, counts[piece] - start)
                # others may still read the slots of the batch before
                turn = batch - turn
                _train_batch(chosen, n, tables, model, bag, slots, turn, own, parts, gate,
                             waits, me, workers)  # fmt: skip
                waits += 2 * workers
        waits += workers
        wait_for(gate, waits)  # nobody plans the next round while others are in this one
    hold((tables, room, scratch, counter))


@njit(cache=True, nogil=True)
def _train_batch(
    steps: tuple,
    n: int,
    tables: tuple,
    model: tuple,
    bag: tuple,
    slots: tuple,
    turn: int,
    own: tuple,
    parts: int,
    gate: Pointer,
    waits: int,
    me: int,
    workers: int,
) -> None:
    """This thread's share of n steps."""
    first, last = parts * me // workers, parts * (me + 1) // workers
    for part in range(first, last):
        begin, end = _cut(model[0], part, parts), _cut(model[0], part + 1, parts)
        weights = _weights(tables, model, begin, end)
        for number in range(n):
            if number + 1 < n:
                _fetch(weights, step_at(steps, number + 1))
            slot = _slot(slots, turn + number, part, begin)
            _score(weights, bag, step_at(steps, number), slot, own)
    wait_for(gate, waits + workers)
    weights = _weights(tables, model, NONE, model[0])
    for number in range(me, n, workers):
        slot = _slot(slots, turn + number, NONE, NONE)
        _weigh(weights, bag, step_at(steps, number), slot, parts, slots[0])
    wait_for(gate, waits + 2 * workers)
    begin, end = _cut(model[0], first, parts), _cut(model[0], last, parts)
    weights = _weights(tables, model, begin, end)
    for number in range(n):
        slot = _slot(slots, turn + number, NONE, begin)
        _update_inputs(weights, bag, step_at(steps, number), slot, own)
    for number in range(n):
        slot = _slot(slots, turn + number, NONE, begin)
        _update_outputs(weights, bag, step_at(steps, number), slot, own)


def make_room(slots: int, parts: int, tables: tuple, size: int, cbow: bool) -> tuple:
    """What steps keep from their scores to their updates, in so many slots.

    Scores of each part; X; loss and its terms, (slots, 2); the numbers of slots and parts.
    """
    rows, width = 3 if cbow else tables[1].shape[1], tables[2].shape[1]
    return (
        aligned_zeros(slots * parts * rows * width),
        aligned_zeros(slots * rows * size),
        np.zeros((slots, 2)),
        slots,
        parts,
    )


def make_scratch(tables: tuple, size: int) -> tuple:
    """What a thread needs for a moment.

    The numbers of the rows of X, a list for picking rows, and in CBOW the gradient of X and
    the share of a context.
    """
    longest = max(tables[1].shape[1], tables[2].shape[1])
    return (
        np.arange(longest, dtype=np.int32),
        np.zeros(longest, np.int32),
        aligned_zeros(size),
        np.zeros(1, np.float32),
    )


@njit(cache=True, nogil=True)
def _pointers(scratch: tuple) -> tuple:
    numbers, picks, gradient, share = scratch
    return pointer(numbers), pointer(picks), pointer(gradient), pointer(share)


@njit(cache=True, nogil=True)
def _slots(room: tuple) -> tuple:
    """Pointers to the room, and how far parts and slots are apart."""
    scores, x, losses, slots, parts = room
    return (
        len(scores) // (slots * parts), parts, len(x) // slots,
        pointer(scores), pointer(x), pointer(losses),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _slot(slots: tuple, number: int, part: int, begin: int) -> tuple:
    of_scores, parts, of_x, scores, x, losses = slots
    return (
        at(scores, of_scores * (parts * number + part)),
        at(x, of_x * number + begin),
        at(losses, 2 * number),
    )


@njit(cache=True, nogil=True)
def _cut(size: int, part: int, parts: int) -> int:
    """Where a part of the vectors begins."""
    return size // ALIGNED * part // parts * ALIGNED


@njit(cache=True, nogil=True)
def _weights(tables: tuple, model: tuple, begin: int, end: int) -> tuple:
    """The columns [begin, end) of the vectors."""
    size, inputs, outputs, learns = model
    return (
        size, end - begin, tables[2].shape[1],
        at(pointer(inputs), begin), at(pointer(outputs), begin), pointer(learns),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _columns(tables: tuple, targets: tuple) -> tuple:
    """``targets`` as ``plan`` takes them."""
    hierarchical, draws, label, share, other, codes, points, offsets = targets
    return (
        tables[2].shape[1], hierarchical, draws, label, pointer(share), pointer(other),
        len(other), pointer(codes), pointer(points), pointer(offsets),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _fetch(weights: tuple, step: tuple) -> None:
    """Ask for the rows of a step before it is their turn."""
    size, span, _, inputs, outputs, _ = weights
    sizes, contexts, columns, _, _, _ = step
    for i in range(sizes[0]):
        row = contexts[i] * size
        for d in range(0, span, ALIGNED):
            prefetch(inputs, row + d)
    for j in range(sizes[1]):
        row = columns[j] * size
        for d in range(0, span, ALIGNED):
            prefetch(outputs, row + d)


@njit(cache=True, nogil=True)
def _score(weights: tuple, bag: tuple, step: tuple, slot: tuple, own: tuple) -> None:
    """The scores of a step; X is kept."""
    size, span, width, inputs, outputs, _ = weights
    sizes, contexts, columns, _, _, _ = step
    scores, x, _ = slot
    numbers, _, _, share = own
    c, m = sizes[0], sizes[1]
    if bag[0]:
        share[0] = 1 / c if bag[1] else 1
        sum_rows(inputs, contexts, c, size, span, share, NONE, x)
        row_products(x, outputs, columns, m, size, span, scores)
    else:
        copy_rows(inputs, contexts, c, size, span, x)
        products(x, numbers, c, outputs, columns, m, size, span, scores, width)


@njit(cache=True, nogil=True)
def _weigh(
    weights: tuple, bag: tuple, step: tuple, slot: tuple, parts: int, distance: int
) -> None:
    """Turn the scores of all parts, which are so far apart, into G."""
    width, rows = weights[2], ONE if bag[0] else step[0][0]
    scores, _, losses = slot
    for part in range(1, parts):
        for k in range(0, rows * width, LANES):
            store(scores, k, load(scores, k) + load(scores, part * distance + k))
    gradients(scores, rows, width, step, losses)


@njit(cache=True, nogil=True)
def _update_inputs(weights: tuple, bag: tuple, step: tuple, slot: tuple, own: tuple) -> None:
    """Update the contexts, but those that are frozen."""
    size, span, width, inputs, outputs, learns = weights
    sizes, contexts, columns, _, _, _ = step
    scores, _, _ = slot
    _, picks, gradient, share = own
    c, m, n = sizes[0], sizes[1], NONE
    for i in range(c):
        if learns[contexts[i]]:
            picks[n] = i
            n += 1
    if bag[0]:
        share[0] = 1 / c if bag[2] else 1
        sum_rows(outputs, columns, m, size, span, scores, ONE, gradient)
        add_row(inputs, contexts, picks, n, size, span, share, NONE, gradient)
    else:
        add_products(
            inputs, contexts, picks, n, outputs, columns, m, size, span, scores, width, ONE
        )


@njit(cache=True, nogil=True)
def _update_outputs(weights: tuple, bag: tuple, step: tuple, slot: tuple, own: tuple) -> None:
    """Update the columns."""
    size, span, width, _, outputs, _ = weights
    sizes, _, columns, _, _, _ = step
    scores, x, _ = slot
    numbers = own[0]
    if bag[0]:
        add_row(outputs, columns, numbers, sizes[1], size, span, scores, ONE, x)
    else:
        add_products(
            outputs, columns, numbers, sizes[1], x, numbers, sizes[0], size, span, scores, ONE,
            width,
        )  # fmt: skip
