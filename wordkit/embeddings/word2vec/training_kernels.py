# mypy: ignore-errors
# (numba's types are not Python's: a loop over int64, a float32 that is no float)
"""word2vec at the speed of memory: the arithmetic of its steps.

    Text --plan--> Steps --score--> scores --weigh--> G --update--> Model
                   contexts ids     S = X O^T         G O   to the contexts X, rows of inputs
                   columns ids                        G^T X to the columns O, rows of outputs
                   labels

In skip-gram the contexts X (C, D) of a step meet its columns O (M, D):

    S = X O^T                  scores
    G = (label - sigmoid(S))   weighted by labels and windows, times the rate
    X += G O,  O += G^T X      with the O and X from before the step

In CBOW X is one row, the sum or mean of the contexts, and what is added to it goes to
each of them. What the letters stand for in memory is in ``structures``.
"""

from __future__ import annotations

from typing import NamedTuple

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
    Factors,
    Rows,
    add_products,
    add_row,
    aligned_zeros,
    copy_rows,
    products,
    sum_rows,
)
from wordkit.embeddings.word2vec.loss_kernels import gradients
from wordkit.embeddings.word2vec.steps_kernels import (
    NONE,
    ONE,
    make_steps,
    method_pointers,
    plan,
    pointers,
    steps_from,
    tokens_at_once,
)
from wordkit.embeddings.word2vec.structures import (
    Course,
    Meeting,
    Method,
    Model,
    Own,
    Room,
    Steps,
    Text,
    Work,
)

ROUND = 16
"""Pieces of text that threads plan, each some of them, before they train on them together."""


class Part(NamedTuple):
    """Some columns of the matrices, ``span`` of them from where inputs and outputs begin."""

    size: int
    span: int
    inputs: Pointer
    outputs: Pointer
    learns: Pointer
    frozen: bool


class Slot(NamedTuple):
    """The room of one step."""

    scores: Pointer
    x: Pointer
    losses: Pointer


