"""How a model is trained, as plain values: what all models with a ``Trainer`` share."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from wordkit.errors import ModelError
from wordkit.storage import read_config, write_config
from wordkit.training.batches import Batches
from wordkit.training.checkpoint import latest_checkpoint
from wordkit.training.model import Model
from wordkit.training.options import optimizer_from_text, schedule_from_text
from wordkit.training.trainer import Trainer

RATES = {
    "sgd": 20.0, "asgd": 20.0, "momentum": 2.0, "nesterov": 2.0, "adagrad": 0.05,
    "rmsprop": 0.001, "adadelta": 1.0, "adam": 0.002, "adamw": 0.002,
}  # fmt: skip
"""Learning rates to begin with, for the gradient of the mean loss of a word."""
_RUN, _VERSION = "training run", 1
# what may change when a run goes on: where it ends
_FREE = {"epochs", "max_minutes", "patience"}


@dataclass(frozen=True)
class TrainingSettings:
    """What ``trainer_for`` needs to know; each kind of model has its own children of this.

    Parameters
    ----------
    optimizer, schedule
        By name, with options, as ``wordkit.training.options`` reads them. A schedule's
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
        check_least(self, 1, "batch_size", "epochs")
        check_least(self, 0, "seed")

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


def note_settings(folder: Path, *settings: Any, resume: bool) -> None:
    """Write the settings (dataclasses) of a run that begins; compare those of one that goes on.

    Raises
    ------
    ModelError
        The run in the folder was begun with others.
    """
    ours = {name: value for each in settings for name, value in asdict(each).items()}
    if latest_checkpoint(folder) is None:
        folder.mkdir(parents=True, exist_ok=True)
        write_config(folder, _RUN, _VERSION, ours)
    elif resume:
        theirs = read_config(folder, _RUN, _VERSION)
        for name, value in ours.items():
            if name not in _FREE and theirs.get(name) != value:
                raise ModelError(
                    f"the run in {folder} has {name} {theirs.get(name)!r}, not {value!r}: resume "
                    "it with the settings it had, or begin anew in another folder"
                )


# --- values that may come from a file -----------------------------------------------


def check_types(settings: Any) -> None:
    """``ModelError`` where a field of a dataclass is not of the type it is declared to be."""
    for field in fields(settings):
        value, kind = getattr(settings, field.name), field.type
        allowed: tuple[type, ...] = {"str": (str,), "int": (int,), "bool": (bool,)}.get(
            str(kind).removesuffix(" | None"), (int, float)
        )
        if value is None and str(kind).endswith("None"):
            continue
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise ModelError(f"{field.name} must be of the type {kind}, not {value!r}")


def check_least(settings: Any, least: int, *names: str) -> None:
    """``ModelError`` where a field is smaller."""
    for name in names:
        if getattr(settings, name) < least:
            raise ModelError(f"{name} must be at least {least}, not {getattr(settings, name)}")


def check_share(settings: Any, *names: str) -> None:
    """``ModelError`` where a field is not from 0 to below 1."""
    for name in names:
        if not 0 <= getattr(settings, name) < 1:
            raise ModelError(f"{name} must be from 0 to below 1, not {getattr(settings, name)}")


def check_choice(settings: Any, **choices: Any) -> None:
    """``ModelError`` where a field is none of its choices."""
    for name, known in choices.items():
        if getattr(settings, name) not in known:
            raise ModelError(
                f"{name} must be one of {', '.join(known)}, not {getattr(settings, name)!r}"
            )
