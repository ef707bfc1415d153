"""Rows of a matrix by number, alone or combined."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.errors import ModelError
from wordkit.layers.base import Layer, Parameter, RowGradient
from wordkit.layers.blocks import block_of, rows_of
from wordkit.layers.init import uniform

MODES = ("mean", "sum", "word2vec")


class _Rows(Layer):
    """A matrix of V rows, drawn uniformly from -.1 to .1."""

    def __init__(
        self,
        words: int,
        size: int,
        *,
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        parameters = {"weight": Parameter((words, size), uniform)}
        super().__init__(parameters, rng=rng, weights=weights)


class Embedding(_Rows):
    """A vector for each id. ``params["weight"]``: (V, D).

    Parameters
    ----------
    words, size
        V and D.
    """

    def forward(self, ids: Array, *, training: bool = False) -> Array:
        """From ids (...) to their vectors (..., D), in training or not."""
        self._ids = rows_of(ids[..., None])[:, 0]
        vectors = self.params["weight"][self._ids]
        return block_of(vectors, (*ids.shape, vectors.shape[1]))

    def backward(self, gradient: Array) -> None:
        """From the gradient of the vectors (..., D) to that of their rows."""
        shape = self.params["weight"].shape
        self.grads["weight"] = RowGradient(self._ids, rows_of(gradient), shape)


class EmbeddingBag(_Rows):
    """One vector for several ids: CBOW's context. ``params["weight"]``: (V, D).

    Parameters
    ----------
    words, size
        V and D.
    mode
        ``mean`` or ``sum``, the gradient being right in both. ``word2vec`` is the mean
        with the gradient that word2vec.c and gensim give it, which is not divided by the
        number of ids: each id moves as if it were alone. (gensim's sum is the reverse: it
        divides where it should not. It has no name here.)
    """

    def __init__(
        self,
        words: int,
        size: int,
        *,
        mode: str = "mean",
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        super().__init__(words, size, rng=rng, weights=weights)
        if mode not in MODES:
            raise ModelError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
        self.mode = mode

    def forward(self, ids: Array) -> Array:
        """From ids (..., C), of which the negative ones do not count, to vectors (..., D).

        A row without any id gives zeros.
        """
        weight = self.params["weight"]
        xp = array_module(weight)
        self._ids = ids
        counted = ids >= 0
        # 1 / number of ids, (..., 1)
        self._shares = 1 / xp.maximum(counted.sum(axis=-1, keepdims=True), 1).astype(weight.dtype)
        vectors = (weight[ids] * counted[..., None]).sum(axis=-2)
        return vectors if self.mode == "sum" else vectors * self._shares

    def backward(self, gradient: Array) -> None:
        """From the gradient of the vectors (..., D) to that of the rows of their ids."""
        xp, shape = array_module(gradient), self.params["weight"].shape
        if self.mode == "mean":
            gradient = gradient * self._shares
        counted = self._ids >= 0
        each = xp.broadcast_to(gradient[..., None, :], (*self._ids.shape, shape[1]))
        self.grads["weight"] = RowGradient(self._ids[counted], each[counted], shape)
