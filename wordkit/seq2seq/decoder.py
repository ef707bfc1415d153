"""The decoder: each word of the target, from those before it and what the encoder says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.layers.attention.kinds import ATTENTIONS
from wordkit.layers.attention.vector import AttentionalVector
from wordkit.layers.base import Layer
from wordkit.layers.blocks import joined_steps
from wordkit.layers.dropout import Dropout
from wordkit.layers.embedding import Embedding
from wordkit.layers.recurrent.cells import CELLS
from wordkit.layers.recurrent.loop import State
from wordkit.seq2seq.encoder import stacked
from wordkit.seq2seq.settings import Seq2SeqSettings

OF_DECODER = ("fed", "peek")
"""What a state has besides the recurrent layers' arrays, in the order of the input."""


class Memory(NamedTuple):
    """What the encoder says of N sources.

    ``states`` (N, S, H) in the order of the words, and ``keys``, what attention multiplies
    with; None without attention. ``mask`` (N, S), False where there is padding.
    ``first_state``: what the decoder begins with, arrays of N rows. ``product``: the product
    with weights, which do not change as long as the memory is used.
    """

    states: Array | None
    keys: Array | None
    mask: Array
    first_state: State
    product: Callable

    def rows(self, index: Any) -> Memory:
        """The memory of some of the sources, in any order, also several times."""
        index = array_module(self.mask).asarray(index)
        states, keys = (None if a is None else a[index] for a in (self.states, self.keys))
        first = {name: array[index] for name, array in self.first_state.items()}
        return Memory(states, keys, self.mask[index], first, self.product)


