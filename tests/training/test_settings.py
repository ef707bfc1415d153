"""What all trainings share."""

from __future__ import annotations

from tests.parameters import defaults_and_limits
from wordkit.training.settings import TrainingSettings

TRAINING = {
    "batch_size": "20, a whole number of at least 1",
    "optimizer": "adam",
    "schedule": "cosine",
    "lr": "None, a number above 0",
    "clip": "0.25, a number above 0",
    "epochs": "10, a whole number from 1 to 1,000,000,000",
    "max_minutes": "None, a number above 0",
    "patience": "None, a whole number of at least 1",
    "validate_every": "None, a whole number of at least 1",
    "seed": "1, a whole number from 0 to 4,294,967,295",
}


def test_defaults_and_limits() -> None:
    assert defaults_and_limits(TrainingSettings) == TRAINING
