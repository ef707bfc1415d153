"""An encoder-decoder: each word of the target by those before it and by the source.

    source -> embedding -> recurrent layers -> memory, and the state the decoder begins with
    target -> embedding -> recurrent layers -> attention to the memory -> softmax

The target is ``<bos>``, its words, ``<eos>``: the decoder is given all but the last and
foretells all but the first. Both vocabularies have ``<unk>`` for words they lack.

On disk it is a folder: config.json (kind "seq2seq"), source_vocabulary.txt and
target_vocabulary.txt, or vocabulary.txt if they are one, and model.safetensors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module, to_host
from wordkit.corpus.text import EOS, UNK
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import FormatError, ModelError
from wordkit.layers.losses.softmax import SoftmaxLoss
from wordkit.layers.recurrent.loop import State
from wordkit.layers.recurrent.weights import check_weights, read_weights
from wordkit.random_streams import stream
from wordkit.seq2seq.decoder import Decoder, Memory
from wordkit.seq2seq.encoder import Encoder, Weights
from wordkit.seq2seq.initial_weights import initial_weights, weight_shapes
from wordkit.seq2seq.settings import ModelSettings
from wordkit.storage.config import read_config, write_config
from wordkit.storage.folders import new_folder
from wordkit.storage.tensors import write_tensors
from wordkit.training.pair_batches import PairBatch, padded
from wordkit.training.runs.checkpoint import CHECKPOINTS, check_finished

KIND, VERSION = "seq2seq", 1
BOS = "<bos>"
"""Begins a target."""
SPECIALS = (UNK, BOS, EOS)
VOCABULARIES = {False: ("source_vocabulary.txt", "target_vocabulary.txt"),
                True: ("vocabulary.txt",)}  # fmt: skip
"""The files, by whether the vocabulary is shared."""
WEIGHTS = "model.safetensors"
EXTRA_LENGTH = 10
"""So many tokens, at least, may a translation have beyond twice those of its source."""


class Seq2Seq:
    """Encoder, decoder and softmax; what ``Trainer`` trains.

    Parameters
    ----------
    weights
        By the names and shapes of ``weight_shapes``, all of one type, on the host or all on
        the GPU. They are the params, not copies of them.
    training
        How it was trained, as values for JSON: remembered, and not used.
    extra_length
        So many tokens may a translation have beyond twice those of its source, unless its
        greatest length is given.
    seed
        Of the dropout and of the sampling.

    Attributes
    ----------
    params
        The weights. A shared embedding and a tied output are one array with several names.
    sampling
        The share of words that the decoder in training is given as it guessed them itself.
    start, end, unknown
        The ids of ``<bos>``, ``<eos>`` and ``<unk>`` in the target vocabulary.
    """

    def __init__(
        self,
        settings: ModelSettings,
        source_vocabulary: Vocabulary,
        target_vocabulary: Vocabulary,
        weights: Weights,
        *,
        training: Mapping[str, Any] | None = None,
        extra_length: int = EXTRA_LENGTH,
        seed: int = 1,
    ):
        if type(extra_length) is not int or extra_length < 0:
            raise ModelError(f"extra_length must be a whole number from 0, not {extra_length!r}")
        self.settings, self.training = settings, dict(training or {})
        self.extra_length = extra_length
        self.source_vocabulary, self.target_vocabulary = source_vocabulary, target_vocabulary
        self.start, self.end, self.unknown = _specials(source_vocabulary, target_vocabulary)
        shapes = weight_shapes(settings, len(source_vocabulary), len(target_vocabulary))
        check_weights(weights, shapes)
        rng = stream(seed, "draws")
        self.generators = {"draws": rng}
        self.state: State = {}
        self.sampling = 0.0
        self.encoder = Encoder(settings, weights, rng)
        self.decoder = Decoder(settings, weights, rng)
        tied = self.decoder.embedding.params["weight"] if settings.tie else None
        self.output = SoftmaxLoss(
            weights["output.weight"] if tied is None else tied,
            weights["output.bias"],
            label_smoothing=settings.label_smoothing,
        )
        self.params = self._named("params")

    @classmethod
    def initial(
        cls,
        settings: ModelSettings,
        source_vocabulary: Vocabulary,
        target_vocabulary: Vocabulary,
        *,
        seed: int = 1,
    ) -> Seq2Seq:
        """A model to be trained; see ``initial_weights``."""
        rng = stream(seed, "weights")
        weights = initial_weights(settings, source_vocabulary, target_vocabulary, rng)
        return cls(settings, source_vocabulary, target_vocabulary, weights, seed=seed)

    def _named(self, what: str) -> dict[str, Any]:
        """The params or grads of all layers."""
        parts = {**self.encoder.parts, **self.decoder.parts, "output": self.output}
        return {
            f"{part}.{name}": value
            for part, layer in parts.items()
            for name, value in getattr(layer, what).items()
        }

    # --- words and ids --------------------------------------------------------------

    @property
    def target_words(self) -> list[str]:
        """The words of the target vocabulary, by id."""
        return self.target_vocabulary.words

    def source_ids(self, tokens: Sequence[str]) -> np.ndarray:
        """int32; words that are unknown become ``<unk>``."""
        return self.source_vocabulary.encode(tokens)

    def target_ids(self, tokens: Sequence[str]) -> np.ndarray:
        """int32, with ``<bos>`` before and ``<eos>`` behind."""
        return self.target_vocabulary.encode([BOS, *tokens, EOS])

    # --- training -------------------------------------------------------------------

    def loss_and_gradients(self, batch: PairBatch) -> tuple[float, int, dict[str, Any]]:
        """Forward and backward in training; see ``wordkit.training.model.Model``.

        The gradients are those of the smoothed loss, the loss is not smoothed.
        """
        loss, count = self._loss(batch, training=True)
        d_memory, d_first = self.decoder.backward(self.output.backward().swapaxes(0, 1))
        self.encoder.backward(d_memory, d_first)
        return loss, count, self._named("grads")

    def loss(self, batch: PairBatch) -> tuple[float, int]:
        """The sum of the losses of a batch, in nats and without smoothing; how many targets."""
        return self._loss(batch, training=False)

    def _loss(self, batch: PairBatch, *, training: bool) -> tuple[float, int]:
        states, mask, first = self._encode(batch.source, batch.source_mask, training=training)
        words, counted = batch.target[:, :-1], batch.target_mask[:, 1:]
        if training and self.sampling:
            memory = self._memory(states, batch.source_mask, first)
            words = self._partly_guessed(words, memory)
        xp = array_module(states)
        y = self.decoder.forward(xp.asarray(words), first, states, mask, training=training)
        # time-major (T, N), as the layers have it inside, so that nothing is copied
        targets = xp.asarray(np.where(counted, batch.target[:, 1:], -1).T)
        self.output.forward(y.swapaxes(0, 1), targets, training=training)
        count = int(counted.sum())
        return float(self.output.unsmoothed) * count, count

    def _partly_guessed(self, words: np.ndarray, memory: Memory) -> np.ndarray:
        """The words (N, T), some of them as the model guesses them itself, step by step.

        No gradient passes through a choice of words: it is enough to know them beforehand.
        """
        guessed = self.generators["draws"].random(words.shape) < self.sampling
        words, state = words.copy(), memory.first_state
        for t in range(words.shape[1] - 1):
            scores, state, _ = self.step(words[:, t], state, memory)
            guesses = to_host(scores.argmax(axis=1))
            words[:, t + 1] = np.where(guessed[:, t + 1], guesses, words[:, t + 1])
        return words

    # --- a word at a time -----------------------------------------------------------

    def encode(self, sources: Sequence[np.ndarray]) -> Memory:
        """Read N sources, each of at least one id."""
        ids, mask = padded(sources)
        states, _, first = self._encode(ids, mask, training=False)
        if self.settings.reverse:
            rows, xp = np.arange(len(ids))[:, None], array_module(states)
            states = states[xp.asarray(rows), xp.asarray(_reversed_places(mask))]
        return self._memory(states.copy(), mask, first)

    def step(
        self, words: np.ndarray, state: State, memory: Memory
    ) -> tuple[Array, State, Array | None]:
        """One more word for each of N targets.

        Parameters
        ----------
        words
            (N,) the ids before: ``start`` at first.
        state
            ``memory.first_state`` at first, of N rows as ``memory``.

        Returns
        -------
        The logarithm of p of each word, (N, V); the new state; and how much the attention
        looked at each word of the source, (N, S), or None.
        """
        xp = array_module(self.params["output.bias"])
        y, state, weights = self.decoder.step(xp.asarray(words), state, memory)
        scores = y @ self.output.params["weight"].T
        scores += self.params["output.bias"]
        scores -= scores.max(axis=1, keepdims=True)
        scores -= xp.log(xp.exp(scores).sum(axis=1, keepdims=True))
        return scores, state, weights

    def _encode(
        self, source: np.ndarray, source_mask: np.ndarray, *, training: bool
    ) -> tuple[Array, Array | None, State]:
        """States (N, S, H) in the order of reading, their mask, and the decoder's first state."""
        xp = array_module(self.params["output.bias"])
        if self.settings.reverse:
            source = np.take_along_axis(source, _reversed_places(source_mask), axis=1)
        mask = None if source_mask.all() else xp.asarray(source_mask)
        states, final = self.encoder.forward(xp.asarray(source), mask, training=training)
        return states, mask, self.decoder.begin(final)

    def _memory(self, states: Array, mask: np.ndarray, first: State) -> Memory:
        mask, attentional = array_module(states).asarray(mask), self.decoder.attentional
        if attentional is None:
            return Memory(None, None, mask, first)
        return Memory(states, attentional.attention.keys(states), mask, first)

    # --- on disk --------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the model as a folder, in which a folder of checkpoints may stand already.

        Raises
        ------
        FormatError
            Something else stands there.
        """
        config = {
            "settings": asdict(self.settings),
            "training": self.training,
            "extra_length": self.extra_length,
        }
        both = self.source_vocabulary, self.target_vocabulary
        shapes = weight_shapes(self.settings, *map(len, both))
        names = VOCABULARIES[self.settings.share_vocabulary]
        with new_folder(path, KIND, beside=CHECKPOINTS) as folder:
            write_config(folder, KIND, VERSION, config)
            for name, vocabulary in zip(names, both[: len(names)], strict=True):
                vocabulary.save(folder / name)
            write_tensors(folder / WEIGHTS, {name: to_host(self.params[name]) for name in shapes})

    @classmethod
    def load(cls, path: str | Path) -> Seq2Seq:
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
        check_finished(path, "wordkit seq2seq train")
        config = read_config(path, KIND, VERSION)
        try:
            settings = ModelSettings(**config["settings"])
            training = dict(config["training"])
        except (KeyError, TypeError, ValueError, ModelError) as error:
            raise FormatError(f"{path / 'config.json'} is damaged: {error}") from None
        names = VOCABULARIES[settings.share_vocabulary]
        words = [Vocabulary.load(path / name) for name in names]
        source, target = words[0], words[-1]
        weights = read_weights(
            path / WEIGHTS,
            settings.layers,
            lambda: weight_shapes(settings, len(source), len(target)),
        )
        extra = config.get("extra_length", EXTRA_LENGTH)  # earlier models lack it
        try:
            return cls(settings, source, target, weights, training=training, extra_length=extra)
        except ModelError as error:
            raise FormatError(f"{path} is damaged: {error}") from None

    def __repr__(self) -> str:
        s = self.settings
        return (
            f"Seq2Seq({len(self.source_vocabulary):,} to {len(self.target_vocabulary):,} "
            f"{s.units}, {s.layers} x {s.hidden_size} {s.cell}, attention {s.attention})"
        )


def _reversed_places(mask: np.ndarray) -> np.ndarray:
    """Where each word (N, S) stands when sources are reversed; padding stays where it is."""
    places = np.arange(mask.shape[1])
    mirrored = mask.sum(axis=1)[:, None] - 1 - places
    return np.where(mirrored >= 0, mirrored, places)


def _specials(source: Vocabulary, target: Vocabulary) -> tuple[int, ...]:
    """The ids of ``<bos>``, ``<eos>`` and ``<unk>`` in the target vocabulary."""
    for side, vocabulary, words in (("source", source, [UNK]), ("target", target, SPECIALS)):
        for word in words:
            if word not in vocabulary:
                raise ModelError(f"the {side} vocabulary must have the word {word}")
    return tuple(target.index[word] for word in (BOS, EOS, UNK))
