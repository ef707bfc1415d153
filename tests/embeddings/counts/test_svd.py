"""The decomposition against NumPy's and scikit-learn's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

from wordkit.embeddings.counts import svd as svd_module
from wordkit.embeddings.counts.sparse_rows import ThreadedCSR
from wordkit.embeddings.counts.svd import SVD
from wordkit.errors import ModelError


def low_rank(rows: int = 1500, columns: int = 1200, rank: int = 20) -> sp.csr_array:
    """Sparse, with quickly falling singular values."""
    rng = np.random.default_rng(0)
    matrix = sp.random_array((rows, rank), density=0.2, random_state=rng) * 2.0 ** -np.arange(rank)
    return sp.csr_array(
        matrix @ sp.random_array((rank, columns), density=0.2, random_state=rng), dtype="f4"
    )


def test_exact_for_small_matrices() -> None:
    matrix = np.random.default_rng(0).normal(size=(30, 20))
    found = SVD(vector_size=5, power=1).fit(matrix)
    expected = np.linalg.svd(matrix)
    np.testing.assert_allclose(found.singular_values_, expected.S[:5], rtol=1e-5)
    np.testing.assert_allclose(np.abs(found.components_), np.abs(expected.Vh[:5]), atol=1e-5)
    words = found.fit_transform(matrix)
    np.testing.assert_allclose(
        words @ words.T, (expected.U[:, :5] * expected.S[:5] ** 2) @ expected.U[:, :5].T, atol=1e-4
    )


def test_randomized_comes_to_the_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = low_rank()
    randomized = SVD(vector_size=10, power=1).fit_transform(matrix)
    monkeypatch.setattr(svd_module, "EXACT_UP_TO", 5_000)
    exact = SVD(vector_size=10, power=1).fit_transform(matrix)
    np.testing.assert_allclose(randomized @ randomized.T, exact @ exact.T, rtol=1e-3, atol=1e-3)


def test_randomized_is_scikit_learns() -> None:
    matrix = low_rank()
    found = SVD(vector_size=10, n_iter=3, seed=5).fit(matrix)
    _, s, vt = randomized_svd(matrix, 10, n_oversamples=22, n_iter=3, random_state=5)
    np.testing.assert_allclose(found.singular_values_, s, rtol=1e-4)
    np.testing.assert_allclose(found.components_[:5], vt[:5], atol=1e-3)


def test_power_and_context() -> None:
    matrix = low_rank(1200, 1200)
    plain = SVD(vector_size=4, power=0)
    u = plain.fit_transform(matrix)
    np.testing.assert_allclose(np.linalg.norm(u, axis=0), 1, rtol=1e-4)
    half = SVD(vector_size=4, power=0.5).fit_transform(matrix)
    np.testing.assert_allclose(half, u * plain.singular_values_**0.5, atol=1e-5)
    for power in (0, 0.5):
        both = SVD(vector_size=4, power=power, add_context=True).fit_transform(matrix)
        expected = (u + plain.components_.T) * plain.singular_values_**power
        np.testing.assert_allclose(both, expected, atol=1e-5)


def test_transform_gives_the_rows_of_fit_transform() -> None:
    for matrix in low_rank(), np.random.default_rng(0).normal(size=(40, 30)):
        svd = SVD(vector_size=6)
        words = svd.fit_transform(matrix)
        np.testing.assert_allclose(svd.transform(matrix[3:7]), words[3:7], atol=1e-4)


@pytest.mark.parametrize("power", [0, 0.25, 1])
def test_rows_have_nothing_in_dimensions_that_are_empty(power: float) -> None:
    matrix = np.diag([3.0, 2, 0])
    svd = SVD(vector_size=3, power=power).fit(matrix)
    expected = np.diag([3.0**power, 2.0**power, 0])
    np.testing.assert_allclose(abs(svd.transform(matrix)), expected, rtol=1e-5)


def test_workers_change_nothing() -> None:
    matrix = low_rank()
    one, three = (SVD(vector_size=5, workers=n).fit_transform(matrix) for n in (1, 3))
    np.testing.assert_array_equal(one, three)


def test_too_many_dimensions() -> None:
    with pytest.warns(UserWarning, match="no more than 3 dimensions"):
        assert SVD(vector_size=100).fit_transform(np.eye(3)).shape == (3, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert SVD(vector_size=3).fit_transform(np.eye(3)).shape == (3, 3)


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({"vector_size": 0}, (3, 3)),
        ({"vector_size": 1.5}, (3, 3)),
        ({"power": np.nan}, (3, 3)),
        ({"seed": -1}, (3, 3)),
        ({"n_iter": -1}, (3, 3)),
        ({"add_context": True}, (3, 4)),
    ],
)
def test_bad_input(options: dict, shape: tuple[int, int]) -> None:
    with pytest.raises(ModelError):
        SVD(**{"vector_size": 2, **options}).fit_transform(np.ones(shape))


def test_threaded_product_is_scipys() -> None:
    matrix = low_rank()
    dense = np.random.default_rng(1).normal(size=(1200, 17)).astype(np.float32)
    threaded = ThreadedCSR(matrix)
    np.testing.assert_allclose(threaded @ dense, matrix @ dense, rtol=1e-4, atol=1e-6)
    left = dense[:, :3].T @ matrix.T
    np.testing.assert_allclose(dense[:, :3].T @ threaded.T, left, rtol=1e-4, atol=1e-6)
    assert threaded.T.T is threaded
