"""The textbook's models from end to end."""

from __future__ import annotations

import os
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from tests.backend.array_modules import StandIn
from tests.embeddings.counts.test_cooccurrence import hello
from wordkit.corpus.corpus import Corpus
from wordkit.embeddings.counts.cooccurrence import Cooccurrence
from wordkit.embeddings.subsampling import keep_probabilities
from wordkit.embeddings.word2vec.textbook import (
    TextbookWord2Vec,
    context_windows,
    kept_positions,
)
from wordkit.errors import BackendError, ModelError
from wordkit.layers.losses.hierarchical_softmax import huffman_tree

TOY = {"vector_size": 8, "window": 1, "sample": 0, "alpha": 0.2, "batch_size": 8}


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


# --- positions and windows ------------------------------------------------------------


def test_subsampling(corpus: Corpus) -> None:
    """Each word stays as often as it should, to within five standard deviations."""
    kept = kept_positions(corpus, 0.02, np.random.default_rng(0))
    assert (np.diff(kept) > 0).all()
    counts, keep = corpus.vocabulary.counts, keep_probabilities(corpus.vocabulary.counts, 0.02)
    assert keep.min() < 0.8
    assert keep.max() == 1
    found = np.bincount(corpus.ids[kept], minlength=len(counts))
    assert (abs(found - counts * keep) <= 5 * np.sqrt(counts * keep * (1 - keep))).all()
    everything = kept_positions(corpus, 0, np.random.default_rng(0))
    np.testing.assert_array_equal(everything, np.arange(corpus.tokens))


@given(
    st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=1, max_size=6).filter(any),
    st.data(),
)
def test_windows_against_loops(documents: list[list[int]], data: st.DataObject) -> None:
    text = np.array([word for document in documents for word in document], np.int32)
    bounds = np.cumsum([0, *map(len, documents)])
    places = [(d, n) for d, document in enumerate(documents) for n in range(len(document))]
    reach = data.draw(st.lists(st.integers(1, 4), min_size=len(text), max_size=len(text)))
    found = context_windows(text, bounds, np.arange(len(text)), np.array(reach))
    assert found.shape == (len(text), 2 * max(reach))
    for (d, n), width, row in zip(places, reach, found, strict=True):
        left, right = documents[d][max(0, n - width) : n], documents[d][n + 1 : n + 1 + width]
        assert [word for word in row.tolist() if word >= 0] == left + right


# --- the toy sentence -----------------------------------------------------------------


def pair_counts() -> np.ndarray:
    return Cooccurrence(window=1, weighting="flat", sample=0).fit_transform(hello()).toarray()


def skipgram_floor() -> float:
    """The entropy of the context given the word."""
    counts = pair_counts()
    given_word = (counts / counts.sum(axis=1, keepdims=True))[counts > 0]
    return float(-(counts[counts > 0] * np.log(given_word)).sum() / counts.sum())


def negative_sampling_floor(negative: int, ns_exponent: float) -> float:
    """Where the score of each pair is the best (after Levy and Goldberg 2014).

    A pair comes as positive, ``counts`` times, or as one of the negatives of its word:
    of each draw for another pair than itself.
    """
    counts = pair_counts().astype(np.float64)
    draws = hello().vocabulary.counts ** float(ns_exponent)
    drawn = negative * (counts.sum(axis=1, keepdims=True) - counts) * draws / draws.sum()
    met = counts > 0
    yes, no = counts[met], drawn[met]
    share = yes / (yes + no)
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = np.where(no > 0, -yes * np.log(share) - no * np.log(1 - share), 0)
    return float(losses.sum() / counts.sum())


# "goodbye" and "i" both stand between "say" and "and": of 8 words 2 cannot be told apart
CBOW_FLOOR = 2 * np.log(2) / 8


@pytest.mark.parametrize("mode", ["mean", "sum", "word2vec"])
def test_cbow_with_softmax_reaches_its_floor(mode: str) -> None:
    model = TextbookWord2Vec(method="cbow", loss="softmax", cbow_mode=mode, epochs=600, **TOY)
    model.fit(hello())
    losses = model.loss_per_epoch_
    assert losses[0] == pytest.approx(np.log(7), abs=0.01)  # it begins knowing nothing
    assert CBOW_FLOOR < losses[-1] < CBOW_FLOOR + 0.02
    assert model.vectors_.most_similar("goodbye", topn=1)[0][0] == "i"


