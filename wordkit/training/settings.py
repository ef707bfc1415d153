"""How a model is trained, as plain values: what all models with a ``Trainer`` share."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.errors import ModelError
from wordkit.storage.config import read_config, write_config
from wordkit.training.batches import Batches
from wordkit.training.checks import check_least, check_positive, check_types
from wordkit.training.descent.options import optimizer_from_text, schedule_from_text
from wordkit.training.model import Model
from wordkit.training.runs.checkpoint import latest_checkpoint
from wordkit.training.runs.trainer import Trainer

RATES = {
    "sgd": 20.0, "asgd": 20.0, "momentum": 2.0, "nesterov": 2.0, "adagrad": 0.05,
    "rmsprop": 0.001, "adadelta": 1.0, "adam": 0.002, "adamw": 0.002,
}  # fmt: skip
"""Learning rates to begin with, for the gradient of the mean loss of a word."""
_RUN, _VERSION = "training run", 1
# what may change when a run goes on: where it ends, and what keeps its numbers finite
_FREE = {"epochs", "max_minutes", "patience", "lr", "clip"}


@dataclass(frozen=True)
class TrainingSettings:
    """What ``trainer_for`` needs to know; each kind of model has its own children of this.

    Parameters
    ----------
    optimizer, schedule
        By name, with options, as ``wordkit.training.descent.options`` reads them. A schedule's
        ``steps`` are those of all epochs, its ``every`` an epoch, its ``warm_up`` a tenth
        of all steps, unless it says otherwise.
    lr
        The learning rate; None for that of ``RATES``.
    clip
        The largest norm of the gradient.
    """

    batch_size: int = 20
    optimizer: str = "adam"
    schedule: str = "cosine"
    lr: float | None = None
    clip: float = 0.25
    epochs: int = 10
    max_minutes: float | None = None
    patience: int | None = None
    validate_every: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        check_types(self)
        check_least(self, 1, "batch_size", "epochs", "patience", "validate_every")
        check_least(self, 0, "seed")
        check_positive(self, "lr", "clip", "max_minutes")

    @property
    def rate(self) -> float:
        """The learning rate, whether it was given or not."""
        if self.lr is not None:
            return self.lr
        return RATES.get(self.optimizer.partition(":")[0].strip(), 1.0)


def trainer_for(
    model: Model,
    training: TrainingSettings,
    batches: Batches,
    validation: Batches | None,
    folder: Path,
    *,
    checkpoint_every: float,
    show: bool,
) -> Trainer:
    """The trainer that the settings describe; checkpoints go to the folder."""
    every = len(batches.epoch(training.seed, 0))
    steps = every * training.epochs
    schedule = schedule_from_text(
        training.schedule, rate=training.rate, steps=steps, every=every, warm_up=steps // 10
    )
    return Trainer(
        model,
        optimizer_from_text(training.optimizer),
        schedule,
        batches,
        folder,
        validation=validation,
        epochs=training.epochs,
        max_minutes=math.inf if training.max_minutes is None else training.max_minutes,
        clip_norm=training.clip,
        validate_every=training.validate_every,
        patience=training.patience,
        checkpoint_every=checkpoint_every,
        seed=training.seed,
        show=show,
    )


def note_settings(
    folder: Path, *settings: Any, data: Mapping[str, int | None], resume: bool
) -> None:
    """Write the settings (dataclasses) of a run that begins; compare those of one that goes on.

    Parameters
    ----------
    data
        The ``checksum`` of what it learns from, by what that is called; None where there is
        none.

    Raises
    ------
    ModelError
        The run in the folder was begun with others.
    """
    ours = {name: value for each in settings for name, value in asdict(each).items()}
    if latest_checkpoint(folder) is None:
        folder.mkdir(parents=True, exist_ok=True)
        write_config(folder, _RUN, _VERSION, {**ours, "data": dict(data)})
    elif resume:
        theirs = read_config(folder, _RUN, _VERSION)
        for name, value in ours.items():
            if name not in _FREE and theirs.get(name) != value:
                raise ModelError(
                    f"the run in {folder} has {name} {theirs.get(name)!r}, not {value!r}: resume "
                    "it with the settings it had, or begin anew in another folder"
                )
        if theirs.get("data") != data:
            raise _other_data(folder, theirs.get("data"), data)


def _other_data(folder: Path, theirs: Any, ours: Mapping[str, int | None]) -> ModelError:
    theirs = theirs if isinstance(theirs, dict) else {}
    name = next((name for name in ours if theirs.get(name) != ours[name]), "data")
    had = "without" if name in theirs and theirs[name] is None else "with other"
    return ModelError(
        f"the run in {folder} was begun {had} {name}: resume it with what it was begun with, or "
        "begin anew in another folder"
    )


def checksum(*parts: Sequence[str] | np.ndarray) -> int:
    """CRC-32 of words and of arrays: another text has, almost surely, another one."""
    value = 0
    for part in parts:
        if isinstance(part, np.ndarray):
            value = zlib.crc32(str(part.shape).encode(), value)
            value = zlib.crc32(np.ascontiguousarray(part).data, value)
        else:
            value = zlib.crc32("\n".join(part).encode("utf-8", "surrogateescape"), value)
    return value
