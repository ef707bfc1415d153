"""What a layer is: a formula, the arrays that it learns, and the layers it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from wordkit.backend.arrays import Array, array_module, scatter_add
from wordkit.errors import ModelError

Self = TypeVar("Self", bound="Layer")
Initial = Callable[[tuple[int, ...], np.random.Generator], np.ndarray]


class Parameter(NamedTuple):
    """What a layer says of an array that it learns: its shape, and what draws its first value."""

    shape: tuple[int, ...]
    initial: Initial


class Layer:
    """One step of a computation, forwards and backwards, on NumPy and CuPy alike.

    Blocks of sequences are batch-major everywhere: (N, T, ...) is N sequences of T steps.

    ``forward`` takes the inputs and keeps what ``backward`` will need. ``backward`` takes
    the gradient of the loss by the output of the last ``forward``, sets ``grads``, and
    returns the gradient by the input; by several inputs, a tuple. Inputs that are not
    floating-point numbers (ids, masks, labels) have no gradient and no place in it.
    Layers that are no loss take ``forward(..., training=True)``; most do not care.

    Parameters
    ----------
    parameters
        What the layer itself learns, by name.
    children
        The layers that it is made of, by name.
    rng
        Draws the first values. ``BLANK`` leaves them to ``put``.
    weights
        Arrays of one's own in place of first values, for all or some of ``parameters``. They
        are not copied: layers that are given the same array share it.

    Attributes
    ----------
    own, own_grads
        The arrays that the layer itself learns, and their gradients, by name.
    children
        As given.

    Raises
    ------
    ModelError
        An array has another shape or name than the parameters; or neither arrays nor ``rng``
        were given.
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter] | None = None,
        *,
        children: Mapping[str, Any] | None = None,
        rng: np.random.Generator | None = None,
        weights: Mapping[str, Array] | None = None,
    ):
        parameters, weights = parameters or {}, weights or {}
        self.children: dict[str, Any] = dict(children or {})
        for name in weights.keys() - parameters.keys():
            raise ModelError(
                f"{type(self).__name__} has no weights {name!r}: it has {', '.join(parameters)}"
            )
        drawn = _Drawing(type(self).__name__, rng)
        self.own: dict[str, Array] = {
            name: weights[name] if name in weights else drawn.array(parameter)
            for name, parameter in parameters.items()
        }
        self.own_grads: dict[str, Any] = dict.fromkeys(self.own)
        for name, parameter in parameters.items():
            if self.own[name].shape != parameter.shape:
                raise ModelError(
                    f"{name} of this {type(self).__name__} must have the shape "
                    f"{parameter.shape}, not {self.own[name].shape}"
                )

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """The output."""
        raise NotImplementedError

    def backward(self, *gradient: Any) -> Any:
        """The gradients, of the params in ``grads`` and of the inputs returned."""
        raise NotImplementedError

    @property
    def params(self) -> dict[str, Array]:
        """The arrays to be learned, by their paths through the tree: ``0.forward.weight_hh``.

        They are changed in place, so that layers which share an array go on sharing it.
        """
        if not self.children:
            return self.own
        inner = {name: child.params for name, child in self.children.items()}
        return self.own | joined_names(inner)

    @property
    def grads(self) -> dict[str, Any]:
        """Under the same paths their gradients: arrays of the same shape, or ``RowGradient``s.

        None before the first ``backward``.
        """
        if not self.children:
            return self.own_grads
        inner = {name: child.grads for name, child in self.children.items()}
        return self.own_grads | joined_names(inner)

    def put(self: Self, weights: Mapping[str, Array]) -> Self:
        """Let arrays of one's own be the params, without a copy.

        Parameters
        ----------
        weights
            By path; an array that layers share, by the first of its paths.

        Raises
        ------
        ModelError
            One is missing, of another shape, or of another type than the rest.
        """
        wanted = distinct(self.params)
        check_weights(weights, {path: param.shape for path, param in wanted.items()})
        return self.replace(lambda path, _: weights[path])

    def replace(self: Self, change: Callable[[str, Array], Array]) -> Self:
        """Put ``change(path, array)`` in the place of each param.

        It is called once for an array that layers share, and they go on sharing the result.
        ``model.replace(lambda _, array: cupy.asarray(array))`` moves a model to the GPU.
        """
        done: dict[int, tuple[Array, Array]] = {}  # the old array, too: nothing may take its id
        for path, layer, name in self._places():
            old = layer.own[name]
            if id(old) not in done:
                done[id(old)] = old, change(path, old)
            layer.own[name] = done[id(old)][1]
        return self

    def _places(self, path: str = "") -> Iterator[tuple[str, Layer, str]]:
        """Each param: its path, and the layer that has it under a name."""
        for name in self.own:
            yield path + name, self, name
        for name, child in self.children.items():
            yield from child._places(f"{path}{name}.")

    def __repr__(self) -> str:
        shapes = (f"{path} {array.shape}" for path, array in self.params.items())
        return f"{type(self).__name__}({', '.join(shapes)})"


class _Blank:
    """The type of ``BLANK``."""

    def __repr__(self) -> str:
        return "BLANK"


BLANK: Final[Any] = _Blank()
"""In the place of a generator: arrays of zeros that take no memory, for ``put`` to replace."""


class _Drawing:
    """Where the first values of a layer come from."""

    def __init__(self, layer: str, rng: Any):
        self._layer, self._rng = layer, rng

    def array(self, parameter: Parameter) -> np.ndarray:
        if self._rng is BLANK:
            return np.broadcast_to(np.float32(0), parameter.shape)
        return parameter.initial(parameter.shape, self if self._rng is None else self._rng)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        """Asked to draw without a generator; first values that are not drawn do not ask."""
        raise ModelError(
            f"{self._layer} needs a generator to draw its first weights, such as "
            "rng=np.random.default_rng(1), or arrays of your own: weights={name: array}"
        )


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


def joined_names(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One dict, with the name of its part before each name."""
    return {f"{part}.{name}": value for part, own in parts.items() for name, value in own.items()}


def distinct(params: Mapping[str, Array]) -> dict[str, Array]:
    """Each array once, under the first of its paths: layers that are tied share the object."""
    first: dict[int, str] = {}
    for path, param in params.items():
        first.setdefault(id(param), path)
    return {path: params[path] for path in first.values()}


def check_weights(weights: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]]) -> None:
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
