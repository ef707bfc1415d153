"""Evaluate vectors on word pairs and analogies, with confidence intervals.

Words are looked up as spelt, else in lower case. Items with unknown words are treated in
two ways, and both results are always given:

``known``
    only the items whose words are all known;
``all``
    all items: a pair with an unknown word has similarity 0, and a question with an unknown
    word counts as answered wrongly.

Every interval is a 95 % bootstrap interval. A score that is not defined is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wordkit.vectors import analogies, search
from wordkit.vectors.evaluation import bootstrap
from wordkit.vectors.evaluation.sets import Analogies, WordPairs

if TYPE_CHECKING:
    from wordkit.vectors.word_vectors import WordVectors

Seed = int | np.random.Generator


@dataclass(frozen=True)
class Correlation:
    """Spearman's rho of human scores and cosines, over ``used`` pairs."""

    used: int
    rho: float | None
    p_value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class PairsResult:
    """How well cosines agree with the human scores of a set of word pairs."""

    kind: str
    name: str
    total: int
    coverage: float
    known: Correlation
    all: Correlation

    @property
    def score(self) -> float | None:
        """The figure usually reported: rho over the known pairs."""
        return self.known.rho

    def __repr__(self) -> str:
        known = _with_interval(self.known.rho, self.known.low, self.known.high)
        return (
            f"{self.name}: Spearman's rho {known} over the {self.known.used:,} known of "
            f"{self.total:,} pairs, {_figure(self.all.rho)} over all"
        )

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Accuracy:
    """The share of correct answers, over ``used`` questions."""

    used: int
    accuracy: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class SectionResult:
    """The correct answers in one section of an analogy set, or in several."""

    name: str
    total: int
    correct: int
    known: Accuracy
    all: Accuracy


@dataclass(frozen=True)
class AnalogiesResult:
    """The share of analogies answered correctly, by section.

    ``subtotals`` are "semantic" and "syntactic" if the set has syntactic sections, whose
    names start with "gram" as in the Google set; ``overall`` is all sections together.
    """

    kind: str
    name: str
    method: str
    restrict_vocab: int | None
    total: int
    coverage: float
    sections: tuple[SectionResult, ...]
    subtotals: tuple[SectionResult, ...]
    overall: SectionResult

    @property
    def score(self) -> float | None:
        """The figure usually reported: accuracy over the known questions."""
        return self.overall.known.accuracy

    def __repr__(self) -> str:
        known, whole = self.overall.known, self.overall.all
        return (
            f"{self.name}: accuracy {_with_interval(known.accuracy, known.low, known.high)} over "
            f"the {known.used:,} known of {self.total:,} questions, "
            f"{_figure(whole.accuracy)} over all"
        )

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data for JSON."""
        return asdict(self)


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _with_interval(value: float | None, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return _figure(value)
    return f"{_figure(value)} ({low:.3f} to {high:.3f})"


def evaluate(
    vectors: WordVectors,
    test_set: WordPairs | Analogies,
    *,
    method: str = "3cosadd",
    restrict_vocab: int | None = 30_000,
    seed: Seed = 1,
) -> PairsResult | AnalogiesResult:
    """Score vectors on a set that ``read_evaluation_set`` has read.

    Parameters
    ----------
    method
        For analogies: ``3cosadd`` or ``3cosmul``; see ``wordkit.vectors.analogies``.
    restrict_vocab
        For analogies: choose among this many most frequent words; None for all.
    seed
        For the bootstrap: a number or a NumPy generator.

    Raises
    ------
    ModelError
        A vector holds NaN or infinity, or a setting is out of range.
    """
    rng = np.random.default_rng(seed)
    if isinstance(test_set, WordPairs):
        return _pairs_result(test_set, pair_cosines(vectors, test_set), rng)
    right = right_answers(vectors, test_set, method, restrict_vocab)
    return _analogies_result(test_set, right, method, restrict_vocab, rng)


def pair_cosines(vectors: WordVectors, test_set: WordPairs) -> np.ndarray:
    """Return the cosine of each pair, (n,); NaN for a pair with an unknown word."""
    rows = _rows(vectors, test_set.pairs)
    cosines = np.full(len(rows), np.nan)
    known = np.flatnonzero((rows >= 0).all(axis=1))
    step = max(1, search.BLOCK // vectors.vector_size)
    for start in range(0, len(known), step):
        part = known[start : start + step]
        first, second = vectors.unit(rows[part, 0]), vectors.unit(rows[part, 1])
        cosines[part] = np.einsum("nd,nd->n", first, second)
    return cosines


def right_answers(
    vectors: WordVectors,
    test_set: Analogies,
    method: str = "3cosadd",
    restrict_vocab: int | None = 30_000,
) -> np.ndarray:
    """Return 1 for each correct answer, 0 for a wrong one, NaN with an unknown word, (n,).

    A question with known words outside the ``restrict_vocab`` most frequent is asked as
    well, and is answered wrongly if d is outside them. gensim leaves such questions out.
    """
    rows = _rows(vectors, test_set.questions)
    known = (rows >= 0).all(axis=1)
    asked, expected = rows[known, :3], rows[known, 3]
    answers = analogies.answer(vectors, asked, method=method, restrict_vocab=restrict_vocab)
    right = np.full(len(rows), np.nan)
    right[known] = answers == expected
    return right


def spearman(human: np.ndarray, cosines: np.ndarray) -> tuple[float, float] | tuple[None, None]:
    """Return Spearman's rho and its p-value; None for under three pairs or equal scores."""
    if len(human) < 3 or np.ptp(human) == 0 or np.ptp(cosines) == 0:
        return None, None
    from scipy.stats import spearmanr

    result = spearmanr(human, cosines)
    return float(result.statistic), float(result.pvalue)


