"""Singular value decomposition: from many sparse dimensions to few dense ones."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin

from wordkit.checks import Interval, Parameter, check_parameters
from wordkit.embeddings.counts.sparse_rows import ThreadedCSR
from wordkit.embeddings.parameters import SHARED
from wordkit.errors import ModelError

EXACT_UP_TO = 1000
"""Smaller side of a matrix up to which the exact decomposition is fast enough."""


class SVD(TransformerMixin, BaseEstimator):
    """From a matrix (V, C) to its leading singular vectors.

    Parameters
    ----------
    vector_size
        Number of dimensions D to keep.
    power
        Words are U Σ^power: 1 is the textbook's, 0 drops the singular values (Levy,
        Goldberg and Dagan 2015).
    add_context
        Add the context vectors V Σ^power to the word vectors.
    n_iter
        Power iterations of the randomized method (Halko, Martinsson and Tropp 2011).

    Attributes
    ----------
    singular_values_
        (D,), the largest first.
    components_
        Right singular vectors, (D, C).
    """

    _parameters: ClassVar = {
        **SHARED,
        "power": Parameter(Interval(-10, 10), help="Power of the singular values."),
        "add_context": Parameter(help="Add the context vectors."),
        "n_iter": Parameter(Interval(0, 1000), help="Power iterations of the randomized SVD."),
    }

    def __init__(
        self,
        *,
        vector_size: int = 100,
        power: float = 0.25,
        add_context: bool = False,
        n_iter: int = 3,
        seed: int = 1,
        workers: int | None = None,
    ):
        self.vector_size = vector_size
        self.power = power
        self.add_context = add_context
        self.n_iter = n_iter
        self.seed = seed
        self.workers = workers

    def fit(self, X: Any, y: Any = None) -> SVD:
        """Decompose X (V, C), dense or sparse."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Decompose X (V, C) and return the word vectors (V, D), float32."""
        size = self._size(X)
        if min(X.shape) <= EXACT_UP_TO:
            dense = X.toarray() if sp.issparse(X) else np.asarray(X)
            u, s, vt = np.linalg.svd(dense.astype(np.float32, copy=False), full_matrices=False)
            u, s, vt = u[:, :size], s[:size], vt[:size]
        else:
            u, s, vt = self._randomized(X, size)
        self.singular_values_, self.components_ = s, vt
        scale = s**self.power
        words = u * scale
        if self.add_context:
            if X.shape[0] != X.shape[1]:
                raise ModelError(f"add_context needs a square matrix, found {X.shape}")
            words += vt.T * scale
        return np.ascontiguousarray(words, np.float32)

    def transform(self, X: Any) -> np.ndarray:
        """Project rows (N, C) onto the dimensions found: (N, D)."""
        s = self.singular_values_
        scale = np.where(s > 0, np.where(s > 0, s, 1) ** (self.power - 1), 0)
        return np.asarray(X @ self.components_.T * scale, np.float32)

    def _size(self, X: Any) -> int:
        check_parameters(self)
        if self.vector_size > min(X.shape):
            warnings.warn(
                f"a matrix of shape {X.shape} has no more than {min(X.shape)} dimensions: "
                f"the vectors will have {min(X.shape)}, not {self.vector_size}",
                stacklevel=3,
            )
        return min(self.vector_size, *X.shape)

    def _randomized(self, X: Any, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        from sklearn.utils.extmath import randomized_svd

        matrix = X if sp.issparse(X) and X.format == "csr" else sp.csr_array(X)
        threaded = ThreadedCSR(matrix)
        threaded.workers = self.workers
        oversamples = 10 + -(size + 10) % 16  # so that rows fill vector registers
        return randomized_svd(
            threaded, size, n_oversamples=oversamples, n_iter=self.n_iter, random_state=self.seed
        )
