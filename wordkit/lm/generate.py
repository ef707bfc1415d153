"""Text from a language model, a word after the other.

The state of the model is fed each word once: the prompt in one block, then what is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from wordkit.backend.arrays import array_module, to_host
from wordkit.backend.memory import check_memory
from wordkit.backend.products import KeptProducts
from wordkit.corpus.text import EOS, make_tokenizer
from wordkit.errors import ModelError
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.sampling import Sampling, highest_scores
from wordkit.lm.texts import check_ids

NOTHING = -1
"""Stands for the words of a text that has ended before the others."""


def prompt_ids(model: RecurrentLanguageModel, prompt: str | None) -> tuple[np.ndarray, list[str]]:
    """The ids of a prompt, and its words that the model does not know; None begins a line.

    Unknown words become ``<unk>``; where there is none, they are left out.

    Raises
    ------
    ModelError
        There is no word in it, or none that is known; or it is None, and the model does
        not know how lines begin.
    """
    vocabulary = model.vocabulary
    if prompt is None:
        if EOS not in vocabulary:
            raise ModelError(
                f"the model knows no {EOS}, after which it could begin: give a prompt"
            )
        return vocabulary.encode([EOS]), []
    tokenize = make_tokenizer(model.text)
    tokens = [token for line in prompt.split("\n") for token in tokenize(line)]
    if model.text.eos is not None and tokens[-1:] == [EOS]:
        tokens.pop()  # the last line goes on
    if not tokens:
        raise ModelError("the prompt is empty: give at least one word, or no prompt at all")
    unknown = [token for token in tokens if token not in vocabulary]
    if unknown and not any(token in vocabulary for token in tokens if token != EOS):
        raise ModelError(
            f"the model knows no word of the prompt ({' '.join(unknown[:5])}): its words are in "
            "vocabulary.txt"
        )
    return vocabulary.encode(tokens), unknown


def generate(
    model: RecurrentLanguageModel,
    prompt: np.ndarray,
    length: int,
    *,
    sampling: Sampling,
    samples: int = 1,
    seed: int = 1,
    stop: bool = True,
    ban_unk: bool = True,
) -> Iterator[np.ndarray]:
    """Go on from a prompt.

    Parameters
    ----------
    prompt
        (T,) ids, at least one.
    length
        The most words to make.
    samples
        N texts, made at once.
    stop
        A text ends with ``<eos>``.
    ban_unk
        ``<unk>`` is never chosen.

    Yields
    ------
    The next word of each text, (N,); of one that has ended, ``NOTHING``.

    Raises
    ------
    ModelError
        When the first word is asked for: the prompt is empty or has an id of no word, or a
        number is below 1 or beyond memory. At any word: there is none to choose.
    """
    _check_number(length, "length")
    _check_number(samples, "samples")
    _check_memory(model, samples, length, "samples")
    rng = np.random.default_rng(seed)
    banned, eos = _banned(model, ban_unk), model.vocabulary.index.get(EOS)
    h, state = _read(model, prompt)
    xp = array_module(h)
    h = xp.repeat(h, samples, axis=0)
    state = {name: xp.repeat(array, samples, axis=0) for name, array in state.items()}
    ended, words = np.zeros(samples, bool), np.full(samples, NOTHING)
    product = KeptProducts()
    for made in range(length):
        if made:
            h, state = model.step(np.maximum(words, 0), state, product=product)
        scores = to_host(model.scores(h, product=product))
        scores[:, banned] = -np.inf
        words = np.where(ended, NOTHING, sampling.choose(scores, rng))
        yield words
        if stop:
            ended |= words == eos
            if ended.all():
                return


def beam_search(
    model: RecurrentLanguageModel,
    prompt: np.ndarray,
    length: int,
    *,
    width: int = 5,
    stop: bool = True,
    ban_unk: bool = True,
) -> tuple[list[int], float]:
    """The most likely text, by the mean log p of its words, that beam search finds.

    Of all texts of one length, ``<eos>`` aside, only the ``width`` most likely are
    extended. One ends where its ``<eos>`` makes it one of the ``width`` most likely of all, or at
    the greatest length; when ``width`` have ended, the search has. (By the sum of its words,
    no text would be likelier than its first word.) A beam of 1 is greedy search.

    Parameters
    ----------
    prompt, length, stop, ban_unk
        As of ``generate``.
    width
        Beam width: hypotheses kept per step.

    Returns
    -------
    Its ids, never none, with ``stop`` perhaps ``<eos>`` at the end, and the sum of their
    log p.

    Raises
    ------
    ModelError
        The prompt is empty or has an id of no word, a number is below 1 or beyond memory, or
        there is no word to choose.
    """
    _check_number(length, "length")
    _check_number(width, "the width of the beam")
    _check_memory(model, width, length, "the width of the beam")
    banned = _banned(model, ban_unk)
    eos = model.vocabulary.index.get(EOS, NOTHING) if stop else NOTHING
    h, state = _read(model, prompt)
    going: list[tuple[list[int], float]] = [([], 0.0)]
    ended: list[tuple[list[int], float]] = []
    product = KeptProducts()
    rows = [0]  # of the state, for those that are extended
    for made in range(length):
        if made:
            last = [text[-1] for text, _ in going]
            state = {name: array[rows] for name, array in state.items()}
            h, state = model.step(np.array(last), state, product=product)
        logs = _log_softmax(to_host(model.scores(h, product=product)).astype(np.float64))
        logs[:, banned] = -np.inf
        highest_scores(logs)
        sums = (np.array([total for _, total in going])[:, None] + logs).ravel()
        ranked = _highest_places(sums, 2 * width)  # up to half are <eos>
        parents, words = np.divmod(ranked[np.isfinite(sums[ranked])], logs.shape[1])
        found = [
            (parent, ([*going[parent][0], word], float(sums[parent * logs.shape[1] + word])))
            for parent, word in zip(parents.tolist(), words.tolist(), strict=True)
        ]
        ended += [text for _, text in found[:width] if text[0][-1] == eos]
        rest = [(parent, text) for parent, text in found if text[0][-1] != eos][:width]
        rows, going = [parent for parent, _ in rest], [text for _, text in rest]
        if made == length - 1:
            ended += going
        if len(ended) >= width or not going:
            break
    return max(ended, key=lambda text: text[1] / len(text[0]))


def _check_number(number: int, what: str) -> None:
    if not isinstance(number, (int, np.integer)) or number < 1:
        raise ModelError(f"{what} must be at least 1 and a whole number, not {number!r}")


def _check_memory(model: RecurrentLanguageModel, rows: int, length: int, what: str) -> None:
    """What a step takes: scores, and as many numbers in float64; and the words of all texts."""
    check_memory(
        rows * (12 * len(model.vocabulary) + 8 * length),
        f"making {rows:,} texts of up to {length:,} words at once",
        f"lower length or {what}",
    )


def _read(model: RecurrentLanguageModel, prompt: Sequence[int] | np.ndarray) -> tuple:
    """h (1, H) and the state after the prompt."""
    ids = np.asarray(prompt)
    if not ids.size:
        raise ModelError("there must be at least one word to begin after")
    check_ids(ids, len(model.vocabulary))
    h = model.hidden(ids[None], {})
    return h[:, -1], model.recurrent.final_state


def _banned(model: RecurrentLanguageModel, ban_unk: bool) -> list[int]:
    unk = model.vocabulary.unk_id
    return [unk] if ban_unk and unk is not None else []


def _highest_places(sums: np.ndarray, count: int) -> np.ndarray:
    """Where the highest of sums (M,) stand, from the highest down; of equal ones the first.

    It takes as long as looking at them does: what is below the last of them is not sorted.
    """
    count = min(count, len(sums))
    lowest = np.partition(sums, -count)[-count]
    places = np.flatnonzero(sums >= lowest)
    return places[np.argsort(-sums[places], kind="stable")[:count]]


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    scores = scores - highest_scores(scores)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
