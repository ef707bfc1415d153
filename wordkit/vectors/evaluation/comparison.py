"""Compare two sets of vectors on the test items that both know."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wordkit.errors import ModelError
from wordkit.vectors.evaluation import bootstrap
from wordkit.vectors.evaluation.scores import Seed, pair_cosines, right_answers, spearman
from wordkit.vectors.evaluation.sets import Analogies, WordPairs
from wordkit.vectors.word_vectors import WordVectors


@dataclass(frozen=True)
class Comparison:
    """The scores (rho or accuracy) of two sets of vectors over the same ``used`` items.

    ``difference`` is the first score minus the second, ``low`` to ``high`` its 95 %
    bootstrap interval. Scores that are not defined are None.
    """

    kind: str
    name: str
    total: int
    used: int
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data for JSON."""
        return asdict(self)


def compare(
    first: WordVectors,
    second: WordVectors,
    test_set: WordPairs | Analogies,
    *,
    method: str = "3cosadd",
    restrict_vocab: int | None = 30_000,
    seed: Seed = 1,
    any_size: bool = False,
) -> Comparison:
    """Score two sets of vectors on the items both know; test the difference by bootstrap.

    The vocabularies may differ. Vectors of different sizes are compared only with
    ``any_size``, as a difference may then be due to size alone. The bootstrap is paired. The
    other parameters are those of ``evaluate``.

    Raises
    ------
    ModelError
        No item has all its words in both vocabularies, or the dimensions differ.
    """
    if first.vector_size != second.vector_size and not any_size:
        raise ModelError(
            f"the vectors have {first.vector_size} and {second.vector_size} dimensions, so a "
            "difference may be one of size alone; compare them all the same with any_size=True "
            "(--any-size)"
        )
    rng = np.random.default_rng(seed)
    both = (first, second)
    if isinstance(test_set, WordPairs):
        kind = "pairs"
        outcomes = np.array([pair_cosines(vectors, test_set) for vectors in both])
        used = _known_to_both(test_set.name, outcomes)
        human = np.array(test_set.scores)[used]
        scores = [spearman(human, cosines)[0] for cosines in outcomes[:, used]]
        one, other = bootstrap.correlations(human, outcomes[:, used], rng)
        resampled = one - other
    else:
        kind = "analogies"
        outcomes = np.array(
            [right_answers(vectors, test_set, method, restrict_vocab) for vectors in both]
        )
        used = _known_to_both(test_set.name, outcomes)
        scores = [float(right.mean()) for right in outcomes[:, used]]
        resampled = bootstrap.accuracy_differences(outcomes[0, used], outcomes[1, used], rng)
    return _comparison(kind, test_set.name, used, scores, resampled)


def _known_to_both(name: str, outcomes: np.ndarray) -> np.ndarray:
    """Return a mask of the items with an outcome in both rows; there must be at least one."""
    used: np.ndarray = np.isfinite(outcomes).all(axis=0)
    if not used.any():
        raise ModelError(
            f"{name}: of its {len(used):,} items there is none whose words stand in both "
            "vocabularies, so that nothing can be compared"
        )
    return used


def _comparison(
    kind: str, name: str, used: np.ndarray, scores: list[float | None], resampled: np.ndarray
) -> Comparison:
    first, second = scores
    difference = None if first is None or second is None else first - second
    low, high = (None, None) if difference is None else bootstrap.interval(resampled)
    return Comparison(
        kind=kind,
        name=name,
        total=len(used),
        used=int(used.sum()),
        first=first,
        second=second,
        difference=difference,
        low=low,
        high=high,
        p_value=None if difference is None else bootstrap.p_value(resampled),
    )