@njit
def train(
    text: Text, first: int, last: int, method: Method, course: Course, model: Model, work: Work
) -> None:
    """Train on the centre words at the places [first, last), step after step.

    The model is updated in place; sums of loss and terms end in ``work.room``, which has one
    slot and one part.
    """
    method, steps, own = method_pointers(method), pointers(work.steps), _own(work.own)
    part, slot = _part(model, NONE, model.used), _slot(work.room, NONE, NONE, NONE)
    for begin in range(first, last, work.at_once):
        n = plan(text, begin, min(begin + work.at_once, last), method, course, steps)
        for number in range(n):
            step, coming = steps_from(steps, number), steps_from(steps, min(number + 1, n - 1))
            contexts, columns = _rows(part, coming)
            c, m = coming.sizes[0], coming.sizes[1]
            # some rows at a time: while more are on their way than fit, the processor waits
            _fetch(columns, NONE, m // 3, part.span)
            _score(part, method, step, slot, own)
            _fetch(columns, m // 3, 2 * m // 3, part.span)
            _weigh(method, step, slot, ONE, NONE, own)
            _fetch(columns, 2 * m // 3, m, part.span)
            _update_inputs(part, method, step, slot, own)
            _fetch(contexts, NONE, c, part.span)
            _update_outputs(part, method, step, slot, own)
    hold((text, method, model, work))


@njit
def train_together(
    text: Text,
    first: int,
    last: int,
    method: Method,
    course: Course,
    model: Model,
    work: Work,
    meeting: Meeting,
) -> None:
    """The same in batches, by threads that wait for each other: this is one.

    All vectors are cut into the same parts, and a thread has some of these: it alone reads and
    writes them. A score is the sum of those of the parts, in their order; so each number is
    computed from the same ones in the same order, whatever the number of threads.

    ``first`` is a multiple of ``ROUND * at_once``. The threads of a call share the steps (for
    ``ROUND`` pieces), the room (for the steps of two batches) and the counters.
    """
    told, steps, own = method_pointers(method), pointers(work.steps), _own(work.own)
    batch, capacity = work.room.slots // 2, len(work.steps.sizes) // ROUND
    gate, waits, turn = pointer(meeting.counter), NONE, NONE
    workers, at_once = meeting.workers, work.at_once
    for begin in range(first, last, ROUND * at_once):
        for piece in range(meeting.me, ROUND, workers):
            start = min(begin + piece * at_once, last)
            room_for_it = steps_from(steps, piece * capacity)
            end = min(start + at_once, last)
            meeting.counts[piece] = plan(text, start, end, told, course, room_for_it)
        waits += workers
        wait_for(gate, waits)
        for piece in range(ROUND):
            for start in range(0, meeting.counts[piece], batch):
                chosen = steps_from(steps, piece * capacity + start)
                n = min(batch, meeting.counts[piece] - start)
                # others may still read the slots of the batch before
                turn = batch - turn
                _train_batch(chosen, n, told, model, work.room, turn, own, meeting, waits)
                waits += 2 * workers
        waits += workers
        wait_for(gate, waits)  # nobody plans the next round while others are in this one
    hold((text, method, model, work, meeting))


@njit
def _train_batch(
    steps: Steps,
    n: int,
    method: Method,
    model: Model,
    room: Room,
    turn: int,
    own: Own,
    meeting: Meeting,
    waits: int,
) -> None:
    """Train this thread's share of n steps."""
    gate, me, workers, parts = pointer(meeting.counter), meeting.me, meeting.workers, room.parts
    first, last = parts * me // workers, parts * (me + 1) // workers
    for number_of_part in range(first, last):
        begin = _cut(model, number_of_part, parts)
        part = _part(model, begin, _cut(model, number_of_part + 1, parts))
        for number in range(n):
            coming = steps_from(steps, min(number + 1, n - 1))
            contexts, columns = _rows(part, coming)
            _fetch(contexts, NONE, coming.sizes[0], part.span)
            _fetch(columns, NONE, coming.sizes[1], part.span)
            slot = _slot(room, turn + number, number_of_part, begin)
            _score(part, method, steps_from(steps, number), slot, own)
    wait_for(gate, waits + workers)
    apart = len(room.scores) // (room.slots * parts)
    for number in range(me, n, workers):
        slot = _slot(room, turn + number, NONE, NONE)
        _weigh(method, steps_from(steps, number), slot, parts, apart, own)
    wait_for(gate, waits + 2 * workers)
    begin = _cut(model, first, parts)
    part = _part(model, begin, _cut(model, last, parts))
    for number in range(n):
        slot = _slot(room, turn + number, NONE, begin)
        _update_inputs(part, method, steps_from(steps, number), slot, own)
    for number in range(n):
        slot = _slot(room, turn + number, NONE, begin)
        _update_outputs(part, method, steps_from(steps, number), slot, own)


def make_work(method: Method, widest: int, width: int, pieces: int = 1, slots: int = 1,
              parts: int = 1) -> Work:  # fmt: skip
    """Where to train by a method with steps of up to ``widest`` columns, rows of ``width``.

    There is room to plan so many pieces of text at once, for so many steps, in so many parts.
    """
    at_once = tokens_at_once(method.kind, method.window, widest)
    steps = make_steps(pieces * at_once, method.kind, method.window, widest)
    rows = 3 if method.cbow else steps.contexts_apart
    room = Room(
        aligned_zeros(slots * parts * rows * steps.columns_apart),
        aligned_zeros(slots * rows * width),
        np.zeros((slots, 2)),
        slots,
        parts,
    )
    return Work(steps, room, make_own(steps, width), at_once)


def make_own(steps: Steps, width: int) -> Own:
    """What each thread needs for itself."""
    longest = max(steps.contexts_apart, steps.columns_apart)
    return Own(
        np.arange(longest, dtype=np.int32),
        np.zeros(longest, np.int32),
        aligned_zeros((steps.contexts_apart + 1) * steps.columns_apart),
        aligned_zeros(width),
        np.zeros(1, np.float32),
    )


@njit(inline="always")
def _own(own: Own) -> Own:
    """The same with pointers in place of arrays."""
    return Own(
        pointer(own.numbers), pointer(own.picks), pointer(own.weights), pointer(own.gradient),
        pointer(own.share),
    )  # fmt: skip


@njit(inline="always")
def _slot(room: Room, number: int, part: int, begin: int) -> Slot:
    """The room of a step, for a part of the vectors that begins there."""
    scores = len(room.scores) // (room.slots * room.parts)
    return Slot(
        at(pointer(room.scores), scores * (room.parts * number + part)),
        at(pointer(room.x), len(room.x) // room.slots * number + begin),
        at(pointer(room.losses), 2 * number),
    )


@njit(inline="always")
def _cut(model: Model, part: int, parts: int) -> int:
    """Where a part of the vectors begins, and the one before it ends."""
    return min(model.size // ALIGNED * part // parts * ALIGNED, model.used)


@njit(inline="always")
def _part(model: Model, begin: int, end: int) -> Part:
    """The columns [begin, end) of the matrices."""
    return Part(
        model.size, end - begin,
        at(pointer(model.inputs), begin), at(pointer(model.outputs), begin),
        pointer(model.learns), model.frozen,
    )  # fmt: skip


@njit(inline="always")
def _rows(part: Part, step: Steps) -> tuple[Rows, Rows]:
    """The contexts of a step, and its columns."""
    return (
        Rows(part.inputs, step.contexts, part.size),
        Rows(part.outputs, step.columns, part.size),
    )


@njit(inline="always")
def _fetch(rows: Rows, first: int, last: int, span: int) -> None:
    """Ask for rows before it is their turn."""
    for i in range(first, last):
        row = rows.numbers[i] * rows.size
        for d in range(0, span, ALIGNED):
            prefetch(rows.matrix, row + d)


@njit(forceinline=True)
def _score(part: Part, method: Method, step: Steps, slot: Slot, own: Own) -> None:
    """The scores of a step; X is kept."""
    c, m, width = step.sizes[0], step.sizes[1], step.columns_apart
    contexts, columns = _rows(part, step)
    x = Rows(slot.x, own.numbers, part.size)
    if method.cbow:
        own.share[0] = 1 / c if method.mean else 1
        sum_rows(contexts, c, Factors(own.share, NONE, NONE), part.span, slot.x)
        products(x, ONE, columns, m, part.span, slot.scores, width)
    else:
        copy_rows(contexts, c, part.span, slot.x)
        products(x, c, columns, m, part.span, slot.scores, width)


@njit(forceinline=True)
def _weigh(method: Method, step: Steps, slot: Slot, parts: int, apart: int, own: Own) -> None:
    """Turn the scores of all parts, which are so far apart, into G."""
    rows = ONE if method.cbow else step.sizes[0]
    for part in range(1, parts):
        for k in range(0, rows * step.columns_apart, LANES):
            others = load(slot.scores, part * apart + k)
            store(slot.scores, k, load(slot.scores, k) + others)
    gradients(slot.scores, rows, step, own.weights, slot.losses)


@njit(forceinline=True)
def _update_inputs(part: Part, method: Method, step: Steps, slot: Slot, own: Own) -> None:
    """Update the contexts, but those that are frozen."""
    c, m, picks, n = step.sizes[0], step.sizes[1], own.numbers, step.sizes[0]
    if part.frozen:
        picks, n = own.picks, NONE
        for i in range(c):
            if part.learns[step.contexts[i]]:
                picks[n] = i
                n += 1
    contexts, columns = _rows(part, step)
    if method.cbow:
        own.share[0] = 1 / c if method.mean_gradient else 1
        sum_rows(columns, m, Factors(slot.scores, ONE, NONE), part.span, own.gradient)
        add_row(contexts, picks, n, Factors(own.share, NONE, NONE), part.span, own.gradient)
    else:
        by = Factors(slot.scores, step.columns_apart, ONE)
        add_products(contexts, picks, n, columns, m, by, part.span)


@njit(forceinline=True)
def _update_outputs(part: Part, method: Method, step: Steps, slot: Slot, own: Own) -> None:
    """Update the columns."""
    c, m = step.sizes[0], step.sizes[1]
    _, columns = _rows(part, step)
    if method.cbow:
        add_row(columns, own.numbers, m, Factors(slot.scores, ONE, NONE), part.span, slot.x)
    else:
        x = Rows(slot.x, own.numbers, part.size)
        by = Factors(slot.scores, ONE, step.columns_apart)
        add_products(columns, own.numbers, m, x, c, by, part.span)
