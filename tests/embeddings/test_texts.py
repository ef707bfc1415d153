"""Vectors for texts: plain loops, scikit-learn and the SIF paper as oracles."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

import wordkit.embeddings.texts as module
from wordkit.corpus.text import TextOptions
from wordkit.embeddings.texts import WEIGHTINGS, TextVectors
from wordkit.errors import ModelError
from wordkit.vectors.word_vectors import WordVectors

WORDS = [f"w{n}" for n in range(40)]
known = st.sampled_from([*WORDS[:6], "unknown"])


def word_vectors(counts: object = None, size: int = 8) -> WordVectors:
    vectors = np.random.default_rng(3).normal(size=(len(WORDS), size)) + 0.5
    return WordVectors(WORDS, vectors, counts=counts)


def random_texts(n: int = 60) -> list[list[str]]:
    rng = np.random.default_rng(4)
    return [
        [f"w{i}" for i in np.minimum(rng.zipf(1.4, rng.integers(1, 15)), 50)] for _ in range(n)
    ]


def test_mean_of_two_words() -> None:
    vectors = WordVectors(["cat", "sat"], [[1, 0], [0, 3]])
    found = TextVectors(vectors=vectors).fit_transform(["The Cat sat. A CAT!", "", "dog", "sat"])
    np.testing.assert_allclose(found, [[2 / 3, 1], [0, 0], [0, 0], [0, 3]], rtol=1e-6)
    assert found.dtype == np.float32


# --- the weights --------------------------------------------------------------------


def loops(texts: list[list[str]], vectors: WordVectors, weights: dict, by_count: bool) -> list:
    out = []
    for text in texts:
        words = [word for word in text if word in vectors]
        total = np.zeros(vectors.vector_size)
        for word in words:
            total += weights[word] * vectors[word].astype(float)
        divisor = len(words) if by_count else sum(weights[word] for word in words)
        out.append(total / divisor if words else total)
    return out


@given(st.lists(st.lists(known, max_size=9), min_size=1, max_size=12), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_mean_against_loops(texts: list[list[str]], batch: int) -> None:
    vectors = word_vectors()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH", batch)
        found = TextVectors(vectors=vectors).fit_transform(texts)
    expected = loops(texts, vectors, dict.fromkeys(WORDS, 1), by_count=True)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_tfidf_is_scikit_learns() -> None:
    texts, new = random_texts(), random_texts(80)[60:]
    oracle = TfidfVectorizer(analyzer=list, vocabulary=WORDS, norm="l1").fit(texts)
    vectors = word_vectors()
    found = TextVectors(vectors=vectors, weighting="tfidf").fit(texts)
    np.testing.assert_allclose(found.weights_, oracle.idf_, rtol=1e-5)
    expected = oracle.transform(new) @ vectors.vectors
    np.testing.assert_allclose(found.transform(new), expected, rtol=1e-4, atol=1e-5)


def sif_twin(texts: list[list[str]], new: list[list[str]], p: dict, a: float) -> np.ndarray:
    """Algorithm 1 of Arora, Liang and Ma (2017)."""
    vectors = word_vectors()
    weights = {word: a / (a + p.get(word, 0)) for word in WORDS}
    fitted = np.array(loops(texts, vectors, weights, by_count=True))
    u = np.linalg.svd(fitted.T)[0][:, :1]
    embedded = np.array(loops(new, vectors, weights, by_count=True))
    return embedded - (u @ u.T @ embedded.T).T


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("a", [1e-3, 1e-2])
def test_sif_is_the_papers(counted: bool, a: float) -> None:
    texts, new = random_texts(), random_texts(80)[60:]
    if counted:
        counts = np.arange(40, 0, -1)
        p = dict(zip(WORDS, counts / counts.sum(), strict=True))
    else:
        counts = None
        times = Counter(word for text in texts for word in text if word in WORDS)
        p = {word: n / times.total() for word, n in times.items()}
    found = TextVectors(vectors=word_vectors(counts), weighting="sif", a=a).fit(texts)
    expected = sif_twin(texts, new, p, a)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found.transform(new), expected, rtol=1e-3, atol=1e-4 * scale)
    assert np.linalg.norm(found.common_) == pytest.approx(1)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_fit_transform_is_fit_and_transform(weighting: str) -> None:
    texts = [*random_texts(), ["nothing"]]
    at_once = TextVectors(vectors=word_vectors(), weighting=weighting).fit_transform(iter(texts))
    one_by_one = TextVectors(vectors=word_vectors(), weighting=weighting).fit(texts)
    np.testing.assert_array_equal(at_once, one_by_one.transform(texts))
    np.testing.assert_array_equal(at_once[-1], 0)
    assert at_once.dtype == np.float32
    assert one_by_one.transform([]).shape == (0, 8)


# --- text ---------------------------------------------------------------------------


def test_text_options() -> None:
    vectors = WordVectors(["Cat", "cat", "!"], np.eye(3))
    texts = ["Cat !\ncat"]
    plain = TextVectors(vectors=vectors).fit_transform(texts)
    np.testing.assert_allclose(plain, [[0, 1, 0]])
    text = TextOptions(lower=False, punctuation="split")
    np.testing.assert_allclose(
        TextVectors(vectors=vectors, text=text).fit_transform(texts), [[1 / 3, 1 / 3, 1 / 3]]
    )
    given = TextVectors(vectors=vectors).fit_transform([["Cat", "!"], ("cat",), np.array(["!"])])
    np.testing.assert_allclose(given, [[0.5, 0, 0.5], [0, 1, 0], [0, 0, 1]])


# --- as scikit-learn wants it -------------------------------------------------------

TEXTS = [f"{a} {b}" for a in WORDS[:6] for b in WORDS[:6]] + [
    f"{a} {b}" for a in WORDS[6:12] for b in WORDS[6:12]
]
LABELS = [0] * 36 + [1] * 36


def topical_vectors() -> WordVectors:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(WORDS), 8))
    vectors[:6, 0] += 3
    vectors[6:12, 0] -= 3
    vectors[:, 1] += 9  # what all have in common
    return WordVectors(WORDS, vectors)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_a_classifier_is_three_lines(weighting: str) -> None:
    embed = TextVectors(vectors=topical_vectors(), weighting=weighting)
    model = make_pipeline(embed, LogisticRegression())
    assert cross_val_score(model, TEXTS, LABELS, cv=3).mean() > 0.9


def test_grid_search() -> None:
    model = make_pipeline(TextVectors(vectors=topical_vectors()), LogisticRegression())
    grid = {"textvectors__weighting": list(WEIGHTINGS), "textvectors__a": [1e-3]}
    search = GridSearchCV(model, grid, cv=3).fit(TEXTS, LABELS)
    assert search.best_score_ > 0.9


def test_clones_share_the_vectors() -> None:
    text = TextOptions(lower=False)
    first = TextVectors(vectors=word_vectors(), weighting="sif", a=0.5, text=text)
    first.set_output(transform="default").fit(random_texts())
    second = clone(first)
    assert second.vectors is first.vectors
    assert {**second.get_params(), "text": text} == first.get_params()
    assert second.text == text
    assert not hasattr(second, "weights_")
    assert second._sklearn_output_config == {"transform": "default"}
    second.set_params(weighting="mean")
    assert first.weighting == "sif"


def test_names_of_the_columns() -> None:
    found = TextVectors(vectors=word_vectors(size=2)).fit([["w1"]])
    assert found.get_feature_names_out().tolist() == ["textvectors0", "textvectors1"]


def test_not_fitted() -> None:
    with pytest.raises(NotFittedError):
        TextVectors(vectors=word_vectors()).transform(["w1"])


# --- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weighting": "max"}, "weighting must be one of mean, tfidf, sif, not 'max'"),
        ({"a": 0}, "a must be a number above 0, not 0"),
        ({"vectors": "vectors.txt"}, "vectors must be WordVectors, not str"),
        ({"vectors": WordVectors(["a"], sp.csr_array([[1.0]]))}, "dense word vectors"),
    ],
)
def test_bad_settings(options: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        TextVectors(**{"vectors": word_vectors(), **options}).fit(["w1"])


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("w1 w2", "expected a list of texts, found one str"),
        (5, "expected a list of texts, found one int"),
        (["w1", None], "text 1: expected a string or a list of strings, found None"),
        ([["w1", 2]], "text 0: expected a string or a list of strings"),
        ([b"w1"], "text 0: expected a string or a list of strings, found b'w1'"),
    ],
)
def test_bad_texts(texts: object, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        TextVectors(vectors=word_vectors()).fit(texts)


def test_a_data_frame_is_no_list_of_texts() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"w1": ["w1 w2"], "label": [0]})
    with pytest.raises(ModelError, match="found a DataFrame: choose one of its columns, 'w1', 'l"):
        TextVectors(vectors=word_vectors()).fit(frame)
    TextVectors(vectors=word_vectors()).fit(frame["w1"])


@pytest.mark.parametrize("weighting", ["tfidf", "sif"])
@pytest.mark.parametrize("texts", [[], ["nothing known", ""]])
def test_nothing_to_learn_from(weighting: str, texts: list[str]) -> None:
    with pytest.raises(ModelError, match=f"none of the {len(texts)} texts has a word"):
        TextVectors(vectors=word_vectors(), weighting=weighting).fit(texts)


def test_nan_is_named() -> None:
    vectors = word_vectors()
    vectors.vectors[3, 1] = np.nan
    embed = TextVectors(vectors=vectors).fit([])
    assert np.isfinite(embed.transform(["w1 w2"])).all()
    with pytest.raises(ModelError, match="the vector of 'w3' holds NaN"):
        embed.transform(["w1 w2", "w3"])


def test_memory_mapped_vectors(tmp_path: Path) -> None:
    vectors = word_vectors()
    vectors.save(tmp_path / "vectors")
    mapped = WordVectors.load(tmp_path / "vectors")
    texts = random_texts()
    np.testing.assert_array_equal(
        TextVectors(vectors=mapped, weighting="sif").fit_transform(texts),
        TextVectors(vectors=vectors, weighting="sif").fit_transform(texts),
    )
