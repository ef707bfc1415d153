"""What weights are before they have learned anything.

Each function takes a shape and a generator, and gives an array on the host. The numbers
are drawn in float64, so that a seed gives the same ones in every ``dtype``. ``zeros``, ``ones``
and ``identity`` draw nothing: they take a generator so that they can stand for the others.

``xavier``, ``he`` and ``orthogonal`` are for a weight (D, H) used as x W: each output
has D inputs, the fan-in, and each input goes to H outputs, the fan-out. A weight that
holds several gates side by side, (D, 4 H), is several weights: draw each by itself.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wordkit.errors import ModelError

Shape = int | tuple[int, ...]


def zeros(shape: Shape, rng: Any = None, *, dtype: Any = np.float32) -> np.ndarray:
    """All 0: for biases."""
    return np.zeros(shape, dtype)


def ones(shape: Shape, rng: Any = None, *, dtype: Any = np.float32) -> np.ndarray:
    """All 1: for scales."""
    return np.ones(shape, dtype)


def identity(shape: Shape, rng: Any = None, *, dtype: Any = np.float32) -> np.ndarray:
    """1 on the diagonal, elsewhere 0: outputs begin as the inputs."""
    return np.eye(*_fans(shape), dtype=dtype)


def gaussian(
    shape: Shape, rng: np.random.Generator, *, std: float = 0.01, dtype: Any = np.float32
) -> np.ndarray:
    """Normal with mean 0 and standard deviation ``std``."""
    return rng.normal(0, std, shape).astype(dtype)


def uniform(
    shape: Shape, rng: np.random.Generator, *, limit: float = 0.1, dtype: Any = np.float32
) -> np.ndarray:
    """Uniform from -``limit`` to ``limit``."""
    return rng.uniform(-limit, limit, shape).astype(dtype)


def xavier(
    shape: Shape, rng: np.random.Generator, *, gain: float = 1.0, dtype: Any = np.float32
) -> np.ndarray:
    """Uniform of variance 2 / (fan-in + fan-out): for tanh and sigmoid.

    Times ``gain``. Glorot and Bengio 2010, "Understanding the difficulty of training deep
    feedforward neural networks", formula 16.
    """
    fan_in, fan_out = _fans(shape)
    limit = gain * math.sqrt(6 / (fan_in + fan_out))  # a uniform's variance is limit ** 2 / 3
    return uniform(shape, rng, limit=limit, dtype=dtype)


def he(
    shape: Shape, rng: np.random.Generator, *, gain: float = 1.0, dtype: Any = np.float32
) -> np.ndarray:
    """Normal of variance 2 / fan-in: for ReLU, which lets half of its inputs through.

    Times ``gain``. He et al. 2015, "Delving Deep into Rectifiers", formula 10.
    """
    fan_in, _ = _fans(shape)
    return gaussian(shape, rng, std=gain * math.sqrt(2 / fan_in), dtype=dtype)


def orthogonal(
    shape: Shape, rng: np.random.Generator, *, gain: float = 1.0, dtype: Any = np.float32
) -> np.ndarray:
    """An orthogonal matrix, all of them alike probable, times ``gain``.

    Its rows are orthonormal, or its columns, whichever are fewer. A square one keeps the
    length of what it multiplies, and so the gradient's over many steps. Saxe et al. 2014,
    "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks".
    """
    rows, columns = _fans(shape)
    draws = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(draws)
    # qr chooses the signs; this choice makes them as random as the draws
    q *= np.where(np.diag(r) < 0, -1, 1)
    return (gain * (q if rows >= columns else q.T)).astype(dtype, order="C")


def _fans(shape: Shape) -> tuple[int, int]:
    """Fan-in and fan-out, D and H of a shape (D, H)."""
    if not isinstance(shape, tuple) or len(shape) != 2 or min(shape) < 1:
        raise ModelError(f"a weight's shape must be (inputs, outputs), at least 1 each: {shape}")
    return shape
