"""The minimal gated unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wordkit.backend.arrays import Array
from wordkit.layers.activations import sigmoid, tanh
from wordkit.layers.base import Parameter
from wordkit.layers.init import orthogonal, xavier, zeros
from wordkit.layers.recurrent.gates import by_gate, split_gates
from wordkit.layers.recurrent.loop import Recurrent, Step, flat


class MGU(Recurrent):
    """A GRU whose one gate both resets and updates: two thirds of its weights.

        f  = sigmoid(x W_if + b_if + h W_hf + b_hf)       forget
        n  = tanh(x W_in + b_in + f (h W_hn + b_hn))      new
        h' = (1 - f) h + f n

    Zhou et al. 2016, "Minimal Gated Unit for Recurrent Neural Networks", with the gate after
    the product, as in our GRU.

    ``params``: ``weight_ih`` (D, 2H), ``weight_hh`` (H, 2H), ``bias_ih`` and ``bias_hh``
    (2H,), each with the gates in the order f, n.

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
            "weight_ih": Parameter((inputs, 2 * size), by_gate(xavier, 2)),
            "weight_hh": Parameter((size, 2 * size), by_gate(orthogonal, 2)),
            "bias_ih": Parameter((2 * size,), zeros),
            "bias_hh": Parameter((2 * size,), zeros),
        }
        super().__init__(parameters, rng=rng, weights=weights)

    def _input_bias(self) -> Array:
        return self.params["bias_ih"]

    def _bias_gradients(self, d_gates: Array, d_recurrent: Array) -> None:
        self.grads["bias_ih"] = flat(d_gates).sum(axis=0)
        self.grads["bias_hh"] = flat(d_recurrent).sum(axis=0)

    def _cell(self, step: Step) -> None:
        gates, recurrent, (h,), (h_after,) = step
        recurrent += self.params["bias_hh"]
        (f, n), (f_h, n_h) = split_gates(gates, 2), split_gates(recurrent, 2)
        f[...] = sigmoid(f + f_h)
        n[...] = tanh(n + f * n_h)
        h_after[...] = (1 - f) * h + f * n

    def _cell_backward(
        self, step: Step, d_state: list[Array], d_gates: Array, d_recurrent: Array
    ) -> None:
        gates, recurrent, (h,), _ = step
        (d_h,) = d_state
        (f, n), (_, n_h) = split_gates(gates, 2), split_gates(recurrent, 2)
        d_f, d_n = split_gates(d_gates, 2)
        d_n[...] = d_h * f * (1 - n * n)
        d_f[...] = (d_h * (n - h) + d_n * n_h) * f * (1 - f)
        d_recurrent[...] = d_gates
        split_gates(d_recurrent, 2)[1][...] *= f
        d_h *= 1 - f
