"""Places of words in two dimensions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

from tests.vectors.grouped import grouped_vectors as vectors
from wordkit.errors import ModelError, UnknownWordError
from wordkit.vectors.chosen_words import choose
from wordkit.vectors.maps import map_words
from wordkit.vectors.word_vectors import WordVectors

BY_COSINE = pytest.mark.parametrize("method", ["pca", "tsne"])


def test_pca_keeps_the_two_largest_directions():
    units = vectors().unit(np.arange(60))
    centred = units - units.mean(axis=0)
    left, values, _ = np.linalg.svd(centred)
    expected = left[:, :2] * values[:2]
    found = map_words(vectors(), top=60)
    np.testing.assert_allclose(abs(found), abs(expected), atol=1e-5)


@BY_COSINE
def test_groups_stay_together(method):
    places = map_words(vectors(), top=60, method=method)
    distances = np.linalg.norm(places[:, None] - places, axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (distances.argmin(axis=1) % 3 == np.arange(60) % 3).all()


@BY_COSINE
def test_words_in_their_order(method):
    words = ["w9", "w1", "w2", "w9", "w4", "w5"]
    places = map_words(vectors(), words, method=method)
    assert places.shape == (6, 2)
    assert np.isfinite(places).all()
    if method == "pca":
        np.testing.assert_allclose(places[0], places[3], atol=1e-5)


@BY_COSINE
def test_the_most_frequent_words_unless_named(method):
    top = map_words(vectors(), top=12, method=method)
    named = map_words(vectors(), [f"w{i}" for i in range(12)], method=method)
    np.testing.assert_array_equal(top, named)


def test_the_seed_makes_the_map():
    one, again, other = (
        map_words(vectors(), method="tsne", seed=seed, top=60) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert other.shape == one.shape


def test_sparse_vectors():
    sparse = WordVectors(vectors().words, scipy.sparse.csr_array(vectors().vectors))
    np.testing.assert_allclose(map_words(sparse), map_words(vectors()), atol=1e-5)


@BY_COSINE
def test_more_dimensions_than_tsne_needs(method):
    assert np.isfinite(map_words(vectors(8, 100), method=method)).all()


@BY_COSINE
def test_equal_vectors_share_a_place(method):
    equal = WordVectors([f"w{i}" for i in range(6)], np.ones((6, 3)))
    np.testing.assert_array_equal(map_words(equal, method=method), np.zeros((6, 2)))


@pytest.mark.parametrize(("size", "dimensions"), [(1, 5), (2, 5), (3, 5), (4, 1), (9, 1)])
def test_few_words_or_dimensions(size, dimensions):
    places = map_words(vectors(size, dimensions))
    assert places.shape == (size, 2)
    assert np.isfinite(places).all()


def test_what_cannot_be_mapped():
    with pytest.raises(UnknownWordError, match="'queen'"):
        map_words(vectors(), ["w1", "queen"])
    for nothing in ({"words": []}, {"top": 0}):
        with pytest.raises(ModelError, match="needs at least one word, found none"):
            map_words(vectors(), **nothing)
    with pytest.raises(ModelError, match="needs at least 5 words, found 4; use the method pca"):
        map_words(vectors(), top=4, method="tsne")
    with pytest.raises(ModelError, match="unknown method 'umap': expected one of pca, tsne, raw"):
        map_words(vectors(), method="umap")


def test_raw_places_are_the_first_two_numbers():
    source = vectors(5)
    np.testing.assert_array_equal(map_words(source, method="raw"), source.vectors[:, :2])
    thin = WordVectors(["a", "b"], [[1], [2]])
    np.testing.assert_array_equal(map_words(thin, method="raw"), [[1, 0], [2, 0]])


# --- which words ----------------------------------------------------------------------


def test_words_are_chosen_in_one_of_four_ways():
    source = vectors(200)
    assert choose(source) == (source.words[:150], None)
    assert choose(source, top=3) == (["w0", "w1", "w2"], None)
    assert choose(source, (w for w in ("w5", "w2", "w5"))) == (["w5", "w2"], None)
    near = [word for word, _ in source.most_similar("w0", topn=40)]
    assert choose(source, around="w0") == (["w0", *near], None)
    assert choose(source, around="w0", top=2) == (["w0", *near[:2]], None)
    groups = {"a": ["w1", "w2"], "b": ("w2", "w3")}
    assert choose(source, groups=groups) == (["w1", "w2", "w3"], ["a", "a", "b"])


def test_stop_words_are_left_out_where_words_are_chosen():
    words = ["the", "whale", "of", "ship", "sea"]
    source = WordVectors(words, [[1, 0], [1, 0.1], [1, 0.2], [1, 0.9], [1, 0.5]])
    assert choose(source, top=2, stop_words=False) == (["whale", "ship"], None)
    assert choose(source, around="whale", top=1, stop_words=False) == (["whale", "sea"], None)
    assert choose(source, ["the"], stop_words=False) == (["the"], None)
    assert choose(source, groups={"a": ["of"]}, stop_words=False) == (["of"], ["a"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"words": "whale"}, r"words must be a list of words, not a string: write \['whale'\]"),
        ({"words": 3}, "words must be a list of words, not int"),
        ({"words": ["w1", 2]}, "words must be a list of words, found 2 in it"),
        ({"around": ["w1"]}, r"around must be one word, not \['w1'\]"),
        ({"groups": ["w1"]}, r'groups must be a dictionary, such as \{"ships"'),
        ({"groups": {"a": "w1"}}, "the group 'a' must be a list of words, not a string"),
        ({"words": ["w1"], "around": "w1"}, "words and around exclude each other: give one"),
    ],
)
def test_strings_and_other_things_are_no_lists_of_words(given, message):
    with pytest.raises(ModelError, match=message):
        choose(vectors(), **given)
