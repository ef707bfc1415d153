"""Recurrent layers side by side and on top of each other.

Both have the protocol of the layers they are made of. In states, as in ``params``, the names
of the parts stand before the parts' own: ``"0.h"``, ``"forward.h"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wordkit.backend.arrays import Array, array_module
from wordkit.errors import ModelError
from wordkit.layers.base import Layer, joined_names
from wordkit.layers.dropout import WeightDrop
from wordkit.layers.recurrent.loop import State


class _Parts(Layer):
    """A layer made of recurrent layers that have names."""

    def __init__(self, parts: Mapping[str, Any]):
        super().__init__(children=parts)
        _check_distinct(list(_layers_in(self)))

    @property
    def final_state(self) -> State:
        """As in ``Recurrent``, of all parts."""
        return joined_names({name: part.final_state for name, part in self.children.items()})

    @property
    def initial_state_gradient(self) -> State:
        """As in ``Recurrent``, of all parts."""
        return joined_names(
            {name: part.initial_state_gradient for name, part in self.children.items()}
        )

    def _part_states(self, state: State | None) -> dict[str, State | None]:
        """The state of each part."""
        if state is None:
            return dict.fromkeys(self.children)
        states: dict[str, Any] = {name: {} for name in self.children}
        for name, array in state.items():
            part, _, rest = name.partition(".")
            if part not in states:
                raise ModelError(
                    f"the state must be of the layers {', '.join(states)}, found {name!r}"
                )
            states[part][rest] = array
        return states


class Bidirectional(_Parts):
    """One layer reads from the start, the other from the end; their outputs side by side.

    Schuster and Paliwal 1997, "Bidirectional Recurrent Neural Networks". The parts are
    ``forward`` and ``backward``; the final state of the latter is that after the first
    token. With padding, give a mask: it keeps the backward state zero until the last token.
    """

    def __init__(self, forward_layer: Any, backward_layer: Any):
        super().__init__({"forward": forward_layer, "backward": backward_layer})
        self._size = 0  # of the first one's output

    def forward(
        self,
        x: Array,
        *,
        state: State | None = None,
        mask: Array | None = None,
        training: bool = False,
    ) -> Array:
        """From x (N, T, D) to (N, T, H of the one + H of the other), as ``Recurrent``."""
        states, directions = self._part_states(state), (slice(None), slice(None, None, -1))
        outputs = []
        for (name, part), direction in zip(self.children.items(), directions, strict=True):
            seen = None if mask is None else mask[:, direction]
            y = part.forward(x[:, direction], state=states[name], mask=seen, training=training)
            outputs.append(y[:, direction])
        self._size = outputs[0].shape[-1]
        return array_module(x).concatenate(outputs, axis=-1)

    def backward(  # type: ignore[override]
        self, gradient: Array, *, state_gradient: State | None = None
    ) -> Array:
        """From the gradient of the output to that of x (N, T, D)."""
        first, second = self.children.values()
        states = self._part_states(state_gradient)
        d_first, d_second = gradient[..., : self._size], gradient[:, ::-1, self._size :]
        d_x = first.backward(d_first, state_gradient=states["forward"])
        d_reversed = second.backward(d_second, state_gradient=states["backward"])
        return d_x + d_reversed[:, ::-1]

    def step(self, x: Array, state: State | None = None) -> State:
        """Always a ``ModelError``: the end of a sequence must be known first."""
        raise ModelError(
            "a bidirectional layer reads from both ends, so it cannot advance by one step: "
            "decode with layers of one direction"
        )


class Stack(_Parts):
    """Each layer reads what the one below gives. The parts are ``0``, ``1``, ...

    Parameters
    ----------
    layers
        From the lowest to the highest.
    dropout
        A layer between each two of them, such as ``Dropout``; None for nothing.
    residual
        Each layer but the lowest adds the output of the one below, as it was before the
        dropout, to its own: y + layer(dropout(y)). All must be of one size.
    """

    def __init__(
        self,
        layers: Sequence[Any],
        *,
        dropout: Sequence[Layer] | None = None,
        residual: bool = False,
    ):
        super().__init__({str(number): layer for number, layer in enumerate(layers)})
        if not layers:
            raise ModelError("a stack must have at least one layer")
        if dropout is not None and len(dropout) != len(layers) - 1:
            raise ModelError(
                f"between {len(layers)} layers there must be {len(layers) - 1} of dropout, "
                f"not {len(dropout)}"
            )
        _check_distinct(dropout or ())
        self.layers, self.dropout, self.residual = list(layers), dropout, residual
        self._output: Array = None
        self._masks: list[Array] = []  # (N, T, H) each
        self._next = 0  # step

    def forward(
        self,
        x: Array,
        *,
        state: State | None = None,
        mask: Array | None = None,
        training: bool = False,
    ) -> Array:
        """From x (N, T, D) to (N, T, H) of the highest layer, as ``Recurrent``."""
        states = self._part_states(state)
        if self._output is not None and array_module(x).may_share_memory(x, self._output):
            x = x.copy()  # the highest layer is about to overwrite it
        for number, layer in enumerate(self.layers):
            below = x
            if number and self.dropout:
                x = self.dropout[number - 1].forward(x, training=training)
            x = layer.forward(x, state=states[str(number)], mask=mask, training=training)
            if number and self.residual:
                x = _added(x, below)
        self._output = x
        return x

    def backward(  # type: ignore[override]
        self, gradient: Array, *, state_gradient: State | None = None
    ) -> Array:
        """From the gradient of the output to that of x (N, T, D)."""
        states = self._part_states(state_gradient)
        for number in reversed(range(len(self.layers))):
            above = gradient
            gradient = self.layers[number].backward(gradient, state_gradient=states[str(number)])
            if number and self.dropout:
                gradient = self.dropout[number - 1].backward(gradient)
            if number and self.residual:
                gradient = gradient + above
        return gradient

    # --- step by step, as in ``Recurrent`` ---

    def begin(
        self, n: int, steps: int, state: State | None = None, *, training: bool = False
    ) -> None:
        """Begin with N sequences: ``advance`` will be called so often."""
        states = self._part_states(state)
        for number, layer in enumerate(self.layers):
            layer.begin(n, steps, states[str(number)])
        self._masks = []
        for dropout, layer in zip(self.dropout or (), self.layers, strict=False):
            weight = layer.params["weight_hh"]
            ones = array_module(weight).ones((n, steps, len(weight)), weight.dtype)
            self._masks.append(dropout.forward(ones, training=training))
        self._next = 0

    def advance(self, x: Array) -> Array:
        """From x (N, D) of the next step to the output of the highest layer, (N, H)."""
        for number, layer in enumerate(self.layers):
            below = x
            if number and self._masks:
                x = x * self._masks[number - 1][:, self._next]
            x = layer.advance(x)
            if number and self.residual:
                x = _added(x, below)
        self._next += 1
        return x

    def begin_backward(self, state_gradient: State | None = None) -> None:
        """Begin with the gradient by the final state."""
        states = self._part_states(state_gradient)
        for number, layer in enumerate(self.layers):
            layer.begin_backward(states[str(number)])

    def retreat(self, gradient: Array) -> Array:
        """From the gradient of the output (N, H) to that of x, of the last step that is left."""
        t = self._next - 1
        for number in reversed(range(len(self.layers))):
            above = gradient
            gradient = self.layers[number].retreat(gradient)
            if number and self._masks:
                gradient = gradient * self._masks[number - 1][:, t]
            if number and self.residual:
                gradient = gradient + above
        self._next = t
        return gradient

    def end_backward(self) -> None:
        """Set ``grads`` and ``initial_state_gradient``, of all steps."""
        for layer in self.layers:
            layer.end_backward()

    # --- a step that is not looked back on ---

    def step(self, x: Array, state: State | None = None, **options: Any) -> State:
        """One step, from x (N, D) and a state to a new state, of which there is ``output``."""
        states, after = self._part_states(state), {}
        for number, layer in enumerate(self.layers):
            after[str(number)] = layer.step(x, states[str(number)], **options)
            h = after[str(number)]["h"]
            x = _added(h, x) if number and self.residual else h
        return joined_names(after)

    def output(self, state: State) -> Array:
        """What the stack gives in a state, (N, H): the highest h, if residual the sum of all."""
        hs = [state[f"{number}.h"] for number in range(len(self.layers))]
        return sum(hs[1:], hs[0]) if self.residual else hs[-1]


def _layers_in(part: Any) -> Iterator[Any]:
    """The recurrent layers that a layer is made of."""
    if isinstance(part, _Parts):
        for inner in part.children.values():
            yield from _layers_in(inner)
    elif isinstance(part, WeightDrop):
        yield from _layers_in(part.layer)
    else:
        yield part


def _check_distinct(layers: Sequence[Any]) -> None:
    """A layer remembers its last ``forward`` only: in two places it would forget the first."""
    if len({id(layer) for layer in layers}) < len(layers):
        raise ModelError(
            "a layer stands in two places, but has room for the values of one: make two layers, "
            "and share the arrays, not the layer"
        )


def _added(y: Array, below: Array) -> Array:
    if y.shape != below.shape:
        raise ModelError(
            f"with residual connections all layers must be of one size: one gives {y.shape}, "
            f"the one below {below.shape}"
        )
    return y + below
