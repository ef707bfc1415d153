"""Counts against their definition in plain Python."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.text import TextOptions
from wordkit.embeddings import subsampling
from wordkit.embeddings.counts import cooccurrence, sparse_rows
from wordkit.embeddings.counts.cooccurrence import (
    Cooccurrence,
    distance_weights,
    keep_probabilities,
)
from wordkit.errors import CorpusError, ModelError

HELLO = ["You say goodbye and I say hello."]
IN_ORDER = ["you", "say", "goodbye", "and", "i", "hello", "."]


def hello() -> Corpus:
    return Corpus.build(HELLO, min_count=1, text=TextOptions(punctuation="split"))


def test_the_textbook_matrix() -> None:
    corpus = hello()
    counts = Cooccurrence(window=1, weighting="flat", sample=0).fit_transform(corpus)
    order = [corpus.vocabulary.index[word] for word in IN_ORDER]
    assert counts.toarray()[np.ix_(order, order)].tolist() == [
        [0, 1, 0, 0, 0, 0, 0],
        [1, 0, 1, 0, 1, 1, 0],
        [0, 1, 0, 1, 0, 0, 0],
        [0, 0, 1, 0, 1, 0, 0],
        [0, 1, 0, 1, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 1, 0],
    ]


def test_paths_are_files_of_text_or_a_corpus(tmp_path: Path) -> None:
    text = "you say goodbye and i say hello\n" * 5
    (tmp_path / "text.txt").write_text(text)
    Corpus.from_files(tmp_path / "text.txt", directory=tmp_path / "corpus")
    model = Cooccurrence(window=1)
    expected = model.fit_transform(text.splitlines()).toarray()
    for path in tmp_path / "text.txt", tmp_path / "corpus":
        np.testing.assert_array_equal(model.transform(path).toarray(), expected)
        np.testing.assert_array_equal(model.fit_transform(path).toarray(), expected)
        with pytest.raises(CorpusError, match=r"found one string.*a file as pathlib\.Path"):
            model.fit(str(path))


def counted_by_hand(
    documents: list[list[str]], window: int, weighting: str, context: str
) -> dict[tuple[str, str], float]:
    weights = distance_weights(window, weighting)
    counts: Counter[tuple[str, str]] = Counter()
    for document in documents:
        for place, word in enumerate(document):
            for other_place, other in enumerate(document):
                distance = abs(place - other_place)
                side = "left" if other_place < place else "right"
                if 1 <= distance <= window and context in (side, "symmetric"):
                    counts[word, other] += weights[distance - 1]
    return counts


documents = st.lists(
    st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=12), min_size=1, max_size=8
)


@given(
    documents,
    st.integers(1, 6),
    st.sampled_from(["flat", "linear", "harmonic"]),
    st.sampled_from(["symmetric", "left", "right"]),
    st.integers(1, 8),
    st.integers(1, 30),
    st.integers(1, 3),
)
@settings(max_examples=150)
def test_against_plain_python(
    documents: list[list[str]],
    window: int,
    weighting: str,
    context: str,
    chunk: int,
    piece: int,
    workers: int,
) -> None:
    corpus = Corpus.build(documents, min_count=1)
    options = {"window": window, "weighting": weighting, "context": context, "sample": 0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sparse_rows, "CHUNK", chunk)
        patch.setattr(cooccurrence, "PIECE", piece)
        patch.setattr(subsampling, "PIECE", piece)
        counts = Cooccurrence(**options, workers=workers).fit_transform(corpus)  # type: ignore[arg-type]
    expected = counted_by_hand(documents, window, weighting, context)
    words = corpus.vocabulary.words
    found = {
        (words[row], words[column]): value
        for row, column, value in zip(*counts.nonzero(), counts.data, strict=True)
    }
    assert found == pytest.approx(expected)
    assert counts.dtype == np.float32


def random_corpus(tokens: int = 400_000, words: int = 5_000) -> Corpus:
    rng = np.random.default_rng(0)
    ids = (words * rng.random(tokens) ** 4).astype(int)
    text = [f"w{n}" for n in ids]
    return Corpus.build([text[i : i + 1_000] for i in range(0, tokens, 1_000)], min_count=1)


def same(a, b) -> bool:  # type: ignore[no-untyped-def]
    return all(
        np.array_equal(getattr(a, part), getattr(b, part))
        for part in ("indptr", "indices", "data")
    )


def test_neither_memory_nor_workers_change_the_counts() -> None:
    """A small budget counts in several blocks, merges them, and spills to disk."""
    corpus = random_corpus()
    options = {"weighting": "flat", "sample": 0}  # sums of whole numbers have no rounding
    whole = Cooccurrence(**options, workers=1).fit_transform(corpus)
    assert same(whole, Cooccurrence(**options, workers=3).fit_transform(corpus))
    blocks = Cooccurrence(**options, memory_mb=0.5).fit_transform(corpus)
    assert same(whole, blocks)
    assert isinstance(blocks.data.base, np.memmap)
    assert not isinstance(whole.data.base, np.memmap)
    assert whole.has_canonical_format
    assert whole.sum() == blocks.sum() > 1_000_000


def test_wide_vocabulary_comes_out_sorted() -> None:
    """The bitmap of columns has groups of 4,096: cross their borders."""
    rng = np.random.default_rng(3)
    text = [f"w{n:05}" for n in rng.permutation(10_000)]
    corpus = Corpus.build([text], min_count=1)
    counts = Cooccurrence(window=300, weighting="flat", sample=0).fit_transform(corpus)
    assert all(
        (np.diff(counts.indices[start:end]) > 0).all()
        for start, end in zip(counts.indptr[:200], counts.indptr[1:201], strict=True)
    )
    assert counts.sum() == 2 * sum(10_000 - d for d in range(1, 301))


def test_subsampling_is_that_of_word2vec_in_expectation() -> None:
    """A pair counts with the probability that both its words are kept."""
    corpus = random_corpus(50_000)
    sample = 1e-3
    share = corpus.vocabulary.counts / corpus.tokens
    keep = np.minimum(1, np.sqrt(sample / share) + sample / share)
    assert keep[0] < 0.5
    assert keep[-1] == 1
    np.testing.assert_allclose(keep_probabilities(corpus.vocabulary.counts, sample), keep)
    plain = Cooccurrence(window=2, sample=0).fit_transform(corpus).toarray()
    sampled = Cooccurrence(window=2, sample=sample).fit_transform(corpus).toarray()
    np.testing.assert_allclose(sampled, plain * keep[:, None] * keep, rtol=1e-5)


@pytest.mark.parametrize("piece", [1, 3, 100])
def test_occurrences_of_all_pieces(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subsampling, "PIECE", piece)
    corpus = Corpus.build([["a", "b", "a"], ["c", "a"], ["b"]], min_count=1)
    assert subsampling.occurrences(corpus).tolist() == [3, 2, 1]


def test_subsampling_goes_by_the_text_not_by_a_borrowed_vocabulary() -> None:
    train = Corpus.build([["a", "b", "c"]] * 50, min_count=1)
    other = Corpus.build([["a", "b"], ["a", "c"]] * 50, vocabulary=train.vocabulary)
    twin = Corpus.build([["a", "b"], ["a", "c"]] * 50, min_count=1)
    for corpus in other, twin:
        counts = Cooccurrence(sample=0.01).fit_transform(corpus).toarray()
        keep = keep_probabilities(np.array([100, 50, 50]), 0.01)
        assert counts[0, 1] == pytest.approx(50 * keep[0] * keep[1])


def test_like_an_estimator() -> None:
    estimator = Cooccurrence(window=3)
    assert clone(estimator).get_params() == estimator.get_params()
    estimator.fit([["a", "b"] * 10])
    assert estimator.get_feature_names_out().tolist() == ["a", "b"]
    again = estimator.transform([["a", "b", "x"]])
    assert again.shape == (2, 2)
    with pytest.raises(ModelError, match="another vocabulary"):
        estimator.transform(hello())


@pytest.mark.parametrize(
    "options",
    [
        {"window": 0},
        {"weighting": "square"},
        {"context": "both"},
        {"sample": -1},
        {"sample": float("nan")},
        {"memory_mb": 0},
    ],
)
def test_settings_that_make_no_sense(options: dict) -> None:
    with pytest.raises(ModelError, match=next(iter(options))):
        Cooccurrence(**options).fit_transform(hello())


def test_damaged_ids_are_found_before_a_kernel_sees_them() -> None:
    corpus = hello()
    for bad in 7, -1:
        corpus.ids[3] = bad
        with pytest.raises(ModelError, match="damaged"):
            Cooccurrence().fit_transform(corpus)
