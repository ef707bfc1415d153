"""Rows of a matrix by number, alone or combined."""

from __future__ import annotations

from wordkit.backend.arrays import Array, array_module
from wordkit.errors import ModelError
from wordkit.layers.base import Layer, RowGradient

MODES = ("mean", "sum", "word2vec")


class Embedding(Layer):
    """A vector for each id. ``params["weight"]``: (V, D)."""

    def __init__(self, weight: Array):
        super().__init__(weight=weight)

    def forward(self, ids: Array, *, training: bool = False) -> Array:
        """From ids (...) to their vectors (..., D), in training or not."""
        self._ids = ids
        return self.params["weight"][ids]

    def backward(self, gradient: Array) -> None:
        """From the gradient of the vectors (..., D) to that of their rows."""
        shape = self.params["weight"].shape
        values = gradient.reshape(-1, shape[1])
        self.grads["weight"] = RowGradient(self._ids.ravel(), values, shape)


class EmbeddingBag(Layer):
    """One vector for several ids: CBOW's context. ``params["weight"]``: (V, D).

    Parameters
    ----------
    mode
        ``mean`` or ``sum``, the gradient being right in both. ``word2vec`` is the mean
        with the gradient that word2vec.c and gensim give it, which is not divided by the
        number of ids: each id moves as if it were alone. (gensim's sum is the reverse: it
        divides where it should not. It has no name here.)
    """

    def __init__(self, weight: Array, *, mode: str = "mean"):
        super().__init__(weight=weight)
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