def test_skipgram_with_softmax_reaches_its_floor() -> None:
    model = TextbookWord2Vec(method="skipgram", loss="softmax", epochs=600, **TOY).fit(hello())
    losses = model.loss_per_epoch_
    assert losses[0] == pytest.approx(np.log(7), abs=0.01)
    assert skipgram_floor() < losses[-1] < skipgram_floor() + 0.01
    word, cosine = model.vectors_.most_similar("goodbye", topn=1)[0]
    assert word == "i"
    assert cosine > 0.99


@pytest.mark.parametrize(
    ("method", "floor"), [("skipgram", skipgram_floor()), ("cbow", CBOW_FLOOR)]
)
def test_hierarchical_softmax_reaches_the_floor_of_softmax(method: str, floor: float) -> None:
    """It can express every distribution, and begins with a coin thrown at each node."""
    model = TextbookWord2Vec(method=method, loss="hierarchical-softmax", epochs=600, **TOY)
    model.fit(hello())
    counts = hello().vocabulary.counts
    predicted = pair_counts().sum(axis=0) if method == "skipgram" else counts
    lengths = np.diff(huffman_tree(counts).offsets)
    losses = model.loss_per_epoch_
    assert losses[0] == pytest.approx(np.log(2) * np.average(lengths, weights=predicted), abs=0.02)
    assert floor < losses[-1] < floor + 0.02
    assert model.output_vectors_.shape == (6, 8)


def test_skipgram_with_negative_sampling_reaches_its_floor() -> None:
    model = TextbookWord2Vec(negative=3, epochs=1500, **TOY).fit(hello())
    losses = model.loss_per_epoch_
    floor = negative_sampling_floor(3, 0.75)
    assert losses[0] > 2 * floor
    assert np.mean(losses[-300:]) == pytest.approx(floor, rel=0.1)
    assert model.vectors_.most_similar("goodbye", topn=1)[0][0] == "i"


def test_every_step_against_loops() -> None:
    """Pair by pair, the rate falling linearly over the words of both epochs."""
    settings = {**TOY, "alpha": 0.9, "min_alpha": 0.1, "epochs": 2, "batch_size": 1}
    model = TextbookWord2Vec(loss="softmax", seed=7, **settings).fit(hello())
    text = hello().ids.tolist()
    words = (np.random.default_rng(7).random((7, 8), np.float32) - 0.5) / 8
    outputs = np.zeros((7, 8))
    for step in range(16):
        place, rate = step % 8, 0.9 - 0.8 * (step + 1) / 16
        centre = text[place]
        near = [text[n] for n in (place - 1, place + 1) if 0 <= n < 8]
        d_word, d_outputs = np.zeros(8), np.zeros((7, 8))
        for word in near:
            scores = np.exp(outputs @ words[centre])
            error = scores / scores.sum() - np.eye(7)[word]
            d_word += error @ outputs
            d_outputs += np.outer(error, words[centre])
        words[centre] -= rate * d_word
        outputs -= rate * d_outputs
    np.testing.assert_allclose(model.vectors_.vectors, words, atol=1e-5)
    np.testing.assert_allclose(model.output_vectors_, outputs, atol=1e-5)


# --- more text ------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["skipgram", "cbow"])
def test_like_goes_to_like(corpus: Corpus, method: str) -> None:
    model = TextbookWord2Vec(
        method=method, vector_size=10, window=3, sample=0, alpha=0.05, epochs=8, batch_size=32
    ).fit(corpus)
    losses = model.loss_per_epoch_
    assert len(losses) == 8
    assert losses[-1] < 0.9 * losses[0]
    vectors = model.vectors_
    assert {word for word, _ in vectors.most_similar("cat", topn=2)} == {"dog", "hen"}
    assert vectors.doesnt_match(["cat", "dog", "saw", "hen"]) == "saw"
    assert vectors.counts.tolist() == corpus.vocabulary.counts.tolist()
    assert vectors.vectors.dtype == model.output_vectors_.dtype == np.float32


