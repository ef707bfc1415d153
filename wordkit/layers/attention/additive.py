"""Additive attention: score = v . tanh(q W_q + m W_m)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.backend.products import product
from wordkit.layers.attention.base import Attention
from wordkit.layers.base import Parameter
from wordkit.layers.blocks import rows_of, times
from wordkit.layers.init import xavier

NUMBERS_AT_ONCE = 2**18
"""Of the (N, T, S, A) inside: a megabyte, which stays in a cache."""


class AdditiveAttention(Attention):
    """score = v . tanh(q W_q + m W_m).

    ``params``: ``weight_query`` W_q, (H, A); ``weight_memory`` W_m, (M, A); ``weight_score``
    v, (A,). The (N, T, S, A) inside are computed by blocks of ``NUMBERS_AT_ONCE``, and
    backwards once more.

    Parameters
    ----------
    query_size, memory_size
        H and M.
    size
        A; None for H.
    """

    def __init__(
        self,
        query_size: int,
        memory_size: int,
        *,
        size: int | None = None,
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        size = query_size if size is None else size
        parameters = {
            "weight_query": Parameter((query_size, size), xavier),
            "weight_memory": Parameter((memory_size, size), xavier),
            "weight_score": Parameter((size,), _xavier_vector),
        }
        super().__init__(parameters, rng=rng, weights=weights)

    def read(self, memory: Array, mask: Array | None = None) -> None:
        """Begin with a memory (N, S, M)."""
        super().read(memory, mask)
        xp = array_module(memory)
        self._d_keys = xp.zeros_like(self._keys)
        for name in ("weight_query", "weight_score"):
            self.grads[name] = xp.zeros_like(self.params[name])

    def keys(self, memory: Array) -> Array:
        """m W_m."""
        return times(memory, self.params["weight_memory"])

    def scores(self, queries: Array, keys: Array) -> Array:
        """(N, T, S)."""
        shape = (*queries.shape[:2], keys.shape[1])
        scores = array_module(queries).empty(shape, queries.dtype)
        projected = times(queries, self.params["weight_query"])
        for rows, steps, hidden in _hidden(projected, keys):
            scores[rows, steps] = hidden @ self.params["weight_score"]
        return scores

    def _queries_backward(self, queries: Array, d_scores: Array) -> Array:
        weight, v = self.params["weight_query"], self.params["weight_score"]
        projected = times(queries, weight)
        d_projected = array_module(projected).empty_like(projected)
        for rows, steps, hidden in _hidden(projected, self._keys):
            by = d_scores[rows, steps]
            self.grads["weight_score"] += by.ravel() @ hidden.reshape(-1, len(v))
            hidden *= hidden
            array_module(hidden).subtract(1, hidden, out=hidden)
            hidden *= by[..., None]
            d_projected[rows, steps] = hidden.sum(axis=2) * v
            self._d_keys[rows] += hidden.sum(axis=1) * v
        self.grads["weight_query"] += product(rows_of(queries).T, rows_of(d_projected))
        return times(d_projected, weight.T)

    def _keys_backward(self, queries: Array, d_scores: Array) -> Array:
        self.grads["weight_memory"] = product(rows_of(self._memory).T, rows_of(self._d_keys))
        return times(self._d_keys, self.params["weight_memory"].T)


def _hidden(projected: Array, keys: Array) -> Iterator[tuple[slice, slice, Array]]:
    """tanh of each query (N, T, A) plus each key (N, S, A): some n, some t, their (n, t, S, A)."""
    xp, (n, steps, size) = array_module(keys), projected.shape
    each = keys.shape[1] * size  # of a query
    some = min(steps, max(1, NUMBERS_AT_ONCE // each))
    count = max(1, NUMBERS_AT_ONCE // (some * each))
    for row, step in itertools.product(range(0, n, count), range(0, steps, some)):
        rows, part = slice(row, row + count), slice(step, step + some)
        hidden = projected[rows, part, None] + keys[rows, None]
        yield rows, part, xp.tanh(hidden, out=hidden)


def _xavier_vector(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return xavier((*shape, 1), rng)[:, 0]
