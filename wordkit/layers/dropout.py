"""Dropout of units, of words and of weights.

In training a layer drops with probability ``rate`` and divides what is left by
1 - ``rate``, so that the expected value is the undropped one; otherwise it changes
nothing and draws nothing. What tells it is ``forward(..., training=True)``.

Masks are drawn on the host, so that a seed gives the same ones on NumPy and on CuPy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.errors import ModelError
from wordkit.layers.base import Layer


class Dropout(Layer):
    """Units are dropped: y = x m, with m either 0 or 1 / (1 - rate).

    Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting".

    Parameters
    ----------
    rate
        The share to drop, from 0 to below 1.
    rng
        Draws the masks.
    variational
        One mask for all steps of a sequence, (N, 1, D). Gal and Ghahramani 2016, "A
        Theoretically Grounded Application of Dropout in Recurrent Neural Networks".
    """

    def __init__(self, rate: float, rng: np.random.Generator, *, variational: bool = False):
        super().__init__()
        self.rate = checked_rate(rate)
        self.rng = rng
        self.variational = variational
        self._mask: Array = None

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """From x to y, both (...), or (N, T, D) if variational."""
        self._mask = None
        if training and self.rate:
            shape = x.shape
            if self.variational:
                n, _, d = shape
                shape = n, 1, d
            self._mask = draw_mask(shape, self.rate, self.rng, x)
        return x if self._mask is None else x * self._mask

    def backward(self, gradient: Array) -> Array:
        """From the gradient of y to that of x, of the same shape."""
        return gradient if self._mask is None else gradient * self._mask


class EmbeddingDropout(Layer):
    """Words are dropped: wherever a dropped one stands in the block, its vector is zero.

    It comes after ``Embedding`` and does what dropping rows of the embedding matrix would,
    without touching the rows that are not used. Merity et al. 2018, "Regularizing and
    Optimizing LSTM Language Models", section 4.3.

    Parameters
    ----------
    rate
        The share of the vocabulary to drop, from 0 to below 1.
    rng
        Draws the words.
    vocabulary_size
        V.
    """

    def __init__(self, rate: float, rng: np.random.Generator, vocabulary_size: int):
        super().__init__()
        self.rate = checked_rate(rate)
        self.rng = rng
        self.vocabulary_size = vocabulary_size
        self._mask: Array = None

    def forward(self, vectors: Array, ids: Array, *, training: bool = False) -> Array:
        """From vectors (..., D) and their ids (...) to the vectors left, (..., D)."""
        self._mask = None
        if training and self.rate:
            words = draw_mask((self.vocabulary_size, 1), self.rate, self.rng, vectors)
            self._mask = words[ids]
        return vectors if self._mask is None else vectors * self._mask

    def backward(self, gradient: Array) -> Array:
        """From the gradient of the vectors left to that of the vectors, (..., D)."""
        return gradient if self._mask is None else gradient * self._mask


class WeightDrop(Layer):
    """A layer some of whose weights are dropped, the same ones at all steps of a block.

    ``WeightDrop(lstm, "weight_hh", 0.5, rng)`` stands where ``lstm`` would: DropConnect on
    the recurrent weights, Merity et al. 2018, section 2. ``params`` and ``grads`` are the
    layer's own; it meets the dropped weights only inside ``forward`` and ``backward``.

    Parameters
    ----------
    layer
        Takes ``training``, and finds the weight in its ``params`` at each call. Of what a
        recurrent layer has beside forward and backward, this one has the states and
        ``step``, not the way from ``begin`` to ``end_backward``.
    name
        Which of ``layer.params``.
    rate
        The share of the weights to drop, from 0 to below 1.
    rng
        Draws the masks.
    """

    def __init__(self, layer: Any, name: str, rate: float, rng: np.random.Generator):
        if name not in layer.params:
            raise ModelError(
                f"the weight to drop must be one of {', '.join(layer.params)}, not {name!r}"
            )
        self.own, self.own_grads, self.children = layer.own, layer.own_grads, layer.children
        self.layer = layer
        self.name = name
        self._dropout = Dropout(rate, rng)
        self._left = self.params[name]

    def forward(self, *inputs: Any, training: bool = False, **options: Any) -> Any:
        """What the layer gives with the weights that are left."""
        self._left = self._dropout.forward(self.params[self.name], training=training)
        with self._dropped():
            return self.layer.forward(*inputs, training=training, **options)

    def backward(self, *gradient: Any, **options: Any) -> Any:
        """What the layer gives; a dropped weight has no gradient."""
        with self._dropped():
            inputs = self.layer.backward(*gradient, **options)
        self.grads[self.name] = self._dropout.backward(self.grads[self.name])
        return inputs

    def step(self, *inputs: Any, **options: Any) -> Any:
        """One step of a recurrent layer, with all its weights."""
        return self.layer.step(*inputs, **options)

    def begin(self, *inputs: Any, **options: Any) -> None:
        """Always a ``ModelError``: weights are dropped for whole blocks only."""
        raise ModelError(
            "a layer with dropped weights cannot go step by step from begin to end_backward: use "
            "forward and backward, or the layer without WeightDrop"
        )

    def torch_biases(self) -> tuple[Array, Array]:
        """The recurrent layer's."""
        return self.layer.torch_biases()

    @property
    def final_state(self) -> dict[str, Array]:
        """The recurrent layer's."""
        return self.layer.final_state

    @property
    def initial_state_gradient(self) -> dict[str, Array]:
        """The recurrent layer's."""
        return self.layer.initial_state_gradient

    @contextmanager
    def _dropped(self) -> Iterator[None]:
        whole = self.params[self.name]
        self.params[self.name] = self._left
        try:
            yield
        finally:
            self.params[self.name] = whole


def draw_mask(shape: tuple[int, ...], rate: float, rng: np.random.Generator, like: Array) -> Array:
    """0 with probability ``rate``, else 1 / (1 - ``rate``); module and dtype are ``like``'s.

    16 random bits a place cost half of what a random float does; the probability is right
    to 2 ** -17.
    """
    kept = rng.integers(0, 2**16, shape, np.uint16) >= round(rate * 2**16)
    mask = array_module(like).asarray(kept).astype(like.dtype)
    mask *= 1 / (1 - rate)
    return mask


def checked_rate(rate: float) -> float:
    """The rate, if it is one."""
    if not 0 <= rate < 1:
        raise ModelError(f"a dropout rate must be from 0 to below 1, not {rate}")
    return rate
