"""What a layer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wordkit.backend.arrays import Array, array_module, scatter_add


class Layer:
    """One step of a computation, forwards and backwards, on NumPy and CuPy alike.

    Blocks of sequences are batch-major everywhere: (N, T, ...) is N sequences of T steps.

    ``forward`` takes the inputs and keeps what ``backward`` will need. ``backward`` takes
    the gradient of the loss by the output of the last ``forward``, sets ``grads``, and
    returns the gradient by the input; by several inputs, a tuple. Inputs that are not
    floating-point numbers (ids, masks, labels) have no gradient and no place in it.
    Layers that are no loss take ``forward(..., training=True)``; most do not care.

    Attributes
    ----------
    params
        The arrays to be learned, by name. They are changed in place, so that layers
        which share an array go on sharing it.
    grads
        Under the same names their gradients: arrays of the same shape, or
        ``RowGradient``s; None before the first ``backward``.
    """

    def __init__(self, **params: Array):
        self.params: dict[str, Array] = params
        self.grads: dict[str, Any] = dict.fromkeys(params)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """The output."""
        raise NotImplementedError

    def backward(self, *gradient: Any) -> Any:
        """The gradients, of the params in ``grads`` and of the inputs returned."""
        raise NotImplementedError


@dataclass(frozen=True)
class RowGradient:
    """The gradient of a matrix (V, D) of which only a few rows were used.

    Attributes
    ----------
    rows
        (n,) integers. A row may stand there several times: its gradient is the sum.
    values
        (n, D).
    shape
        (V, D).
    """

    rows: Array
    values: Array
    shape: tuple[int, ...]

    def dense(self) -> Array:
        """The whole gradient, (V, D)."""
        gradient = array_module(self.values).zeros(self.shape, self.values.dtype)
        scatter_add(gradient, self.rows, self.values)
        return gradient
