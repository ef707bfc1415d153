"""Settings that make no sense are named."""

from __future__ import annotations

from typing import Any

import pytest

from wordkit.errors import ModelError
from wordkit.seq2seq.settings import Seq2SeqSettings, Seq2SeqTraining
from wordkit.training.descent.options import OPTIMIZERS
from wordkit.training.settings import RATES


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (Seq2SeqSettings, {"cell": "elman"}, "cell must be one of .*, not 'elman'"),
        (
            Seq2SeqSettings,
            {"attention": "loud"},
            "one of none, dot, general, additive, not 'loud'",
        ),
        (Seq2SeqSettings, {"units": "bytes"}, "units must be words or chars, not 'bytes'"),
        (Seq2SeqSettings, {"layers": 0}, "layers must be a whole number from 1 to 1,000, not 0"),
        (
            Seq2SeqSettings,
            {"hidden_size": 2.5},
            "must be a whole number from 1 to 100,000, not 2.5",
        ),
        (
            Seq2SeqSettings,
            {"layers": True},
            "layers must be a whole number from 1 to 1,000, not True",
        ),
        (Seq2SeqSettings, {"peeky": 1}, "peeky must be true or false, not 1"),
        (Seq2SeqSettings, {"dropout": 1.0}, "dropout must be a number from 0 to below 1, not 1.0"),
        (
            Seq2SeqSettings,
            {"label_smoothing": -0.1},
            "must be a number from 0 to below 1",
        ),
        (
            Seq2SeqSettings,
            {"scheduled_sampling": 1.1},
            "scheduled_sampling must be a number from 0 to 1, not 1.1",
        ),
        (Seq2SeqSettings, {"tie": True}, "must be the same, found 16 and 128"),
        (Seq2SeqSettings, {"tie": True, "embedding_size": 128, "peeky": True}, "not peeky"),
        (Seq2SeqSettings, {"bidirectional": True, "hidden_size": 5}, "must be even, not 5"),
        (Seq2SeqSettings, {"input_feeding": True}, "choose an attention, one of dot, general"),
        (Seq2SeqTraining, {"batch_size": 0}, "batch_size must be a whole number of at least 1"),
        (
            Seq2SeqTraining,
            {"target_min_count": 0},
            "must be a whole number of at least 1",
        ),
        (
            Seq2SeqTraining,
            {"epochs": "ten"},
            "must be a whole number from 1 to 1,000,000,000, not 'ten'",
        ),
        (Seq2SeqTraining, {"lr": "fast"}, r"lr must be a number above 0, not 'fast'"),
        (Seq2SeqTraining, {"seed": -1}, "seed must be a whole number from 0 to 4,294,967,295"),
    ],
)
def test_what_makes_no_sense(kind: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        kind(**values)


def test_what_does() -> None:
    assert Seq2SeqSettings(dropout=0, scheduled_sampling=1).dropout == 0
    assert Seq2SeqTraining(lr=1, max_minutes=None).rate == 1
    assert Seq2SeqTraining().batch_size == 128


def test_every_optimizer_has_a_rate() -> None:
    assert RATES.keys() == OPTIMIZERS.keys()
    assert Seq2SeqTraining(optimizer="sgd:weight_decay=0.1").rate == 2
    assert Seq2SeqTraining(optimizer="sgd", clip=0.25).rate == RATES["sgd"]
