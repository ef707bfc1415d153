"""The encoder: what it says of each word of the source, and what it ends with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.layers.affine import Affine
from wordkit.layers.dropout import Dropout
from wordkit.layers.embedding import Embedding
from wordkit.layers.recurrent.cells import GRU, LSTM
from wordkit.layers.recurrent.loop import State
from wordkit.layers.recurrent.stack import Bidirectional, Stack
from wordkit.seq2seq.initial_weights import STATES
from wordkit.seq2seq.settings import ModelSettings

CELLS: dict[str, Any] = {"gru": GRU, "lstm": LSTM}
DIRECTIONS = ("forward", "backward")
Weights = Mapping[str, Array]


class Encoder:
    """Embedding, dropout, recurrent layers, and a bridge for the states of both directions."""

    def __init__(self, settings: ModelSettings, weights: Weights, rng: np.random.Generator):
        self._dropout = Dropout(settings.dropout, rng)
        self.embedding = Embedding(weights["source_embedding.weight"])
        self.stack = recurrent_layers(
            settings, under("encoder.", weights), rng, bidirectional=settings.bidirectional
        )
        states = STATES[settings.cell] if settings.bidirectional else ()
        self.bridges = {name: Affine(**under(f"bridge.{name}.", weights)) for name in states}
        self.parts: dict[str, Any] = {"source_embedding": self.embedding, "encoder": self.stack}
        self.parts |= {f"bridge.{name}": bridge for name, bridge in self.bridges.items()}

    def forward(
        self, ids: Array, mask: Array | None, *, training: bool = False
    ) -> tuple[Array, State]:
        """From ids (N, S) to states (N, S, H), and the state after the last of each, (N, H).

        ``mask`` (N, S) bool is False where there is padding; None if nowhere.
        """
        x = self.embedding.forward(ids.T, training=training).swapaxes(0, 1)
        x = self._dropout.forward(x, training=training)
        states = self.stack.forward(x, mask=mask, training=training)
        final = dict(self.stack.final_state)
        for name, bridge in self.bridges.items():
            both = [final.pop(f"0.{direction}.{name}") for direction in DIRECTIONS]
            final[f"0.{name}"] = bridge.forward(array_module(x).concatenate(both, axis=1))
        self._shape = states.shape
        return states, final

    def backward(self, d_states: Array | None, d_final: State) -> None:
        """From the gradients of the states (N, S, H), None for zeros, and of the final ones."""
        d_final = dict(d_final)
        for name, bridge in self.bridges.items():
            d_both = bridge.backward(d_final.pop(f"0.{name}"))
            half = d_both.shape[1] // 2
            d_final[f"0.forward.{name}"] = d_both[:, :half]
            d_final[f"0.backward.{name}"] = d_both[:, half:]
        if d_states is None:
            (n, steps, size), like = self._shape, next(iter(d_final.values()))
            d_states = array_module(like).zeros((steps, n, size), like.dtype).swapaxes(0, 1)
        d_x = self.stack.backward(d_states, state_gradient=d_final)
        self.embedding.backward(self._dropout.backward(d_x).swapaxes(0, 1))


def recurrent_layers(
    settings: ModelSettings,
    weights: Weights,
    rng: np.random.Generator,
    *,
    bidirectional: bool = False,
) -> Stack:
    """The layers of an encoder or a decoder; ``bidirectional`` is of the lowest one."""
    cell = CELLS[settings.cell]
    names = [str(number) for number in range(settings.layers)]
    layers: list[Any] = [cell(**under(f"{name}.", weights)) for name in names[bidirectional:]]
    if bidirectional:
        both = (cell(**under(f"0.{direction}.", weights)) for direction in DIRECTIONS)
        layers.insert(0, Bidirectional(*both))
    between = [Dropout(settings.dropout, rng) for _ in layers[1:]]
    return Stack(layers, dropout=between, residual=settings.residual)


def under(start: str, weights: Weights) -> dict[str, Array]:
    """The weights of which the names begin so, by the rest of their names."""
    return {k.removeprefix(start): w for k, w in weights.items() if k.startswith(start)}
