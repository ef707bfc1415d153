"""The folder of a model, in which it is trained and then saved.

MODEL/config.json, *vocabulary.txt, model.safetensors    the model, once it is trained
MODEL/checkpoints/                                       the run: see ``Trainer``
MODEL/checkpoints/config.json                            the settings it was begun with
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wordkit.errors import ModelError
from wordkit.training.batches import Batches
from wordkit.training.runs.checkpoint import CHECKPOINTS
from wordkit.training.runs.metrics import perplexity
from wordkit.training.runs.trainer import TrainingResult
from wordkit.training.settings import TrainingSettings, note_settings, trainer_for


def train_in(
    folder: Path,
    model: Any,
    training: TrainingSettings,
    batches: Batches,
    validation: Batches | None,
    *,
    data: Mapping[str, int | None],
    resume: bool,
    checkpoint_every: float,
    show: bool,
    **facts: Any,
) -> TrainingResult:
    """Train a model and save it.

    Parameters
    ----------
    model
        A ``Model`` with ``settings``, ``history`` and ``save``.
    data
        As ``note_settings`` takes it.
    facts
        What else to remember of the training.
    """
    runs = folder / CHECKPOINTS
    trainer = trainer_for(
        model, training, batches, validation, runs, checkpoint_every=checkpoint_every, show=show
    )
    note_settings(runs, model.settings, training, data=data, resume=resume)
    result = trainer.fit(resume=resume)
    model.history = {
        **asdict(training),
        "lr": training.rate,
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
    """Around the writing of a trained model: on a full disk, nothing of the run is lost."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"the model {folder} cannot be written ({error.strerror or error}), but its last "
            "checkpoint can be gone on from: make room and resume (--resume)"
        ) from error
