"""The trainer that settings describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.training.small_model import TEXT, SmallModel
from wordkit.training.batches import LazySequence, TextBatches
from wordkit.training.runs.model_folder import trainer_for
from wordkit.training.runs.trainer import Trainer
from wordkit.training.settings import TrainingSettings

BATCHES = TextBatches(TEXT, batch_size=3, bptt=7)
EPOCH = len(BATCHES.epoch(1, 0))


def trainer(folder: Path, **settings: Any) -> Trainer:
    training = TrainingSettings(**{"lr": 2.0, "epochs": 4, **settings})
    return trainer_for(
        SmallModel(),
        training,
        training.rate_for(1),
        BATCHES,
        BATCHES,
        folder,
        checkpoint_every=60,
        progress=False,
    )


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ("constant", {0: 2, 99: 2}),
        ("cosine", {0: 2, 2 * EPOCH: 1, 4 * EPOCH: 0}),
        ("cosine:steps=6", {3: 1, 6: 0}),
        ("exponential:decay=0.5", {0: 2, EPOCH: 1, 3 * EPOCH: 0.25}),
        ("inverse-time:decay=1", {EPOCH: 1, 3 * EPOCH: 0.5}),
        ("exponential:decay=0.5,every=3", {3: 1, 6: 0.5}),
        ("one-cycle", {0: 2 / 25, 4 * EPOCH // 10: 2, 4 * EPOCH: 2e-4}),
        ("one-cycle:warm_up=3", {0: 2 / 25, 3: 2}),
    ],
)
def test_what_schedules_are_told(tmp_path: Path, schedule: str, rates: dict[int, float]) -> None:
    """All steps, those of an epoch, and a tenth of all, unless it says otherwise."""
    found = trainer(tmp_path, schedule=schedule).schedule
    assert {step: found.rate(step) for step in rates} == pytest.approx(rates)


def test_batches_are_counted_but_not_made(tmp_path: Path) -> None:
    """A schedule wants to know how many there are, long before the first is needed."""

    class Counted:
        def epoch(self, seed: int, epoch: int) -> LazySequence:
            return LazySequence(10, lambda n: pytest.fail(f"batch {n} is made"))

    training = TrainingSettings(lr=2.0, epochs=4, schedule="cosine")
    found = trainer_for(
        SmallModel(), training, 2.0, Counted(), None, tmp_path, checkpoint_every=60, progress=False
    )
    assert [found.schedule.rate(step) for step in (0, 20, 40)] == pytest.approx([2, 1, 0])


def test_settings_reach_the_trainer(tmp_path: Path) -> None:
    found = trainer(
        tmp_path, optimizer="sgd:weight_decay=0.5", clip=3.0, epochs=7, max_minutes=2.0,
        patience=5, validate_every=11, seed=9,
    )  # fmt: skip
    assert found.optimizer.weight_decay == 0.5
    assert (found.clip_norm, found.epochs, found.max_seconds) == (3.0, 7, 120)
    assert (found.patience, found.validate_every, found.seed) == (5, 11, 9)
    assert (found.checkpoint_every, found.progress) == (60, False)
    assert trainer(tmp_path).max_seconds == float("inf")
