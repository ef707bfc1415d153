"""Is ``backward`` the derivative of ``forward``? Central differences tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from wordkit.backend.arrays import Array, array_module, to_host
from wordkit.errors import ModelError
from wordkit.layers.base import Layer, RowGradient


def numeric_gradient(f: Callable[[Array], Any], x: Array, epsilon: float = 1e-5) -> np.ndarray:
    """The gradient of ``f`` at ``x`` from values of ``f`` on both sides of it.

    Parameters
    ----------
    f
        From ``x`` to one number.
    x
        float64, of any shape. It is changed in place during the calls, and put back.
    epsilon
        Distance on either side, relative to numbers larger than 1.

    Raises
    ------
    ModelError
        ``x`` is not float64: the differences would drown in rounding.
    """
    _check_precise(x, "x")
    gradient = np.empty(x.shape)
    for place in np.ndindex(*x.shape):
        before = float(x[place])
        step = epsilon * max(1.0, abs(before))
        x[place] = before + step
        above = float(f(x))
        x[place] = before - step
        below = float(f(x))
        x[place] = before
        gradient[place] = (above - below) / (2 * step)
    return gradient


def check_gradients(
    layer: Layer, *inputs: Any, rtol: float = 1e-5, atol: float = 1e-8, seed: int = 0
) -> CheckedGradients:
    """Compare the gradients of a layer, by params and by inputs, with central differences.

    The loss is the sum of the outputs, each times a number drawn at random.

    Parameters
    ----------
    inputs
        What ``forward`` takes. Floating-point arrays, and the layer's params, must be
        float64.
    rtol, atol
        The largest error, relative and absolute.

    Returns
    -------
    What was compared, and how far it agrees.

    Raises
    ------
    ModelError
        A gradient is wrong or missing (which, where, what it is and what it should be),
        or an array is not float64.

    Examples
    --------
    >>> from wordkit.layers.embedding import Embedding
    >>> embedding = Embedding(4, 3, weights={"weight": np.eye(4, 3)})
    >>> check_gradients(embedding, np.array([[1, 3], [3, 0]]))
    the gradient of params['weight'] (4, 3) agrees with central differences
    """
    floating = [n for n, x in enumerate(inputs) if getattr(x, "dtype", np.dtype("i4")).kind == "f"]
    names = [f"params[{name!r}]" for name in layer.params] + [f"input {n}" for n in floating]
    arrays = [*layer.params.values(), *(inputs[n] for n in floating)]
    for name, array in zip(names, arrays, strict=True):
        _check_precise(array, name)
    output = layer.forward(*inputs)
    draws = np.random.default_rng(seed).standard_normal(output.shape)
    factors = array_module(output).asarray(draws)
    returned = layer.backward(factors)
    if not isinstance(returned, tuple):
        returned = () if returned is None else (returned,)
    if len(returned) != len(floating):
        raise ModelError(
            f"backward returns {len(returned)} gradients for {len(floating)} floating-point inputs"
        )
    gradients = [*(layer.grads[name] for name in layer.params), *returned]
    found = [_dense(name, g) for name, g in zip(names, gradients, strict=True)]
    for name, array, gradient in zip(names, arrays, found, strict=True):
        right = numeric_gradient(lambda _: (layer.forward(*inputs) * factors).sum(), array)
        _compare(name, gradient, right, rtol, atol)
    return CheckedGradients({name: a.shape for name, a in zip(names, arrays, strict=True)})


class CheckedGradients(NamedTuple):
    """What ``check_gradients`` found to be right: the shapes of arrays, by their names."""

    shapes: dict[str, tuple[int, ...]]

    def __repr__(self) -> str:
        lines = (
            f"the gradient of {name} {shape} agrees with central differences"
            for name, shape in self.shapes.items()
        )
        return "\n".join(lines) or "there was no gradient to check"


def _dense(name: str, gradient: Any) -> np.ndarray:
    """On the host, and safe from the buffers that a further ``forward`` writes to."""
    if gradient is None:
        raise ModelError(f"backward sets no gradient of {name}")
    return to_host(gradient.dense() if isinstance(gradient, RowGradient) else gradient).copy()


def _compare(name: str, found: np.ndarray, right: np.ndarray, rtol: float, atol: float) -> None:
    if found.shape != right.shape:
        raise ModelError(
            f"the gradient of {name} has the shape {found.shape}, its array {right.shape}"
        )
    wrong = np.argwhere(~np.isclose(found, right, rtol, atol))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        raise ModelError(
            f"the gradient of {name} is wrong at {len(wrong)} of {right.size} places; at "
            f"{list(place)} backward gives {found[place]:.8g}, differences {right[place]:.8g}"
        )


def _check_precise(x: Array, name: str) -> None:
    if x.dtype != np.float64:
        raise ModelError(f"{name} must be float64 to check gradients, not {x.dtype}")
