"""From a text to a trained language model, in a folder from which its training can continue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.text import EOS
from wordkit.errors import ModelError
from wordkit.layers.base import BLANK
from wordkit.lm.initial_vectors import put_vectors
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.settings import LMSettings, LMTraining
from wordkit.lm.texts import ids_in, text_options
from wordkit.lm.writing import Prompt, write
from wordkit.storage.folders import check_replaceable
from wordkit.training.batches import TextBatches
from wordkit.training.runs.checkpoint import CHECKPOINTS
from wordkit.training.runs.fingerprint import checksum
from wordkit.training.runs.model_folder import train_in
from wordkit.training.runs.trainer import TrainingResult
from wordkit.training.saved_model import check_fits
from wordkit.vectors.word_vectors import WordVectors


def fit(
    corpus: Corpus,
    folder: str | Path,
    *,
    valid: Corpus | None = None,
    settings: LMSettings | None = None,
    training: LMTraining | None = None,
    vectors: WordVectors | None = None,
    resume: bool = False,
    anew: bool = False,
    checkpoint_every: float = 300.0,
    progress: bool = False,
    origin: Mapping[str, Any] | None = None,
) -> tuple[RecurrentLanguageModel, TrainingResult]:
    """Train a language model and save it as ``folder``.

    Parameters
    ----------
    valid
        Chooses the best weights; without it the last ones are kept.
    vectors
        What the embedding begins with.
    resume
        Continue the run in the folder; it ends as if it had never been interrupted.
    anew
        Remove the checkpoints of a run that is there, and begin again.
    checkpoint_every
        Seconds.
    progress
        Show a progress bar, and a line for each epoch with a sample of what the model writes.

    origin
        How the run was started, for who resumes it; see ``read_origin``.

    Returns
    -------
    The model, of the best weights if there is a ``valid``, and how its training went.

    Raises
    ------
    ModelError
        The text is too short, sizes do not fit, the loss is not finite, or the folder holds
        a run that is not to be resumed, or another one than this.
    CorpusError
        The validation text has no known word.
    FormatError
        Something else stands in the folder, or the checkpoint is damaged.
    InUseError
        Another process trains in the folder.
    TrainingInterrupted
        After Ctrl-C or SIGTERM; a checkpoint is written.
    """
    folder, settings = Path(folder), settings or LMSettings()
    training = training or LMTraining()
    check_replaceable(folder, RecurrentLanguageModel.kind, beside=CHECKPOINTS)
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
    check_fits(RecurrentLanguageModel(settings, vocabulary, BLANK))
    model = RecurrentLanguageModel(settings, vocabulary, text=text, seed=training.seed)
    if vectors is not None:
        put_vectors(model.embedding.params["weight"], vocabulary, vectors)
    result = train_in(
        folder,
        model,
        training,
        batches,
        validation,
        data=data,
        resume=resume,
        anew=anew,
        checkpoint_every=checkpoint_every,
        progress=progress,
        origin=origin,
        sample=lambda: _sample(model),
        validation_oov=oov,
    )
    return model, result


def _sample(model: RecurrentLanguageModel) -> str:
    """A line that the model writes, or some words of one."""
    begin = None if EOS in model.vocabulary else model.vocabulary.words[0]
    length = 80 if model.text.tokenizer == "chars" else 20
    return write(Prompt(model, begin), max_tokens=length)[0].text


def _checksum_of_vectors(vectors: WordVectors) -> int:
    numbers = vectors.vectors.data  # of a sparse matrix, those that are not zero
    return checksum(vectors.words, np.asarray(numbers))


def _validation(ids: np.ndarray, training: LMTraining) -> TextBatches:
    """As many streams as in training, unless the text is too short for them."""
    if len(ids) < 2:
        raise ModelError(f"the validation text must have at least 2 tokens, found {len(ids)}")
    streams = max(1, min(training.batch_size, (len(ids) - 1) // training.bptt))
    return TextBatches(ids, batch_size=streams, bptt=training.bptt, every_target=True)
