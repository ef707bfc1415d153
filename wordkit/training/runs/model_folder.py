"""The folder in which a model is trained and then saved.

MODEL/config.json, *vocabulary.txt, model.safetensors    the model, once it is trained
MODEL/checkpoints/                                       the run: see ``Trainer``
MODEL/checkpoints/config.json                            the settings it was started with
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wordkit.errors import ModelError
from wordkit.storage.locks import locked
from wordkit.training.batches import Batches
from wordkit.training.descent.options import optimizer_from_text, schedule_from_text
from wordkit.training.model import Model
from wordkit.training.runs.checkpoint import CHECKPOINTS, remove_checkpoints
from wordkit.training.runs.fingerprint import note_settings
from wordkit.training.runs.metrics import perplexity
from wordkit.training.runs.trainer import Trainer, TrainingResult
from wordkit.training.settings import TrainingSettings


def train_in(
    folder: Path,
    model: Any,
    training: TrainingSettings,
    batches: Batches,
    validation: Batches | None,
    *,
    data: Mapping[str, int | None],
    resume: bool,
    anew: bool,
    checkpoint_every: float,
    progress: bool,
    sample: Callable[[], str] | None = None,
    origin: Mapping[str, Any] | None = None,
    **facts: Any,
) -> TrainingResult:
    """Train a model and save it.

    Parameters
    ----------
    model
        A ``SavedModel``.
    data
        See ``note_settings``.
    anew
        Remove the checkpoints that are there.
    sample
        See ``Trainer``.
    origin
        See ``note_settings``.
    facts
        Further values for the model's history.

    Raises
    ------
    InUseError
        Another process is training in this folder.
    """
    with locked(folder):
        runs = folder / CHECKPOINTS
        if anew:
            remove_checkpoints(runs)
        rate = training.rate_for(model.settings.hidden_size)
        trainer = trainer_for(
            model,
            training,
            rate,
            batches,
            validation,
            runs,
            checkpoint_every=checkpoint_every,
            progress=progress,
            sample=sample,
        )
        note_settings(runs, model.settings, training, data=data, resume=resume, origin=origin)
        with _advice_where_full(folder):
            model.save_beginning(folder)
        result = trainer.fit(resume=resume)
        model.history = {
            **asdict(training),
            "lr": rate,
            "steps": result.step,
            "seconds": result.seconds,
            "ended_by": result.reason,
            "validation_perplexity": None if result.loss is None else perplexity(result.loss),
            **facts,
        }
        with _advice_where_full(folder):
            model.save(folder)
    return result


@contextmanager
def _advice_where_full(folder: Path) -> Iterator[None]:
    """Wrap the writing of a trained model: if the disk is full, say that the run is safe."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"the model {folder} cannot be written ({error.strerror or error}), but its last "
            "checkpoint, if it had one, is intact: free disk space and rerun with --resume"
        ) from error


def trainer_for(
    model: Model,
    training: TrainingSettings,
    rate: float,
    batches: Batches,
    validation: Batches | None,
    folder: Path,
    *,
    checkpoint_every: float,
    progress: bool,
    sample: Callable[[], str] | None = None,
) -> Trainer:
    """Make the trainer that the settings describe; checkpoints go to the folder."""
    every = len(batches.epoch(training.seed, 0))
    steps = every * training.epochs
    schedule = schedule_from_text(
        training.schedule, rate=rate, steps=steps, every=every, warm_up=steps // 10
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
        progress=progress,
        sample=sample,
    )
