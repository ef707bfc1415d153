"""Dot-product attention: score = q . m."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wordkit.backend.arrays import Array
from wordkit.backend.products import product_of_each
from wordkit.errors import ModelError
from wordkit.layers.attention.base import Attention, product_by_example


class ProductAttention(Attention):
    """Scores that are products of queries and keys, both of one size."""

    def scores(self, queries: Array, keys: Array) -> Array:
        """(N, T, S)."""
        _check_same(queries.shape[-1], keys.shape[-1])
        return product_of_each(queries, keys.swapaxes(1, 2))

    def _queries_backward(self, queries: Array, d_scores: Array) -> Array:
        return product_by_example(d_scores, self._keys)

    def _keys_backward(self, queries: Array, d_scores: Array) -> Array:
        return product_by_example(d_scores.swapaxes(1, 2), queries)


class DotAttention(ProductAttention):
    """score = q . m, for queries and a memory of the same size, H."""

    def __init__(
        self,
        query_size: int,
        memory_size: int,
        *,
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        _check_same(query_size, memory_size)
        super().__init__(rng=rng, weights=weights)

    def keys(self, memory: Array) -> Array:
        """The memory itself."""
        return memory


def _check_same(queries: int, keys: int) -> None:
    if queries != keys:
        raise ModelError(
            f"to be multiplied, queries and keys must be of one size: found {queries} and {keys}"
        )
