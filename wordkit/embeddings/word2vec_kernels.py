# mypy: ignore-errors
# (numba's types are not Python's: a loop over int64, a float32 that is no float)
"""word2vec at the speed of memory: skip-gram and CBOW with negative sampling.

Skip-gram takes the centre words of a run of ``RUN`` tokens together. Their context
vectors X (C, D), and the output vectors O (M, D) of the centre words and of K negatives
that they share, are copied into small blocks that stay in the first cache. Scores,
gradients and updates are then three small matrix products, with the weights as they
were before the run.

Every random choice is a hash of the seed and the position in the text. So it does not
depend on how the text is cut into pieces, nor on the number of threads.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from wordkit.embeddings.block_kernels import (
    add_product,
    add_row,
    clear_row,
    gather,
    make_blocks,
    products,
    steps,
)

RUN = 4
"""Tokens of which the centre words share their negatives."""
MARGIN = 1_000
"""Tokens read on either side of a piece, so that no window is cut."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def skipgram(
    ids: np.ndarray,
    offsets: np.ndarray,
    first: int,
    last: int,
    keep: np.ndarray,
    window: int,
    negative: int,
    shared: bool,
    inputs: np.ndarray,
    outputs: np.ndarray,
    alias_share: np.ndarray,
    alias_word: np.ndarray,
    seed: np.uint64,
    alpha: float,
    slope: float,
    min_alpha: float,
    loss: np.ndarray,
) -> None:
    """Train on the centre words at the positions [first, last).

    ``first`` is a multiple of ``RUN``. ``keep`` is the probability of each word to
    survive subsampling; ``inputs`` and ``outputs`` (V, D padded) are updated in place;
    ``alias_*`` are the tables of the negatives; the rate at position p is
    ``max(alpha - slope * p, min_alpha)``. The sum of the losses and the number of pairs
    are added to ``loss``.
    """
    blocks = make_blocks(RUN + 2 * window, RUN + negative, inputs.shape[1])
    contexts, words = np.empty(RUN + 2 * window, np.int32), np.empty(RUN + negative, np.int32)
    reaches = np.empty(RUN, np.int64)
    text = np.empty(min(last - first + 2 * MARGIN, len(ids)) + 1, np.int32)
    places = np.empty(len(text), np.int64)
    model = (inputs, outputs, alias_share, alias_word)
    document = np.searchsorted(offsets, first, side="right") - 1
    while document < len(offsets) - 1 and offsets[document] < last:
        begin = max(offsets[document], first - MARGIN)
        end = min(offsets[document + 1], last + MARGIN)
        n = _survivors(ids, begin, end, keep, seed, text, places)
        start = np.searchsorted(places[:n], first)
        while start < n and places[start] < last:
            stop = start
            while stop < n and places[stop] // RUN == places[start] // RUN:
                state = _hash(seed + np.uint64(1), places[stop])
                reaches[stop - start] = 1 + np.int64(state % np.uint64(window))
                stop += 1
            state = _hash(seed + np.uint64(1), places[start])
            rate = np.float32(max(alpha - slope * places[start], min_alpha))
            if shared:
                low, high = _span(reaches, start, stop, n)
                _run(text, low, high, start, stop, reaches, state, rate, model, contexts, words,
                     negative, blocks, loss)  # fmt: skip
            else:
                for centre in range(start, stop):
                    reach = reaches[centre - start]
                    for place in range(max(0, centre - reach), min(n, centre + reach + 1)):
                        if place != centre:
                            _run(text, place, place + 1, centre, centre + 1,
                                 reaches[centre - start :], state + np.uint64(place), rate,
                                 model, contexts, words, negative, blocks, loss)  # fmt: skip
            start = stop
        document += 1


@njit(cache=True, nogil=True)
def _span(reaches: np.ndarray, start: int, stop: int, n: int) -> tuple[int, int]:
    """The contexts [low, high) of the centres [start, stop)."""
    low, high = n, 0
    for centre in range(start, stop):
        low = min(low, centre - reaches[centre - start])
        high = max(high, centre + reaches[centre - start] + 1)
    return max(low, 0), min(high, n)


@njit(cache=True, nogil=True)
def _run(
    text: np.ndarray,
    low: int,
    high: int,
    start: int,
    stop: int,
    reaches: np.ndarray,
    state: np.uint64,
    rate: float,
    model: tuple,
    contexts: np.ndarray,
    words: np.ndarray,
    negative: int,
    blocks: tuple,
    loss: np.ndarray,
) -> None:
    """One step of all pairs of the centres [start, stop) and the contexts [low, high)."""
    inputs, outputs, alias_share, alias_word = model
    x, o, scores, flat, weights, flat_weights, right, bits, powers = blocks
    c, centres, columns = high - low, stop - start, scores.shape[1]
    for i in range(c):
        contexts[i] = text[low + i]
    for t in range(centres):
        words[t] = text[start + t]
    m = _draw(words, centres, negative, state, alias_share, alias_word)
    pairs = 0
    for i in range(c):
        together = 0
        for t in range(centres):
            distance = abs(low + i - start - t)
            near = 0 < distance <= reaches[t]
            weights[i, t] = near
            together += near
        for j in range(centres, m):
            weights[i, j] = together
        for j in range(m, columns):
            weights[i, j] = 0
        pairs += together
    if pairs == 0:
        return
    gather(outputs, words, m, o, centres)
    gather(inputs, contexts, c, x, 0)
    products(x, o, c + c % 2, m + -m % 3, scores)
    loss[0] += steps(flat, flat_weights, right, bits, powers, c * columns, rate)
    loss[1] += pairs
    add_product(inputs, contexts, c, o, m, flat, columns, 1)
    for i in range(c):
        for t in range(centres):
            scores[i, t] = -scores[i, t]
    add_product(outputs, words, m, x, c, flat, 1, columns)


