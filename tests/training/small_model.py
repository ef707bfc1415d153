"""A model small enough to train in a test, and a run of it to be killed.

    python -m tests.training.small_model FOLDER OPTIMIZER SCHEDULE MOMENT SIGNAL

trains, resuming what is there, and sends itself the signal at the MOMENT-th moment: steps,
writes, syncs, renames and removals are counted. 0 lives to the end, and prints how many there
were.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.layers.arrays import embedding, softmax_loss
from wordkit.backend.arrays import array_module
from wordkit.storage.locks import locked
from wordkit.training.batches import TextBatch, TextBatches
from wordkit.training.descent.options import optimizer_from_text, schedule_from_text
from wordkit.training.runs import checkpoint, trainer
from wordkit.training.runs.metrics import MetricsFile

V, D = 11, 6
TEXT = np.random.default_rng(3).integers(0, V, 400).astype(np.int32)
TEXT[1::2] = (TEXT[:-1:2] * 3 + 1) % V  # every other word can be learnt


class SmallModel:
    """Predicts a word from the one before, and from the first of the window before."""

    def __init__(self, *, tied: bool = False, xp: Any = np, dtype: type = np.float32):
        rng = np.random.default_rng(0)
        words, outputs = rng.normal(0, 0.1, (2, V, D)).astype(dtype)
        self.embedding = embedding(xp.asarray(words))
        weight = self.embedding.params["weight"] if tied else xp.asarray(outputs)
        self.output = softmax_loss(weight)
        self.params = {"words": self.embedding.params["weight"], "outputs": weight}
        self.state: dict[str, Any] = {}
        self.generators = {"dropout": np.random.default_rng(5)}

    def loss_and_gradients(self, batch: TextBatch) -> tuple[float, int, dict[str, Any]]:
        kept = self.generators["dropout"].random((*batch.inputs.shape, D)) < 0.9
        mask = array_module(self.params["words"]).asarray(kept)
        loss, count = self._forward(batch, mask)
        h = self.output.backward()
        self.embedding.backward(h.reshape(mask.shape) * mask)
        grads = {
            "words": self.embedding.grads["weight"],
            "outputs": self.output.grads["weight"],
        }
        return loss, count, grads

    def loss(self, batch: TextBatch) -> tuple[float, int]:
        return self._forward(batch, 1)

    def _forward(self, batch: TextBatch, mask: Any) -> tuple[float, int]:
        xp = array_module(self.params["words"])
        h = self.embedding.forward(xp.asarray(batch.inputs)) * mask
        if self.state:
            h = h + self.state["h"][:, None, :]
        self.state = {"h": 0.3 * h[:, 0, :]}
        targets = batch.targets.ravel()
        count = int((targets >= 0).sum())
        loss = self.output.forward(h.reshape(-1, D), xp.asarray(targets))
        return float(loss) * count, count


def small_trainer(
    folder: str | Path, optimizer: str = "adam", schedule: str = "constant", **settings: Any
) -> trainer.Trainer:
    """5 epochs of 13 steps or, of windows of variable length, about as many."""
    settings = {"epochs": 5, "validate_every": 7, "log_every": 3, "clip_norm": 0.3} | settings
    model = settings.pop("model", None) or SmallModel(tied=settings.pop("tied", False))
    variable, rate = settings.pop("variable", False), settings.pop("rate", 0.05)
    return trainer.Trainer(
        model,
        optimizer_from_text(optimizer),
        schedule_from_text(schedule, rate=rate, steps=70),
        TextBatches(TEXT[:320], batch_size=4, bptt=6, variable=variable),
        folder,
        validation=TextBatches(TEXT[320:], batch_size=3, bptt=5, every_target=True),
        progress=False,
        **settings,
    )


class Moments:
    """Counts the moments at which a process may be killed, and kills it at one."""

    def __init__(self, last: int, signal: int):
        self.last, self.signal, self.count = last, signal, 0

    def now(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), self.signal)

    def around(self, owner: Any, name: str) -> None:
        """Before and after each call of a function."""
        function: Callable[..., Any] = getattr(owner, name)

        def watched(*args: Any, **options: Any) -> Any:
            self.now()
            result = function(*args, **options)
            self.now()
            return result

        setattr(owner, name, watched)


def main(folder: str, optimizer: str, schedule: str, moment: str, signal: str) -> None:
    moments = Moments(int(moment), int(signal))
    moments.around(SmallModel, "_forward")
    moments.around(MetricsFile, "write")
    moments.around(checkpoint, "write_tensors")
    moments.around(checkpoint, "write_config")
    moments.around(os, "fsync")
    moments.around(os, "unlink")
    moments.around(Path, "rename")
    moments.around(shutil, "rmtree")
    # a clock that ticks when it is looked at: checkpoints come every few steps
    trainer.time = SimpleNamespace(monotonic=itertools.count(0.0).__next__)  # type: ignore
    run = small_trainer(
        Path(folder), optimizer, schedule, tied=True, variable=True, checkpoint_every=10
    )
    with locked(folder):
        result = run.fit(resume=True)
    np.savez(Path(folder) / "final.npz", **run.model.params, loss=result.loss)
    print(moments.count)


if __name__ == "__main__":
    main(*sys.argv[1:])
