"""An encoder-decoder: each word of the target by those before it and by the source.

    source -> embedding -> recurrent layers -> memory, and the state the decoder begins with
    target -> embedding -> recurrent layers -> attention to the memory -> softmax

The target is ``<bos>``, its words, ``<eos>``: the decoder is given all but the last and
predicts all but the first. Both vocabularies have ``<unk>`` for words they lack.

On disk it is a folder (kind "seq2seq") with source_vocabulary.txt and target_vocabulary.txt, or
vocabulary.txt if they are one; see ``SavedModel``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wordkit.backend.arrays import Array, array_module, to_host
from wordkit.backend.products import KeptProducts
from wordkit.corpus.pair_files import UNITS
from wordkit.corpus.text import EOS, UNK
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import ModelError
from wordkit.layers.base import BLANK
from wordkit.layers.embedding import Embedding
from wordkit.layers.losses.softmax import SoftmaxLoss
from wordkit.layers.recurrent.loop import State
from wordkit.random_streams import stream
from wordkit.seq2seq.decoder import Decoder, Memory
from wordkit.seq2seq.encoder import Encoder
from wordkit.seq2seq.settings import Seq2SeqSettings
from wordkit.training.pair_batches import PairBatch, padded
from wordkit.training.saved_model import SavedModel, log_shares

BOS = "<bos>"
"""Begins a target."""
SPECIALS = (UNK, BOS, EOS)
VOCABULARIES = {False: ("source_vocabulary.txt", "target_vocabulary.txt"),
                True: ("vocabulary.txt",)}  # fmt: skip
"""The files, by whether the vocabulary is shared."""
EXTRA_LENGTH = 10
"""So many tokens, at least, may a translation have beyond twice those of its source."""


class EncoderDecoder(SavedModel):
    """Encoder, decoder and softmax; what ``Trainer`` trains.

    The bias of the output begins as the logarithm of each word's share of the text.

    Parameters
    ----------
    weights
        Arrays of one's own, all of one type, on the host or all on the GPU, by their paths;
        see ``Layer.put``. ``BLANK`` leaves them to it. None draws first weights.
    extra_length
        So many tokens may a translation have beyond twice those of its source, unless its
        greatest length is given.
    seed
        Of the first weights, of the dropout and of the sampling.

    Attributes
    ----------
    params
        The weights. A shared embedding and a tied output are one array with several paths.
    start, end, unknown
        The ids of ``<bos>``, ``<eos>`` and ``<unk>`` in the target vocabulary.
    """

    kind, version = "seq2seq", 1
    settings_type, command = Seq2SeqSettings, "wordkit seq2seq train"

    def __init__(
        self,
        settings: Seq2SeqSettings,
        source_vocabulary: Vocabulary,
        target_vocabulary: Vocabulary,
        weights: Mapping[str, Array] | None = None,
        *,
        extra_length: int = EXTRA_LENGTH,
        seed: int = 1,
    ):
        if type(extra_length) is not int or extra_length < 0:
            raise ModelError(f"extra_length must be a whole number from 0, not {extra_length!r}")
        self.settings, self.extra_length = settings, extra_length
        self.history: dict[str, Any] = {}
        self.source_vocabulary, self.target_vocabulary = source_vocabulary, target_vocabulary
        self.start, self.end, self.unknown = _specials(source_vocabulary, target_vocabulary)
        first = stream(seed, "weights") if weights is None else BLANK
        draws = stream(seed, "draws")
        self.generators = {"draws": draws}
        self.state: State = {}

        sources, targets = len(source_vocabulary), len(target_vocabulary)
        source = Embedding(sources, settings.token_size, rng=first)
        shared = source.params if settings.share_vocabulary else None
        target = Embedding(targets, settings.token_size, rng=first, weights=shared)
        self.encoder = Encoder(settings, source, first, draws)
        self.decoder = Decoder(settings, target, first, draws)
        known = {"bias": log_shares(target_vocabulary)}
        if settings.tie:
            known["weight"] = target.params["weight"]
        self.output = SoftmaxLoss(
            settings.hidden_size * (1 + settings.peeky),
            targets,
            label_smoothing=settings.label_smoothing,
            rng=first,
            weights=known,
        )
        super().__init__(
            children={"encoder": self.encoder, "decoder": self.decoder, "output": self.output}
        )
        if weights is not None and weights is not BLANK:
            self.put(weights)

    # --- words and ids --------------------------------------------------------------

    @property
    def target_words(self) -> list[str]:
        """The words of the target vocabulary, by id."""
        return self.target_vocabulary.words

    def tokens_of(self, text: str) -> tuple[str, ...]:
        """Return the tokens of a side, as the pairs were read that the model learnt."""
        return UNITS[self.settings.units](text)

    def text_of(self, tokens: Sequence[str]) -> str:
        """Return the text that tokens make."""
        return ("" if self.settings.units == "chars" else " ").join(tokens)

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
        d_memory, d_first = self.decoder.backward(self.output.backward())
        self.encoder.backward(d_memory, d_first)
        return loss, count, self.grads

    def loss(self, batch: PairBatch) -> tuple[float, int]:
        """The sum of the losses of a batch, in nats and without smoothing; how many targets."""
        return self._loss(batch, training=False)

    def _loss(self, batch: PairBatch, *, training: bool) -> tuple[float, int]:
        states, mask, first = self._encode(batch.source, batch.source_mask, training=training)
        words, counted = batch.target[:, :-1], batch.target_mask[:, 1:]
        if training and batch.sampled:
            memory = self._memory(states, batch.source_mask, first)
            words = self._partly_guessed(words, memory, batch.sampled)
        xp = array_module(states)
        y = self.decoder.forward(xp.asarray(words), first, states, mask, training=training)
        targets = xp.asarray(np.where(counted, batch.target[:, 1:], -1))
        self.output.forward(y, targets, training=training)
        count = int(counted.sum())
        return float(self.output.unsmoothed) * count, count

    def _partly_guessed(self, words: np.ndarray, memory: Memory, share: float) -> np.ndarray:
        """The words (N, T), a share of them as the model guesses them itself, step by step.

        No gradient passes through a choice of words: it is enough to know them beforehand.
        """
        guessed = self.generators["draws"].random(words.shape) < share
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
        xp = array_module(self.output.params["bias"])
        y, state, weights = self.decoder.step(xp.asarray(words), state, memory)
        scores = memory.product(y, self.output.params["weight"].T)
        scores += self.output.params["bias"]
        scores -= scores.max(axis=1, keepdims=True)
        scores -= xp.log(xp.exp(scores).sum(axis=1, keepdims=True))
        return scores, state, weights

    def _encode(
        self, source: np.ndarray, source_mask: np.ndarray, *, training: bool
    ) -> tuple[Array, Array | None, State]:
        """States (N, S, H) in the order of reading, their mask, and the decoder's first state."""
        xp = array_module(self.output.params["bias"])
        if self.settings.reverse:
            source = np.take_along_axis(source, _reversed_places(source_mask), axis=1)
        mask = None if source_mask.all() else xp.asarray(source_mask)
        states, final = self.encoder.forward(xp.asarray(source), mask, training=training)
        return states, mask, self.decoder.begin(final)

    def _memory(self, states: Array, mask: np.ndarray, first: State) -> Memory:
        mask, attentional = array_module(states).asarray(mask), self.decoder.attentional
        if attentional is None:
            return Memory(None, None, mask, first, KeptProducts())
        return Memory(states, attentional.attention.keys(states), mask, first, KeptProducts())

    # --- on disk: see ``SavedModel`` --------------------------------------------------

    @classmethod
    def vocabulary_files(cls, settings: Seq2SeqSettings) -> tuple[str, ...]:
        """Two, or one if it is shared."""
        return VOCABULARIES[settings.share_vocabulary]

    def vocabularies(self) -> tuple[Vocabulary, ...]:
        """Source and target, or the shared one."""
        both = self.source_vocabulary, self.target_vocabulary
        return both[: len(VOCABULARIES[self.settings.share_vocabulary])]

    def facts(self) -> dict[str, Any]:
        """How long translations may become."""
        return {"extra_length": self.extra_length}

    @classmethod
    def from_facts(
        cls, settings: Seq2SeqSettings, vocabularies: list[Vocabulary], facts: Mapping[str, Any]
    ) -> EncoderDecoder:
        """As ``SavedModel``."""
        source, target = vocabularies[0], vocabularies[-1]
        return cls(settings, source, target, BLANK, extra_length=facts["extra_length"])

    def __repr__(self) -> str:
        s = self.settings
        return (
            f"EncoderDecoder({len(self.source_vocabulary):,} to {len(self.target_vocabulary):,} "
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
