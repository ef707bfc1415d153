"""Attention: for each step of a decoder, the mean of a memory, by relevance.

    scores  = score(query, memory)       one for each step of the memory
    weights = softmax(scores)            padding is left out
    context = weights memory

Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning to Align and
Translate"; Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine
Translation". The kinds, each a file beside this one, differ in the score.

All T steps of a decoder are one product, if it knows its queries beforehand. If a query
depends on the context before it, the memory is read once and attended to again and again;
backwards in the reverse order:

    read(memory, mask)     attend(queries) ...     attend_backward(gradient) ...
    read_backward()
"""

from __future__ import annotations

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.backend.products import product_of_each
from wordkit.layers.base import Layer
from wordkit.layers.blocks import joined_steps


class Attention(Layer):
    """What the kinds of attention share: everything but their score.

    A kind is made of the sizes of queries and memory, H and M.

    Attributes
    ----------
    weights
        (N, T, S), of the last ``forward`` or ``attend``.
    """

    def forward(
        self, queries: Array, memory: Array, mask: Array | None = None, *, training: bool = False
    ) -> Array:
        """From queries (N, T, H) and memory (N, S, M) to the context (N, T, M).

        Parameters
        ----------
        mask
            (N, S) bool: False where the memory is padding, of which the weight is 0. Where
            it is all padding, the context is 0.
        """
        self.read(memory, mask)
        return self.attend(queries)

    def backward(self, gradient: Array) -> tuple[Array, Array]:
        """From the gradient of the context to those of queries and memory."""
        d_queries = self.attend_backward(gradient)
        return d_queries, self.read_backward()

    def read(self, memory: Array, mask: Array | None = None) -> None:
        """Begin with a memory (N, S, M)."""
        self._memory, self._mask, self._keys = memory, mask, self.keys(memory)
        self._attended: list[tuple[Array, ...]] = []
        self._passed: list[tuple[Array, ...]] = []

    def attend(self, queries: Array) -> Array:
        """From some steps' queries (N, T, H) to their context (N, T, M)."""
        context, self.weights = self.look(queries, self._keys, self._memory, self._mask)
        self._attended.append((queries, self.weights))
        return context

    def attend_backward(self, gradient: Array) -> Array:
        """From the gradient of the context, of the last ``attend`` that is left, to the queries'.

        It must not change before ``read_backward``.
        """
        queries, weights = self._attended.pop()
        d_weights = product_by_example(gradient, self._memory.swapaxes(1, 2))
        d_weights -= (d_weights * weights).sum(axis=-1, keepdims=True)
        d_scores = d_weights * weights
        self._passed.append((queries, weights, gradient, d_scores))
        return self._queries_backward(queries, d_scores)

    def read_backward(self) -> Array:
        """The gradient of the memory (N, S, M), and ``grads``, of all that attended to it."""
        queries, weights, gradients, d_scores = map(joined_steps, zip(*self._passed, strict=True))
        d_memory = product_by_example(weights.swapaxes(1, 2), gradients)
        d_memory += self._keys_backward(queries, d_scores)
        return d_memory

    def look(
        self, queries: Array, keys: Array, memory: Array, mask: Array | None = None
    ) -> tuple[Array, Array]:
        """Context (N, T, M) and weights (N, T, S). Nothing is kept for backward."""
        weights = softmax_over_memory(self.scores(queries, keys), mask)
        return product_by_example(weights, memory), weights

    # --- what the kinds differ in ---

    def keys(self, memory: Array) -> Array:
        """What the score takes of the memory (N, S, M): (N, S, K)."""
        raise NotImplementedError

    def scores(self, queries: Array, keys: Array) -> Array:
        """(N, T, S)."""
        raise NotImplementedError

    def _queries_backward(self, queries: Array, d_scores: Array) -> Array:
        """The gradient of the queries."""
        raise NotImplementedError

    def _keys_backward(self, queries: Array, d_scores: Array) -> Array:
        """What the memory's gradient has from the scores of all steps; sets ``grads``."""
        raise NotImplementedError


def product_by_example(left: Array, right: Array) -> Array:
    """(N, T, K) @ (N, K, M)."""
    n, steps, _ = left.shape
    out = array_module(left).empty((steps, n, right.shape[-1]), left.dtype)
    return product_of_each(left, right, out.swapaxes(0, 1))


def softmax_over_memory(scores: Array, mask: Array | None) -> Array:
    """Of scores (N, T, S), over the places where the mask (N, S) is True; elsewhere 0."""
    xp = array_module(scores)
    if mask is not None:
        scores = xp.where(mask[:, None], scores, float(np.finfo(scores.dtype).min))
    weights = xp.exp(scores - scores.max(axis=-1, keepdims=True))
    if mask is not None:
        weights *= mask[:, None]
    # the highest score gives 1: a smaller sum is that of a row of padding
    weights /= xp.maximum(weights.sum(axis=-1, keepdims=True), 1)
    return weights
