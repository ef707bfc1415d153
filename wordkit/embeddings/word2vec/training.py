"""word2vec's passes over the text: threads, progress, checkpoints."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.backend.threads import available_workers, checked_workers, in_step, in_threads
from wordkit.corpus.corpus import Corpus
from wordkit.embeddings.word2vec.structures import Course, Meeting, Method, Text, Work
from wordkit.embeddings.word2vec.weights import Weights
from wordkit.errors import FormatError, ModelError
from wordkit.interrupts import TrainingInterrupted, noted_interrupts
from wordkit.progress import progress_bar
from wordkit.training.runs.checkpoint import (
    checkpoint_name,
    latest_checkpoint,
    read_checkpoint,
    remove_others,
    write_checkpoint,
)

PIECE = 100_000
"""Centre words that a thread trains on before it asks for more."""
GROUP = 8
"""Pieces for each thread between two looks at the loss and the clock."""
ROUNDS = 64
"""Rounds of reproducible training between two looks."""
TOGETHER = 500_000
"""Tokens that make a thread of reproducible training worth the waiting for each other."""


@dataclass
class Progress:
    """How far a training is.

    Attributes
    ----------
    epoch, place
        Of the next centre word.
    loss, terms
        Sums of this epoch.
    losses
        Mean loss of each epoch that is done.
    """

    epoch: int = 0
    place: int = 0
    loss: float = 0.0
    terms: float = 0.0
    losses: list[float] = field(default_factory=list)


class Training:
    """Trains weights on a corpus.

    Parameters
    ----------
    widest
        The largest number of columns of a step.
    batch
        Steps of which the scores are taken together, in reproducible training.
    settings
        vector_size, window, alpha, min_alpha, epochs, seed, workers, reproducible, progress,
        and whatever else makes two trainings different.
    keep
        (V,): the probability of each word to survive subsampling.
    folder, every
        Where checkpoints go, None for nowhere, and the seconds from one to the next.
    after_epoch
        Called with the number of the epoch (from 1), its loss, and the weights.
    """

    def __init__(
        self,
        corpus: Corpus,
        weights: Weights,
        method: Method,
        widest: int,
        batch: int,
        keep: np.ndarray,
        settings: Mapping[str, Any],
        *,
        folder: Path | None = None,
        every: float = 300.0,
        after_epoch: Callable[[int, float, Weights], None] | None = None,
    ):
        self.corpus, self.weights, self.method = corpus, weights, method
        self.text = Text(_read_only(corpus.ids), _read_only(corpus.offsets), keep)
        self.widest, self.batch = widest, batch
        self.settings, self.folder, self.every = dict(settings), folder, every
        self.after_epoch = after_epoch
        self.workers = checked_workers(self.settings.pop("workers"))
        self.show = self.settings.pop("progress")
        self.progress = Progress()
        self._shared: Work | None = None
        self._words = corpus.tokens * self.settings["epochs"]

    def run(self) -> list[float]:
        """Train to the end; returns the mean loss of each epoch."""
        now, size = self.progress, self.corpus.tokens
        saved = time.monotonic()
        with (
            noted_interrupts() as interrupts,
            progress_bar("training", self._words, " words", show=self.show) as bar,
        ):
            bar.n = bar.initial = now.epoch * size + now.place
            while now.epoch < self.settings["epochs"]:
                before = now.place
                self._train_some()
                bar.set_postfix(self._postfix(), refresh=False)
                bar.update(now.place - before)
                if now.place >= size:
                    self._finish_epoch()
                done = now.epoch == self.settings["epochs"]
                if interrupts and not done:
                    raise TrainingInterrupted(self._stopped())
                if self.folder and not done and time.monotonic() - saved >= self.every:
                    self.save()
                    saved = time.monotonic()
        return now.losses

    def _postfix(self) -> dict[str, Any]:
        now = self.progress
        return {
            "epoch": now.epoch + 1,
            "loss": f"{now.loss / max(now.terms, 1):.3f}",
            "rate": f"{self._rate(now.place):.4f}",
        }

    def _rate(self, place: int) -> float:
        alpha, slope, min_alpha = self._rates()
        return max(alpha - slope * place, min_alpha)

    def _rates(self) -> tuple[float, float, float]:
        """The rate at the start of this epoch, what it loses with each word, the last one."""
        alpha, min_alpha = float(self.settings["alpha"]), float(self.settings["min_alpha"])
        slope = (alpha - min_alpha) / self._words
        return alpha - slope * self.progress.epoch * self.corpus.tokens, slope, min_alpha

    def _train_some(self) -> None:
        """Go on by some pieces of text."""
        now = self.progress
        last = self._train_together() if self.settings["reproducible"] else self._train_freely()
        now.place = last
        inputs = self.weights.inputs
        if (
            not np.isfinite(now.loss)
            or not np.isfinite(inputs[:: max(1, len(inputs) // 10_000)]).all()
        ):
            raise ModelError(self._ran_away())

    def _train_freely(self) -> int:
        """Threads take pieces and write to the same weights (Niu et al. 2011)."""
        from wordkit.embeddings.word2vec.training_kernels import train

        now, size = self.progress, self.corpus.tokens
        piece = min(PIECE, 1024 * max(1, size // (1024 * self.workers)))
        last = min(now.place + GROUP * self.workers * piece, size)
        calls = [
            (*self._call(first, min(first + piece, last)), self._work())
            for first in range(now.place, last, piece)
        ]
        in_threads(train, calls, self.workers)
        for call in calls:
            self._count(call[-1])
        return last

    def _train_together(self) -> int:
        """Threads wait for each other, so that their number makes no difference."""
        from wordkit.backend.simd_kernels import ALIGNED
        from wordkit.embeddings.word2vec.training_kernels import ROUND, make_own, train_together

        now = self.progress
        workers = self._workers_together()
        parts = 1 << max(0, (self.weights.width // (2 * ALIGNED)).bit_length() - 1)
        shared = self._shared
        if shared is None:
            shared = self._shared = self._work(ROUND, 2 * self.batch, parts)
        shared.room.losses[:] = 0
        last = min(now.place + ROUNDS * ROUND * shared.at_once, self.corpus.tokens)
        counter, counts = np.zeros(1, np.int64), np.zeros(ROUND, np.int64)
        calls = [
            (*self._call(now.place, last),
             shared._replace(own=make_own(shared.steps, self.weights.width)),
             Meeting(counter, counts, me, workers))
            for me in range(workers)
        ]  # fmt: skip
        in_step(train_together, calls)
        self._count(shared)
        return last

    def _workers_together(self) -> int:
        """Return how many threads are worth while: the result is the same for any number."""
        cores = available_workers()  # a thread that waits for a core holds up all
        return max(1, min(self.workers, cores, self.corpus.tokens // TOGETHER))

    def _work(self, *sizes: int) -> Work:
        from wordkit.embeddings.word2vec.training_kernels import make_work

        return make_work(self.method, self.widest, self.weights.width, *sizes)

    def _call(self, first: int, last: int) -> tuple:
        seed = ((self.settings["seed"] << 20) + self.progress.epoch) << 1  # and the odd ones
        course = Course(np.uint64(seed), *self._rates())
        return self.text, first, last, self.method, course, self.weights.model()

    def _count(self, work: Work) -> None:
        loss, terms = work.room.losses.sum(axis=0)
        self.progress.loss += float(loss)
        self.progress.terms += float(terms)

    def _finish_epoch(self) -> None:
        now = self.progress
        if not now.terms:
            raise ModelError(
                "no word has a neighbour to learn from: the documents have one word each, or "
                "subsampling leaves no more of so short a text "
                f"(sample={self.settings['sample']:g}; try 0)"
            )
        loss = now.loss / now.terms
        self._check_finite()
        now.losses.append(loss)
        now.epoch, now.place, now.loss, now.terms = now.epoch + 1, 0, 0.0, 0.0
        if self.after_epoch:
            self.after_epoch(now.epoch, loss, self.weights)

    def _check_finite(self) -> None:
        if not self.weights.finite:
            raise ModelError(self._ran_away())

    def _ran_away(self) -> str:
        now = self.progress
        kept = ""
        if self.folder and latest_checkpoint(self.folder):
            kept = f"; the last checkpoint, from before, is in {self.folder}"
        return (
            f"training diverged in epoch {now.epoch + 1}, at word {now.place:,}: the numbers "
            f"are no longer finite; lower alpha, which is {self.settings['alpha']:g}{kept}"
        )

    # --- checkpoints ------------------------------------------------------------------

    def save(self) -> None:
        """Write a checkpoint, and then remove the one before it."""
        assert self.folder is not None
        self._check_finite()
        now, weights = self.progress, self.weights
        name = checkpoint_name(now.epoch * self.corpus.tokens + now.place)
        tensors = {
            "inputs": weights.inputs,
            "outputs": weights.outputs,
            "learns": weights.learns.astype(np.int32),
        }
        state = {"progress": asdict(now), "settings": self.settings, "corpus": self._fingerprint}
        self.folder.mkdir(parents=True, exist_ok=True)
        write_checkpoint(self.folder / name, tensors, state)
        remove_others(self.folder, {name})

    def restore(self) -> None:
        """Go on from the last checkpoint, if there is one.

        Raises
        ------
        ModelError
            It is of another corpus, or of other settings.
        FormatError
            It is damaged.
        """
        path = latest_checkpoint(self.folder) if self.folder else None
        if path is None:
            return
        tensors, state = read_checkpoint(path)
        if state.get("corpus") != self._fingerprint:
            raise ModelError(
                f"{path} is the checkpoint of another corpus: give it that one, or remove "
                f"{self.folder}"
            )
        before = state.get("settings")
        for name, value in self.settings.items():
            found = before.get(name) if isinstance(before, dict) else None
            if found != value:
                raise ModelError(
                    f"{path} was trained with {name} = {found}, not {value}: give it "
                    f"the same settings, or remove {self.folder}"
                )
        self.progress = self._progress(path, state)
        weights = self.weights
        for name, to in (
            ("inputs", weights.inputs),
            ("outputs", weights.outputs),
            ("learns", weights.learns),
        ):
            shape = None if name not in tensors else tensors[name].shape
            if shape != to.shape:
                raise FormatError(f"{path} is damaged: {name} has the shape {shape}")
            to[:] = tensors[name]

    def _progress(self, path: Path, state: Mapping[str, Any]) -> Progress:
        try:
            now = Progress(**state["progress"])
            known = [int(now.epoch), int(now.place), float(now.loss), float(now.terms)]
            if known[0] != len(now.losses) or not 0 <= known[1] < self.corpus.tokens:
                raise ValueError("its place is not in the text")
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"{path} is damaged: {error}") from None
        return now

    @cached_property
    def _fingerprint(self) -> dict[str, Any]:
        corpus = self.corpus
        words = "\n".join(corpus.vocabulary.words).encode("utf-8", "surrogateescape")
        return {
            "tokens": corpus.tokens,
            "words": zlib.crc32(words),
            "text": zlib.crc32(corpus.ids.data),
            "documents": zlib.crc32(corpus.offsets.data),
        }

    def _stopped(self) -> str:
        now = self.progress
        where = f"stopped in epoch {now.epoch + 1}, at {now.place / self.corpus.tokens:.0%}"
        if self.folder is None:
            return where
        self.save()
        return f"{where}; kept in {self.folder}: go on with --resume"


def _read_only(array: np.ndarray) -> np.ndarray:
    """A view that is: a corpus in a file and one in memory then have one compilation."""
    view = array.view()
    view.flags.writeable = False
    return view
