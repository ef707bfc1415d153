"""The most likely translation that greedy or beam search finds.

All beams of a batch of sentences take a step together. A beam of 1 is greedy search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from wordkit.backend.arrays import Array, array_module, to_host
from wordkit.backend.memory import check_memory
from wordkit.errors import ModelError
from wordkit.seq2seq.model import EncoderDecoder

ROWS = 256
"""Hypotheses of one step: a batch has so many sentences, or less by the width of the beam."""
PLACES = 1 << 15
"""Tokens of the sources that all hypotheses of a step look at: of long ones, fewer are a batch."""


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
        has no attention, or nobody asked for it.
    others
        The next best translations, the best of them first; they have no others.
    """

    tokens: list[str]
    score: float = 0.0
    attention: np.ndarray | None = None
    others: tuple[Translation, ...] = ()


@dataclass(frozen=True)
class _Search:
    """A model and the options of ``translate``, checked."""

    model: EncoderDecoder
    beam: int = 1
    n_best: int = 1
    length_penalty: float = 0.6
    max_length: int | None = None
    allow_unknown: bool = False
    replace_unknown: bool = False
    attention: bool = True

    def __post_init__(self) -> None:
        if self.beam < 1:
            raise ModelError(f"the width of the beam must be at least 1, not {self.beam}")
        if not 1 <= self.n_best <= self.beam:
            raise ModelError(
                f"a beam of {self.beam} gives 1 to {self.beam} translations, not {self.n_best}: "
                "widen the beam"
            )
        if not 0 <= self.length_penalty <= 10:
            raise ModelError(f"length_penalty must be from 0 to 10, not {self.length_penalty}")
        if self.max_length is not None and self.max_length < 1:
            raise ModelError(f"max_length must be at least 1, not {self.max_length}")
        if self.replace_unknown and self.model.settings.attention == "none":
            raise ModelError("the model has no attention to say by what <unk> is to be replaced")
        self._check_memory()

    def _check_memory(self) -> None:
        """What a step takes: scores and the best tokens; what all keep: the ways back."""
        words, length = len(self.model.target_words), self.max_length or 1
        row = 12 * words + 32 * min(self.beam, words) + 16 * length
        check_memory(
            self.beam * row,
            f"a beam of {self.beam:,} for translations of up to {length:,} tokens",
            "lower beam or max_length",
        )

    @property
    def banned(self) -> list[int]:
        """The ids that no translation has."""
        unknown = self.allow_unknown or self.replace_unknown
        return [self.model.start] if unknown else [self.model.start, self.model.unknown]

    def limit(self, source: np.ndarray) -> int:
        """The most tokens of a translation."""
        if self.max_length is not None:
            return self.max_length
        return 2 * len(source) + self.model.extra_length

    def score(self, log_probability: float, length: int) -> float:
        """Divided by lp(Y) = ((5 + |Y|) / 6) ** alpha, ``<eos>`` being one of |Y|."""
        return float(log_probability) / ((5 + length) / 6) ** self.length_penalty


def translate(
    model: EncoderDecoder,
    sources: Sequence[Sequence[str]],
    *,
    beam: int = 1,
    n_best: int = 1,
    length_penalty: float = 0.6,
    max_length: int | None = None,
    allow_unknown: bool = False,
    replace_unknown: bool = False,
    attention: bool = True,
) -> list[Translation]:
    """Translate sentences; of an empty one the translation is empty.

    Parameters
    ----------
    sources
        The tokens of each sentence.
    beam
        Beam width: hypotheses kept per step.
    n_best
        How many translations of each sentence: the best one and its ``others``.
    length_penalty
        alpha of Wu et al. 2016, "Google's Neural Machine Translation System", eq. 14: 0
        compares sums of log probabilities, which favours short translations; up to 10.
    max_length
        The most tokens of a translation, which ends there; without it, twice those of the
        source and 10, or more where the training pairs needed more.
    allow_unknown
        ``<unk>`` may be a token of a translation.
    replace_unknown
        It may, and the source token that it attends to most takes its place.
    attention
        Keep what each token looks at; without it, long sources take far less memory.

    Returns
    -------
    A translation of each sentence, in their order.

    Raises
    ------
    ModelError
        An option is out of its range or beyond memory, or ``replace_unknown`` finds no
        attention.
    """
    search = _Search(
        model, beam, n_best, length_penalty, max_length, allow_unknown, replace_unknown, attention
    )
    return _translations(search, sources)


def translate_stream(
    model: EncoderDecoder, blocks: Iterable[Sequence[Sequence[str]]], **options: Any
) -> Iterator[Translation]:
    """Translate blocks of sentences, each block before the next one is asked for.

    ``options`` are those of ``translate``, and are checked before the first block.
    """
    search = _Search(model, **options)
    return (found for block in blocks for found in _translations(search, block))


def _translations(search: _Search, sources: Sequence[Sequence[str]]) -> list[Translation]:
    found = [Translation([]) for _ in sources]
    for numbers in _batches(sources, search.beam):
        ids = [search.model.source_ids(sources[number]) for number in numbers]
        steps, ended = _beam_search(search, ids)
        for number, ends in zip(numbers, ended, strict=True):
            if not ends:
                raise ModelError("the model's probabilities are not numbers: train it again")
            best, *others = (
                _translation(search, sources[number], steps, end)
                for end in sorted(ends, key=lambda end: -end.score)[: search.n_best]
            )
            found[number] = replace(best, others=tuple(others))
    return found


