"""Thousands of analogies at once get the answers that one at a time get."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

from wordkit.errors import ModelError
from wordkit.vectors import analogies
from wordkit.vectors.word_vectors import WordVectors


def make(size: int, dimensions: int, seed: int = 1, sparse: bool = False) -> WordVectors:
    matrix = np.random.default_rng(seed).standard_normal((size, dimensions), np.float32)
    if sparse:
        matrix = scipy.sparse.csr_array(np.where(abs(matrix) > 1.2, matrix, 0))
    return WordVectors([f"w{i}" for i in range(size)], matrix)


def ask(size: int, questions: int, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).integers(size, size=(questions, 3))


def twin(vectors: WordVectors, questions: np.ndarray, method: str, limit: int) -> list[int]:
    """One question after the other, in float64."""
    matrix = vectors.vectors
    dense = np.asarray(matrix.todense() if scipy.sparse.issparse(matrix) else matrix, np.float64)
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    units = dense / np.where(lengths, lengths, 1)
    answers = []
    for a, b, c in questions:
        to_a, to_b, to_c = (units[:limit] @ units[row] for row in (a, b, c))
        if method == "3cosadd":
            scores = to_b + to_c - to_a
        else:
            scores = (1 + to_b) * (1 + to_c) / 4 / ((1 + to_a) / 2 + 0.001)
        scores[[row for row in (a, b, c) if row < limit]] = -np.inf
        answers.append(int(np.argmax(scores)))
    return answers


@pytest.mark.parametrize("method", analogies.METHODS)
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("limit", [None, 2500, 7])
def test_same_as_one_at_a_time(method, sparse, limit):
    vectors = make(5000, 30, sparse=sparse)  # more words and questions than a block holds
    questions = ask(5000, 300)
    found = analogies.answer(vectors, questions, method=method, restrict_vocab=limit)
    assert found.tolist() == twin(vectors, questions, method, limit or 5000)


@pytest.mark.parametrize("method", analogies.METHODS)
def test_same_as_the_vectors_own_analogy(method):
    vectors = make(200, 20)
    questions = ask(200, 50)
    found = analogies.answer(vectors, questions, method=method, restrict_vocab=150)
    for question, row in zip(questions, found, strict=True):
        a, b, c = (vectors.words[r] for r in question)
        best = vectors.analogy(a, b, c, topn=1, restrict_vocab=150, method=method)
        assert best[0][0] == vectors.words[row]


@pytest.mark.parametrize("method", analogies.METHODS)
def test_nothing_left_to_choose_from(method):
    vectors = make(3, 4)
    answers = analogies.answer(vectors, np.array([[0, 1, 2], [0, 1, 1]]), method=method)
    assert answers.tolist() == [-1, 2]


@pytest.mark.parametrize("sparse", [False, True])
def test_no_question(sparse):
    assert analogies.answer(make(5, 4, sparse=sparse), np.empty((0, 3), np.int64)).shape == (0,)


def test_opposite_and_empty_vectors():
    # A cosine of -1 has no logarithm, and a row of zeros no direction.
    vectors = WordVectors(list("abcde"), [[1, 0], [-1, 0], [0, 1], [0, 0], [-1, 0.1]])
    for method in analogies.METHODS:
        assert analogies.answer(vectors, np.array([[0, 1, 1]]), method=method).tolist() == [4]


def test_bad_settings():
    with pytest.raises(ModelError, match="unknown method '3cos': expected 3cosadd or 3cosmul"):
        analogies.answer(make(5, 4), ask(5, 1), method="3cos")
    with pytest.raises(ModelError, match="restrict_vocab must be at least 1, not 0"):
        analogies.answer(make(5, 4), ask(5, 1), restrict_vocab=0)
