"""Recurrent layers: a state that each step of a sequence changes.

The formulas stand here. On float32 in NumPy, kernels of ``gate_kernels`` compute the
same ones in a single pass over the gates.
"""

from __future__ import annotations

from wordkit.backend.arrays import Array, array_module, fits_kernels
from wordkit.errors import ModelError
from wordkit.layers.activations import ACTIVATIONS, sigmoid, tanh
from wordkit.layers.recurrent.gate_kernels import (
    gru_backward,
    gru_forward,
    lstm_backward,
    lstm_forward,
)
from wordkit.layers.recurrent.loop import Recurrent, State, Step, rows_of

__all__ = ["GRU", "LSTM", "RNN", "Recurrent", "State"]
RNN_ACTIVATIONS = ("tanh", "relu")


class RNN(Recurrent):
    """h' = f(x W_ih + h W_hh + bias). Elman 1990, "Finding Structure in Time".

    ``params``: ``weight_ih`` (D, H), ``weight_hh`` (H, H), ``bias`` (H,).

    Parameters
    ----------
    activation
        f: ``tanh`` or ``relu``.
    """

    gate_count = 1

    def __init__(
        self, weight_ih: Array, weight_hh: Array, bias: Array, *, activation: str = "tanh"
    ):
        super().__init__(weight_ih=weight_ih, weight_hh=weight_hh, bias=bias)
        if activation not in RNN_ACTIVATIONS:
            raise ModelError(
                f"activation must be one of {', '.join(RNN_ACTIVATIONS)}, not {activation!r}"
            )
        self.activation = activation

    def _cell(self, step: Step) -> None:
        gates, product, _, (h_after,) = step
        function, _ = ACTIVATIONS[self.activation]
        h_after[...] = function(gates + product)

    def _cell_backward(
        self, step: Step, d_state: list[Array], d_gates: Array, d_product: Array
    ) -> None:
        _, _, _, (h_after,) = step
        (d_h,) = d_state
        _, derivative = ACTIVATIONS[self.activation]
        d_gates[...] = d_h * derivative(h_after)
        d_h[...] = 0


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
    """

    gate_count = 3
    keeps_products = True

    def __init__(self, weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array):
        super().__init__(
            weight_ih=weight_ih, weight_hh=weight_hh, bias_ih=bias_ih, bias_hh=bias_hh
        )

    def _input_bias(self) -> Array:
        return self.params["bias_ih"]

    def _bias_gradients(self, d_gates: Array, d_products: Array) -> None:
        self.grads["bias_ih"] = rows_of(d_gates).sum(axis=0)
        self.grads["bias_hh"] = rows_of(d_products).sum(axis=0)

    def _cell(self, step: Step) -> None:
        gates, product, (h,), (h_after,) = step
        product += self.params["bias_hh"]
        if fits_kernels(gates):
            gru_forward(gates, product, h, h_after)
            return
        (r, z, n), (r_h, z_h, n_h) = _split(gates, 3), _split(product, 3)
        r[...] = sigmoid(r + r_h)
        z[...] = sigmoid(z + z_h)
        n[...] = tanh(n + r * n_h)
        h_after[...] = (1 - z) * n + z * h

    def _cell_backward(
        self, step: Step, d_state: list[Array], d_gates: Array, d_product: Array
    ) -> None:
        gates, product, (h,), _ = step
        (d_h,) = d_state
        if fits_kernels(gates):
            gru_backward(gates, product, h, d_h, d_gates, d_product)
            return
        (r, z, n), (_, _, n_h) = _split(gates, 3), _split(product, 3)
        d_r, d_z, d_n = _split(d_gates, 3)
        d_n[...] = d_h * (1 - z) * (1 - n * n)
        d_z[...] = d_h * (h - n) * z * (1 - z)
        d_r[...] = d_n * n_h * r * (1 - r)
        d_product[...] = d_gates
        _split(d_product, 3)[2][...] *= r
        d_h *= z


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
    gates in PyTorch's order i, f, g, o; ``peephole`` (3, H), for i, f and o, if given.
    """

    state_names = ("h", "c")
    gate_count = 4

    def __init__(
        self, weight_ih: Array, weight_hh: Array, bias: Array, peephole: Array | None = None
    ):
        extra = {} if peephole is None else {"peephole": peephole}
        super().__init__(weight_ih=weight_ih, weight_hh=weight_hh, bias=bias, **extra)

    def _cell(self, step: Step) -> None:
        gates, product, (_, c), (h_after, c_after) = step
        if self._fusible(gates):
            lstm_forward(gates, product, c, h_after, c_after)
            return
        gates += product
        i, f, g, o = _split(gates, 4)
        p_i, p_f, p_o = self.params.get("peephole", (0, 0, 0))
        i[...] = sigmoid(i + p_i * c)
        f[...] = sigmoid(f + p_f * c)
        g[...] = tanh(g)
        c_after[...] = f * c + i * g
        o[...] = sigmoid(o + p_o * c_after)
        h_after[...] = o * tanh(c_after)

    def _cell_backward(
        self, step: Step, d_state: list[Array], d_gates: Array, d_product: Array
    ) -> None:
        gates, _, (_, c), (_, c_after) = step
        d_h, d_c = d_state
        if self._fusible(gates):
            lstm_backward(gates, c, c_after, d_h, d_c, d_gates)
            return
        i, f, g, o = _split(gates, 4)
        d_i, d_f, d_g, d_o = _split(d_gates, 4)
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

    def _bias_gradients(self, d_gates: Array, d_products: Array) -> None:
        super()._bias_gradients(d_gates, d_products)
        if "peephole" in self.params:
            d_i, d_f, _, d_o = _split(d_gates, 4)
            c = self._states[1]
            sums = [(d_i * c[:-1]), (d_f * c[:-1]), (d_o * c[1:])]
            xp = array_module(d_gates)
            self.grads["peephole"] = xp.stack([rows_of(s).sum(axis=0) for s in sums])


def _split(gates: Array, count: int) -> list[Array]:
    """The gates side by side, as views."""
    size = gates.shape[-1] // count
    return [gates[..., k * size : (k + 1) * size] for k in range(count)]
