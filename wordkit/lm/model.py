"""A recurrent language model: each word by all words before it.

    words -> embedding -> dropout -> recurrent layers -> dropout -> softmax

On disk it is a folder: config.json (kind "language-model"), vocabulary.txt with the counts
of the training text, and model.safetensors with the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module, to_host
from wordkit.backend.products import product
from wordkit.corpus.text import TextOptions
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError, FormatError, ModelError
from wordkit.layers.dropout import Dropout, EmbeddingDropout, WeightDrop
from wordkit.layers.embedding import Embedding
from wordkit.layers.losses.softmax import SoftmaxLoss
from wordkit.layers.recurrent.cells import GRU, LSTM, RNN
from wordkit.layers.recurrent.loop import State
from wordkit.layers.recurrent.stack import Stack
from wordkit.layers.recurrent.weights import check_weights, read_weights
from wordkit.lm.initial_weights import initial_weights, weight_shapes
from wordkit.lm.settings import ModelSettings
from wordkit.lm.texts import UNITS, options_from
from wordkit.random_streams import stream
from wordkit.storage.config import read_config, write_config
from wordkit.storage.folders import new_folder
from wordkit.storage.tensors import write_tensors
from wordkit.training.batches import TextBatch
from wordkit.training.runs.checkpoint import CHECKPOINTS, check_finished
from wordkit.vectors.word_vectors import WordVectors

KIND, VERSION = "language-model", 1
VOCABULARY, WEIGHTS = "vocabulary.txt", "model.safetensors"
LAYERS: dict[str, Any] = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


class RecurrentLanguageModel:
    """Embedding, recurrent layers and softmax; what ``Trainer`` trains.

    Parameters
    ----------
    weights
        By the names and shapes of ``weight_shapes``, all of one type, on the host or all on
        the GPU. They are the params, not copies of them.
    text
        How the training text became tokens, and so how other texts should.
    training
        How it was trained, as values for JSON: remembered, and not used.
    seed
        Of the dropout.

    Attributes
    ----------
    params
        The weights; those of a tied output are the embedding's own, under both names.
    """

    def __init__(
        self,
        settings: ModelSettings,
        vocabulary: Vocabulary,
        weights: Mapping[str, Array],
        *,
        text: TextOptions = UNITS["words"],
        training: Mapping[str, Any] | None = None,
        seed: int = 1,
    ):
        self.settings, self.vocabulary, self.text = settings, vocabulary, text
        self.training = dict(training or {})
        check_weights(weights, weight_shapes(settings, len(vocabulary)))
        rng = stream(seed, "dropout")
        self.generators = {"dropout": rng}
        self.state: State = {}

        self.embedding = Embedding(weights["embedding.weight"])
        self._word_dropout = EmbeddingDropout(settings.embedding_dropout, rng, len(vocabulary))
        first, *between, last = (
            Dropout(settings.dropout, rng, variational=settings.variational)
            for _ in range(settings.layers + 1)
        )
        self._input_dropout, self._output_dropout = first, last
        layers = [self._recurrent(number, weights, rng) for number in range(settings.layers)]
        self.recurrent = Stack(layers, dropout=between)
        tied = weights["embedding.weight"] if settings.tie else weights["output.weight"]
        self.output = SoftmaxLoss(tied, bias=weights["output.bias"])
        self.params = self._named("params")

    @classmethod
    def initial(
        cls,
        settings: ModelSettings,
        vocabulary: Vocabulary,
        *,
        vectors: WordVectors | None = None,
        seed: int = 1,
        text: TextOptions = UNITS["words"],
    ) -> RecurrentLanguageModel:
        """A model to be trained; see ``initial_weights``."""
        rng = stream(seed, "weights")
        weights = initial_weights(settings, vocabulary, rng, vectors=vectors)
        return cls(settings, vocabulary, weights, text=text, seed=seed)

    def _recurrent(
        self, number: int, weights: Mapping[str, Array], rng: np.random.Generator
    ) -> Any:
        start, drop = f"recurrent.{number}.", self.settings.weight_drop
        own = {k.removeprefix(start): w for k, w in weights.items() if k.startswith(start)}
        layer = LAYERS[self.settings.cell](**own)
        return WeightDrop(layer, "weight_hh", drop, rng) if drop else layer

    def _named(self, what: str) -> dict[str, Any]:
        """The params or grads of all layers."""
        layers = {"embedding": self.embedding, "recurrent": self.recurrent, "output": self.output}
        return {
            f"{layer}.{name}": value
            for layer, own in layers.items()
            for name, value in getattr(own, what).items()
        }

    # --- training -------------------------------------------------------------------

    def loss_and_gradients(self, batch: TextBatch) -> tuple[float, int, dict[str, Any]]:
        """Forward and backward in training; see ``wordkit.training.model.Model``."""
        loss, count = self._loss(batch, training=True)
        d_h = self.output.backward().swapaxes(0, 1)
        d_x = self.recurrent.backward(self._output_dropout.backward(d_h))
        d_x = self._input_dropout.backward(d_x).swapaxes(0, 1)
        self.embedding.backward(self._word_dropout.backward(d_x))
        return loss, count, self._named("grads")

    def loss(self, batch: TextBatch) -> tuple[float, int]:
        """The sum of the losses of a batch, in nats, and the number of targets."""
        return self._loss(batch, training=False)

    def _loss(self, batch: TextBatch, *, training: bool) -> tuple[float, int]:
        h = self.hidden(batch.inputs, self.state, training=training)
        self.state = self.recurrent.final_state
        # time-major (T, N), as the recurrent layers have it inside, so that nothing is copied
        targets = array_module(h).asarray(batch.targets.T)
        loss = self.output.forward(h.swapaxes(0, 1), targets, training=training)
        count = int((batch.targets >= 0).sum())
        return float(loss) * count, count

    def hidden(self, ids: np.ndarray, state: State, *, training: bool = False) -> Array:
        """What the softmax is given for each word: from ids (N, T) to (N, T, H).

        ``recurrent.final_state`` is then the state after them; ``{}`` is none before them.
        """
        ids = array_module(self.params["output.bias"]).asarray(ids.T)
        x = self.embedding.forward(ids, training=training)
        x = self._word_dropout.forward(x, ids, training=training).swapaxes(0, 1)
        x = self._input_dropout.forward(x, training=training)
        h = self.recurrent.forward(x, state=state or None, training=training)
        return self._output_dropout.forward(h, training=training)

    # --- a word at a time -----------------------------------------------------------

    def step(
        self, ids: np.ndarray, state: State, *, product: Callable = product
    ) -> tuple[Array, State]:
        """One more word for each of N texts: from ids (N,) to h (N, H) and the new state."""
        x = self.params["embedding.weight"][array_module(self.params["output.bias"]).asarray(ids)]
        state = self.recurrent.step(x, state or None, product=product)
        return self.recurrent.output(state), state

    def scores(self, h: Array, *, product: Callable = product) -> Array:
        """What softmax makes probabilities of: from h (M, H) to (M, V).

        Raises
        ------
        ModelError
            They are not finite: the training of the model had diverged.
        """
        weight, bias = self.params["output.weight"], self.params["output.bias"]
        xp = array_module(h)
        scores = xp.empty((len(h), len(weight)), weight.dtype)
        product(h.astype(weight.dtype, copy=False), weight.T, scores)
        scores += bias
        if not xp.isfinite(scores.max(axis=1)).all():
            raise ModelError(
                "the model's probabilities are not numbers: train it anew, with a lower learning "
                "rate or a closer clip"
            )
        return scores

    # --- on disk --------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the model as a folder, in which a folder of checkpoints may stand already.

        Raises
        ------
        FormatError
            Something else stands there.
        """
        config = {
            "words": len(self.vocabulary),
            "settings": asdict(self.settings),
            "text": self.text.to_dict(),
            "training": self.training,
        }
        names = weight_shapes(self.settings, len(self.vocabulary))
        with new_folder(path, KIND, beside=CHECKPOINTS) as folder:
            write_config(folder, KIND, VERSION, config)
            self.vocabulary.save(folder / VOCABULARY)
            write_tensors(folder / WEIGHTS, {name: to_host(self.params[name]) for name in names})

    @classmethod
    def load(cls, path: str | Path) -> RecurrentLanguageModel:
        """Read what ``save`` wrote.

        Raises
        ------
        FileNotFoundError
            There is no such folder.
        FormatError
            It is cut short or damaged, of another kind, of a newer version, or was never
            finished.
        """
        path = Path(path)
        check_finished(path, "wordkit lm train")
        config = read_config(path, KIND, VERSION)
        try:
            settings = ModelSettings(**config["settings"])
            text, training = options_from(config["text"]), dict(config["training"])
        except (KeyError, TypeError, ValueError, CorpusError, ModelError) as error:
            raise FormatError(f"{path / 'config.json'} is damaged: {error}") from None
        vocabulary = Vocabulary.load(path / VOCABULARY)
        if config.get("words") != len(vocabulary):
            raise FormatError(
                f"{path / VOCABULARY} has {len(vocabulary):,} words, but config.json speaks of "
                f"{config.get('words')}: they are not of one model"
            )
        weights = read_weights(
            path / WEIGHTS, settings.layers, lambda: weight_shapes(settings, len(vocabulary))
        )
        return cls(settings, vocabulary, weights, text=text, training=training)

    def __repr__(self) -> str:
        s = self.settings
        return (
            f"RecurrentLanguageModel({len(self.vocabulary):,} words, {s.layers} x "
            f"{s.hidden_size} {s.cell})"
        )
