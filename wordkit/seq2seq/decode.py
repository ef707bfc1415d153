"""The likeliest translation that greedy or beam search finds.

All beams of a batch of sentences take a step together. A beam of 1 is greedy search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module, to_host
from wordkit.errors import ModelError
from wordkit.seq2seq.model import Seq2Seq

ROWS = 256
"""Hypotheses of one step: a batch has so many sentences, or less by the width of the beam."""


@dataclass(frozen=True)
class Translation:
    """What a model makes of a source.

    Attributes
    ----------
    tokens
        T tokens, without ``<eos>``.
    score
        Its log probability, ``<eos>`` included, over the length penalty.
    attention
        (T, S): the share of each of the S source tokens in each token; None if the model
        has no attention.
    others
        The next best translations, the best of them first; they have no others.
    """

    tokens: list[str]
    score: float = 0.0
    attention: np.ndarray | None = None
    others: tuple[Translation, ...] = ()


@dataclass(frozen=True)
class _Search:
    """The options of ``translate``, checked."""

    beam: int = 1
    n_best: int = 1
    length_penalty: float = 0.6
    max_length: int | None = None
    allow_unknown: bool = False
    replace_unknown: bool = False

    def __post_init__(self) -> None:
        if self.beam < 1:
            raise ModelError(f"the width of the beam must be at least 1, not {self.beam}")
        if not 1 <= self.n_best <= self.beam:
            raise ModelError(
                f"a beam of {self.beam} gives 1 to {self.beam} translations, not {self.n_best}: "
                "widen the beam"
            )
        if not 0 <= self.length_penalty < np.inf:
            raise ModelError(f"length_penalty must be at least 0, not {self.length_penalty}")
        if self.max_length is not None and self.max_length < 1:
            raise ModelError(f"max_length must be at least 1, not {self.max_length}")

    def banned(self, model: Seq2Seq) -> list[int]:
        """The ids that no translation has."""
        unknown = self.allow_unknown or self.replace_unknown
        return [model.start] if unknown else [model.start, model.unknown]

    def limit(self, source: np.ndarray) -> int:
        """The most tokens of a translation."""
        return 2 * len(source) + 10 if self.max_length is None else self.max_length

    def score(self, log_probability: float, length: int) -> float:
        """Divided by lp(Y) = ((5 + |Y|) / 6) ** alpha, ``<eos>`` being one of |Y|."""
        return float(log_probability) / ((5 + length) / 6) ** self.length_penalty


def translate(
    model: Seq2Seq,
    sources: Sequence[Sequence[str]],
    *,
    beam: int = 1,
    n_best: int = 1,
    length_penalty: float = 0.6,
    max_length: int | None = None,
    allow_unknown: bool = False,
    replace_unknown: bool = False,
) -> list[Translation]:
    """Translate sentences; of an empty one the translation is empty.

    Parameters
    ----------
    sources
        The tokens of each sentence.
    beam
        How many beginnings of one length are gone on with.
    n_best
        How many translations of each sentence: the best one and its ``others``.
    length_penalty
        alpha of Wu et al. 2016, "Google's Neural Machine Translation System", eq. 14: 0
        compares sums of log probabilities, which favours short translations.
    max_length
        The most tokens of a translation; without it twice those of the source and 10. One
        that reaches it ends there.
    allow_unknown
        ``<unk>`` may be a token of a translation.
    replace_unknown
        It may, and the source token that it attends to most takes its place.

    Raises
    ------
    ModelError
        An option is out of its range, or ``replace_unknown`` finds no attention.
    """
    search = _Search(beam, n_best, length_penalty, max_length, allow_unknown, replace_unknown)
    if replace_unknown and model.settings.attention == "none":
        raise ModelError("the model has no attention to say by what <unk> is to be replaced")
    found = [Translation([])] * len(sources)
    by_length = sorted(range(len(sources)), key=lambda number: len(sources[number]))
    numbers = [number for number in by_length if sources[number]]
    at_once = max(1, ROWS // beam)
    for start in range(0, len(numbers), at_once):
        batch = numbers[start : start + at_once]
        ids = [model.source_ids(sources[number]) for number in batch]
        for number, ended in zip(batch, _beam_search(model, ids, search), strict=True):
            if not ended:
                raise ModelError("the model's probabilities are not numbers: train it anew")
            best, *others = (
                _translation(model, each, sources[number], replace=replace_unknown)
                for each in sorted(ended, key=lambda each: -each.score)[:n_best]
            )
            found[number] = Translation(best.tokens, best.score, best.attention, tuple(others))
    return found


def translate_stream(
    model: Seq2Seq, blocks: Iterable[Sequence[Sequence[str]]], **options: Any
) -> Iterator[Translation]:
    """Translate blocks of sentences, each block before the next one is asked for.

    ``options`` are those of ``translate``.
    """
    for block in blocks:
        yield from translate(model, block, **options)


# --- the search ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Hypothesis:
    """One that has ended: ids (T,), attention (T, S), or (T, 0) if there is none."""

    ids: np.ndarray
    score: float
    attention: np.ndarray


def _beam_search(
    model: Seq2Seq, sources: list[np.ndarray], search: _Search
) -> list[list[_Hypothesis]]:
    """The hypotheses that have ended, of each source, in no order.

    A source has B beams, each a row of the model. Of all tokens that could follow them,
    ``<eos>`` aside, the B likeliest do. A beam ends, too, where its ``<eos>`` is one of the
    B likeliest of all, and at the greatest length. A source of which B have ended leaves.
    """
    width, limits = search.beam, np.array([search.limit(source) for source in sources])
    ended: list[list[_Hypothesis]] = [[] for _ in sources]
    # of the n sources that are left: which they are, and how many beams have ended
    number, count = np.arange(len(sources)), np.zeros(len(sources), int)
    # of their R = n B beams: log p (R,), tokens (R, 1 + T) and attention (R, T, S)
    sums = np.where(np.arange(len(sources) * width) % width, -np.inf, 0)  # one, at first
    tokens, attention = np.full((len(sums), 1), model.start), None
    memory = model.encode(sources).rows(np.repeat(number, width))
    state = memory.first_state
    for length in range(limits.max() + 1):
        scores, state, weights = model.step(tokens[:, -1], state, memory)
        looks = np.zeros((len(sums), 0)) if weights is None else to_host(weights)
        attention = looks[:, None][:, :0] if attention is None else attention
        at_end, logs, ids = _likeliest(scores, width, model.end, search.banned(model))
        ending = (sums + at_end).reshape(-1, width)
        going = (sums[:, None] + logs).reshape(len(number), -1)

        last = limits[number] == length
        ends = (_among_best(ending, going) | last[:, None]) & np.isfinite(ending)
        for row in np.flatnonzero(ends).tolist():
            source = number[row // width]
            seen = attention[row, :, : len(sources[source])]
            score = search.score(ending.flat[row], length + 1)
            ended[source].append(_Hypothesis(tokens[row, 1:], score, seen))
        count += ends.sum(axis=1)

        left = np.flatnonzero(~last & (count < width))
        if not left.size:
            break
        best = np.argsort(-going[left], axis=1, kind="stable")[:, :width]
        chosen = (left[:, None] * going.shape[1] + best).ravel()
        parents = chosen // logs.shape[1]
        sums = going.ravel()[chosen]
        tokens = np.column_stack([tokens[parents], ids.ravel()[chosen]])
        attention = np.concatenate([attention[parents], looks[parents, None]], axis=1)
        state = {name: _rows(array, parents) for name, array in state.items()}
        if len(left) < len(number):
            memory = memory.rows((left[:, None] * width + np.arange(width)).ravel())
            number, count = number[left], count[left]
    return ended


def _likeliest(
    scores: Array, width: int, end: int, banned: list[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of scores (R, V), which are changed: log p of ``<eos>``, (R,), on the host.

    And of the B likeliest other tokens of each row log p and ids, (R, B) each, in no order.
    """
    xp = array_module(scores)
    at_end = to_host(scores[:, end]).astype(np.float64)
    scores[:, [end, *banned]] = -np.inf
    width = min(width, scores.shape[1] - 1)
    if width == 1:
        ids = scores.argmax(axis=1)[:, None]
    else:
        ids = xp.argpartition(scores, -width, axis=1)[:, -width:]
    logs = to_host(xp.take_along_axis(scores, ids, axis=1)).astype(np.float64)
    return at_end, logs, to_host(ids)


def _among_best(ending: np.ndarray, going: np.ndarray) -> np.ndarray:
    """Which of (n, B) sums are among the B highest of them and those that go on (n, ...)."""
    width = ending.shape[1]
    least = np.sort(np.concatenate([ending, going], axis=1), axis=1)[:, -width]
    return ending >= least[:, None]


def _rows(array: Array, index: np.ndarray) -> Array:
    return array[array_module(array).asarray(index)]


# --- from ids to tokens -------------------------------------------------------------


def _translation(
    model: Seq2Seq, hypothesis: _Hypothesis, source: Sequence[str], *, replace: bool
) -> Translation:
    ids, attention = hypothesis.ids.tolist(), hypothesis.attention
    tokens = [model.target_words[number] for number in ids]
    if replace and model.unknown in ids:
        looked_at = attention.argmax(axis=1).tolist()
        tokens = [
            source[place] if number == model.unknown else token
            for number, token, place in zip(ids, tokens, looked_at, strict=True)
        ]
    # a copy, or it would keep the attention of the whole batch in memory
    seen = attention.copy() if attention.shape[1] else None
    return Translation(tokens, hypothesis.score, seen)
