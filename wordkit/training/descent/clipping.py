"""Gradient clipping (Pascanu et al. 2013)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module, fits_kernels
from wordkit.errors import ModelError
from wordkit.layers.base import RowGradient
from wordkit.training.descent.gradients import blocks, in_parts, unique_rows
from wordkit.training.descent.update_kernels import squared_norm


def clip_by_norm(grads: dict[str, Any], max_norm: float) -> float:
    """g <- g max_norm / |g| if |g| > max_norm, where |g| is the joint norm of all gradients.

    Parameters
    ----------
    grads
        Arrays and ``RowGradient``s, one for each distinct array (see ``combined``), changed
        in place; repeated rows are summed. Gradients are left as they are if the norm is
        not finite.
    max_norm
        Above 0; infinity measures the norm without clipping.

    Returns
    -------
    The norm |g| before clipping, in float64.
    """
    if not max_norm > 0:
        raise ModelError(f"the norm to clip by must be above 0, not {max_norm}")
    values = _values(grads)
    norm = math.sqrt(sum(_squared_norm(array) for array in values))
    if max_norm < norm < math.inf:
        for array in values:
            array *= max_norm / norm
    return norm


def clip_by_value(grads: dict[str, Any], limit: float) -> None:
    """g <- min(max(g, -limit), limit) for each element, in place.

    Raises
    ------
    ModelError
        ``limit`` is not above 0.
    """
    if not limit > 0:
        raise ModelError(f"the value to clip by must be above 0, not {limit}")
    for array in _values(grads):
        array_module(array).clip(array, -limit, limit, out=array)


def _values(grads: dict[str, Any]) -> list[Array]:
    """Return the arrays to change; repeated rows in ``grads`` are summed first."""
    for name, gradient in grads.items():
        if isinstance(gradient, RowGradient):
            grads[name] = unique_rows(gradient)
    return [g.values if isinstance(g, RowGradient) else g for g in grads.values()]


def _squared_norm(array: Array) -> float:
    """Return the squared norm in float64, without a float64 copy of the whole array."""
    if fits_kernels(array):
        flat = array.reshape(-1)
        return math.fsum(in_parts(lambda part: squared_norm(flat[part]), flat.size))
    xp, total = array_module(array), 0.0
    for (block,) in blocks(array):
        exact = block.astype(np.float64).ravel()
        total = total + xp.dot(exact, exact)
    return float(total)
