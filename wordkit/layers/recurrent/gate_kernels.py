# mypy: ignore-errors
# (numba's types are not Python's)
"""The gates of LSTM and GRU, all of a step in one pass, forwards and backwards.

The formulas are those in ``cells``. All arrays are float32 and contiguous: states and
their gradients (N, H), gates, recurrent terms and their gradients (N, 3 H) or (N, 4 H).
"""

from __future__ import annotations

import numpy as np

from wordkit.backend.compiling import njit
from wordkit.backend.simd_kernels import LANES, fill, hold, pointer
from wordkit.backend.simd_math_kernels import load_some, sigmoid, store_some, tanh


@njit
def lstm_forward(gates, recurrent, c, h_after, c_after):
    """Gates in place, the states after."""
    rows, size = c.shape
    spare = np.zeros(LANES, np.float32)
    a, p, s = pointer(gates), pointer(recurrent), pointer(spare)
    old, new_h, new_c = pointer(c), pointer(h_after), pointer(c_after)
    for row in range(rows):
        for k in range(0, size, LANES):
            n, unit = size - k, row * size + k
            at_i = 4 * row * size + k
            at_f, at_g, at_o = at_i + size, at_i + 2 * size, at_i + 3 * size
            i = sigmoid(load_some(a, at_i, n, s) + load_some(p, at_i, n, s))
            f = sigmoid(load_some(a, at_f, n, s) + load_some(p, at_f, n, s))
            g = tanh(load_some(a, at_g, n, s) + load_some(p, at_g, n, s))
            o = sigmoid(load_some(a, at_o, n, s) + load_some(p, at_o, n, s))
            after = f * load_some(old, unit, n, s) + i * g
            store_some(a, at_i, n, s, i)
            store_some(a, at_f, n, s, f)
            store_some(a, at_g, n, s, g)
            store_some(a, at_o, n, s, o)
            store_some(new_c, unit, n, s, after)
            store_some(new_h, unit, n, s, o * tanh(after))
    hold((gates, recurrent, c, h_after, c_after, spare))


@njit
def lstm_backward(gates, c, c_after, d_h, d_c, d_gates):
    """``d_h`` and ``d_c`` in place, the gradient of the gates."""
    rows, size = c.shape
    spare, one = np.zeros(LANES, np.float32), fill(np.float32(1))
    a, b, s = pointer(gates), pointer(d_gates), pointer(spare)
    old, new_c, at_d_h, at_d_c = pointer(c), pointer(c_after), pointer(d_h), pointer(d_c)
    for row in range(rows):
        for k in range(0, size, LANES):
            n, unit = size - k, row * size + k
            at_i = 4 * row * size + k
            at_f, at_g, at_o = at_i + size, at_i + 2 * size, at_i + 3 * size
            i, f = load_some(a, at_i, n, s), load_some(a, at_f, n, s)
            g, o = load_some(a, at_g, n, s), load_some(a, at_o, n, s)
            tanh_c, dh = tanh(load_some(new_c, unit, n, s)), load_some(at_d_h, unit, n, s)
            dc = load_some(at_d_c, unit, n, s) + dh * o * (one - tanh_c * tanh_c)
            store_some(b, at_i, n, s, dc * g * i * (one - i))
            store_some(b, at_f, n, s, dc * load_some(old, unit, n, s) * f * (one - f))
            store_some(b, at_g, n, s, dc * i * (one - g * g))
            store_some(b, at_o, n, s, dh * tanh_c * o * (one - o))
            store_some(at_d_c, unit, n, s, dc * f)
            store_some(at_d_h, unit, n, s, fill(np.float32(0)))
    hold((gates, c, c_after, d_h, d_c, d_gates, spare))


@njit
def gru_forward(gates, recurrent, h, h_after):
    """Compute the gates in place, and the state after; the bias is in the recurrent term."""
    rows, size = h.shape
    spare, one = np.zeros(LANES, np.float32), fill(np.float32(1))
    a, p, s = pointer(gates), pointer(recurrent), pointer(spare)
    old, new = pointer(h), pointer(h_after)
    for row in range(rows):
        for k in range(0, size, LANES):
            left, unit = size - k, row * size + k
            at_r = 3 * row * size + k
            at_z, at_n = at_r + size, at_r + 2 * size
            r = sigmoid(load_some(a, at_r, left, s) + load_some(p, at_r, left, s))
            z = sigmoid(load_some(a, at_z, left, s) + load_some(p, at_z, left, s))
            n = tanh(load_some(a, at_n, left, s) + r * load_some(p, at_n, left, s))
            store_some(a, at_r, left, s, r)
            store_some(a, at_z, left, s, z)
            store_some(a, at_n, left, s, n)
            store_some(new, unit, left, s, (one - z) * n + z * load_some(old, unit, left, s))
    hold((gates, recurrent, h, h_after, spare))


@njit
def gru_backward(gates, recurrent, h, d_h, d_gates, d_recurrent):
    """Update ``d_h`` in place, and write the gradients of gates and recurrent term."""
    rows, size = h.shape
    spare, one = np.zeros(LANES, np.float32), fill(np.float32(1))
    a, p, s = pointer(gates), pointer(recurrent), pointer(spare)
    b, q, old, at_d_h = pointer(d_gates), pointer(d_recurrent), pointer(h), pointer(d_h)
    for row in range(rows):
        for k in range(0, size, LANES):
            left, unit = size - k, row * size + k
            at_r = 3 * row * size + k
            at_z, at_n = at_r + size, at_r + 2 * size
            r, z = load_some(a, at_r, left, s), load_some(a, at_z, left, s)
            n, dh = load_some(a, at_n, left, s), load_some(at_d_h, unit, left, s)
            dn = dh * (one - z) * (one - n * n)
            dz = dh * (load_some(old, unit, left, s) - n) * z * (one - z)
            dr = dn * load_some(p, at_n, left, s) * r * (one - r)
            store_some(b, at_r, left, s, dr)
            store_some(b, at_z, left, s, dz)
            store_some(b, at_n, left, s, dn)
            store_some(q, at_r, left, s, dr)
            store_some(q, at_z, left, s, dz)
            store_some(q, at_n, left, s, dn * r)
            store_some(at_d_h, unit, left, s, dh * z)
    hold((gates, recurrent, h, d_h, d_gates, d_recurrent, spare))