class Decoder(Layer):
    """Embedding, dropout, recurrent layers, attention, dropout.

    All steps are one block, unless what the attention gives goes into the next step.

    A state has besides the recurrent layers' arrays ``fed``, what the attention gave, and
    ``peek``, what the encoder ended with.

    Parameters
    ----------
    embedding
        Of the target's words: it may share the encoder's array, not its layer.
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
        self.settings, size = settings, settings.hidden_size
        self._dropout, self._output_dropout = (Dropout(settings.dropout, draws) for _ in range(2))
        inputs = settings.token_size + size * (settings.input_feeding + settings.peeky)
        self.embedding = embedding
        lowest = CELLS[settings.cell](inputs, size, rng=rng)
        self.stack = stacked(lowest, settings, rng, draws)
        children: dict[str, Layer] = {"embedding": embedding, "layers": self.stack}
        self.attentional: AttentionalVector | None = None
        if settings.attention != "none":
            attention = ATTENTIONS[settings.attention](size, size, rng=rng)
            self.attentional = AttentionalVector(attention, size, size, size, rng=rng)
            children["attentional"] = self.attentional
        super().__init__(children=children)

    def begin(self, final: State) -> State:
        """The first state, from the encoder's final one."""
        settings, top = self.settings, final[f"{self.settings.layers - 1}.h"]
        fed = {"fed": array_module(top).zeros_like(top)} if settings.input_feeding else {}
        return {**final, **fed, **({"peek": top} if settings.peeky else {})}

    def forward(
        self,
        ids: Array,
        first: State,
        memory: Array,
        mask: Array | None,
        *,
        training: bool = False,
    ) -> Array:
        """What the softmax is given, (N, T, O), from ids (N, T) and what the encoder says.

        ``first`` is the state to begin with, ``memory`` (N, S, H), its ``mask`` (N, S) bool,
        or None if nothing is padding. O is H, twice that if peeky.
        """
        x = self._dropout.forward(
            self.embedding.forward(ids, training=training), training=training
        )
        own, extra = _split_state(first)
        inputs = _side_by_side(x, *extra.values())
        if self.attentional:
            self.attentional.read(memory, mask)
        if self.settings.input_feeding and self.attentional:
            y = self._fed_forward(inputs, own, self.attentional, training=training)
        else:
            y = self.stack.forward(inputs, state=own, training=training)
            y = self.attentional.attend(y) if self.attentional else y
        y = self._output_dropout.forward(y, training=training)
        return _side_by_side(y, extra["peek"]) if "peek" in extra else y

    def backward(self, gradient: Array) -> tuple[Array | None, State]:
        """From the gradient of what ``forward`` gave, (N, T, O), to those of what it was given.

        That of the memory (N, S, H), None without attention; those of the first state, (N, H).
        """
        size, peeky = self.settings.hidden_size, self.settings.peeky
        d_y = self._output_dropout.backward(gradient[..., :size])
        if self.settings.input_feeding and self.attentional:
            d_x = self._fed_backward(d_y, self.attentional)
        else:
            d_h = self.attentional.attend_backward(d_y) if self.attentional else d_y
            d_x = self.stack.backward(d_h)
        d_first = dict(self.stack.initial_state_gradient)
        if peeky:
            top = f"{self.settings.layers - 1}.h"
            d_first[top] += d_x[..., -size:].sum(axis=1) + gradient[..., size:].sum(axis=1)
        d_x = self._dropout.backward(d_x[..., : self.settings.token_size])
        self.embedding.backward(d_x)
        return self.attentional.read_backward() if self.attentional else None, d_first

    def step(self, ids: Array, state: State, memory: Memory) -> tuple[Array, State, Array | None]:
        """One word for each of N targets: what the softmax is given, state, weights (N, S)."""
        own, extra = _split_state(state)
        xp, weights = array_module(ids), None
        x = xp.concatenate([self.embedding.params["weight"][ids], *extra.values()], axis=1)
        after = self.stack.step(x, own, product=memory.product)
        y = self.stack.output(after)
        if self.attentional:
            y, weights = self.attentional.look(
                y[:, None], memory.keys, memory.states, memory.mask, product=memory.product
            )
            y, weights = y[:, 0], weights[:, 0]
        if "fed" in extra:
            extra["fed"] = y
        if "peek" in extra:
            y = xp.concatenate([y, extra["peek"]], axis=1)
        return y, {**after, **extra}, weights

    # --- input feeding ---

    def _fed_forward(
        self, inputs: Array, state: State, attentional: AttentionalVector, *, training: bool
    ) -> Array:
        """What the attention gives, (N, T, H); the inputs (N, T, D) are completed with it."""
        n, steps, _ = inputs.shape
        outputs: list[Array] = []
        self.stack.begin(n, steps, state, training=training)
        for t in range(steps):
            if outputs:
                inputs[:, t, self._fed] = outputs[-1][:, 0]
            h = self.stack.advance(inputs[:, t])
            outputs.append(attentional.attend(h[:, None]))
        return joined_steps(outputs)

    def _fed_backward(self, d_outputs: Array, attentional: AttentionalVector) -> Array:
        """The gradient of the inputs (N, T, D)."""
        d_inputs: list[Array] = []
        d_fed: Any = 0
        self.stack.begin_backward()
        for t in reversed(range(d_outputs.shape[1])):
            d_h = attentional.attend_backward(d_outputs[:, t : t + 1] + d_fed)
            d_inputs.insert(0, self.stack.retreat(d_h[:, 0])[:, None])
            d_fed = d_inputs[0][..., self._fed]
        self.stack.end_backward()
        return joined_steps(d_inputs)

    @property
    def _fed(self) -> slice:
        """Where in its input the decoder is given what the attention gave."""
        start = self.settings.token_size
        return slice(start, start + self.settings.hidden_size)


def _split_state(state: State) -> tuple[State, State]:
    """What the recurrent layers know, and what else there is."""
    own = {name: array for name, array in state.items() if name not in OF_DECODER}
    return own, {name: state[name] for name in OF_DECODER if name in state}


def _side_by_side(block: Array, *rows: Array) -> Array:
    """A block (N, T, D), and at each step the same rows (N, H); time-major in memory."""
    if not rows:
        return block
    (n, steps, size), width = block.shape, sum(each.shape[1] for each in rows)
    joined = array_module(block).empty((steps, n, size + width), block.dtype)
    joined[..., :size] = block.swapaxes(0, 1)
    for each in rows:
        joined[..., size : size + each.shape[1]] = each
        size += each.shape[1]
    return joined.swapaxes(0, 1)
