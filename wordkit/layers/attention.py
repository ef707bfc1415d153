"""Attention: for each step of a decoder, the mean of a memory, by relevance.

    scores  = score(query, memory)       one for each step of the memory
    weights = softmax(scores)            padding is left out
    context = weights memory

Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning to Align and
Translate"; Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine
Translation". The layers differ in the score:

    dot        q . m
    general    q . (m W)
    additive   v . tanh(q W_q + m W_m)

All T steps of a decoder are one product, if it knows its queries beforehand. If a query
depends on the context before it, the memory is read once and attended to again and again;
backwards in the reverse order:

    read(memory, mask)     attend(queries) ...     attend_backward(gradient) ...
    read_backward()

Blocks are (N, T, ...); in memory they are time-major, as those of recurrent layers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.backend.products import KeptProducts, product, product_of_each
from wordkit.errors import ModelError
from wordkit.layers.base import Layer

NUMBERS_AT_ONCE = 2**18
"""Of the (N, T, S, A) that additive attention computes: a megabyte, which stays in a cache."""


class Attention(Layer):
    """What the kinds of attention share: everything but their score.

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
        d_weights = _matmul(gradient, self._memory.swapaxes(1, 2))
        d_weights -= (d_weights * weights).sum(axis=-1, keepdims=True)
        d_scores = d_weights * weights
        self._passed.append((queries, weights, gradient, d_scores))
        return self._queries_backward(queries, d_scores)

    def read_backward(self) -> Array:
        """The gradient of the memory (N, S, M), and ``grads``, of all that attended to it."""
        queries, weights, gradients, d_scores = map(joined_steps, zip(*self._passed, strict=True))
        d_memory = _matmul(weights.swapaxes(1, 2), gradients)
        d_memory += self._keys_backward(queries, d_scores)
        return d_memory

    def look(
        self, queries: Array, keys: Array, memory: Array, mask: Array | None = None
    ) -> tuple[Array, Array]:
        """Context (N, T, M) and weights (N, T, S). Nothing is kept for backward."""
        weights = _softmax(self.scores(queries, keys), mask)
        return _matmul(weights, memory), weights

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


class DotAttention(Attention):
    """score = q . m, for queries and a memory of the same size."""

    def keys(self, memory: Array) -> Array:
        """The memory itself."""
        return memory

    def scores(self, queries: Array, keys: Array) -> Array:
        """(N, T, S)."""
        if queries.shape[-1] != keys.shape[-1]:
            raise ModelError(
                f"to be multiplied, queries and keys must be of one size: found "
                f"{queries.shape[-1]} and {keys.shape[-1]}"
            )
        return product_of_each(queries, keys.swapaxes(1, 2))

    def _queries_backward(self, queries: Array, d_scores: Array) -> Array:
        return _matmul(d_scores, self._keys)

    def _keys_backward(self, queries: Array, d_scores: Array) -> Array:
        return _matmul(d_scores.swapaxes(1, 2), queries)


class GeneralAttention(DotAttention):
    """score = q . (m W). ``params["weight"]``: W, (M, H)."""

    def __init__(self, weight: Array):
        super().__init__(weight=weight)

    def keys(self, memory: Array) -> Array:
        """m W."""
        return times(memory, self.params["weight"])

    def _keys_backward(self, queries: Array, d_scores: Array) -> Array:
        d_keys = super()._keys_backward(queries, d_scores)
        self.grads["weight"] = product(rows_of(self._memory).T, rows_of(d_keys))
        return times(d_keys, self.params["weight"].T)


class AdditiveAttention(Attention):
    """score = v . tanh(q W_q + m W_m).

    ``params``: ``weight_query`` W_q, (H, A); ``weight_memory`` W_m, (M, A); ``weight_score``
    v, (A,). The (N, T, S, A) inside are computed by blocks of ``NUMBERS_AT_ONCE``, and
    backwards once more.
    """

    def __init__(self, weight_query: Array, weight_memory: Array, weight_score: Array):
        super().__init__(
            weight_query=weight_query, weight_memory=weight_memory, weight_score=weight_score
        )

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


ATTENTIONS: dict[str, Any] = {
    "dot": DotAttention,
    "general": GeneralAttention,
    "additive": AdditiveAttention,
}


