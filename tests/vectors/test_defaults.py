"""What is asked of vectors where nothing else is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parameters import defaults
from wordkit.vectors.analogies import answer
from wordkit.vectors.evaluation import bootstrap
from wordkit.vectors.evaluation.comparison import compare
from wordkit.vectors.evaluation.scores import evaluate
from wordkit.vectors.word_vectors import WordVectors

SCORED = {"method": "3cosadd", "restrict_vocab": 30_000, "seed": 1}
DEFAULTS: dict[Any, dict[str, Any]] = {
    answer: {"method": "3cosadd"},
    evaluate: SCORED,
    compare: {**SCORED, "any_size": False},
    bootstrap.correlations: {"resamples": 2000},
    bootstrap.accuracies: {"resamples": 2000},
    bootstrap.accuracy_differences: {"resamples": 2000},
    WordVectors.load: {"verify": False},
    WordVectors.save: {"format": "wordkit"},
    WordVectors.most_similar: {
        "positive": (), "negative": (), "topn": 10, "method": "3cosadd",
    },
    WordVectors.most_similar_batch: {"topn": 10},
    WordVectors.analogy: {"topn": 10, "method": "3cosadd"},
    WordVectors.search: {},
}  # fmt: skip


@pytest.mark.parametrize("what", DEFAULTS, ids=lambda what: what.__qualname__)
def test_defaults(what: Any) -> None:
    assert defaults(what) == DEFAULTS[what]
