"""How it is trained where nothing else is asked for. Of optimizers, see ``test_optimizers``."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.parameters import defaults
from wordkit.training.batches import TextBatch, TextBatches
from wordkit.training.descent.options import SCHEDULES
from wordkit.training.pair_batches import PairBatch, PairBatches
from wordkit.training.runs.trainer import Trainer

DEFAULTS: dict[Any, dict[str, Any]] = {
    TextBatch: {"rate_scale": 1.0},
    TextBatches: {"variable": False, "every_target": False},
    PairBatch: {"rate_scale": 1.0, "sampled": 0.0},
    PairBatches: {"batch_tokens": 16384, "pool": 100, "shuffle": True},
    Trainer: {
        "epochs": 1,
        "max_minutes": math.inf,
        "checkpoint_every": 300.0,
        "log_every": 100,
        "seed": 1,
        "progress": True,
    },
    Trainer.fit: {"resume": False},
}


@pytest.mark.parametrize("what", DEFAULTS, ids=lambda what: what.__qualname__)
def test_defaults(what: Any) -> None:
    assert defaults(what) == DEFAULTS[what]


def test_defaults_of_schedules() -> None:
    assert {name: defaults(schedule) for name, schedule in SCHEDULES.items()} == {
        "constant": {},
        "plateau": {"divisor": 4.0, "patience": 1},
        "inverse-time": {"every": 1},
        "exponential": {"every": 1},
        "natural-exponential": {"every": 1},
        "cosine": {"final": 0.0},
        "one-cycle": {"start_divisor": 25.0, "final_divisor": 1e4},
    }
