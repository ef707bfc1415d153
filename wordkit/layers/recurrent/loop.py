"""The loop over time that all recurrent layers share.

All steps share one product with the input weights, before the loop over time, and one
for each weight's gradient, after it; in the loop only the product of the state with the
recurrent weights is left. Inside, blocks are time-major, (T, N, ...): what a step reads
and writes lies together.

    x (T, N, D) ── weight_ih ──► gates (T, N, G H)                 one product for all steps
                                   │
    states (T + 1, N, H)           ▼
      [0] ── weight_hh ──► recurrent + gates[0] ── cell ──► [1]    a product for each step
      [1] ── weight_hh ──► recurrent + gates[1] ── cell ──► [2]
       …                                                           the output is [1:]

Backwards the same from below, with the transposed weights: ``d_gates`` step by step, then
``d_x`` and the gradients of both weights as one product each.

What ``forward`` and ``backward`` return, and ``grads``, are buffers of the layer, which its
next ``forward`` or ``backward`` overwrites. ``final_state`` and
``initial_state_gradient`` are not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from wordkit.backend.arrays import Array, array_module, fits_kernels
from wordkit.backend.products import Times, product
from wordkit.backend.threads import at_once, available_workers, shares
from wordkit.errors import ModelError
from wordkit.layers.base import Layer, Parameter
from wordkit.layers.buffers import Buffers
from wordkit.layers.recurrent.checks import (
    check_input,
    check_one_type,
    check_rows,
    check_state,
    check_turn,
)

WORTH_THREADS = 2**17
"""Gates of a single step from which threads pay: about half a millisecond for one thread."""
State = dict[str, Array]
"""The arrays, each (N, H), that a step hands to the next: ``h``, of an LSTM also ``c``."""


class Step(NamedTuple):
    """One step of N sequences.

    ``gates`` (N, G H): x W_ih plus the bias. ``recurrent`` (N, G H): h W_hh. ``before`` and
    ``after``: the states, (N, H) each.
    """

    gates: Array
    recurrent: Array
    before: list[Array]
    after: list[Array]


class Recurrent(Layer):
    """What RNN, GRU and LSTM share: everything but their formulas.

    Gates stand side by side, G of them: ``weight_ih`` is (D, G H), ``weight_hh`` (H, G H).

    Attributes
    ----------
    final_state
        The state after the last step of the last ``forward``. Handed to the next one, it
        makes the back-propagation through time truncated: values go on, gradients do not.
    initial_state_gradient
        The gradient by the state that the last ``forward`` began with.
    """

    state_names: tuple[str, ...] = ("h",)
    keeps_recurrent = False  # whether ``_cell_backward`` reads ``Step.recurrent``

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        *,
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        super().__init__(parameters, rng=rng, weights=weights)
        check_one_type(self)
        self._buffers = Buffers()
        self._states: list[Array] = []  # (T + 1, N, H) each
        self.final_state: State = {}
        self.initial_state_gradient: State = {}
        self._turn, self._next = "", 0  # advance or retreat, if step by step; of which step

    def forward(
        self,
        x: Array,
        *,
        state: State | None = None,
        mask: Array | None = None,
        training: bool = False,
    ) -> Array:
        """From x (N, T, D) to the h after each step, (N, T, H), in training or not.

        Parameters
        ----------
        state
            The state before the first step; None is zeros.
        mask
            (N, T) bool. Where False, the step does not count: it hands on the state that it
            was given.

        Notes
        -----
        x may be kept without a copy: it must not change before ``backward``.

        Raises
        ------
        ModelError
            The shape of x, of the state or of the mask does not fit.
        """
        check_input(self, x, state, "(N, T, D)")
        xp, (n, steps, _) = array_module(x), x.shape
        if mask is not None and mask.shape != (n, steps):
            raise ModelError(f"mask must have the shape {(n, steps)}, not {mask.shape}")
        # the last output may be the next input, and states are about to be overwritten
        own = any(xp.may_share_memory(x, array) for array in self._states)
        x = self._time_major("x", x, copy=own or mask is not None)
        skipped = None if mask is None else xp.ascontiguousarray(mask.T == 0)
        if skipped is not None:
            x[skipped] = 0  # 0 times what stands in padding may be no number
        self._begin(x, state, skipped)
        product(flat(x), self.params["weight_ih"], flat(self._gates))
        times = Times(self.params["weight_hh"], n, steps)
        times.by_rows(partial(self._run, range(steps)), n)
        self._end()
        self._turn = ""
        return self._states[0][1:].swapaxes(0, 1)

    def backward(  # type: ignore[override]
        self, gradient: Array, *, state_gradient: State | None = None
    ) -> Array:
        """From the gradient of the output (N, T, H) to that of x (N, T, D).

        Parameters
        ----------
        state_gradient
            What the loss adds to it by the final state; None is nothing.

        Notes
        -----
        The gradient is read only, and not copied if it need not be.

        Raises
        ------
        ModelError
            There was no ``forward`` before, or a shape does not fit.
        """
        if not self._states:
            raise ModelError("there is no gradient before the first forward")
        check_turn("backward", not self._turn)
        (steps, n, _), size = self._gates.shape, len(self.params["weight_hh"])
        if gradient.shape != (n, steps, size):
            raise ModelError(
                f"the gradient must have the shape of the output, {(n, steps, size)}, not "
                f"{gradient.shape}"
            )
        self._begin_backward(self._time_major("gradient", gradient), state_gradient)
        times = Times(self.params["weight_hh"].T, n, steps)
        times.by_rows(partial(self._run_back, range(steps)), n)
        product(flat(self._d_gates), self.params["weight_ih"].T, flat(self._d_x))
        self._end_backward()
        return self._d_x.swapaxes(0, 1)

    # --- forward and backward step by step, where inputs depend on outputs before them ---

    def begin(self, n: int, steps: int, state: State | None = None) -> None:
        """Begin with N sequences: ``advance`` will be called once for each of the steps.

        Raises
        ------
        ModelError
            The shape of the state does not fit. The others raise it out of turn, too.
        """
        weights = self.params["weight_ih"], self.params["weight_hh"]
        check_state(self, state, n, "the state")
        self._begin(self._buffer("x", (steps, n, len(weights[0]))), state, None)
        self._times = [Times(weight, n, steps) for weight in weights]
        self._turn, self._next = "advance", 0

    def advance(self, x: Array) -> Array:
        """From x (N, D) of the next step to the h after it, (N, H)."""
        t = self._next
        check_turn("advance", self._turn == "advance" and t < len(self._gates))
        check_rows("the input of a step", x, self._x)
        input_product, state_product = self._times
        self._x[t] = x
        input_product(self._x[t], self._gates[t])
        state_product.by_rows(partial(self._run, range(t, t + 1)), len(x))
        self._next += 1
        if self._next == len(self._gates):
            self._end()
        return self._states[0][t + 1]

    def begin_backward(self, state_gradient: State | None = None) -> None:
        """Begin with the gradient by the final state, as ``backward``."""
        advanced = self._turn == "advance" and self._next == len(self._gates)
        check_turn("begin_backward", advanced)
        steps, n, _ = self._gates.shape
        size = len(self.params["weight_hh"])
        self._begin_backward(self._buffer("gradient", (steps, n, size)), state_gradient)
        weights = self.params["weight_ih"].T, self.params["weight_hh"].T
        self._times = [Times(weight, n, steps) for weight in weights]
        self._turn = "retreat"

    def retreat(self, gradient: Array) -> Array:
        """From the gradient of h (N, H) to that of x (N, D), of the last step that is left."""
        t = self._next - 1
        check_turn("retreat", self._turn == "retreat" and t >= 0)
        check_rows("the gradient of a step", gradient, self._gradient)
        self._next, (input_product, state_product) = t, self._times
        self._gradient[t] = gradient
        state_product.by_rows(partial(self._run_back, range(t, t + 1)), len(gradient))
        input_product(self._d_gates[t], self._d_x[t])
        return self._d_x[t]

    def end_backward(self) -> None:
        """Set ``grads`` and ``initial_state_gradient``, of all steps."""
        check_turn("end_backward", self._turn == "retreat" and self._next == 0)
        self._end_backward()

    def _end_backward(self) -> None:
        for name, inputs, outputs in (
            ("weight_ih", self._x, self._d_gates),
            ("weight_hh", self._states[0][:-1], self._d_recurrent),
        ):
            self.grads[name] = self._buffer(f"d_{name}", self.params[name].shape)
            product(flat(inputs).T, flat(outputs), self.grads[name])
        self._bias_gradients(self._d_gates, self._d_recurrent)
        self.initial_state_gradient = {
            name: array.copy()
            for name, array in zip(self.state_names, self._d_states, strict=True)
        }

    def step(self, x: Array, state: State | None = None, *, product: Callable = product) -> State:
        """One step, from x (N, D) and a state to a new state. Nothing is kept for backward.

        Parameters
        ----------
        product
            Multiplies matrices; for many steps, ``KeptProducts`` saves time.
        """
        check_input(self, x, state, "(N, D)")
        weight_ih, weight_hh = self.params["weight_ih"], self.params["weight_hh"]
        xp, shape, dtype = array_module(x), (len(x), len(weight_hh)), weight_hh.dtype
        if state is None:
            state = {name: xp.zeros(shape, dtype) for name in self.state_names}
        before = [xp.ascontiguousarray(state[name], dtype) for name in self.state_names]
        after = [xp.empty(shape, dtype) for _ in self.state_names]
        gates = self._buffer("step gates", (len(x), weight_hh.shape[1]))
        through = self._buffer("step recurrent", gates.shape)
        product(x.astype(dtype, copy=False), weight_ih, gates)
        gates += self._input_bias()
        product(before[0], weight_hh, through)

        def cell(rows: slice) -> None:
            states = [[array[rows] for array in arrays] for arrays in (before, after)]
            self._cell(Step(gates[rows], through[rows], *states))

        worth = fits_kernels(gates) and gates.size >= WORTH_THREADS
        at_once(cell, shares(len(x), available_workers() if worth else 1))
        return dict(zip(self.state_names, after, strict=True))

    # --- what the layers differ in ---

    def torch_biases(self) -> tuple[Array, Array]:
        """``bias_ih`` and ``bias_hh`` of PyTorch's layer of this kind, (G H,) each.

        Raises
        ------
        ModelError
            PyTorch has none.
        """
        raise ModelError(f"PyTorch has no layer for {type(self).__name__}")

    def _input_bias(self) -> Array:
        return self.params["bias"]

    def _bias_gradients(self, d_gates: Array, d_recurrent: Array) -> None:
        self.grads["bias"] = flat(d_gates).sum(axis=0)

    def _cell(self, step: Step) -> None:
        """Write the states after a step.

        ``step.gates`` are overwritten by the values of the gates.
        """
        raise NotImplementedError

    def _cell_backward(
        self, step: Step, d_state: list[Array], d_gates: Array, d_recurrent: Array
    ) -> None:
        """From the gradient by the states after a step to those by what ``_cell`` was given.

        ``d_state`` comes as the gradient by the states after and becomes that by the
        states before, without the part that goes through ``weight_hh``. ``d_gates`` and
        ``d_recurrent`` (N, G H) are written; they are one array unless ``keeps_recurrent``.
        """
        raise NotImplementedError

    # --- the rest ---

    def _begin(self, x: Array, state: State | None, skipped: Array | None) -> None:
        """Set up everything that ``_run`` reads, and the first state; x is (T, N, D)."""
        (steps, n, _), (size, width) = x.shape, self.params["weight_hh"].shape
        self._x, self._skipped = x, skipped
        self._gates = self._buffer("gates", (steps, n, width))
        kept = steps if self.keeps_recurrent else 1
        self._recurrent = self._buffer("recurrent", (kept, n, width))
        self._states = [self._buffer(name, (steps + 1, n, size)) for name in self.state_names]
        for name, array in zip(self.state_names, self._states, strict=True):
            array[0] = 0 if state is None else state[name]

    def _run(self, steps: range, rows: slice, times: Callable) -> None:
        """Run some steps of some of the sequences forwards."""
        bias = self._input_bias()
        for t in steps:
            gates, through, before, after = step = self._step(t, rows)
            gates += bias
            times(before[0], through)
            self._cell(step)
            if self._skipped is not None:
                _restore(after, before, self._skipped[t, rows])

    def _end(self) -> None:
        self.final_state = {
            name: array[-1].copy()
            for name, array in zip(self.state_names, self._states, strict=True)
        }

    def _begin_backward(self, gradient: Array, state_gradient: State | None) -> None:
        """Set up everything that ``_run_back`` reads; the gradient is (T, N, H)."""
        _, n, size = gradient.shape
        check_state(self, state_gradient, n, "the gradient of the state")
        self._gradient = gradient
        self._d_gates = self._d_recurrent = self._buffer("d_gates", self._gates.shape)
        if self.keeps_recurrent:
            self._d_recurrent = self._buffer("d_recurrent", self._gates.shape)
        self._d_x = self._buffer("d_x", (*self._gates.shape[:2], len(self.params["weight_ih"])))
        self._through = self._buffer("through", (n, size))
        self._d_states = [self._buffer(f"d_{name}", (n, size)) for name in self.state_names]
        for name, array in zip(self.state_names, self._d_states, strict=True):
            array[...] = 0 if state_gradient is None else state_gradient[name]

    def _run_back(self, steps: range, rows: slice, times: Callable) -> None:
        """Run some steps of some of the sequences backwards, from the last to the first."""
        d_state, through = [array[rows] for array in self._d_states], self._through[rows]
        for t in reversed(steps):
            d_state[0] += self._gradient[t, rows]
            skipped = None if self._skipped is None else self._skipped[t, rows]
            given = [] if skipped is None else [a.copy() for a in d_state]
            d_gates, d_recurrent = self._d_gates[t, rows], self._d_recurrent[t, rows]
            self._cell_backward(self._step(t, rows), d_state, d_gates, d_recurrent)
            if skipped is not None:
                d_gates[skipped] = d_recurrent[skipped] = 0
                _restore(d_state, given, skipped)
            times(d_recurrent, through)
            d_state[0] += through

    def _step(self, t: int, rows: slice) -> Step:
        return Step(
            self._gates[t, rows],
            self._recurrent[t if self.keeps_recurrent else 0, rows],
            [a[t, rows] for a in self._states],
            [a[t + 1, rows] for a in self._states],
        )

    def _buffer(self, name: str, shape: tuple[int, ...]) -> Array:
        return self._buffers.get(name, shape, self.params["weight_hh"])

    def _time_major(self, name: str, block: Array, *, copy: bool = False) -> Array:
        """Return (N, T, ...) as (T, N, ...), copied if asked for or if memory has other order."""
        moved, dtype = block.swapaxes(0, 1), self.params["weight_hh"].dtype
        if not copy and moved.flags.c_contiguous and moved.dtype == dtype:
            return moved
        copied = self._buffer(name, moved.shape)
        copied[...] = moved
        return copied


def flat(block: Array) -> Array:
    """View a contiguous block (T, N, D) as rows, (T N, D)."""
    return block.reshape(-1, block.shape[-1])


def _restore(states: list[Array], before: list[Array], skipped: Array) -> None:
    """Restore the states (N, H) of the sequences that are skipped, a mask (N,)."""
    for array, old in zip(states, before, strict=True):
        array[skipped] = old[skipped]