def _rows(vectors: WordVectors, items: Sequence[Sequence[str]]) -> np.ndarray:
    """Return the row of each word of each item, -1 for an unknown word.

    gensim ignores case on both sides instead; over lower-case words that is the same.
    """
    index = vectors.index
    return np.array([[index.get(w, index.get(w.lower(), -1)) for w in item] for item in items])


def _pairs_result(
    test_set: WordPairs, cosines: np.ndarray, rng: np.random.Generator
) -> PairsResult:
    human = np.array(test_set.scores)
    known = np.isfinite(cosines)
    return PairsResult(
        kind="pairs",
        name=test_set.name,
        total=len(human),
        coverage=float(known.mean()),
        known=_correlation(human[known], cosines[known], rng),
        all=_correlation(human, np.where(known, cosines, 0), rng),
    )


def _correlation(human: np.ndarray, cosines: np.ndarray, rng: np.random.Generator) -> Correlation:
    rho, p_value = spearman(human, cosines)
    if rho is None:
        return Correlation(len(human), None, None, None, None)
    low, high = bootstrap.interval(bootstrap.correlations(human, cosines[None], rng))
    return Correlation(len(human), rho, p_value, low, high)


def _analogies_result(
    test_set: Analogies,
    right: np.ndarray,
    method: str,
    restrict_vocab: int | None,
    rng: np.random.Generator,
) -> AnalogiesResult:
    names = np.array(test_set.sections)
    syntactic = np.char.startswith(names, "gram")
    subtotals = {"semantic": ~syntactic, "syntactic": syntactic} if syntactic.any() else {}
    return AnalogiesResult(
        kind="analogies",
        name=test_set.name,
        method=method,
        restrict_vocab=restrict_vocab,
        total=len(right),
        coverage=float(np.isfinite(right).mean()),
        sections=tuple(
            _section_result(name, right[names == name], rng)
            for name in dict.fromkeys(test_set.sections)
        ),
        subtotals=tuple(
            _section_result(name, right[rows], rng) for name, rows in subtotals.items()
        ),
        overall=_section_result("overall", right, rng),
    )


def _section_result(name: str, right: np.ndarray, rng: np.random.Generator) -> SectionResult:
    known = int(np.isfinite(right).sum())
    correct = int(np.nansum(right))
    return SectionResult(
        name=name,
        total=len(right),
        correct=correct,
        known=_accuracy(correct, known, rng),
        all=_accuracy(correct, len(right), rng),
    )


def _accuracy(correct: int, used: int, rng: np.random.Generator) -> Accuracy:
    if used == 0:
        return Accuracy(0, None, None, None)
    low, high = bootstrap.interval(bootstrap.accuracies(correct, used, rng))
    return Accuracy(used, correct / used, low, high)