@pytest.mark.skipif("WORDKIT_DATA" not in os.environ, reason="WORDKIT_DATA names no data")
def test_a_real_corpus() -> None:
    path = Path(os.environ["WORDKIT_DATA"], "ptb", "ptb.train.txt")
    if not path.is_file():
        pytest.skip(f"{path.name} is not in the folder that WORDKIT_DATA names")
    with open(path, encoding="utf-8") as file:
        corpus = Corpus.build([line.split() for line in islice(file, 5_000)])
    losses = TextbookWord2Vec(vector_size=30, epochs=2).fit(corpus).loss_per_epoch_
    assert losses[0] < 6 * np.log(2)  # where it begins
    assert losses[1] < losses[0]


def test_one_seed_one_result(corpus: Corpus) -> None:
    model = TextbookWord2Vec(vector_size=4, epochs=1)
    one, same = model.fit(corpus).vectors_.vectors, clone(model).fit(corpus).vectors_.vectors
    np.testing.assert_array_equal(one, same)
    other = TextbookWord2Vec(vector_size=4, epochs=1, seed=2).fit(corpus).vectors_.vectors
    assert np.abs(one - other).max() > 1e-3


@pytest.mark.parametrize("loss", ["softmax", "hierarchical-softmax", "negative-sampling"])
@pytest.mark.parametrize("method", ["skipgram", "cbow"])
def test_a_gpu_gives_the_same(
    corpus: Corpus, method: str, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrays of two kinds that met on the way would raise."""
    model = TextbookWord2Vec(method=method, loss=loss, vector_size=4, epochs=1)
    host = model.fit(corpus)
    try:
        import cupy
    except ImportError:
        monkeypatch.setitem(sys.modules, "cupy", StandIn())
    else:
        if not cupy.cuda.is_available():
            pytest.skip("CuPy finds no GPU")
    device = clone(model).set_params(device="gpu").fit(corpus)
    assert isinstance(device.output_vectors_, np.ndarray)
    np.testing.assert_allclose(device.vectors_.vectors, host.vectors_.vectors, atol=1e-4)
    assert device.loss_per_epoch_ == pytest.approx(host.loss_per_epoch_, rel=1e-4)


# --- bad input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "glove"}, "method must be skipgram or cbow, not 'glove'"),
        ({"loss": "hinge"}, "loss must be one of"),
        ({"cbow_mode": "max"}, "cbow_mode must be one of"),
        ({"device": "tpu"}, "device must be cpu or gpu"),
        ({"window": 0}, "window must be a whole number from 1 to 1,000, not 0"),
        ({"epochs": 0}, "epochs must be a whole number from 1"),
        ({"sample": -1.0}, "sample must be a number from 0"),
        ({"alpha": 0.1, "min_alpha": 0.2}, "min_alpha must be no more than alpha, 0.1, not 0.2"),
        ({"alpha": float("nan")}, "alpha must be a number above 0, not nan"),
    ],
)
def test_bad_settings(corpus: Corpus, settings: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        TextbookWord2Vec(**settings).fit(corpus)


def test_documents_of_one_word() -> None:
    with pytest.raises(ModelError, match="no word has another one in its window"):
        TextbookWord2Vec(sample=0).fit([["one"], ["two"]] * 5)


def test_a_tree_of_one_word() -> None:
    with pytest.raises(ModelError, match="at least 2 words, not 1"):
        TextbookWord2Vec(loss="hierarchical-softmax", sample=0).fit([["one", "one"]] * 5)


@pytest.mark.filterwarnings("error")
def test_a_rate_that_explodes() -> None:
    model = TextbookWord2Vec(loss="softmax", epochs=500, **{**TOY, "alpha": 50.0})
    with pytest.raises(ModelError, match="beyond all numbers in epoch"):
        model.fit(hello())


def test_no_gpu(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(BackendError, match="pip install"):
        TextbookWord2Vec(device="gpu").fit(corpus)
