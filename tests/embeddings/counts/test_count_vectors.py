"""The methods from end to end."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from wordkit.corpus.corpus import Corpus
from wordkit.embeddings.counts.cooccurrence import Cooccurrence
from wordkit.embeddings.counts.count_vectors import METHODS, CountVectors
from wordkit.embeddings.counts.ppmi import PPMI
from wordkit.embeddings.counts.svd import SVD
from wordkit.errors import ModelError


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Sentences in which animals do one thing and tools another."""
    rng = np.random.default_rng(0)
    animals, tools = ["cat", "dog", "hen"], ["saw", "axe", "adze"]
    sentences = []
    for _ in range(600):
        sentences.append(["the", rng.choice(animals), "eats", "its", "food", "today"])
        sentences.append(["the", rng.choice(tools), "cuts", "hard", "wood", "today"])
    return Corpus.build([[str(word) for word in sentence] for sentence in sentences])


@pytest.mark.parametrize("method", METHODS)
def test_like_goes_to_like(corpus: Corpus, method: str) -> None:
    vectors = CountVectors(method=method, vector_size=5, sample=0).fit(corpus).vectors_
    assert {word for word, _ in vectors.most_similar("cat", topn=2)} == {"dog", "hen"}
    assert vectors.doesnt_match(["cat", "dog", "saw", "hen"]) == "saw"
    assert vectors.counts.tolist() == corpus.vocabulary.counts.tolist()


def test_a_pipeline_gives_the_same(corpus: Corpus) -> None:
    steps = make_pipeline(Cooccurrence(window=3), PPMI(), SVD(vector_size=4))
    whole = CountVectors(window=3, vector_size=4)
    np.testing.assert_array_equal(steps.fit_transform(corpus), whole.fit(corpus).vectors_.vectors)


def test_defaults_are_those_of_the_steps() -> None:
    steps = {**SVD().get_params(), **PPMI().get_params(), **Cooccurrence().get_params()}
    own = CountVectors().get_params()
    assert {name: steps[name] for name in own if name in steps} == {
        name: value for name, value in own.items() if name in steps
    }


def test_like_an_estimator(corpus: Corpus) -> None:
    estimator = CountVectors(vector_size=3, shift=2.0)
    twin = clone(estimator)
    assert twin.get_params() == estimator.get_params()
    np.testing.assert_array_equal(
        estimator.fit(corpus).vectors_.vectors, twin.fit(corpus).vectors_.vectors
    )


def test_texts_in_place_of_a_corpus() -> None:
    vectors = CountVectors(vector_size=2).fit(["one two three"] * 5).vectors_
    assert vectors.words == ["one", "three", "two"]


def test_unknown_method(corpus: Corpus) -> None:
    with pytest.raises(ModelError, match="method must be one of"):
        CountVectors(method="glove").fit(corpus)
