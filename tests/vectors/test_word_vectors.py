"""Queries against plain NumPy and, where it is installed, against gensim."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from wordkit.errors import ModelError, UnknownWordError
from wordkit.vectors import search
from wordkit.vectors.word_vectors import WordVectors, three_cos_mul

WORDS = [f"word{n}" for n in range(200)]
MATRIX = np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)


@pytest.fixture(params=["dense", "sparse"])
def vectors(request: pytest.FixtureRequest) -> WordVectors:
    return WordVectors(WORDS, MATRIX if request.param == "dense" else sp.csr_array(MATRIX))


@pytest.fixture
def keyed():  # type: ignore[no-untyped-def]
    gensim = pytest.importorskip("gensim.models", reason="needs gensim")
    keyed = gensim.KeyedVectors(16)
    keyed.add_vectors(WORDS, MATRIX)
    return keyed


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


class TestAgainstGensim:
    def test_most_similar(self, vectors: WordVectors, keyed) -> None:  # type: ignore[no-untyped-def]
        for query in (
            {"positive": "word3"},
            {"positive": ["word3", "word4"], "negative": ["word9"]},
            {"positive": "word3", "restrict_vocab": 20, "topn": 30},
            {"positive": [MATRIX[5] * 3], "topn": 3},
        ):
            ours, theirs = vectors.most_similar(**query), keyed.most_similar(**query)
            assert [w for w, _ in ours] == [w for w, _ in theirs]
            np.testing.assert_allclose([s for _, s in ours], [s for _, s in theirs], atol=1e-5)

    def test_cosmul(self, vectors: WordVectors, keyed) -> None:  # type: ignore[no-untyped-def]
        ours = vectors.analogy("word1", "word2", "word3", topn=5, method="3cosmul")
        theirs = keyed.most_similar_cosmul(["word2", "word3"], ["word1"], topn=5)
        assert [w for w, _ in ours] == [w for w, _ in theirs]
        np.testing.assert_allclose([s for _, s in ours], [s for _, s in theirs], rtol=1e-2)

    def test_pairs_and_groups(self, vectors: WordVectors, keyed) -> None:  # type: ignore[no-untyped-def]
        assert vectors.similarity("word1", "word2") == pytest.approx(
            keyed.similarity("word1", "word2"), abs=1e-6
        )
        np.testing.assert_allclose(
            vectors.distances("word1", ["word2", "word3"]),
            keyed.distances("word1", ["word2", "word3"]),
            atol=1e-6,
        )
        np.testing.assert_allclose(vectors.distances("word1"), keyed.distances("word1"), atol=1e-6)
        for start in range(0, 40, 4):
            group = WORDS[start : start + 4]
            assert vectors.doesnt_match(group) == keyed.doesnt_match(group)


def test_batch_is_one_by_one(vectors: WordVectors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BLOCK", 700)
    asked = [*WORDS[:30], MATRIX[7]]
    for query, found in zip(asked, vectors.most_similar_batch(asked, topn=4), strict=True):
        expected = vectors.most_similar(query, topn=4)
        assert [w for w, _ in found] == [w for w, _ in expected]
        np.testing.assert_allclose([s for _, s in found], [s for _, s in expected], atol=1e-6)
    assert vectors.most_similar_batch([]) == []


@given(
    st.integers(1, 300),
    st.integers(1, 250),
    st.integers(1, 21),
    st.sampled_from([1, 1 << 24]),
    st.integers(0, 2**32),
)
def test_search_against_numpy(topn: int, limit: int, queries: int, block: int, seed: int) -> None:
    """By the plain path, and by the kernel that takes over above a block."""
    vectors = WordVectors(WORDS, MATRIX)
    asked = np.random.default_rng(seed).normal(size=(queries, 16))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "BLOCK", block)
        rows, scores = vectors.search(asked, topn, limit)
    expected = unit(asked) @ unit(MATRIX[:limit]).T
    best = -np.sort(-expected, axis=1)[:, :topn]
    np.testing.assert_allclose(scores, best, atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(expected, rows, 1), best, atol=1e-5)
    assert all(len(set(found)) == best.shape[1] for found in rows.tolist())


@pytest.mark.parametrize("block", [1, 1 << 24])
def test_ties_keep_the_order_of_the_words(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BLOCK", block)
    vectors = WordVectors([f"w{n}" for n in range(2000)], np.ones((2000, 3)))
    expected = ["w0", "w1", "w2", "w3", "w4", "w6"]
    assert [w for w, _ in vectors.most_similar("w5", topn=6)] == expected
    for near in vectors.most_similar_batch(["w5"] * 30, topn=6):
        assert [w for w, _ in near] == expected


def test_many_queries_over_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BLOCK", 100_000)
    rng = np.random.default_rng(4)
    matrix = rng.normal(size=(40_000, 20)).astype(np.float32)
    vectors = WordVectors([f"w{n}" for n in range(40_000)], matrix)
    rows, scores = vectors.search(matrix[:50] + 0.1, 12)
    expected = unit(matrix[:50] + 0.1) @ unit(matrix).T
    best = -np.sort(-expected, axis=1)[:, :12]
    np.testing.assert_allclose(scores, best, atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(expected, rows, 1), best, atol=1e-5)


def test_words_of_the_query_are_not_answers(vectors: WordVectors) -> None:
    answers = vectors.most_similar(["word1", "word2"], ["word3"], topn=200)
    assert len(answers) == 197
    assert not {"word1", "word2", "word3"} & {word for word, _ in answers}


def test_zero_vectors_are_far_from_everything() -> None:
    vectors = WordVectors(["a", "b", "zero"], [[1, 0], [1, 1], [0, 0]])
    assert vectors.similarity("a", "zero") == 0
    assert vectors.most_similar("a")[-1] == ("zero", 0)
    assert [score for _, score in vectors.most_similar("zero")] == [0, 0]


def test_unknown_word_names_close_spellings(vectors: WordVectors) -> None:
    with pytest.raises(UnknownWordError, match=r"'wrd12' .*did you mean word12") as caught:
        vectors.most_similar("wrd12")
    assert isinstance(caught.value, KeyError)
    with pytest.raises(UnknownWordError, match=r"'zzz' is not in the vocabulary$"):
        vectors["zzz"]


def test_unknown_word_names_the_three_closest() -> None:
    """Not much longer or shorter ones, for which there is no time in a large vocabulary."""
    words = ["abcdefg", "abcdef", "a", "abc", "abcde", "abcx", "xyz"]
    with pytest.raises(UnknownWordError, match=r"did you mean abcde, abc, abcdef\?"):
        WordVectors(words, np.ones((7, 2)))["abcd"]
    for words, hint in (["abcdefg"], "$"), (["abcdef"], "; did"), (["aabb"], "; did"):
        with pytest.raises(UnknownWordError, match=f"is not in the vocabulary{hint}"):
            WordVectors(words, np.ones((1, 2)))["abcd" if "c" in words[0] else "aaab"]


@pytest.mark.parametrize("scale", [1e-30, 1e20])
def test_very_long_and_very_short_vectors(scale: float) -> None:
    vectors = WordVectors(["a", "b", "c"], np.array([[1, 1], [scale, scale], [1, -1]]))
    assert vectors.similarity("a", "b") == pytest.approx(1, abs=1e-3)
    assert vectors.most_similar("b")[0][0] == "a"


@pytest.mark.parametrize("block", [1, 1 << 24])
def test_queries_that_are_no_numbers(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BLOCK", block)
    vectors = WordVectors(WORDS, MATRIX)
    for bad in np.nan, np.inf:
        query = np.full(16, bad, np.float32)
        for ask in vectors.most_similar, lambda q: vectors.search(q[None], 3):
            with pytest.raises(ModelError, match="NaN or infinity"):
                ask(query)


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_the_length_of_a_query_does_not_count(vectors: WordVectors, method: str) -> None:
    """Nor that of one among several; its direction does."""
    one, *others = MATRIX[3], MATRIX[7], MATRIX[12]
    expected = vectors.most_similar([one, *others], method=method)
    longer = vectors.most_similar([50 * one, *others], method=method)
    assert [word for word, _ in longer] == [word for word, _ in expected]
    np.testing.assert_allclose(
        [score for _, score in longer], [score for _, score in expected], rtol=1e-4
    )
    with pytest.raises(ModelError, match="NaN or infinity"):
        vectors.most_similar([np.full(16, np.nan), "word3"], method=method)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_is_found(bad: float) -> None:
    matrix = np.ones((3, 2), np.float32)
    matrix[1, 1] = bad
    for form in matrix, sp.csr_array(matrix):
        with pytest.raises(ModelError, match=r"vector of 'b' \(row 2\) holds NaN or infinity"):
            WordVectors(["a", "b", "c"], form).most_similar("a")


def test_bad_queries(vectors: WordVectors) -> None:
    for query, message in (
        (lambda: vectors.most_similar(), "at least one word"),
        (lambda: vectors.most_similar("word1", topn=0), "topn must be at least 1"),
        (lambda: vectors.most_similar("word1", restrict_vocab=0), "restrict_vocab"),
        (lambda: vectors.most_similar("word1", method="cos"), "3cosadd or 3cosmul"),
        (lambda: vectors.most_similar(np.ones(3)), "a vector of 16 dimensions"),
        (lambda: vectors.search(np.ones((2, 3)), 1), "16 dimensions"),
        (lambda: vectors.doesnt_match(["word1", "word2"]), "three words"),
    ):
        with pytest.raises(ModelError, match=message):
            query()


@pytest.mark.parametrize("topn", [0, -1])
def test_fewer_than_one_answer(vectors: WordVectors, topn: int) -> None:
    for ask in (
        lambda: vectors.search(MATRIX[:1], topn),
        lambda: vectors.most_similar_batch(["word1"], topn),
        lambda: vectors.most_similar_batch([], topn),
        lambda: vectors.analogy("word1", "word2", "word3", topn),
    ):
        with pytest.raises(ModelError, match=f"topn must be at least 1, not {topn}"):
            ask()


def test_ten_answers_unless_more_are_asked_for(vectors: WordVectors) -> None:
    assert len(vectors.most_similar("word1")) == 10
    assert len(vectors.analogy("word1", "word2", "word3")) == 10
    assert [len(found) for found in vectors.most_similar_batch(["word1", MATRIX[2]])] == [10, 10]
    by_default = vectors.analogy("word1", "word2", "word3", 5)
    assert by_default == vectors.analogy("word1", "word2", "word3", 5, method="3cosadd")


@pytest.mark.parametrize("limit", [1, 20, 200, 1000])
def test_answers_among_the_first_words(vectors: WordVectors, limit: int) -> None:
    asked = ["word0", "word3", "word150"]
    for word, found in zip(asked, vectors.most_similar_batch(asked, 5, limit), strict=True):
        ranked = [other for other, _ in vectors.most_similar(word, topn=200)]
        assert [w for w, _ in found] == [w for w in ranked if int(w[4:]) < limit][:5]
        mul = vectors.most_similar(word, topn=5, restrict_vocab=limit, method="3cosmul")
        assert [w for w, _ in mul] == [w for w, _ in found]


def test_the_odd_one_out_of_three(vectors: WordVectors) -> None:
    alike = WordVectors(["a", "b", "c"], [[1, 0], [1, 0.1], [-1, 0]])
    assert alike.doesnt_match(iter("abc")) == "c"


def test_a_query_without_a_direction(vectors: WordVectors) -> None:
    """Its cosine with anything is 0, and the first words come first."""
    nothing = np.zeros(16)
    expected = [("word0", 0), ("word1", 0)]
    assert vectors.most_similar(nothing, topn=2) == expected
    assert vectors.most_similar_batch([nothing], topn=2) == [expected]
    rows, scores = vectors.search(nothing, 2)
    assert (rows.tolist(), scores.tolist()) == ([[0, 1]], [[0, 0]])
    assert not (vectors.distances(nothing) - 1).any()


def test_the_formula_of_cosmul() -> None:
    cosines = np.array([[1, 0.5], [0, -0.5], [-1, 0.2]])
    found = three_cos_mul(cosines, 2)
    np.testing.assert_allclose(found, [1 * 0.5 / 0.001, 0.75 * 0.25 / 0.601])


def test_bad_sizes() -> None:
    with pytest.raises(ModelError, match="2 words need as many vectors"):
        WordVectors(["a", "b"], np.ones((3, 2)))
    with pytest.raises(ModelError, match="as many counts"):
        WordVectors(["a", "b"], np.ones((2, 2)), counts=[1])
    with pytest.raises(ModelError, match="'a' occurs twice"):
        WordVectors(["a", "b", "a"], np.ones((3, 2))).most_similar("b")


def test_like_a_mapping(vectors: WordVectors) -> None:
    assert "word7" in vectors
    assert "x" not in vectors
    assert len(vectors) == 200
    np.testing.assert_array_equal(vectors["word7"], MATRIX[7])
    assert repr(vectors) == "WordVectors(200 words, 16 dimensions)"
    assert vectors.distances("word1", []).shape == (0,)
    np.testing.assert_allclose(vectors.unit([3, 5]), unit(MATRIX[[3, 5]]), atol=1e-6)
