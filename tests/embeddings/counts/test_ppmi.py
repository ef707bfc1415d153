"""PMI against its formula."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tests.embeddings.counts.test_cooccurrence import IN_ORDER, hello, random_corpus, same
from wordkit.embeddings.counts.cooccurrence import Cooccurrence
from wordkit.embeddings.counts.ppmi import PPMI
from wordkit.errors import ModelError


def test_the_textbook_matrix() -> None:
    """In bits, as printed there."""
    corpus = hello()
    counts = Cooccurrence(window=1, weighting="flat", sample=0).fit_transform(corpus)
    ppmi = PPMI(smoothing=1, shift=1).fit_transform(counts).toarray() / np.log(2)
    order = [corpus.vocabulary.index[word] for word in IN_ORDER]
    expected = [
        [0, 1.807, 0, 0, 0, 0, 0],
        [1.807, 0, 0.807, 0, 0.807, 0.807, 0],
        [0, 0.807, 0, 1.807, 0, 0, 0],
        [0, 0, 1.807, 0, 1.807, 0, 0],
        [0, 0.807, 0, 1.807, 0, 0, 0],
        [0, 0.807, 0, 0, 0, 0, 2.807],
        [0, 0, 0, 0, 0, 2.807, 0],
    ]
    np.testing.assert_allclose(ppmi[np.ix_(order, order)], expected, atol=5e-4)


counts = arrays(
    np.float32, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.integers(0, 9)
)


@given(counts, st.floats(0.1, 1), st.floats(0.5, 10), st.booleans())
def test_against_the_formula(
    counts: np.ndarray, smoothing: float, shift: float, positive: bool
) -> None:
    estimator = PPMI(smoothing=smoothing, shift=shift, positive=positive)
    found = estimator.fit_transform(counts).toarray()
    smoothed = counts.sum(0, dtype=float) ** smoothing
    with np.errstate(divide="ignore", invalid="ignore"):
        joint = counts / counts.sum(dtype=float)
        word = counts.sum(1, keepdims=True, dtype=float) / counts.sum(dtype=float)
        expected = np.log(joint / (word * smoothed / smoothed.sum())) - np.log(shift)
    expected = np.where(counts > 0, expected, 0)
    if positive:
        expected = np.maximum(expected, 0)
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_dense_and_sparse_agree() -> None:
    table = np.random.default_rng(0).poisson(0.5, (30, 40))
    dense = PPMI().fit_transform(table)
    for sparse in sp.csc_array(table), sp.csr_matrix(table.astype(float)):
        np.testing.assert_array_equal(PPMI().fit_transform(sparse).toarray(), dense.toarray())


def test_writing_over_the_counts_gives_the_same() -> None:
    corpus = random_corpus(100_000)
    counts = Cooccurrence(sample=0).fit_transform(corpus)
    before = counts.copy()
    copied = PPMI(workers=3).fit_transform(counts)
    assert same(counts, before)
    assert same(PPMI(workers=3, copy=False).fit_transform(counts), copied)
    assert not same(counts, before)


def test_entries_that_stand_twice_are_one() -> None:
    twice = sp.csr_array(([1.0, 2, 3], [1, 1, 0], [0, 2, 3]), shape=(2, 2))
    expected = PPMI().fit_transform(twice.toarray()).toarray()
    np.testing.assert_array_equal(PPMI().fit_transform(twice).toarray(), expected)


def test_bad_input() -> None:
    for options in {"shift": 0}, {"shift": np.inf}, {"smoothing": np.nan}, {"smoothing": -1}:
        with pytest.raises(ModelError, match=next(iter(options))):
            PPMI(**options).fit(np.eye(2))
    for bad in np.nan, -1.0:
        for counts in np.array([[1.0, bad]]), sp.csr_array([[1.0, bad]]):
            with pytest.raises(ModelError, match="finite and not negative"):
                PPMI().fit(counts)
    with pytest.raises(ModelError, match="shape"):
        PPMI().fit(np.eye(2)).transform(np.eye(3))
