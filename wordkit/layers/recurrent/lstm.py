"""Long short-term memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module, fits_kernels
from wordkit.errors import ModelError
from wordkit.layers.activations import sigmoid, tanh
from wordkit.layers.base import Parameter
from wordkit.layers.init import orthogonal, xavier, zeros
from wordkit.layers.recurrent.gate_kernels import lstm_backward, lstm_forward
from wordkit.layers.recurrent.gates import by_gate, split_gates
from wordkit.layers.recurrent.loop import Recurrent, Step, flat


class LSTM(Recurrent):
    """A memory c that gates write to, clear and read.

        i  = sigmoid(x W_ii + h W_hi + b_i + p_i c)       input
        f  = sigmoid(x W_if + h W_hf + b_f + p_f c)       forget
        g  = tanh(x W_ig + h W_hg + b_g)                  cell
        c' = f c + i g
        o  = sigmoid(x W_io + h W_ho + b_o + p_o c')      output
        h' = o tanh(c')

    Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", with the forget gate and the
    peepholes p of Gers et al. 2000 and 2002.

    ``params``: ``weight_ih`` (D, 4H), ``weight_hh`` (H, 4H), ``bias`` (4H,), each with the
    gates in PyTorch's order i, f, g, o; ``peephole`` (3, H), for i, f and o, if asked for.

    Parameters
    ----------
    inputs, size
        D and H.
    peephole
        Let the gates see the memory.
    """

    state_names = ("h", "c")

    def __init__(
        self,
        inputs: int,
        size: int,
        *,
        peephole: bool = False,
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        parameters = {
            "weight_ih": Parameter((inputs, 4 * size), by_gate(xavier, 4)),
            "weight_hh": Parameter((size, 4 * size), by_gate(orthogonal, 4)),
            "bias": Parameter((4 * size,), remembering),
        }
        if peephole:
            parameters["peephole"] = Parameter((3, size), zeros)
        super().__init__(parameters, rng=rng, weights=weights)

    def torch_biases(self) -> tuple[Array, Array]:
        """PyTorch adds two biases where ours is one: its second is zero."""
        if "peephole" in self.params:
            raise ModelError("PyTorch's LSTM has no peephole")
        bias = self.params["bias"]
        return bias, array_module(bias).zeros_like(bias)

    def _cell(self, step: Step) -> None:
        gates, recurrent, (_, c), (h_after, c_after) = step
        if self._fusible(gates):
            lstm_forward(gates, recurrent, c, h_after, c_after)
            return
        gates += recurrent
        i, f, g, o = split_gates(gates, 4)
        p_i, p_f, p_o = self.params.get("peephole", (0, 0, 0))
        i[...] = sigmoid(i + p_i * c)
        f[...] = sigmoid(f + p_f * c)
        g[...] = tanh(g)
        c_after[...] = f * c + i * g
        o[...] = sigmoid(o + p_o * c_after)
        h_after[...] = o * tanh(c_after)

    def _cell_backward(
        self, step: Step, d_state: list[Array], d_gates: Array, d_recurrent: Array
    ) -> None:
        gates, _, (_, c), (_, c_after) = step
        d_h, d_c = d_state
        if self._fusible(gates):
            lstm_backward(gates, c, c_after, d_h, d_c, d_gates)
            return
        i, f, g, o = split_gates(gates, 4)
        d_i, d_f, d_g, d_o = split_gates(d_gates, 4)
        p_i, p_f, p_o = self.params.get("peephole", (0, 0, 0))
        tanh_c = tanh(c_after)
        d_o[...] = d_h * tanh_c * o * (1 - o)
        d_c += d_h * o * (1 - tanh_c * tanh_c) + p_o * d_o
        d_i[...] = d_c * g * i * (1 - i)
        d_f[...] = d_c * c * f * (1 - f)
        d_g[...] = d_c * i * (1 - g * g)
        d_c *= f
        d_c += p_i * d_i + p_f * d_f
        d_h[...] = 0

    def _fusible(self, gates: Array) -> bool:
        return "peephole" not in self.params and fits_kernels(gates)

    def _bias_gradients(self, d_gates: Array, d_recurrent: Array) -> None:
        super()._bias_gradients(d_gates, d_recurrent)
        if "peephole" in self.params:
            d_i, d_f, _, d_o = split_gates(d_gates, 4)
            c = self._states[1]
            sums = [(d_i * c[:-1]), (d_f * c[:-1]), (d_o * c[1:])]
            xp = array_module(d_gates)
            self.grads["peephole"] = xp.stack([flat(s).sum(axis=0) for s in sums])


def remembering(shape: tuple[int, ...], rng: Any = None) -> np.ndarray:
    """A bias that remembers at first: 1 for the forget gate, elsewhere 0.

    Jozefowicz et al. 2015, "An Empirical Exploration of Recurrent Network Architectures".
    """
    bias = np.zeros((4, shape[0] // 4), np.float32)
    bias[1] = 1
    return bias.ravel()
