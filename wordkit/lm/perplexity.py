"""How well a model foresees a text, in float64, every word but the first counted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wordkit.backend.arrays import array_module, to_host
from wordkit.errors import ModelError
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.texts import check_ids
from wordkit.training.runs.metrics import perplexity as perplexity_of

STEPS = 128
"""Words read at once: the scores of so many words are in memory together."""


def log_probabilities(model: RecurrentLanguageModel, ids: np.ndarray) -> Iterator[np.ndarray]:
    """Of every id but the first, by all those before it: natural logarithms, float64.

    The text is read as one stream from an empty state.

    Yields
    ------
    (n,) of the next n ids: all together T - 1.

    Raises
    ------
    ModelError
        There are fewer than two ids, or one is of no word.
    """
    if len(ids) < 2:
        raise ModelError(f"the text must have at least 2 tokens, found {len(ids)}")
    check_ids(ids, len(model.vocabulary))
    state: dict = {}
    for start in range(0, len(ids) - 1, STEPS):
        targets = ids[start + 1 : start + 1 + STEPS]
        h = model.hidden(ids[None, start : start + len(targets)], state)
        state = model.recurrent.final_state
        scores = model.scores(h[0])
        xp = array_module(scores)
        scores -= scores.max(axis=1, keepdims=True)
        picked = scores[xp.arange(len(targets)), xp.asarray(targets)].astype(xp.float64)
        xp.exp(scores, out=scores)
        yield to_host(picked - xp.log(scores.sum(axis=1, dtype=xp.float64)))


class TextScore(NamedTuple):
    """How well a text was foreseen.

    ``log_probability`` is the sum, in nats, over its ``tokens``; of these ``oov``, or so
    many more if there is no ``<unk>``, are not in the vocabulary.
    """

    log_probability: float
    tokens: int
    oov: int = 0

    @property
    def perplexity(self) -> float:
        """exp of the mean of -log p."""
        return perplexity_of(-self.log_probability / self.tokens)


def score_text(model: RecurrentLanguageModel, ids: np.ndarray, oov: int = 0) -> TextScore:
    """The sum of the ``log_probabilities`` of ids (T,), beside ``oov`` as it is given.

    Raises
    ------
    ModelError
        There are fewer than two ids, or one is of no word.
    """
    total = math.fsum(float(part.sum()) for part in log_probabilities(model, ids))
    return TextScore(total, len(ids) - 1, oov)


def perplexity(model: RecurrentLanguageModel, ids: np.ndarray) -> float:
    """Of every id (T,) but the first, each by all those before it.

    Raises
    ------
    ModelError
        There are fewer than two ids, or one is of no word.
    """
    return score_text(model, ids).perplexity
