"""Vectors as a collection, as an array and as tables."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import scipy.sparse as sp

from wordkit.errors import BackendError, ModelError, UnknownWordError
from wordkit.vectors.word_vectors import WordVectors

MATRIX = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
WORDS = ["the", "<b>", "whale", "ship", "sea"]


@pytest.fixture(params=["dense", "sparse"])
def vectors(request: pytest.FixtureRequest) -> WordVectors:
    return WordVectors(WORDS, MATRIX if request.param == "dense" else sp.csr_array(MATRIX))


def test_words_are_listed_and_found(vectors: WordVectors) -> None:
    assert list(vectors) == WORDS
    assert dict(zip(vectors, vectors[vectors], strict=True)).keys() == set(WORDS)


def test_indexed_by_a_word_or_by_several(vectors: WordVectors) -> None:
    np.testing.assert_array_equal(vectors["ship"], MATRIX[3])
    np.testing.assert_array_equal(vectors[["ship", "the", "ship"]], MATRIX[[3, 0, 3]])
    np.testing.assert_array_equal(vectors[np.array(["sea"])], MATRIX[[4]])
    assert vectors[[]].shape == (0, 8)
    with pytest.raises(UnknownWordError, match="'boat'"):
        vectors[["ship", "boat"]]
    for index in (3, [3], slice(2)):
        with pytest.raises(ModelError, match="the index must be a list of words"):
            vectors[index]  # type: ignore[index]


def test_as_an_array(vectors: WordVectors) -> None:
    np.testing.assert_array_equal(np.asarray(vectors), MATRIX)
    assert np.asarray(vectors, np.float64).dtype == np.float64
    copied = np.array(vectors)
    copied[0] = 0
    np.testing.assert_array_equal(np.asarray(vectors), MATRIX)
    np.testing.assert_allclose(np.dot(vectors, np.eye(8)), MATRIX)
    with pytest.raises(ValueError, match="without a copy"):
        vectors.__array__(np.float64, copy=False)


def test_an_array_shares_the_memory_of_dense_vectors() -> None:
    vectors = WordVectors(WORDS, MATRIX)
    assert np.shares_memory(np.asarray(vectors), MATRIX)
    assert np.shares_memory(vectors.__array__(copy=False), MATRIX)
    assert not np.shares_memory(vectors.__array__(copy=True), MATRIX)
    with pytest.raises(ValueError, match="without a copy"):
        WordVectors(WORDS, sp.csr_array(MATRIX)).__array__(copy=False)


def test_as_a_data_frame(vectors: WordVectors) -> None:
    pytest.importorskip("pandas")
    frame = vectors.to_frame()
    assert list(frame.index) == WORDS
    np.testing.assert_array_equal(frame.to_numpy(), MATRIX)
    np.testing.assert_array_equal(frame.loc["whale"], vectors["whale"])


def test_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(BackendError, match=r"pip install 'wordkit\[pandas\]'"):
        WordVectors(WORDS, MATRIX).to_frame()


def test_as_html(vectors: WordVectors) -> None:
    html = vectors._repr_html_()
    assert "<caption>WordVectors(5 words, 8 dimensions)</caption>" in html
    assert "<td>&lt;b&gt;</td>" in html
    assert html.count("<tr>") == 6
    assert f"<td>whale</td><td>{MATRIX[2, 0]:.3f}</td>" in html
    assert html.count("<td>…</td>") == 5
    assert WordVectors([], np.zeros((0, 2)))._repr_html_().count("<tr>") == 1


def test_strings_are_no_lists_of_words() -> None:
    vectors = WordVectors(WORDS, MATRIX)
    for ask in (
        lambda: vectors.doesnt_match("whale"),
        lambda: vectors.distances("ship", "whale"),
        lambda: vectors.most_similar_batch("whale"),
        lambda: vectors.plot("whale"),
    ):
        with pytest.raises(ModelError, match=r"must be a list of words, .*write \['whale'\]"):
            ask()
