"""The encoder: what it says of each word of the source, and what it ends with."""

from __future__ import annotations

from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.layers.affine import Affine
from wordkit.layers.base import Layer
from wordkit.layers.dropout import Dropout
from wordkit.layers.embedding import Embedding
from wordkit.layers.init import identity
from wordkit.layers.recurrent.cells import CELLS
from wordkit.layers.recurrent.loop import State
from wordkit.layers.recurrent.stack import Bidirectional, Stack
from wordkit.seq2seq.settings import Seq2SeqSettings

DIRECTIONS = ("forward", "backward")


class Encoder(Layer):
    """Embedding, dropout, recurrent layers, and a bridge for the states of both directions.

    Parameters
    ----------
    rng
        Draws first weights.
    draws
        Draws the dropout.
    """

    def __init__(
        self,
        settings: Seq2SeqSettings,
        embedding: Embedding,
        rng: np.random.Generator,
        draws: np.random.Generator,
    ):
        self._dropout = Dropout(settings.dropout, draws)
        self.embedding, self.stack = embedding, encoder_layers(settings, rng, draws)
        children: dict[str, Layer] = {"embedding": embedding, "layers": self.stack}
        self.bridge: Bridge | None = None
        if settings.bidirectional:
            names = CELLS[settings.cell].state_names
            self.bridge = children["bridge"] = Bridge(names, settings.hidden_size, rng)
        super().__init__(children=children)

    def forward(
        self, ids: Array, mask: Array | None, *, training: bool = False
    ) -> tuple[Array, State]:
        """From ids (N, S) to states (N, S, H), and the state after the last of each, (N, H).

        ``mask`` (N, S) bool is False where there is padding; None if nowhere.
        """
        x = self._dropout.forward(
            self.embedding.forward(ids, training=training), training=training
        )
        states = self.stack.forward(x, mask=mask, training=training)
        final = self.stack.final_state
        self._shape = states.shape
        return states, self.bridge.forward(final) if self.bridge else final

    def backward(self, d_states: Array | None, d_final: State) -> None:
        """From the gradients of the states (N, S, H), None for zeros, and of the final ones."""
        if self.bridge:
            d_final = self.bridge.backward(d_final)
        if d_states is None:
            like = next(iter(d_final.values()))
            d_states = array_module(like).zeros(self._shape, like.dtype)
        d_x = self.stack.backward(d_states, state_gradient=d_final)
        self.embedding.backward(self._dropout.backward(d_x))


class Bridge(Layer):
    """From the final states of both directions to one state, which begins as both side by side.

    ``params``: ``h.weight`` (H, H), ``h.bias`` (H,); of an LSTM likewise ``c``.
    """

    def __init__(self, names: tuple[str, ...], size: int, rng: np.random.Generator):
        super().__init__(
            children={name: Affine(size, size, initial=identity, rng=rng) for name in names}
        )

    def forward(self, final: State) -> State:
        """The final state of a stack, with that of its lowest layer joined."""
        final = dict(final)
        for name, affine in self.children.items():
            both = [final.pop(f"0.{direction}.{name}") for direction in DIRECTIONS]
            final[f"0.{name}"] = affine.forward(array_module(both[0]).concatenate(both, axis=1))
        return final

    def backward(self, d_final: State) -> State:
        """From the gradient of what ``forward`` gave to that of what it was given."""
        d_final = dict(d_final)
        for name, affine in self.children.items():
            d_both = affine.backward(d_final.pop(f"0.{name}"))
            half = d_both.shape[1] // 2
            d_final[f"0.forward.{name}"] = d_both[:, :half]
            d_final[f"0.backward.{name}"] = d_both[:, half:]
        return d_final


def encoder_layers(
    settings: Seq2SeqSettings, rng: np.random.Generator, draws: np.random.Generator
) -> Stack:
    """The recurrent layers of an encoder, the lowest of which may read from both ends."""
    cell, size = CELLS[settings.cell], settings.hidden_size
    lowest: Any
    if settings.bidirectional:
        lowest = Bidirectional(
            *(cell(settings.token_size, size // 2, rng=rng) for _ in DIRECTIONS)
        )
    else:
        lowest = cell(settings.token_size, size, rng=rng)
    return stacked(lowest, settings, rng, draws)


def stacked(
    lowest: Layer, settings: Seq2SeqSettings, rng: np.random.Generator, draws: np.random.Generator
) -> Stack:
    """The lowest layer, and those above it."""
    cell, size = CELLS[settings.cell], settings.hidden_size
    above = [cell(size, size, rng=rng) for _ in range(settings.layers - 1)]
    between = [Dropout(settings.dropout, draws) for _ in above]
    return Stack([lowest, *above], dropout=between, residual=settings.residual)
