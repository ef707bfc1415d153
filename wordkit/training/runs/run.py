"""The state of a run, kept in a folder."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module, to_host
from wordkit.checks import Interval, check_parameters, parameter
from wordkit.errors import FormatError, ModelError
from wordkit.layers.base import distinct
from wordkit.training.descent.optimizers import Optimizer
from wordkit.training.descent.schedules import Schedule
from wordkit.training.descent.state import COUNT
from wordkit.training.model import Model
from wordkit.training.runs.checkpoint import (
    PARAMS,
    checkpoint_name,
    latest_checkpoint,
    read_checkpoint,
    remove_others,
    under,
    write_checkpoint,
)

EXACT = Interval(above=-(1 << 53), below=1 << 53)
"""Numbers that float64 and JSON keep to the last unit; what is larger comes from no run."""


@dataclasses.dataclass
class Run:
    """Where a run is; with weights, optimizer, schedule and generators, its whole state."""

    step: int = parameter(0, COUNT, help="Steps done.")
    epoch: int = parameter(0, COUNT, help="Epochs done.")
    position: int = parameter(0, COUNT, help="Batches done in this epoch.")
    batches: int = parameter(0, COUNT, help="Batches of this epoch.")
    seconds: float = parameter(0.0, EXACT, help="Time taken by all parts of the run.")
    loss_sum: float = parameter(0.0, EXACT, help="Nats since the last row of the metrics.")
    loss_count: int = parameter(0, COUNT, help="Targets since the last row of the metrics.")
    best_loss: float | None = parameter(None, EXACT, help="Lowest validation loss, in nats.")
    best_step: int | None = parameter(None, COUNT, help="Steps done when it was found.")
    worse: int = parameter(0, COUNT, help="Validations since the best one.")
    validated_step: int | None = parameter(None, COUNT, help="Steps done at the last one.")
    metrics_bytes: int = parameter(0, COUNT, help="Length of the metrics file.")


class RunFolder:
    """Saves and restores a run: the model, its optimizer and schedule, and its progress."""

    def __init__(
        self, path: Path, model: Model, optimizer: Optimizer, schedule: Schedule, seed: int
    ):
        self.path, self.model, self.optimizer, self.schedule = path, model, optimizer, schedule
        self.params = distinct(model.params)
        self._needed: set[str] = set()  # to continue from
        self._identity = {
            "seed": seed,
            "optimizer": type(optimizer).__name__,
            "schedule": type(schedule).__name__,
        }

    def save(self, run: Run) -> Path:
        """Write a checkpoint, and remove those that it makes superfluous.

        Raises
        ------
        ModelError
            It cannot be written, or the weights are not finite, so that it would be useless.
        """
        for name, param in self.params.items():
            if not math.isfinite(float(param.sum())):
                raise ModelError(f"the weights {name!r} are not finite; {self.advice()}")
        optimizer_arrays, optimizer_values = _arrays_and_values(self.optimizer.state())
        arrays = {
            **_prefixed(PARAMS, self.params),
            **_prefixed("optimizer", optimizer_arrays),
            **_prefixed("state", self.model.state),
        }
        generators = self.model.generators.items()
        settings = {
            **self._identity,
            "run": dataclasses.asdict(run),
            "optimizer_state": optimizer_values,
            "schedule_state": self.schedule.state(),
            "generators": {name: rng.bit_generator.state for name, rng in generators},
        }
        path = self.path / checkpoint_name(run.step)
        write_checkpoint(path, arrays, settings)
        self._remove_others(path, run)
        return path

    def restore(self, *, resume: bool) -> Run:
        """Restore the last checkpoint; return its ``Run``, or a new one if there is none.

        Raises
        ------
        ModelError
            There is a checkpoint but not ``resume``; or it is of another run or model.
        FormatError
            It is damaged.
        """
        path = latest_checkpoint(self.path)
        if path is None:
            self.model.state = {}
            return Run()
        if not resume:
            raise ModelError(
                f"{self.path} holds the checkpoint {path.name}: resume that run, or choose "
                "another folder"
            )
        arrays, settings = read_checkpoint(path)
        for what, value in self._identity.items():
            if settings.get(what) != value:
                raise ModelError(
                    f"the run in {self.path} has the {what} {settings.get(what)}, not {value}: "
                    "resume it with the settings it had"
                )
        self._put(arrays, path)
        try:
            run = _run_of(settings["run"])
            _check_values(settings["schedule_state"], self.schedule.state())
            self.schedule.load_state(settings["schedule_state"])
            for name, rng in self.model.generators.items():
                rng.bit_generator.state = settings["generators"][name]
            values = _arrays_and_values(self.optimizer.state())[1]
            _check_values(settings["optimizer_state"], values)
            state = {**under("optimizer", arrays), **settings["optimizer_state"]}
            self.optimizer.load_state(state, self.params)
        except (LookupError, TypeError, ValueError, ArithmeticError, ModelError) as error:
            raise FormatError(f"{path} is damaged, or of another model: {error!r}") from None
        if run.best_step is not None:
            read_checkpoint(self._best(run.best_step))  # now, rather than after the training
        xp = array_module(next(iter(self.params.values())))
        state = under("state", arrays)
        self.model.state = {name: xp.asarray(np.array(array)) for name, array in state.items()}
        self._remove_others(path, run)
        return run

    def keep_best(self, run: Run) -> None:
        """Save the current weights as the best ones."""
        run.best_step = run.step
        write_checkpoint(self._best(run.step), _prefixed(PARAMS, self.params), self._identity)

    def put_best(self, run: Run) -> None:
        """Load the best weights into the params; remove files the checkpoint does not refer to."""
        if run.best_step is not None:
            path = self._best(run.best_step)
            self._put(read_checkpoint(path)[0], path)
        remove_others(self.path, self._needed)

    def advice(self) -> str:
        """Return advice for a training whose numbers are no longer finite."""
        path = latest_checkpoint(self.path)
        way = "a lower learning rate or a smaller clip"
        if path is None:
            return f"there is no checkpoint yet: start again with {way}"
        return f"the last good checkpoint is {path}: resume with {way}"

    def _remove_others(self, path: Path, run: Run) -> None:
        """Keep only a checkpoint and the best weights that it refers to."""
        self._needed = {path.name}
        if run.best_step is not None:
            self._needed.add(self._best(run.best_step).name)
        remove_others(self.path, self._needed)

    def _best(self, step: int) -> Path:
        return self.path / checkpoint_name(step, "best")

    def _put(self, arrays: Mapping[str, np.ndarray], path: Path) -> None:
        saved = under(PARAMS, arrays)
        if _kinds(saved) != _kinds(self.params):
            raise ModelError(f"{path} is of a model with other weights than this one")
        for name, param in self.params.items():
            param[...] = array_module(param).asarray(saved[name])


def _run_of(values: Any) -> Run:
    """Make the ``Run`` of a checkpoint; ``TypeError`` or ``ModelError`` if it is invalid."""
    run = Run(**values)
    check_parameters(run)
    if run.position and run.position >= run.batches:
        raise ModelError(f"position {run.position} of {run.batches} batches")
    return run


def _check_values(values: Any, new: Mapping[str, Any]) -> None:
    """Raise ``TypeError`` for a value that is neither a number nor of the kind in ``new``."""
    for name, fresh in new.items():
        for value in values[name] if isinstance(fresh, list) else [values[name]]:
            if not isinstance(value, (int, float)) and not (value is None and fresh is None):
                raise TypeError(f"{name} is {values[name]!r}")


def _kinds(arrays: Mapping[str, Array]) -> dict[str, tuple]:
    """Return the shape and dtype of each array."""
    return {name: (a.shape, a.dtype.newbyteorder("=")) for name, a in arrays.items()}


def _arrays_and_values(state: Mapping[str, Any]) -> tuple[dict[str, Array], dict[str, Any]]:
    """Split a state into arrays, and values for JSON."""
    arrays = {name: value for name, value in state.items() if hasattr(value, "shape")}
    return arrays, {name: value for name, value in state.items() if name not in arrays}


def _prefixed(prefix: str, arrays: Mapping[str, Array]) -> dict[str, np.ndarray]:
    return {f"{prefix}/{name}": to_host(array) for name, array in arrays.items()}