@njit(cache=True, nogil=True)
def cbow(
    ids: np.ndarray,
    offsets: np.ndarray,
    first: int,
    last: int,
    keep: np.ndarray,
    window: int,
    negative: int,
    forward_mean: bool,
    backward_mean: bool,
    inputs: np.ndarray,
    outputs: np.ndarray,
    alias_share: np.ndarray,
    alias_word: np.ndarray,
    seed: np.uint64,
    alpha: float,
    slope: float,
    min_alpha: float,
    loss: np.ndarray,
) -> None:
    """Like ``skipgram``: the context vectors, added up, predict the centre word.

    ``forward_mean`` divides their sum by their number, ``backward_mean`` its gradient.
    """
    x, o, scores, flat, _, flat_weights, right, bits, powers = make_blocks(
        2, negative + 1, inputs.shape[1]
    )
    words = np.empty(negative + 1, np.int32)
    text = np.empty(min(last - first + 2 * MARGIN, len(ids)) + 1, np.int32)
    places = np.empty(len(text), np.int64)
    document = np.searchsorted(offsets, first, side="right") - 1
    while document < len(offsets) - 1 and offsets[document] < last:
        begin = max(offsets[document], first - MARGIN)
        end = min(offsets[document + 1], last + MARGIN)
        n = _survivors(ids, begin, end, keep, seed, text, places)
        for centre in range(n):
            if not first <= places[centre] < last:
                continue
            state = _hash(seed + np.uint64(1), places[centre])
            reach = 1 + np.int64(state % np.uint64(window))
            low, high = max(0, centre - reach), min(n, centre + reach + 1)
            c = high - low - 1
            if c == 0:
                continue
            rate = np.float32(max(alpha - slope * places[centre], min_alpha))
            share = np.float32(1 / c)
            forward = share if forward_mean else np.float32(1)
            backward = share if backward_mean else np.float32(1)
            clear_row(x, 0)
            _add_contexts(x, inputs, text, low, high, centre, forward)
            words[0] = text[centre]
            m = _draw(words, 1, negative, state, alias_share, alias_word)
            for j in range(len(flat_weights)):
                flat_weights[j] = j < m
            gather(outputs, words, m, o, 1)
            products(x, o, 2, m + -m % 3, scores)
            columns = scores.shape[1]
            loss[0] += steps(flat, flat_weights, right, bits, powers, columns, rate)
            loss[1] += 1
            add_row(outputs, words[0], x, 0, -scores[0, 0])
            for j in range(1, m):
                add_row(outputs, words[j], x, 0, scores[0, j])
            clear_row(x, 0)
            for j in range(m):
                add_row(x, 0, o, j, scores[0, j])
            _add_to_contexts(inputs, x, text, low, high, centre, backward)
        document += 1


# --- the text -----------------------------------------------------------------------


@njit(cache=True, nogil=True, inline="always")
def _hash(seed: np.uint64, number: int) -> np.uint64:
    """SplitMix64: 64 random bits for each number."""
    z = seed + np.uint64(number + 1) * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def _survivors(
    ids: np.ndarray,
    begin: int,
    end: int,
    keep: np.ndarray,
    seed: np.uint64,
    text: np.ndarray,
    places: np.ndarray,
) -> int:
    """Copy the tokens [begin, end) that survive subsampling, and where they stood."""
    n = 0
    for place in range(begin, end):
        word = ids[place]
        if (_hash(seed, place) >> np.uint64(11)) * (1 / 9007199254740992.0) < keep[word]:
            text[n], places[n] = word, place
            n += 1
    return n


@njit(cache=True, nogil=True)
def _draw(
    words: np.ndarray,
    centres: int,
    negative: int,
    state: np.uint64,
    alias_share: np.ndarray,
    alias_word: np.ndarray,
) -> int:
    """Put negatives behind the centre words (Walker's alias method), but none of those."""
    m = centres
    for k in range(1, negative + 1):
        number = _hash(state, k)
        word = np.int64((number >> np.uint64(32)) * np.uint64(len(alias_word)) >> np.uint64(32))
        if np.float32(number & np.uint64(0xFFFFFF)) * np.float32(2**-24) >= alias_share[word]:
            word = np.int64(alias_word[word])
        fresh = True
        for t in range(centres):
            fresh = fresh and words[t] != word
        if fresh:
            words[m] = word
            m += 1
    return m


@njit(cache=True, nogil=True)
def _add_contexts(
    block: np.ndarray,
    inputs: np.ndarray,
    text: np.ndarray,
    low: int,
    high: int,
    centre: int,
    by: float,
) -> None:
    for place in range(low, high):
        if place != centre:
            add_row(block, 0, inputs, text[place], by)


@njit(cache=True, nogil=True)
def _add_to_contexts(
    inputs: np.ndarray,
    block: np.ndarray,
    text: np.ndarray,
    low: int,
    high: int,
    centre: int,
    by: float,
) -> None:
    for place in range(low, high):
        if place != centre:
            add_row(inputs, text[place], block, 0, by)
