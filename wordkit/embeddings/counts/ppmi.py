"""Pointwise mutual information: how much more often words co-occur than by chance."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin

from wordkit.checks import Interval, Parameter, check_parameters
from wordkit.embeddings.counts.sparse_rows import RowWriter
from wordkit.embeddings.parameters import SHARED
from wordkit.errors import ModelError


class PPMI(TransformerMixin, BaseEstimator):
    """From co-occurrence counts to (positive) pointwise mutual information.

    PMI(w, c) = log P(w, c) / (P(w) P(c)) (Church and Hanks 1990), with the context
    distribution raised to the power ``smoothing`` and log(``shift``) subtracted (Levy,
    Goldberg and Dagan 2015). Pairs that never co-occur are zero, not minus infinity. The
    textbook's PPMI is ``smoothing=1, shift=1, base=2``.

    Parameters
    ----------
    smoothing
        Power of the context counts; 1 for none.
    shift
        k, the counterpart of word2vec's number of negatives; 1 for none. Below 1, pairs
        that co-occur slightly less often than by chance count as well.
    base
        Base of the logarithm: 2 for bits; e if None.
    positive
        Set negative values to zero (PPMI).
    copy
        False lets ``transform`` overwrite the counts it is given.

    Attributes
    ----------
    row_sums_, column_sums_
        Marginal counts, (V,) float64.
    """

    _parameters: ClassVar = {
        **SHARED,
        "smoothing": Parameter(Interval(0, 10), help="Power of the context counts."),
        "shift": Parameter(Interval(above=0, high=1e6), help="k of the shifted PPMI."),
        "base": Parameter(Interval(above=1, high=1e6), help="Base of the logarithm.", none="e"),
    }

    def __init__(
        self,
        *,
        smoothing: float = 0.75,
        shift: float = 1.0,
        base: float | None = None,
        positive: bool = True,
        copy: bool = True,
        workers: int | None = None,
    ):
        self.smoothing = smoothing
        self.shift = shift
        self.base = base
        self.positive = positive
        self.copy = copy
        self.workers = workers

    def fit(self, X: Any, y: Any = None) -> PPMI:
        """Sum the counts (V, C) by row and by column."""
        check_parameters(self)
        counts = X.data if sp.issparse(X) else np.asarray(X)
        if not (np.isfinite(counts).all() and (counts >= 0).all()):
            raise ModelError("counts must be finite and not negative")
        self.row_sums_ = np.asarray(X.sum(axis=1, dtype=np.float64)).ravel()
        self.column_sums_ = np.asarray(X.sum(axis=0, dtype=np.float64)).ravel()
        return self

    def transform(self, X: Any) -> sp.csr_array:
        """Return the PMI of counts (V, C), dense or sparse, as a sparse (V, C) float32 matrix."""
        from wordkit.embeddings.counts.sparse_kernels import Expected, Rows, pmi_rows

        counts = X if sp.issparse(X) and X.format == "csr" else sp.csr_array(X)
        if not counts.has_canonical_format:
            counts = counts.copy()
            counts.sum_duplicates()
        if counts.shape != (len(self.row_sums_), len(self.column_sums_)):
            raise ModelError(
                f"fitted to counts of shape {(len(self.row_sums_), len(self.column_sums_))}, "
                f"found {counts.shape}"
            )
        smoothed = self.column_sums_**self.smoothing
        with np.errstate(
            divide="ignore", invalid="ignore"
        ):  # a word without contexts has no entry
            log_rows = np.log(self.row_sums_)
            log_columns = np.log(smoothed) - np.log(smoothed.sum())
        pointers = counts.indptr.astype(np.int64)
        columns = counts.indices.astype(np.int32, copy=False)
        values = counts.data.astype(np.float32, copy=False)
        shift = float(np.log(self.shift))
        given = Rows(pointers, columns, values)
        expected = Expected(log_rows, log_columns, shift, self.positive)
        rows = RowWriter(workers=self.workers, memory_mb=np.inf)
        may_overwrite = not self.copy and columns.flags.writeable and values.flags.writeable
        rows.append(
            lambda *chunk: pmi_rows(given, expected, *chunk),
            np.diff(pointers),
            (columns, values) if may_overwrite else None,
        )
        information = rows.matrix(counts.shape[1])
        if self.base is not None:
            information.data /= np.float32(np.log(self.base))
        return information
