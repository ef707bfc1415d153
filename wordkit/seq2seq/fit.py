"""From pairs of sequences to a trained encoder-decoder, in a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wordkit.corpus.text import EOS, UNK
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import ModelError
from wordkit.layers.base import BLANK
from wordkit.seq2seq.decode import translate
from wordkit.seq2seq.model import BOS, EXTRA_LENGTH, EncoderDecoder
from wordkit.seq2seq.settings import Seq2SeqSettings, Seq2SeqTraining
from wordkit.storage.folders import check_replaceable
from wordkit.training.batches import Batches, LazySequence
from wordkit.training.pair_batches import PairBatch, PairBatches
from wordkit.training.runs.checkpoint import CHECKPOINTS
from wordkit.training.runs.fingerprint import checksum
from wordkit.training.runs.model_folder import train_in
from wordkit.training.runs.trainer import TrainingResult
from wordkit.training.saved_model import check_fits

Pairs = Sequence[tuple[Sequence[str], Sequence[str]]]
"""Tokens of the source and of the target."""


def fit(
    pairs: Pairs,
    folder: str | Path,
    *,
    valid: Pairs | None = None,
    settings: Seq2SeqSettings | None = None,
    training: Seq2SeqTraining | None = None,
    resume: bool = False,
    anew: bool = False,
    checkpoint_every: float = 300.0,
    progress: bool = False,
    origin: Mapping[str, Any] | None = None,
) -> tuple[EncoderDecoder, TrainingResult]:
    """Train an encoder-decoder and save it as ``folder``.

    Parameters
    ----------
    pairs
        The tokens of each source and of its target, none of them empty.
    folder
        For checkpoints, metrics and, in the end, the model.
    valid
        Chooses the best weights; without it the last ones are kept.
    resume
        Continue the run in the folder; it ends as if it had never been interrupted.
    anew
        Remove the checkpoints of a run that is there, and begin again.
    checkpoint_every
        Seconds.
    progress
        Show a progress bar, and a line for each epoch with a sample of what the model gives.

    origin
        How the run was started, for who resumes it; see ``read_origin``.

    Returns
    -------
    The model with the weights that are kept, and how the training ended.

    Raises
    ------
    ModelError
        There is no pair, or one has an empty side; the loss is not finite; or the folder
        holds a run that is not to be resumed, or another one than this.
    FormatError
        Something else stands in the folder, or the checkpoint is damaged.
    InUseError
        Another process trains in the folder.
    TrainingInterrupted
        After Ctrl-C or SIGTERM; a checkpoint is written.
    """
    folder, settings = Path(folder), settings or Seq2SeqSettings()
    training = training or Seq2SeqTraining()
    check_replaceable(folder, EncoderDecoder.kind, beside=CHECKPOINTS)
    check_pairs(pairs, "training")
    given = len(pairs)
    pairs = _short_enough(pairs, training.max_length)
    source, target = vocabularies(pairs, settings, training)
    check_fits(EncoderDecoder(settings, source, target, BLANK))
    model = EncoderDecoder(settings, source, target, seed=training.seed)
    # by default, a translation may be as long as the longest that is learnt
    beyond = max(len(answer) - 2 * len(question) for question, answer in pairs)
    model.extra_length = max(EXTRA_LENGTH, beyond)
    sizes = {"batch_size": training.batch_size, "batch_tokens": training.batch_tokens}
    batches: Batches = pair_batches(model, pairs, **sizes)
    if settings.scheduled_sampling:
        batches = _Sampled(batches, settings.scheduled_sampling, training.epochs)
    validation = None
    if valid is not None:
        check_pairs(valid, "validation")
        validation = pair_batches(model, valid, shuffle=False, **sizes)
    data = {
        "training pairs": _checksum_of_pairs(pairs),
        "validation pairs": None if valid is None else _checksum_of_pairs(valid),
    }
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
        sample=lambda: _sample(model, (valid or pairs)[0][0]),
        left_out=given - len(pairs),
    )
    return model, result


def _sample(model: EncoderDecoder, source: Sequence[str]) -> str:
    """A source, and what the model makes of it."""
    [found] = translate(model, [source], attention=False)
    return f"{model.text_of(source)} -> {model.text_of(found.tokens)}"


def _checksum_of_pairs(pairs: Pairs) -> int:
    return checksum([repr(list(side)) for pair in pairs for side in pair])


def check_pairs(pairs: Pairs, name: str) -> None:
    """``ModelError`` if there is none, or one has an empty side."""
    if not len(pairs):
        raise ModelError(f"there is no {name} pair: give at least one source with its target")
    for number, pair in enumerate(pairs, 1):
        for side, tokens in zip(("source", "target"), pair, strict=True):
            if not len(tokens):
                raise ModelError(
                    f"{name} pair {number} has an empty {side}: complete it or leave it out"
                )


def _short_enough(pairs: Pairs, most: int | None) -> Pairs:
    """The pairs with so many tokens on a side, at most."""
    if most is None:
        return pairs
    kept = [pair for pair in pairs if max(map(len, pair)) <= most]
    if not kept:
        raise ModelError(
            f"all {len(pairs):,} training pairs have more than {most:,} tokens on a side: raise "
            "max_length (--max-length)"
        )
    return kept


def vocabularies(
    pairs: Pairs, settings: Seq2SeqSettings, training: Seq2SeqTraining
) -> tuple[Vocabulary, Vocabulary]:
    """Of sources and of targets; one and the same if they are shared."""
    sources, targets = (Counter(t for pair in pairs for t in pair[side]) for side in (0, 1))
    known = {token for token, n in sources.items() if n >= training.source_min_count}
    foreknown = {token for token, n in targets.items() if n >= training.target_min_count}
    ends = {UNK: 0, BOS: 0, EOS: len(pairs)}
    if settings.share_vocabulary:
        both = _vocabulary(sources + targets, known | foreknown, ends)
        return both, both
    return _vocabulary(sources, known, {UNK: 0}), _vocabulary(targets, foreknown, ends)


def _vocabulary(counts: Counter[str], known: set[str], specials: dict[str, int]) -> Vocabulary:
    """The special words first, then the known ones, by frequency."""
    ranked = sorted(known - specials.keys(), key=lambda word: (-counts[word], word))
    specials = {word: n + counts[word] for word, n in specials.items()}
    words = [*specials, *ranked]
    specials[UNK] += counts.total() - sum(counts[word] for word in words)
    return Vocabulary(words, [*specials.values(), *(counts[word] for word in ranked)])


def pair_batches(model: EncoderDecoder, pairs: Iterable[Sequence], **options: Any) -> PairBatches:
    """Pairs in the ids of a model; ``options`` are those of ``PairBatches``."""
    ids = [(model.source_ids(source), model.target_ids(target)) for source, target in pairs]
    sources, targets = zip(*ids, strict=True)
    return PairBatches(sources, targets, **options)


class _Sampled:
    """Batches of pairs of which the model guesses more target tokens itself in each epoch.

    Parameters
    ----------
    share
        Of the tokens, in the last epoch.
    """

    def __init__(self, batches: Batches, share: float, epochs: int):
        self.batches, self.share, self.epochs = batches, share, epochs

    def epoch(self, seed: int, epoch: int) -> Sequence[PairBatch]:
        """As those of ``PairBatches``, each with the share of its epoch."""
        batches = self.batches.epoch(seed, epoch)
        share = self.share * min(1, (epoch + 1) / self.epochs)
        return LazySequence(len(batches), lambda n: batches[n]._replace(sampled=share))
