"""From a text to a trained language model, in a folder from which its training can go on.

MODEL/config.json, vocabulary.txt, model.safetensors    the model, once it is trained
MODEL/checkpoints/                                      the run: see ``Trainer``
MODEL/checkpoints/config.json                           the settings it was begun with
"""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.corpus.encoded import Corpus
from wordkit.errors import ModelError
from wordkit.lm.model import CHECKPOINTS, KIND, RecurrentLanguageModel
from wordkit.lm.settings import ModelSettings, TrainingSettings
from wordkit.lm.texts import ids_in, text_options
from wordkit.storage import check_replaceable, read_config, write_config
from wordkit.training.batches import TextBatches
from wordkit.training.checkpoint import latest_checkpoint
from wordkit.training.metrics import perplexity
from wordkit.training.options import optimizer_from_text, schedule_from_text
from wordkit.training.trainer import Trainer, TrainingResult
from wordkit.vectors.word_vectors import WordVectors

_RUN, _VERSION = "training run", 1
# what may change when a run goes on: where it ends
_FREE = {"epochs", "max_minutes", "patience"}


def fit(
    corpus: Corpus,
    folder: str | Path,
    *,
    valid: Corpus | None = None,
    settings: ModelSettings | None = None,
    training: TrainingSettings | None = None,
    vectors: WordVectors | None = None,
    resume: bool = False,
    checkpoint_every: float = 300.0,
    show: bool = False,
) -> tuple[RecurrentLanguageModel, TrainingResult]:
    """Train a language model and save it as ``folder``.

    Parameters
    ----------
    valid
        Chooses the best weights; without it the last ones are kept.
    vectors
        What the embedding begins with.
    resume
        Go on with the run in the folder, which ends as if it had never been broken off.
    checkpoint_every
        Seconds.

    Raises
    ------
    ModelError
        The text is too short, sizes do not fit, the loss is not finite, or the folder holds
        a run that is not to be resumed, or another one than this.
    CorpusError
        The validation text has no known word.
    FormatError
        Something else stands in the folder, or the checkpoint is damaged.
    TrainingInterrupted
        After Ctrl-C; a checkpoint is written.
    """
    folder, settings = Path(folder), settings or ModelSettings()
    training = training or TrainingSettings()
    check_replaceable(folder, KIND, beside=CHECKPOINTS)
    batches = TextBatches(
        corpus.ids,
        batch_size=training.batch_size,
        bptt=training.bptt,
        variable=training.variable_bptt,
    )
    vocabulary, text = corpus.vocabulary, text_options(corpus)
    validation, oov = None, 0
    if valid is not None:
        ids, oov = ids_in(valid, vocabulary, "the validation text")
        validation = _validation(ids, training)
    model = RecurrentLanguageModel.initial(
        settings, vocabulary, vectors=vectors, seed=training.seed, text=text
    )
    runs = folder / CHECKPOINTS
    _note_settings(runs, settings, training, resume=resume)
    trainer = _trainer(model, training, batches, validation, runs, checkpoint_every, show)
    result = trainer.fit(resume=resume)
    model.training = _facts(training, result, oov)
    model.save(folder)
    return model, result


def _facts(training: TrainingSettings, result: TrainingResult, oov: int) -> dict[str, Any]:
    """How a model came about."""
    return {
        **asdict(training),
        "lr": training.rate,
        "steps": result.step,
        "seconds": result.seconds,
        "ended_by": result.reason,
        "validation_perplexity": None if result.loss is None else perplexity(result.loss),
        "validation_oov": oov,
    }


def _validation(ids: np.ndarray, training: TrainingSettings) -> TextBatches:
    """As many streams as in training, unless the text is too short for them."""
    if len(ids) < 2:
        raise ModelError(f"the validation text must have at least 2 tokens, found {len(ids)}")
    streams = max(1, min(training.batch_size, (len(ids) - 1) // training.bptt))
    return TextBatches(ids, batch_size=streams, bptt=training.bptt, every_target=True)


def _trainer(
    model: RecurrentLanguageModel,
    training: TrainingSettings,
    batches: TextBatches,
    validation: TextBatches | None,
    folder: Path,
    checkpoint_every: float,
    show: bool,
) -> Trainer:
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


def _note_settings(
    folder: Path, settings: ModelSettings, training: TrainingSettings, *, resume: bool
) -> None:
    """Write the settings of a run that begins; compare those of one that goes on."""
    ours = {**asdict(settings), **asdict(training)}
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