def _batches(sources: Sequence[Sequence[str]], beam: int) -> Iterator[list[int]]:
    """The numbers of the sources that are not empty, about equally long ones together."""
    batch: list[int] = []
    for number in sorted(range(len(sources)), key=lambda number: len(sources[number])):
        rows, length = (len(batch) + 1) * beam, len(sources[number])
        if batch and (rows > ROWS or rows * length > PLACES):
            yield batch
            batch = []
        if length:
            batch.append(number)
    if batch:
        yield batch


# --- the search ---------------------------------------------------------------------


class _Step(NamedTuple):
    """From the R rows of a step to the R' of the next: enough to go back from any of them.

    ``parents`` (R',), the rows that they extend, and ``words`` (R',), the ids they add.
    ``weights`` (R, S), how much the rows looked at each token of their source, and ``places``
    (R,), at which most: None unless asked for.
    """

    parents: np.ndarray
    words: np.ndarray
    weights: np.ndarray | None
    places: np.ndarray | None


class _End(NamedTuple):
    """A hypothesis that has ended: after so many steps, which are its length, in this row."""

    length: int
    row: int
    score: float


def _beam_search(
    search: _Search, sources: list[np.ndarray]
) -> tuple[list[_Step], list[list[_End]]]:
    """The steps, and the hypotheses that have ended, of each source, in no order.

    A source has B beams, each a row of the model. Of all tokens that could follow them,
    ``<eos>`` aside, the B most likely do. A beam ends, too, where its ``<eos>`` is one of the
    B most likely of all, and at the greatest length. A source of which B have ended leaves.
    """
    model, width = search.model, search.beam
    limits = np.array([search.limit(source) for source in sources])
    steps: list[_Step] = []
    ended: list[list[_End]] = [[] for _ in sources]
    # of the n sources that are left: which they are, and how many beams have ended
    number, count = np.arange(len(sources)), np.zeros(len(sources), int)
    # of their R = n B beams: log p (R,) and the last word (R,)
    sums = np.where(np.arange(len(sources) * width) % width, -np.inf, 0)  # one, at first
    words = np.full(len(sums), model.start)
    memory = model.encode(sources).rows(np.repeat(number, width))
    state = memory.first_state
    for length in range(limits.max() + 1):
        scores, state, weights = model.step(words, state, memory)
        at_end, logs, ids = _likeliest(scores, width, model.end, search.banned)
        ending = (sums + at_end).reshape(-1, width)
        going = (sums[:, None] + logs).reshape(len(number), -1)

        last = limits[number] == length
        ends = (_among_best(ending, going) | last[:, None]) & np.isfinite(ending)
        for row in np.flatnonzero(ends).tolist():
            score = search.score(ending.flat[row], length + 1)
            ended[number[row // width]].append(_End(length, row, score))
        count += ends.sum(axis=1)

        left = np.flatnonzero(~last & (count < width))
        if not left.size:
            break
        best = np.argsort(-going[left], axis=1, kind="stable")[:, :width]
        chosen = (left[:, None] * going.shape[1] + best).ravel()
        parents = chosen // logs.shape[1]
        sums, words = going.ravel()[chosen], ids.ravel()[chosen]
        steps.append(_Step(parents, words, *_looks(search, weights)))
        state = {name: _rows(array, parents) for name, array in state.items()}
        if len(left) < len(number):
            memory = memory.rows((left[:, None] * width + np.arange(width)).ravel())
            number, count = number[left], count[left]
    return steps, ended


def _looks(search: _Search, weights: Array | None) -> tuple[np.ndarray | None, np.ndarray | None]:
    """What a step keeps of its attention (R, S): ``weights`` and ``places``, on the host."""
    if weights is None:
        return None, None
    return (
        to_host(weights) if search.attention else None,
        to_host(weights.argmax(axis=1)) if search.replace_unknown else None,
    )


def _likeliest(
    scores: Array, width: int, end: int, banned: list[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of scores (R, V), which are changed: log p of ``<eos>``, (R,), on the host.

    And of the B most likely other tokens of each row log p and ids, (R, B) each, in no order.
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
    """Which of (n, B) sums are among the B highest of them and the extended ones (n, ...)."""
    width = ending.shape[1]
    least = np.sort(np.concatenate([ending, going], axis=1), axis=1)[:, -width]
    return ending >= least[:, None]


def _rows(array: Array, index: np.ndarray) -> Array:
    return array[array_module(array).asarray(index)]


# --- from steps to tokens -----------------------------------------------------------


def _translation(
    search: _Search, source: Sequence[str], steps: list[_Step], end: _End
) -> Translation:
    """The way back from an end to the beginning."""
    model, row = search.model, end.row
    tokens, weights = [], []
    for step in reversed(steps[: end.length]):
        word, row = step.words[row], step.parents[row]
        if step.places is not None and word == model.unknown:
            tokens.append(source[step.places[row]])
        else:
            tokens.append(model.target_words[word])
        if step.weights is not None:
            weights.append(step.weights[row, : len(source)])
    attention = None
    if search.attention and model.settings.attention != "none":
        attention = np.array(weights[::-1]).reshape(len(tokens), len(source))
    return Translation(tokens[::-1], end.score, attention)
