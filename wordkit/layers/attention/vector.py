"""What a decoder says at a step, knowing what it looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.backend.products import KeptProducts, product
from wordkit.layers.attention.base import Attention
from wordkit.layers.base import Layer, Parameter
from wordkit.layers.blocks import joined_steps, rows_of, times
from wordkit.layers.init import xavier


class AttentionalVector(Layer):
    """What a decoder says at a step, knowing the context: tanh([context; h] W).

    Luong et al. 2015, formula 5. ``params``: ``weight`` W, (M + H, D), and the attention's,
    after ``attention.``. It reads and attends as an ``Attention`` does.

    Parameters
    ----------
    query_size, memory_size, size
        H, M and D.
    """

    def __init__(
        self,
        attention: Attention,
        query_size: int,
        memory_size: int,
        size: int,
        *,
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        parameters = {"weight": Parameter((memory_size + query_size, size), xavier)}
        super().__init__(parameters, children={"attention": attention}, rng=rng, weights=weights)
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
        self,
        h: Array,
        keys: Array,
        memory: Array,
        mask: Array | None = None,
        *,
        product: Callable = product,
    ) -> tuple[Array, Array]:
        """The vectors (N, T, D) and weights (N, T, S). Nothing is kept for backward.

        For many steps, ``KeptProducts`` as ``product`` saves time.
        """
        context, weights = self.attention.look(h, keys, memory, mask)
        return self._vectors(context, h, product), weights

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
        self.own_grads["weight"] = product(left.T, rows_of(d_sum))
        return self.attention.read_backward()

    def _halves(self, context: Array) -> tuple[Array, Array]:
        """The weights of the context and of h."""
        size = context.shape[-1]
        return self.own["weight"][:size], self.own["weight"][size:]

    def _vectors(self, context: Array, h: Array, product: Callable = product) -> Array:
        of_context, of_h = self._halves(context)
        vectors = times(context, of_context, product)
        vectors += times(h, of_h, product)
        return array_module(vectors).tanh(vectors, out=vectors)
