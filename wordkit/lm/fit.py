"""From a text to a trained language model, in a folder from which its training can go on.

MODEL/config.json, vocabulary.txt, model.safetensors    the model, once it is trained
MODEL/checkpoints/                                      the run: see ``Trainer``
MODEL/checkpoints/config.json                           the settings it was begun with
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.corpus.encoded import Corpus
from wordkit.errors import ModelError
from wordkit.lm.model import CHECKPOINTS, KIND, RecurrentLanguageModel
from wordkit.lm.settings import ModelSettings, TrainingSettings
from wordkit.lm.texts import ids_in, text_options
from wordkit.storage import check_replaceable
from wordkit.training.batches import TextBatches
from wordkit.training.metrics import perplexity
from wordkit.training.settings import advice_where_full, checksum, note_settings, trainer_for
from wordkit.training.trainer import TrainingResult
from wordkit.vectors.word_vectors import WordVectors


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
    data = {
        "training text": checksum(vocabulary.words, vocabulary.counts, corpus.ids),
        "validation text": None if validation is None else checksum(validation.ids),
        "word vectors": None if vectors is None else _checksum_of_vectors(vectors),
    }
    model = RecurrentLanguageModel.initial(
        settings, vocabulary, vectors=vectors, seed=training.seed, text=text
    )
    runs = folder / CHECKPOINTS
    trainer = trainer_for(
        model, training, batches, validation, runs, checkpoint_every=checkpoint_every, show=show
    )
    note_settings(runs, settings, training, data=data, resume=resume)
    result = trainer.fit(resume=resume)
    model.training = _facts(training, result, oov)
    with advice_where_full(folder):
        model.save(folder)
    return model, result


def _checksum_of_vectors(vectors: WordVectors) -> int:
    numbers = vectors.vectors.data  # of a sparse matrix, those that are not zero
    return checksum(vectors.words, np.asarray(numbers))


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
