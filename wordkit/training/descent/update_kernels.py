# mypy: ignore-errors
# (numba's types are not Python's)
"""What a step does with every weight, in one pass through memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wordkit.backend.compiling import njit


class AdamStep(NamedTuple):
    """The numbers of a step of Adam, all of them floats.

    ``keep``: the share of the weights that decoupled decay leaves. ``decay``: the weight decay
    that is added to the gradient. ``beta1``, ``beta2``, ``epsilon``: Adam's. ``size``: the rate
    over 1 - beta1^t. ``root``: the root of 1 - beta2^t.
    """

    keep: float
    decay: float
    beta1: float
    beta2: float
    size: float
    root: float
    epsilon: float


@njit
def sgd(w: np.ndarray, g: np.ndarray, rate: float, decay: float) -> None:
    """w <- w - rate (g + decay w), both (n,) float32."""
    step, share = np.float32(rate), np.float32(decay)
    for n in range(len(w)):
        w[n] -= step * (g[n] + share * w[n])


@njit(error_model="numpy")
def adam(w: np.ndarray, g: np.ndarray, m: np.ndarray, v: np.ndarray, step: AdamStep) -> None:
    """w <- keep w; g + decay w into m and v; w <- w - size m / (sqrt(v) / root + epsilon).

    All arrays are (n,) float32.
    """
    one = np.float32(1)
    keep, decay = np.float32(step.keep), np.float32(step.decay)
    # subtracted in float64: of 1 - .999999, float32 would keep one digit
    new_m, new_v = np.float32(1 - step.beta1), np.float32(1 - step.beta2)
    size, scale = np.float32(step.size), one / np.float32(step.root)
    epsilon = np.float32(step.epsilon)
    for n in range(len(w)):
        x = keep * w[n]
        slope = g[n] + decay * x
        m[n] += new_m * (slope - m[n])
        v[n] += new_v * (slope * slope - v[n])
        w[n] = x - size * m[n] / (np.sqrt(v[n]) * scale + epsilon)


@njit(fastmath={"reassoc", "contract"})
def squared_norm(x: np.ndarray) -> float:
    """The sum of the squares of (n,) float32, in float64."""
    total = 0.0
    for n in range(len(x)):
        total += np.float64(x[n]) * np.float64(x[n])
    return total
