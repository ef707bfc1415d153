"""Gradient descent and its variants.

In the formulas w are the weights, g their gradient, and rate the learning rate of this step;
what an optimizer keeps for each weight (its slots) is named as in the paper. Coupled weight
decay adds ``weight_decay`` w to g.

With a ``RowGradient`` only its rows are read and written, of weights and slots alike. For SGD,
ASGD and AdaGrad without weight decay this equals the dense update. The others are lazy: the
momentum, decay and averages of a row change only when the row is used, while a dense gradient,
zero elsewhere, would change them at every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wordkit.backend.arrays import Array, array_module, fits_kernels
from wordkit.errors import ModelError
from wordkit.layers.base import RowGradient
from wordkit.training.descent.gradients import blocks, combined, in_parts
from wordkit.training.descent.state import count_of
from wordkit.training.descent.update_kernels import AdamStep, adam, sgd


class Optimizer:
    """Changes params in place, one step at a time.

    Attributes
    ----------
    slots
        What is kept for each param: arrays of its shape in the order of ``slot_names``,
        allocated at its first step.
    steps
        The number of steps taken.
    """

    slot_names: tuple[str, ...] = ()

    def __init__(self, *, weight_decay: float = 0.0):
        self.weight_decay = checked(weight_decay, "weight_decay")
        self.slots: dict[str, tuple[Array, ...]] = {}
        self.steps = 0

    def step(self, params: dict[str, Array], grads: dict[str, Any], rate: float) -> None:
        """Take one step.

        Parameters
        ----------
        params
            Arrays by name. An array with several names is updated once, with the sum of its
            gradients.
        grads
            Their gradients: arrays or ``RowGradient``s; None or missing changes nothing.
        """
        self.steps += 1
        for name, gradient in combined(params, grads).items():
            arrays = [params[name], *self._slots_of(name, params[name])]
            if isinstance(gradient, RowGradient):
                parts = [array[gradient.rows] for array in arrays]
                self._step_blocks(parts, gradient.values, float(rate))
                for array, part in zip(arrays, parts, strict=True):
                    array[gradient.rows] = part
            else:
                self._step_blocks(arrays, gradient, float(rate))

    def _step_blocks(self, arrays: list[Array], gradient: Array, rate: float) -> None:
        for w, g, *slots in blocks(arrays[0], gradient, *arrays[1:]):
            self._update(w, g + self.weight_decay * w if self.weight_decay else g, rate, *slots)

    def _update(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        """Update a block of weights and slots in place; g must not be changed."""
        raise NotImplementedError

    def _slots_of(self, name: str, param: Array) -> tuple[Array, ...]:
        if name not in self.slots:
            zeros = array_module(param).zeros
            self.slots[name] = tuple(zeros(param.shape, param.dtype) for _ in self.slot_names)
        return self.slots[name]

    def state(self) -> dict[str, Any]:
        """Return the state: arrays (not copied) and values for JSON."""
        state: dict[str, Any] = {"steps": self.steps}
        for name, slots in self.slots.items():
            for slot_name, slot in zip(self.slot_names, slots, strict=True):
                state[f"{name}/{slot_name}"] = slot
        return state

    def load_state(self, state: dict[str, Any], params: dict[str, Array]) -> None:
        """Restore a ``state`` of these params; its arrays are copied to where the params are.

        Raises
        ------
        ModelError
            It is the state of another optimizer or of other params.
        """
        state, self.slots = dict(state), {}
        try:
            self._load_numbers(state)
            for name, param in params.items():
                if self.slot_names and f"{name}/{self.slot_names[0]}" in state:
                    slots = [state.pop(f"{name}/{slot_name}") for slot_name in self.slot_names]
                    self.slots[name] = tuple(_copied(slot, param) for slot in slots)
        except KeyError as error:
            raise ModelError(f"the state of the optimizer has no {error}") from None
        if state:
            raise ModelError(
                f"the state of the optimizer has {next(iter(state))!r}, which "
                f"{type(self).__name__} does not know: it is of another optimizer or model"
            )

    def _load_numbers(self, state: dict[str, Any]) -> None:
        """Restore the values that belong to no single param, removing them from ``state``."""
        self.steps = count_of(state, "steps")

    def validated(self, loss: float) -> None:
        """Record a validation loss."""

    @contextmanager
    def averaged(self, params: dict[str, Array]) -> Iterator[None]:
        """Put the weights to evaluate and to keep into ``params`` during the block."""
        yield


class SGD(Optimizer):
    """w <- w - rate g."""

    def _step_blocks(self, arrays: list[Array], gradient: Array, rate: float) -> None:
        given = [arrays[0], gradient]
        if len(arrays) > 1 or not all(fits_kernels(array) for array in given):
            super()._step_blocks(arrays, gradient, rate)
            return
        w, g = (array.reshape(-1) for array in given)
        decay = float(self.weight_decay)
        in_parts(lambda part: sgd(w[part], g[part], rate, decay), w.size)

    def _update(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        w -= rate * g


class Momentum(Optimizer):
    """v <- momentum v + g; w <- w - rate v (Polyak 1964)."""

    slot_names = ("v",)

    def __init__(self, *, momentum: float = 0.9, weight_decay: float = 0.0):
        super().__init__(weight_decay=weight_decay)
        self.momentum = checked(momentum, "momentum", below=1)

    def _update(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        (v,) = slots
        v *= self.momentum
        v += g
        w -= rate * v


class Nesterov(Momentum):
    """v <- momentum v + g; w <- w - rate (g + momentum v).

    Nesterov 1983, with w at the point to which the momentum will lead, as in Sutskever et
    al. 2013.
    """

    def _update(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        (v,) = slots
        v *= self.momentum
        v += g
        w -= rate * (g + self.momentum * v)


class AdaGrad(Optimizer):
    """s <- s + g^2; w <- w - rate g / (sqrt(s) + epsilon) (Duchi et al. 2011)."""

    slot_names = ("s",)

    def __init__(self, *, epsilon: float = 1e-10, weight_decay: float = 0.0):
        super().__init__(weight_decay=weight_decay)
        self.epsilon = checked(epsilon, "epsilon")

    def _update(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        (s,) = slots
        s += g * g
        w -= rate * g / (array_module(w).sqrt(s) + self.epsilon)


class RMSProp(Optimizer):
    """s <- rho s + (1 - rho) g^2; w <- w - rate g / (sqrt(s) + epsilon) (Hinton 2012)."""

    slot_names = ("s",)

    def __init__(self, *, rho: float = 0.99, epsilon: float = 1e-8, weight_decay: float = 0.0):
        super().__init__(weight_decay=weight_decay)
        self.rho = checked(rho, "rho", below=1)
        self.epsilon = checked(epsilon, "epsilon")

    def _update(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        (s,) = slots
        s += (1 - self.rho) * (g * g - s)
        w -= rate * g / (array_module(w).sqrt(s) + self.epsilon)


class AdaDelta(Optimizer):
    """Steps scaled by the ratio of the root mean squares of past steps and past gradients.

    s <- rho s + (1 - rho) g^2; d = g sqrt(u + epsilon) / sqrt(s + epsilon);
    u <- rho u + (1 - rho) d^2; w <- w - rate d. Zeiler 2012, where rate is 1.
    """

    slot_names = ("s", "u")

    def __init__(self, *, rho: float = 0.9, epsilon: float = 1e-6, weight_decay: float = 0.0):
        super().__init__(weight_decay=weight_decay)
        self.rho = checked(rho, "rho", below=1)
        self.epsilon = checked(epsilon, "epsilon")

    def _update(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        s, u = slots
        sqrt = array_module(w).sqrt
        s += (1 - self.rho) * (g * g - s)
        d = g * (sqrt(u + self.epsilon) / sqrt(s + self.epsilon))
        u += (1 - self.rho) * (d * d - u)
        w -= rate * d


class Adam(Optimizer):
    """w <- w - rate m' / (sqrt(v') + epsilon), where m' and v' are bias-corrected running means.

    m <- beta1 m + (1 - beta1) g and m' = m / (1 - beta1^t);
    v <- beta2 v + (1 - beta2) g^2 and v' = v / (1 - beta2^t).

    Kingma and Ba 2015. t counts all steps, also for rows that are rarely used.
    """  # fmt: skip

    slot_names = ("m", "v")
    decoupled_decay = 0.0

    def __init__(
        self,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        super().__init__(weight_decay=weight_decay)
        self.beta1 = checked(beta1, "beta1", below=1)
        self.beta2 = checked(beta2, "beta2", below=1)
        self.epsilon = checked(epsilon, "epsilon")

    def _step_blocks(self, arrays: list[Array], gradient: Array, rate: float) -> None:
        given = [arrays[0], gradient, *arrays[1:]]
        if not all(fits_kernels(array) for array in given):
            super()._step_blocks(arrays, gradient, rate)
            return
        size, root = self._size_and_root(rate)
        step = AdamStep(
            keep=float(1 - rate * self.decoupled_decay),
            decay=float(self.weight_decay),
            beta1=float(self.beta1),
            beta2=float(self.beta2),
            size=float(size),
            root=float(root),
            epsilon=float(self.epsilon),
        )
        w, g, m, v = (array.reshape(-1) for array in given)
        in_parts(lambda part: adam(w[part], g[part], m[part], v[part], step), w.size)

    def _size_and_root(self, rate: float) -> tuple[float, float]:
        """Return rate / (1 - beta1^t), and the root in sqrt(v') = sqrt(v) / root."""
        return rate / (1 - self.beta1**self.steps), (1 - self.beta2**self.steps) ** 0.5

    def _update(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        m, v = slots
        size, root = self._size_and_root(rate)
        if self.decoupled_decay:
            w *= 1 - rate * self.decoupled_decay
        m += (1 - self.beta1) * (g - m)
        v += (1 - self.beta2) * (g * g - v)
        divisor = array_module(w).sqrt(v)
        divisor /= root
        divisor += self.epsilon
        w -= size * m / divisor


class AdamW(Adam):
    """Adam with decoupled weight decay: w <- w - rate weight_decay w before Adam's step.

    Loshchilov and Hutter 2019. The decay is not scaled by the size of the gradients.
    """

    def __init__(
        self,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        super().__init__(beta1=beta1, beta2=beta2, epsilon=epsilon)
        self.decoupled_decay = checked(weight_decay, "weight_decay")


def checked(value: float, name: str, *, below: float = float("inf")) -> float:
    """Return a hyperparameter that is at least 0, or raise ``ModelError``."""
    if not 0 <= value < below:
        limit = f" and below {below}" if below < float("inf") else ""
        raise ModelError(f"{name} must be a number from 0{limit}, not {value}")
    return value


def _copied(slot: Array, param: Array) -> Array:
    """Copy a slot to a new array on the device of its param."""
    if slot.shape != param.shape:
        raise ModelError(
            f"the state of the optimizer is of a param of the shape {slot.shape}, "
            f"the model has {param.shape}"
        )
    if slot.dtype.newbyteorder("=") != param.dtype:
        raise ModelError(
            f"the state of the optimizer is of {slot.dtype} params, the model has {param.dtype}"
        )
    return array_module(param).asarray(slot).copy()