class AttentionalVector(Layer):
    """What a decoder says at a step, knowing the context: tanh([context; h] W).

    Luong et al. 2015, formula 5. ``params``: ``weight`` W, (M + H, D), and the attention's,
    after ``attention.``. It reads and attends as an ``Attention`` does.
    """

    def __init__(self, attention: Attention, weight: Array):
        own = {f"attention.{name}": param for name, param in attention.params.items()}
        super().__init__(weight=weight, **own)
        self.attention = attention

    def forward(
        self, h: Array, memory: Array, mask: Array | None = None, *, training: bool = False
    ) -> Array:
        """From h (N, T, H) and memory (N, S, M) to (N, T, D); see ``Attention``."""
        self.read(memory, mask)
        return self.attend(h)

    def backward(self, gradient: Array) -> tuple[Array, Array]:
        """From the gradient of the vectors to those of h and memory."""
        d_h = self.attend_backward(gradient)
        return d_h, self.read_backward()

    def read(self, memory: Array, mask: Array | None = None) -> None:
        """Begin with a memory (N, S, M)."""
        self.attention.read(memory, mask)
        self._product = KeptProducts()
        self._attended: list[tuple[Array, ...]] = []
        self._passed: list[tuple[Array, ...]] = []

    def attend(self, h: Array) -> Array:
        """From some steps' h (N, T, H) to (N, T, D)."""
        context = self.attention.attend(h)
        vectors = self._vectors(context, h, self._product)
        self._attended.append((context, h, vectors))
        return vectors

    def look(
        self, h: Array, keys: Array, memory: Array, mask: Array | None = None
    ) -> tuple[Array, Array]:
        """The vectors (N, T, D) and weights (N, T, S). Nothing is kept for backward."""
        context, weights = self.attention.look(h, keys, memory, mask)
        return self._vectors(context, h), weights

    def attend_backward(self, gradient: Array) -> Array:
        """From the gradient of the vectors, of the last ``attend`` that is left, to that of h."""
        context, h, vectors = self._attended.pop()
        of_context, of_h = self._halves(context)
        d_sum = gradient * (1 - vectors * vectors)
        self._passed.append((context, h, d_sum))
        d_context = times(d_sum, of_context.T, self._product)
        through = self.attention.attend_backward(d_context)
        through += times(d_sum, of_h.T, self._product)
        return through

    def read_backward(self) -> Array:
        """The gradient of the memory (N, S, M), and ``grads``, of all that attended to it."""
        context, h, d_sum = map(joined_steps, zip(*self._passed, strict=True))
        left = array_module(h).concatenate([rows_of(context), rows_of(h)], axis=1)
        self.grads["weight"] = product(left.T, rows_of(d_sum))
        d_memory = self.attention.read_backward()
        for name, gradient in self.attention.grads.items():
            self.grads[f"attention.{name}"] = gradient
        return d_memory

    def _halves(self, context: Array) -> tuple[Array, Array]:
        """The weights of the context and of h."""
        size = context.shape[-1]
        return self.params["weight"][:size], self.params["weight"][size:]

    def _vectors(self, context: Array, h: Array, product: Callable = product) -> Array:
        of_context, of_h = self._halves(context)
        vectors = times(context, of_context, product)
        vectors += times(h, of_h, product)
        return array_module(vectors).tanh(vectors, out=vectors)


# --- blocks -------------------------------------------------------------------------


def rows_of(block: Array) -> Array:
    """(T N, D) of a block (N, T, D), without a copy if it is time-major in memory."""
    return block.swapaxes(0, 1).reshape(-1, block.shape[-1])


def times(block: Array, weight: Array, product: Callable = product) -> Array:
    """(N, T, D) @ (D, H), as one product."""
    n, steps, _ = block.shape
    return product(rows_of(block), weight).reshape(steps, n, -1).swapaxes(0, 1)


def joined_steps(blocks: Sequence[Array]) -> Array:
    """Blocks (N, t, D), joined along t."""
    if len(blocks) == 1:
        return blocks[0]
    time_major = [block.swapaxes(0, 1) for block in blocks]
    return array_module(blocks[0]).concatenate(time_major).swapaxes(0, 1)


def _matmul(left: Array, right: Array) -> Array:
    """(N, T, K) @ (N, K, M)."""
    n, steps, _ = left.shape
    out = array_module(left).empty((steps, n, right.shape[-1]), left.dtype)
    return product_of_each(left, right, out.swapaxes(0, 1))


def _softmax(scores: Array, mask: Array | None) -> Array:
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
