"""The simple recurrent layer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.errors import ModelError
from wordkit.layers.activations import ACTIVATIONS
from wordkit.layers.base import Parameter
from wordkit.layers.init import orthogonal, xavier, zeros
from wordkit.layers.recurrent.loop import Recurrent, Step

RNN_ACTIVATIONS = ("tanh", "relu")


class RNN(Recurrent):
    """h' = f(x W_ih + h W_hh + bias). Elman 1990, "Finding Structure in Time".

    ``params``: ``weight_ih`` (D, H), ``weight_hh`` (H, H), ``bias`` (H,).

    Parameters
    ----------
    inputs, size
        D and H.
    activation
        f: ``tanh`` or ``relu``.
    """

    def __init__(
        self,
        inputs: int,
        size: int,
        *,
        activation: str = "tanh",
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        parameters = {
            "weight_ih": Parameter((inputs, size), xavier),
            "weight_hh": Parameter((size, size), orthogonal),
            "bias": Parameter((size,), zeros),
        }
        super().__init__(parameters, rng=rng, weights=weights)
        if activation not in RNN_ACTIVATIONS:
            raise ModelError(
                f"activation must be one of {', '.join(RNN_ACTIVATIONS)}, not {activation!r}"
            )
        self.activation = activation

    def torch_biases(self) -> tuple[Array, Array]:
        """PyTorch adds two biases where ours is one: its second is zero."""
        bias = self.params["bias"]
        return bias, array_module(bias).zeros_like(bias)

    def _cell(self, step: Step) -> None:
        gates, recurrent, _, (h_after,) = step
        function, _ = ACTIVATIONS[self.activation]
        h_after[...] = function(gates + recurrent)

    def _cell_backward(
        self, step: Step, d_state: list[Array], d_gates: Array, d_recurrent: Array
    ) -> None:
        _, _, _, (h_after,) = step
        (d_h,) = d_state
        _, derivative = ACTIVATIONS[self.activation]
        d_gates[...] = d_h * derivative(h_after)
        d_h[...] = 0
