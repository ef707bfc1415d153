"""A recurrent language model: each word by all words before it.

    words -> embedding -> dropout -> recurrent layers -> dropout -> softmax

On disk it is a folder (kind "language-model") with one vocabulary; see ``SavedModel``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module
from wordkit.backend.products import product
from wordkit.corpus.text import TextOptions
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import FormatError, ModelError
from wordkit.layers.base import BLANK
from wordkit.layers.dropout import Dropout, EmbeddingDropout, WeightDrop
from wordkit.layers.embedding import Embedding
from wordkit.layers.losses.softmax import SoftmaxLoss
from wordkit.layers.recurrent.cells import CELLS
from wordkit.layers.recurrent.loop import State
from wordkit.layers.recurrent.stack import Stack
from wordkit.lm.settings import LMSettings
from wordkit.lm.texts import UNITS, options_from
from wordkit.random_streams import stream
from wordkit.training.batches import TextBatch
from wordkit.training.saved_model import SavedModel, log_shares

VOCABULARY = "vocabulary.txt"


class RecurrentLanguageModel(SavedModel):
    """Embedding, recurrent layers and softmax; what ``Trainer`` trains.

    The bias of the output begins as the logarithm of each word's share of the text, so that
    the model begins as the unigram model and not as the one that knows nothing.

    Parameters
    ----------
    weights
        Arrays of one's own, all of one type, on the host or all on the GPU, by their paths;
        see ``Layer.put``. ``BLANK`` leaves them to it. None draws first weights.
    text
        How the training text became tokens, and so how other texts should.
    seed
        Of the first weights and of the dropout.

    Attributes
    ----------
    params
        The weights; those of a tied output are the embedding's own, under both paths.
    """

    kind, version = "language-model", 1
    settings_type, command = LMSettings, "wordkit lm train"

    def __init__(
        self,
        settings: LMSettings,
        vocabulary: Vocabulary,
        weights: Mapping[str, Array] | None = None,
        *,
        text: TextOptions = UNITS["tokens"],
        seed: int = 1,
    ):
        self.settings, self.vocabulary, self.text = settings, vocabulary, text
        self.history: dict[str, Any] = {}
        first = stream(seed, "weights") if weights is None else BLANK
        draws = stream(seed, "dropout")
        self.generators = {"dropout": draws}
        self.state: State = {}

        words, size = len(vocabulary), settings.hidden_size
        self.embedding = Embedding(words, settings.token_size, rng=first)
        self._word_dropout = EmbeddingDropout(settings.embedding_dropout, draws, words)
        below, *between, above = (
            Dropout(settings.dropout, draws, variational=settings.variational)
            for _ in range(settings.layers + 1)
        )
        self._input_dropout, self._output_dropout = below, above
        self.recurrent = Stack(_recurrent_layers(settings, first, draws), dropout=between)
        known = {"bias": log_shares(vocabulary)}
        if settings.tie:
            known["weight"] = self.embedding.params["weight"]
        self.output = SoftmaxLoss(size, words, rng=first, weights=known)
        super().__init__(
            children={
                "embedding": self.embedding,
                "recurrent": self.recurrent,
                "output": self.output,
            }
        )
        if weights is not None and weights is not BLANK:
            self.put(weights)

    # --- training -------------------------------------------------------------------

    def loss_and_gradients(self, batch: TextBatch) -> tuple[float, int, dict[str, Any]]:
        """Forward and backward in training; see ``wordkit.training.model.Model``."""
        loss, count = self._loss(batch, training=True)
        d_h = self._output_dropout.backward(self.output.backward())
        d_x = self._input_dropout.backward(self.recurrent.backward(d_h))
        self.embedding.backward(self._word_dropout.backward(d_x))
        return loss, count, self.grads

    def loss(self, batch: TextBatch) -> tuple[float, int]:
        """The sum of the losses of a batch, in nats, and the number of targets."""
        return self._loss(batch, training=False)

    def _loss(self, batch: TextBatch, *, training: bool) -> tuple[float, int]:
        h = self.hidden(batch.inputs, self.state, training=training)
        self.state = self.recurrent.final_state
        targets = array_module(h).asarray(batch.targets)
        loss = self.output.forward(h, targets, training=training)
        count = int((batch.targets >= 0).sum())
        return float(loss) * count, count

    def hidden(self, ids: np.ndarray, state: State, *, training: bool = False) -> Array:
        """What the softmax is given for each word: from ids (N, T) to (N, T, H).

        ``recurrent.final_state`` is then the state after them; ``{}`` is none before them.
        """
        ids = array_module(self.output.params["bias"]).asarray(ids)
        x = self.embedding.forward(ids, training=training)
        x = self._word_dropout.forward(x, ids, training=training)
        x = self._input_dropout.forward(x, training=training)
        h = self.recurrent.forward(x, state=state or None, training=training)
        return self._output_dropout.forward(h, training=training)

    # --- a word at a time -----------------------------------------------------------

    def step(
        self, ids: np.ndarray, state: State, *, product: Callable = product
    ) -> tuple[Array, State]:
        """One more word for each of N texts: from ids (N,) to h (N, H) and the new state."""
        weight = self.embedding.params["weight"]
        x = weight[array_module(weight).asarray(ids)]
        state = self.recurrent.step(x, state or None, product=product)
        return self.recurrent.output(state), state

    def scores(self, h: Array, *, product: Callable = product) -> Array:
        """What softmax makes probabilities of: from h (M, H) to (M, V).

        Raises
        ------
        ModelError
            They are not finite: the training of the model had diverged.
        """
        weight, bias = self.output.params["weight"], self.output.params["bias"]
        xp = array_module(h)
        scores = xp.empty((len(h), len(weight)), weight.dtype)
        product(h.astype(weight.dtype, copy=False), weight.T, scores)
        scores += bias
        if not xp.isfinite(scores.max(axis=1)).all():
            raise ModelError(
                "the model's probabilities are not numbers: train it again, with a lower learning "
                "rate or a smaller clip"
            )
        return scores

    # --- on disk: see ``SavedModel`` --------------------------------------------------

    @classmethod
    def vocabulary_files(cls, settings: LMSettings) -> tuple[str, ...]:
        """One, with the counts of the training text."""
        return (VOCABULARY,)

    def vocabularies(self) -> tuple[Vocabulary, ...]:
        """The one vocabulary."""
        return (self.vocabulary,)

    def facts(self) -> dict[str, Any]:
        """How many words there are, and how text became tokens."""
        return {"words": len(self.vocabulary), "text": self.text.to_dict()}

    @classmethod
    def from_facts(
        cls,
        settings: LMSettings,
        vocabularies: list[Vocabulary],
        facts: Mapping[str, Any],
    ) -> RecurrentLanguageModel:
        """As ``SavedModel``; the vocabulary must have as many words as when it was saved."""
        (vocabulary,) = vocabularies
        if facts["words"] != len(vocabulary):
            raise FormatError(
                f"{VOCABULARY} has {len(vocabulary):,} words, but config.json speaks of "
                f"{facts['words']}: they are not of one model"
            )
        text = options_from(facts["text"])
        return cls(settings, vocabulary, BLANK, text=text)

    def __repr__(self) -> str:
        s = self.settings
        return (
            f"RecurrentLanguageModel({len(self.vocabulary):,} words, {s.layers} x "
            f"{s.hidden_size} {s.cell})"
        )


def _recurrent_layers(
    settings: LMSettings, first: np.random.Generator, draws: np.random.Generator
) -> list[Any]:
    """From the lowest to the highest; ``first`` draws weights, ``draws`` which are dropped."""
    layers, inputs = [], settings.token_size
    for _ in range(settings.layers):
        layer = CELLS[settings.cell](inputs, settings.hidden_size, rng=first)
        drop = settings.weight_drop
        layers.append(WeightDrop(layer, "weight_hh", drop, draws) if drop else layer)
        inputs = settings.hidden_size
    return layers
