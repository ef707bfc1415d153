"""What the kernels of word2vec are given: named tuples of arrays, and inside of pointers.

V words, N tokens, D numbers in a vector.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Text(NamedTuple):
    """A corpus.

    ids (N,) int32; offsets (documents + 1,) int64: where the documents begin and end; keep
    (V,) float64: the probability of each word to survive subsampling.
    """

    ids: Any
    offsets: Any
    keep: Any


class Targets(NamedTuple):
    """What a centre word is told from: the columns of a step.

    For negative sampling, the number of draws, the label of a negative, and a table (words, 2)
    to draw from (``draw_table``). For hierarchical softmax, the Huffman tree: codes, points and
    offsets.
    """

    hierarchical: bool
    draws: int
    label: float
    words: int
    table: Any
    codes: Any
    points: Any
    offsets: Any


class Method(NamedTuple):
    """What stays the same in a training.

    kind of step, largest window; for CBOW, whether the joined contexts are divided by their
    number (mean), and the gradient of each of them, too (mean_gradient).
    """

    kind: int
    window: int
    cbow: bool
    mean: bool
    mean_gradient: bool
    targets: Targets


class Course(NamedTuple):
    """What stays the same in an epoch: the rate at place p is max(alpha - slope p, min_alpha)."""

    seed: Any
    alpha: float
    slope: float
    min_alpha: float


class Steps(NamedTuple):
    """Tables with a row for each step, or pointers to one.

    sizes: numbers of contexts, of columns, and of columns that are centre words with a reach
    of their own; where the first context stands, counted from the first centre word. contexts
    and columns: their ids, and some more, as ``block_kernels`` wants them. labels of the
    columns. reaches of the centre words, plus one. rate. How far rows of contexts and of
    columns are apart.
    """

    sizes: Any
    contexts: Any
    columns: Any
    labels: Any
    reaches: Any
    rate: Any
    contexts_apart: int
    columns_apart: int


class Kept(NamedTuple):
    """The survivors [begin, end) of a document: words, and places in the text."""

    words: Any
    places: Any
    begin: int
    end: int


class Model(NamedTuple):
    """The two matrices, flat float32.

    A row has size numbers, a multiple of 16, of which the first used are not always zero.
    learns (V,) uint8: whether an input vector is to be updated; frozen: whether any is not.
    """

    size: int
    used: int
    inputs: Any
    outputs: Any
    learns: Any
    frozen: bool


class Room(NamedTuple):
    """What steps keep from their scores to their updates.

    scores, of each part of the vectors; x, the contexts from before the step; losses (slots, 2):
    sums of the loss and of its terms.
    """

    scores: Any
    x: Any
    losses: Any
    slots: int
    parts: int


class Own(NamedTuple):
    """What a thread needs for a moment.

    numbers 0, 1, 2 …; a list for picking rows; weights of the scores of a step; in CBOW the
    gradient of X and the share of a context.
    """

    numbers: Any
    picks: Any
    weights: Any
    gradient: Any
    share: Any


class Work(NamedTuple):
    """Where a thread works: steps planned, room for scores, its own, tokens planned at once."""

    steps: Steps
    room: Room
    own: Own
    at_once: int


class Meeting(NamedTuple):
    """Threads that train together.

    counter, one int64 from 0; counts (``ROUND``,) int64: steps of each piece that was planned;
    which thread this is, of how many.
    """

    counter: Any
    counts: Any
    me: int
    workers: int
