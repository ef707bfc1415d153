"""The gated recurrent unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wordkit.backend.arrays import Array, fits_kernels
from wordkit.layers.activations import sigmoid, tanh
from wordkit.layers.base import Parameter
from wordkit.layers.init import orthogonal, xavier, zeros
from wordkit.layers.recurrent.gate_kernels import gru_backward, gru_forward
from wordkit.layers.recurrent.gates import by_gate, split_gates
from wordkit.layers.recurrent.loop import Recurrent, Step, flat


class GRU(Recurrent):
    """A state that is overwritten by as much as a gate lets through.

        r  = sigmoid(x W_ir + b_ir + h W_hr + b_hr)       reset
        z  = sigmoid(x W_iz + b_iz + h W_hz + b_hz)       update
        n  = tanh(x W_in + b_in + r (h W_hn + b_hn))      new
        h' = (1 - z) n + z h

    Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", with the
    reset after the product, as in PyTorch and cuDNN.

    ``params``: ``weight_ih`` (D, 3H), ``weight_hh`` (H, 3H), ``bias_ih`` and ``bias_hh``
    (3H,), each with the gates in the order r, z, n.

    Parameters
    ----------
    inputs, size
        D and H.
    """

    keeps_recurrent = True

    def __init__(
        self,
        inputs: int,
        size: int,
        *,
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        parameters = {
            "weight_ih": Parameter((inputs, 3 * size), by_gate(xavier, 3)),
            "weight_hh": Parameter((size, 3 * size), by_gate(orthogonal, 3)),
            "bias_ih": Parameter((3 * size,), zeros),
            "bias_hh": Parameter((3 * size,), zeros),
        }
        super().__init__(parameters, rng=rng, weights=weights)

    def torch_biases(self) -> tuple[Array, Array]:
        """Both, as they are."""
        return self.params["bias_ih"], self.params["bias_hh"]

    def _input_bias(self) -> Array:
        return self.params["bias_ih"]

    def _bias_gradients(self, d_gates: Array, d_recurrent: Array) -> None:
        self.grads["bias_ih"] = flat(d_gates).sum(axis=0)
        self.grads["bias_hh"] = flat(d_recurrent).sum(axis=0)

    def _cell(self, step: Step) -> None:
        gates, recurrent, (h,), (h_after,) = step
        recurrent += self.params["bias_hh"]
        if fits_kernels(gates):
            gru_forward(gates, recurrent, h, h_after)
            return
        (r, z, n), (r_h, z_h, n_h) = split_gates(gates, 3), split_gates(recurrent, 3)
        r[...] = sigmoid(r + r_h)
        z[...] = sigmoid(z + z_h)
        n[...] = tanh(n + r * n_h)
        h_after[...] = (1 - z) * n + z * h

    def _cell_backward(
        self, step: Step, d_state: list[Array], d_gates: Array, d_recurrent: Array
    ) -> None:
        gates, recurrent, (h,), _ = step
        (d_h,) = d_state
        if fits_kernels(gates):
            gru_backward(gates, recurrent, h, d_h, d_gates, d_recurrent)
            return
        (r, z, n), (_, _, n_h) = split_gates(gates, 3), split_gates(recurrent, 3)
        d_r, d_z, d_n = split_gates(d_gates, 3)
        d_n[...] = d_h * (1 - z) * (1 - n * n)
        d_z[...] = d_h * (h - n) * z * (1 - z)
        d_r[...] = d_n * n_h * r * (1 - r)
        d_recurrent[...] = d_gates
        split_gates(d_recurrent, 3)[2][...] *= r
        d_h *= z
