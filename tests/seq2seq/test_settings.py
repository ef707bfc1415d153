"""Settings that make no sense are named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parameters import defaults_and_limits
from tests.training.test_settings import TRAINING
from wordkit.checks import parameters_of
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
        (
            Seq2SeqSettings,
            {"tie": True, "embedding_size": 16},
            "must be the same, found 16 and 128",
        ),
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


def test_defaults_and_limits() -> None:
    assert defaults_and_limits(Seq2SeqSettings) == {
        "units": "words",
        "cell": "lstm",
        "layers": "1, a whole number from 1 to 1,000",
        "embedding_size": "None, a whole number from 1 to 100,000",
        "hidden_size": "128, a whole number from 1 to 100,000",
        "attention": "none",
        "bidirectional": "False",
        "residual": "False",
        "reverse": "False",
        "peeky": "False",
        "input_feeding": "False",
        "dropout": "0.0, a number from 0 to below 1",
        "tie": "False",
        "share_vocabulary": "False",
        "label_smoothing": "0.0, a number from 0 to below 1",
        "scheduled_sampling": "0.0, a number from 0 to 1",
    }
    assert defaults_and_limits(Seq2SeqTraining) == {
        **TRAINING,
        "batch_size": "128, a whole number of at least 1",
        "batch_tokens": "16384, a whole number of at least 1",
        "max_length": "None, a whole number of at least 1",
        "clip": "5.0, a number above 0",
        "source_min_count": "1, a whole number of at least 1",
        "target_min_count": "1, a whole number of at least 1",
    }


@pytest.mark.parametrize("kind", [Seq2SeqSettings, Seq2SeqTraining])
def test_the_command_line_has_a_sentence_for_each(kind: Any) -> None:
    for name, each in parameters_of(kind).items():
        assert each.help.endswith("."), name


def test_what_does() -> None:
    assert Seq2SeqSettings(dropout=0, scheduled_sampling=1).dropout == 0
    assert Seq2SeqTraining(lr=1, max_minutes=None).rate_for(100) == 1


def test_every_optimizer_has_a_rate() -> None:
    assert RATES.keys() == OPTIMIZERS.keys()
    assert Seq2SeqTraining(optimizer="sgd:weight_decay=0.1").rate_for(100) == 2
    assert Seq2SeqTraining(optimizer="sgd", clip=0.25).rate_for(100) == RATES["sgd"]


def test_tied_vectors_are_as_large_as_the_layers() -> None:
    assert Seq2SeqSettings(tie=True, hidden_size=9).embedding_size == 9
    assert Seq2SeqSettings(hidden_size=9).embedding_size == 16


@pytest.mark.parametrize("optimizer", ["adam", "adamw:beta1=0.5"])
def test_the_more_units_the_lower_the_rate(optimizer: str) -> None:
    training = Seq2SeqTraining(optimizer=optimizer)
    assert [training.rate_for(size) for size in (100, 400)] == pytest.approx([0.006, 0.003])
    other = Seq2SeqTraining(optimizer="sgd")
    assert other.rate_for(100) == other.rate_for(400)
    assert Seq2SeqTraining(lr=3.0).rate_for(400) == 3
