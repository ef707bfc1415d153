"""General (bilinear) attention: score = q . (m W)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wordkit.backend.arrays import Array
from wordkit.backend.products import product
from wordkit.layers.attention.dot import ProductAttention
from wordkit.layers.base import Parameter
from wordkit.layers.blocks import rows_of, times
from wordkit.layers.init import xavier


class GeneralAttention(ProductAttention):
    """score = q . (m W). ``params["weight"]``: W, (M, H).

    Parameters
    ----------
    query_size, memory_size
        H and M.
    """

    def __init__(
        self,
        query_size: int,
        memory_size: int,
        *,
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        parameters = {"weight": Parameter((memory_size, query_size), xavier)}
        super().__init__(parameters, rng=rng, weights=weights)

    def keys(self, memory: Array) -> Array:
        """m W."""
        return times(memory, self.params["weight"])

    def _keys_backward(self, queries: Array, d_scores: Array) -> Array:
        d_keys = super()._keys_backward(queries, d_scores)
        self.grads["weight"] = product(rows_of(self._memory).T, rows_of(d_keys))
        return times(d_keys, self.params["weight"].T)
