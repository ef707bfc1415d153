"""The loop over time that all recurrent layers share.

All steps share one product with the input weights, before the loop over time, and one
for each weight's gradient, after it; in the loop only the product of the state with the
recurrent weights is left. Inside, blocks are time-major, (T, N, ...): what a step reads
and writes lies together.

What ``forward`` and ``backward`` return, and ``grads``, are buffers of the layer, which its
next ``forward`` or ``backward`` overwrites. ``final_state`` and
``initial_state_gradient`` are not.
"""

from __future__ import annotations

from collections.abc import Callable

from wordkit.backend.arrays import Array, array_module
from wordkit.backend.products import Times, product
from wordkit.errors import ModelError
from wordkit.layers.base import Layer
from wordkit.layers.buffers import Buffers

State = dict[str, Array]
"""The arrays, each (N, H), that a step hands to the next: ``h``, of an LSTM also ``c``."""
Step = tuple[Array, Array, list[Array], list[Array]]
"""Of one step: gates and product, both (N, G H), and the states before and after it."""


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
    gate_count: int
    keeps_products = False  # whether ``_cell_backward`` wants what ``_cell`` left there

    def __init__(self, **params: Array):
        super().__init__(**params)
        self._buffers = Buffers()
        self._states: list[Array] = []  # (T + 1, N, H) each
        self.final_state: State = {}
        self.initial_state_gradient: State = {}
        self._check_params()

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
        """
        weight_ih, weight_hh = self.params["weight_ih"], self.params["weight_hh"]
        xp, (n, steps, _) = array_module(x), x.shape
        self._check_input(x, state)
        if mask is not None and mask.shape != (n, steps):
            raise ModelError(f"mask must have the shape {(n, steps)}, not {mask.shape}")
        width = weight_hh.shape[1]
        self._skipped = None if mask is None else xp.ascontiguousarray(mask.T == 0)
        # the last output may be the next input, and states are about to be overwritten
        own = any(xp.may_share_memory(x, array) for array in self._states)
        self._x = self._time_major("x", x, copy=own or mask is not None)
        if self._skipped is not None:
            self._x[self._skipped] = 0  # 0 times what stands in padding may be no number
        gates = self._buffer("gates", (steps, n, width))
        products = self._buffer("products", (steps if self.keeps_products else 1, n, width))
        product(rows_of(self._x), weight_ih, rows_of(gates))
        states = self._states = [
            self._buffer(name, (steps + 1, n, len(weight_hh))) for name in self.state_names
        ]
        for name, array in zip(self.state_names, states, strict=True):
            array[0] = 0 if state is None else state[name]
        self._gates, self._products = gates, products
        Times(weight_hh, n, steps).by_rows(self._run, n)
        self.final_state = {
            name: array[steps].copy() for name, array in zip(self.state_names, states, strict=True)
        }
        return states[0][1:].swapaxes(0, 1)

    def backward(  # type: ignore[override]
        self, gradient: Array, *, state_gradient: State | None = None
    ) -> Array:
        """From the gradient of the output (N, T, H) to that of x (N, T, D).

        Parameters
        ----------
        state_gradient
            What the loss adds to it by the final state; None is nothing.
        """
        weight_hh = self.params["weight_hh"]
        if not self._states:
            raise ModelError("there is no gradient before the first forward")
        (steps, n, _), size = self._gates.shape, len(weight_hh)
        if gradient.shape != (n, steps, size):
            raise ModelError(
                f"the gradient must have the shape of the output, {(n, steps, size)}, not "
                f"{gradient.shape}"
            )
        self._check_state(state_gradient, n, "the gradient of the state")
        gradient = self._time_major("gradient", gradient)
        by_gates = self._buffer("by_gates", self._gates.shape)
        by_products = by_gates
        if self.keeps_products:
            by_products = self._buffer("by_products", self._gates.shape)
        by_states = [self._buffer(f"by_{name}", (n, size)) for name in self.state_names]
        through = self._buffer("through", (n, size))
        for name, array in zip(self.state_names, by_states, strict=True):
            array[...] = 0 if state_gradient is None else state_gradient[name]

        def run_back(rows: slice, times: Callable) -> None:
            by_state = [array[rows] for array in by_states]
            for t in reversed(range(steps)):
                by_state[0] += gradient[t, rows]
                skipped = None if self._skipped is None else self._skipped[t, rows]
                given = [] if skipped is None else [a.copy() for a in by_state]
                by_gate, by_product = by_gates[t, rows], by_products[t, rows]
                self._cell_backward(self._step(t, rows), by_state, by_gate, by_product)
                if skipped is not None:
                    by_gate[skipped] = by_product[skipped] = 0
                    _restore(by_state, given, skipped)
                times(by_product, through[rows])
                by_state[0] += through[rows]

        Times(weight_hh.T, n, steps).by_rows(run_back, n)
        self.initial_state_gradient = {
            name: array.copy() for name, array in zip(self.state_names, by_states, strict=True)
        }
        return self._backward_steps(by_gates, by_products)

    def step(self, x: Array, state: State | None = None, *, product: Callable = product) -> State:
        """One step, from x (N, D) and a state to a new state. Nothing is kept for backward.

        Parameters
        ----------
        product
            For many steps, ``KeptProducts`` saves time.
        """
        weight_ih, weight_hh = self.params["weight_ih"], self.params["weight_hh"]
        xp, shape, dtype = array_module(x), (len(x), len(weight_hh)), weight_hh.dtype
        self._check_input(x, state)
        if state is None:
            state = {name: xp.zeros(shape, dtype) for name in self.state_names}
        before = [xp.ascontiguousarray(state[name], dtype) for name in self.state_names]
        after = [xp.empty(shape, dtype) for _ in self.state_names]
        gates = self._buffer("step gates", (len(x), weight_hh.shape[1]))
        through = self._buffer("step product", gates.shape)
        product(x.astype(dtype, copy=False), weight_ih, gates)
        gates += self._input_bias()
        product(before[0], weight_hh, through)
        self._cell((gates, through, before, after))
        return dict(zip(self.state_names, after, strict=True))

    # --- what the layers differ in ---

    def _input_bias(self) -> Array:
        return self.params["bias"]

    def _bias_gradients(self, by_gates: Array, by_products: Array) -> None:
        self.grads["bias"] = rows_of(by_gates).sum(axis=0)

    def _cell(self, step: Step) -> None:
        """Write the states after a step.

        The gates come as x W_ih + bias and become the values of the gates; the product is
        h W_hh.
        """
        raise NotImplementedError

    def _cell_backward(
        self, step: Step, by_state: list[Array], by_gates: Array, by_product: Array
    ) -> None:
        """From the gradient by the states after a step to those by what ``_cell`` was given.

        ``by_state`` comes as the gradient by the states after and becomes that by the
        states before, but for what goes through the product. ``by_gates`` and
        ``by_product`` (N, G H) are written; they are one array unless products are kept.
        """
        raise NotImplementedError

    # --- the rest ---

    def _run(self, rows: slice, times: Callable) -> None:
        """All steps of some of the sequences."""
        bias = self._input_bias()
        for t in range(len(self._gates)):
            gates, by_weight, before, after = step = self._step(t, rows)
            gates += bias
            times(before[0], by_weight)
            self._cell(step)
            if self._skipped is not None:
                _restore(after, before, self._skipped[t, rows])

    def _step(self, t: int, rows: slice) -> Step:
        return (
            self._gates[t, rows],
            self._products[t if self.keeps_products else 0, rows],
            [a[t, rows] for a in self._states],
            [a[t + 1, rows] for a in self._states],
        )

    def _backward_steps(self, by_gates: Array, by_products: Array) -> Array:
        """Set ``grads``, and return the gradient of x (N, T, D)."""
        weight_ih = self.params["weight_ih"]
        by_x = self._buffer("by_x", (*by_gates.shape[:2], len(weight_ih)))
        for name, inputs, outputs in (
            ("weight_ih", self._x, by_gates),
            ("weight_hh", self._states[0][:-1], by_products),
        ):
            self.grads[name] = self._buffer(f"by_{name}", self.params[name].shape)
            product(rows_of(inputs).T, rows_of(outputs), self.grads[name])
        self._bias_gradients(by_gates, by_products)
        product(rows_of(by_gates), weight_ih.T, rows_of(by_x))
        return by_x.swapaxes(0, 1)

    def _buffer(self, name: str, shape: tuple[int, ...]) -> Array:
        return self._buffers.get(name, shape, self.params["weight_hh"])

    def _time_major(self, name: str, block: Array, *, copy: bool = False) -> Array:
        """(T, N, ...) of (N, T, ...): a copy, if it must be one, or is not so in memory."""
        moved, dtype = block.swapaxes(0, 1), self.params["weight_hh"].dtype
        if not copy and moved.flags.c_contiguous and moved.dtype == dtype:
            return moved
        copied = self._buffer(name, moved.shape)
        copied[...] = moved
        return copied

    def _check_params(self) -> None:
        size = len(self.params["weight_hh"])
        inputs, width = len(self.params["weight_ih"]), self.gate_count * size
        shapes = {"weight_ih": (inputs, width), "weight_hh": (size, width), "peephole": (3, size)}
        for name, param in self.params.items():
            expected = shapes.get(name, (width,))
            if param.shape != expected:
                raise ModelError(
                    f"{name} of this {type(self).__name__} must have the shape {expected}, "
                    f"not {param.shape}"
                )
        dtypes = {str(param.dtype) for param in self.params.values()}
        if len(dtypes) > 1:
            raise ModelError(
                f"the weights of this {type(self).__name__} must be of one type, found "
                f"{' and '.join(sorted(dtypes))}"
            )

    def _check_input(self, x: Array, state: State | None) -> None:
        weight_ih = self.params["weight_ih"]
        if x.shape[-1] != len(weight_ih):
            raise ModelError(
                f"the input of this {type(self).__name__} must have {len(weight_ih)} features, "
                f"not {x.shape[-1]}"
            )
        self._check_state(state, len(x), "the state")

    def _check_state(self, state: State | None, n: int, what: str) -> None:
        expected = dict.fromkeys(self.state_names, (n, len(self.params["weight_hh"])))
        found = {name: array.shape for name, array in (state or {}).items()}
        if state is not None and found != expected:
            raise ModelError(f"{what} must have the arrays {expected}, not {found}")


def rows_of(block: Array) -> Array:
    """(T N, ...) of a contiguous block (T, N, ...)."""
    return block.reshape(-1, block.shape[-1])


def _restore(states: list[Array], before: list[Array], skipped: Array) -> None:
    """Where (N,) says so, the arrays as they were before."""
    for array, old in zip(states, before, strict=True):
        array[skipped] = old[skipped]
