"""The weights of models with recurrent layers: shapes, first values, and what a file holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from wordkit.backend.arrays import Array
from wordkit.errors import FormatError, ModelError
from wordkit.layers.init import orthogonal, xavier
from wordkit.storage.tensors import map_tensors

GATES = {"rnn": 1, "gru": 3, "lstm": 4}
Shapes = dict[str, tuple[int, ...]]


def recurrent_shapes(name: str, cell: str, inputs: int, size: int) -> Shapes:
    """The weights of a recurrent layer of this name, in the order they are drawn in."""
    width = GATES[cell] * size
    biases = ("bias_ih", "bias_hh") if cell == "gru" else ("bias",)
    shapes: Shapes = {f"{name}.weight_ih": (inputs, width), f"{name}.weight_hh": (size, width)}
    return shapes | {f"{name}.{bias}": (width,) for bias in biases}


def initial_recurrent(
    name: str, shape: tuple[int, ...], cell: str, rng: np.random.Generator
) -> np.ndarray:
    """One of ``recurrent_shapes`` to begin with, float32.

    Input weights are Xavier's, recurrent ones orthogonal, gate by gate. An LSTM remembers
    at first: the bias of its forget gate is 1 (Jozefowicz et al. 2015, "An Empirical
    Exploration of Recurrent Network Architectures").
    """
    gates, width = GATES[cell], shape[-1] // GATES[cell]
    kind = name.rpartition(".")[2]
    if kind.startswith("bias"):
        bias = np.zeros((gates, width), np.float32)
        if cell == "lstm":
            bias[1] = 1
        return bias.ravel()
    draw = xavier if kind == "weight_ih" else orthogonal
    return np.hstack([draw((shape[0], width), rng) for _ in range(gates)])


def check_weights(weights: Mapping[str, Array], shapes: Shapes) -> None:
    """``ModelError`` if one is missing, of another shape, or of another type than the rest."""
    first = ""
    for name, shape in shapes.items():
        if name not in weights:
            raise ModelError(f"the model needs the weights {name!r}, of the shape {shape}")
        found, first = weights[name], first or name
        if found.shape != shape or found.dtype.kind != "f":
            raise ModelError(
                f"the weights {name!r} must be floating-point numbers of the shape {shape}, by "
                f"the vocabulary and the settings; found {found.dtype} {found.shape}"
            )
        if found.dtype != weights[first].dtype:
            raise ModelError(
                f"all weights must be of one type: {first!r} are {weights[first].dtype}, "
                f"{name!r} {found.dtype}"
            )


def read_weights(path: Path, layers: int, shapes: Callable[[], Shapes]) -> dict[str, np.ndarray]:
    """The weights of a model, from a safetensors file.

    Parameters
    ----------
    layers
        How many the model has, to be compared with the file before anything is made of it.

    Raises
    ------
    FormatError
        The file is damaged, of another model, or holds what is not finite.
    """
    found = map_tensors(path)
    if layers > len(found):
        raise FormatError(f"{path} holds {len(found)} arrays, too few for {layers:,} layers")
    wanted = shapes()
    try:
        check_weights(found, wanted)
    except ModelError as error:
        raise FormatError(f"{path} is damaged: {error}") from None
    weights = {name: np.array(found[name]) for name in wanted}
    with np.errstate(invalid="ignore"):
        for name, weight in weights.items():
            if not np.isfinite(weight.sum(dtype=np.float64)):
                raise FormatError(
                    f"{path}: the weights {name!r} hold NaN or infinity, of which no prediction "
                    "can be made; train the model again"
                )
    return weights
