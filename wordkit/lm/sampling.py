"""How the next word of a text is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wordkit.checks import Interval, check_parameters, parameter
from wordkit.errors import ModelError

_BLOCK = 128
"""Columns whose sum is drawn before one of them is."""


@dataclass(frozen=True)
class Sampling:
    """How the next word is chosen.

    Parameters
    ----------
    temperature
        The scores are divided by it: below 1, likely words become likelier.
    top_k
        Choose among this many of the most likely words.
    top_p
        Choose among the fewest words whose probabilities add up to this much, the most
        likely first (Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration").
    greedy
        Always take the most likely word.

    Raises
    ------
    ModelError
        A value is of the wrong type or outside its limits.
    """

    temperature: float = parameter(
        1.0,
        Interval(above=0),
        help="Below 1, likely tokens become likelier.",
        advice="for the most likely word choose greedy",
    )
    top_k: int | None = parameter(
        None, Interval(1), help="Choose among the K most likely tokens.", none="all"
    )
    top_p: float | None = parameter(
        None,
        Interval(above=0, high=1),
        help="Choose among the fewest tokens with that probability.",
        none="all",
    )
    greedy: bool = parameter(False, help="Always take the most likely token.")

    def __post_init__(self) -> None:
        check_parameters(self)

    def choose(self, scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Choose a word for each row of scores (N, V): its column, (N,).

        A score of -inf is never chosen.

        Raises
        ------
        ModelError
            A row has no finite highest score.
        """
        highest = highest_scores(scores)
        if self.greedy:
            return scores.argmax(axis=1)
        # no exponent is above 0, however low the temperature
        p = scores - highest
        if self.temperature != 1:
            # in float32 it may be 0 or infinite; what is too low for an exponent is -inf
            with np.errstate(over="ignore"):
                np.divide(p, self.temperature, out=p, dtype=np.float64, casting="same_kind")
        np.exp(p, out=p)
        if self.top_k is not None and self.top_k < p.shape[1]:
            left_out = np.argpartition(-p, self.top_k - 1, axis=1)[:, self.top_k :]
            np.put_along_axis(p, left_out, 0, axis=1)
        if self.top_p is not None:
            order = np.argsort(-p, axis=1)
            likeliest = np.take_along_axis(p, order, axis=1)
            sums = likeliest.cumsum(axis=1, dtype=np.float64)
            likeliest[sums - likeliest >= self.top_p * sums[:, -1:]] = 0
            np.put_along_axis(p, order, likeliest, axis=1)
        return draw(p, rng)


def draw(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a column for each row of weights (N, V), in proportion to them: (N,).

    A block of columns is drawn first, then a column of that block: a running sum over all
    columns would take as long as the model itself.
    """
    rows, starts = np.arange(len(weights)), np.arange(0, weights.shape[1], _BLOCK)
    sums = np.add.reduceat(weights, starts, axis=1).cumsum(axis=1, dtype=np.float64)
    point = rng.random(len(weights)) * sums[:, -1]
    block = (sums > point[:, None]).argmax(axis=1)
    point -= np.where(block > 0, sums[rows, block - 1], 0)
    columns = starts[block][:, None] + np.arange(_BLOCK)
    inside = columns < weights.shape[1]
    left = np.where(inside, weights[rows[:, None], np.where(inside, columns, 0)], 0)
    sums = left.cumsum(axis=1, dtype=np.float64)
    # where rounding leaves nothing above the point: the last column with a weight
    point = np.minimum(point, np.nextafter(sums[:, -1], 0))
    return columns[rows, (sums > point[:, None]).argmax(axis=1)]


def highest_scores(scores: np.ndarray) -> np.ndarray:
    """Return the highest score of each row of (N, V), (N, 1).

    Raises
    ------
    ModelError
        One of them is NaN or infinite, so that no word can be chosen.
    """
    highest = scores.max(axis=1, keepdims=True)
    if not np.isfinite(highest).all():
        raise ModelError(
            "there is no word to choose: the scores are NaN or infinite (train the model again), "
            "or all words are left out"
        )
    return highest
