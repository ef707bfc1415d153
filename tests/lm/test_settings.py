"""Settings and recipes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tests.parameters import defaults_and_limits
from tests.training.test_settings import TRAINING
from wordkit.checks import parameters_of
from wordkit.errors import FormatError, ModelError
from wordkit.lm.settings import (
    MAX_RECIPE,
    LMSettings,
    LMTraining,
    changed,
    read_recipe,
    recipe_names,
    with_recipe,
)
from wordkit.training.descent.options import OPTIMIZERS, optimizer_from_text, schedule_from_text
from wordkit.training.settings import RATES


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (LMSettings, {"cell": "gpt"}, "cell must be one of rnn, gru, .*, not 'gpt'"),
        (
            LMSettings,
            {"layers": 0},
            "layers must be a whole number from 1 to 1,000, not 0",
        ),
        (
            LMSettings,
            {"hidden_size": 2.5},
            "must be a whole number from 1 to 100,000, not 2.5",
        ),
        (
            LMSettings,
            {"dropout": 1.0},
            "dropout must be a number from 0 to below 1, not 1.0",
        ),
        (
            LMSettings,
            {"weight_drop": -0.1},
            "weight_drop must be a number from 0 to below 1",
        ),
        (LMSettings, {"tie": 1}, "tie must be true or false, not 1"),
        (
            LMSettings,
            {"layers": True},
            "layers must be a whole number from 1 to 1,000, not True",
        ),
        (
            LMSettings,
            {"tie": True, "hidden_size": 9, "embedding_size": 100},
            "must be the same, not 100 and 9",
        ),
        (
            LMTraining,
            {"batch_size": 0},
            "batch_size must be a whole number of at least 1",
        ),
        (
            LMTraining,
            {"epochs": "ten"},
            "must be a whole number from 1 to 1,000,000,000, not 'ten'",
        ),
        (LMTraining, {"lr": "fast"}, r"lr must be a number above 0, not 'fast'"),
        (
            LMTraining,
            {"seed": -1},
            "seed must be a whole number from 0 to 4,294,967,295",
        ),
        (LMTraining, {"bptt": 0}, "bptt must be a whole number of at least 1"),
        (LMTraining, {"patience": 0}, "patience must be a whole number of at least 1"),
        (
            LMTraining,
            {"validate_every": 0},
            "must be a whole number of at least 1",
        ),
        (LMTraining, {"lr": 0}, "lr must be a number above 0, not 0"),
        (LMTraining, {"lr": math.nan}, "lr must be a number above 0, not nan"),
        (LMTraining, {"clip": 0.0}, "clip must be a number above 0, not 0.0"),
        (LMTraining, {"clip": math.inf}, "clip must be a number above 0, not inf"),
        (
            LMTraining,
            {"max_minutes": -1},
            "max_minutes must be a number above 0, not -1",
        ),
        (LMTraining, {"max_minutes": math.nan}, "max_minutes must be .* not nan"),
    ],
)
def test_what_makes_no_sense(kind: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        kind(**values)


def test_defaults_and_limits() -> None:
    assert defaults_and_limits(LMSettings) == {
        "cell": "lstm",
        "layers": "1, a whole number from 1 to 1,000",
        "embedding_size": "None, a whole number from 1 to 100,000",
        "hidden_size": "100, a whole number from 1 to 100,000",
        "dropout": "0.0, a number from 0 to below 1",
        "embedding_dropout": "0.0, a number from 0 to below 1",
        "weight_drop": "0.0, a number from 0 to below 1",
        "variational": "False",
        "tie": "False",
    }
    assert defaults_and_limits(LMTraining) == {
        **TRAINING,
        "bptt": "35, a whole number of at least 1",
        "variable_bptt": "False",
    }


@pytest.mark.parametrize("kind", [LMSettings, LMTraining])
def test_the_command_line_has_a_sentence_for_each(kind: Any) -> None:
    for name, each in parameters_of(kind).items():
        assert each.help.endswith("."), name


def test_whole_numbers_are_numbers() -> None:
    assert LMSettings(dropout=0).dropout == 0
    assert LMTraining(lr=1, max_minutes=None).rate_for(100) == 1


def test_every_optimizer_has_a_rate() -> None:
    assert RATES.keys() == OPTIMIZERS.keys()
    assert LMTraining(optimizer="sgd:weight_decay=0.1").rate_for(100) == RATES["sgd"]
    assert LMTraining(optimizer="sgd", lr=3.0).rate_for(100) == 3


@pytest.mark.parametrize(
    ("optimizer", "rates"),
    [("sgd", [20, 20, 10, 2, 2]), ("nesterov", [2, 2, 1.5, 0.3, 0.3]), ("adam", [0.006] * 5)],
)
def test_the_wider_the_clip_the_lower_the_rate(optimizer: str, rates: list[float]) -> None:
    """Where a step is as long as the gradient, down to a clip of 5."""
    found = [
        LMTraining(optimizer=optimizer, clip=c).rate_for(100) for c in (0.01, 0.25, 1, 5, 1e9)
    ]
    assert found == pytest.approx(rates)


def test_own_recipe(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('cell = "gru"\nlr = 2\ntie = true\n')
    values = read_recipe(str(tmp_path / "mine.toml"))
    assert values == {"cell": "gru", "lr": 2, "tie": True}
    assert changed(LMSettings(), values) == LMSettings(cell="gru", tie=True)
    assert changed(LMTraining(), values) == LMTraining(lr=2)


def test_what_is_given_overrides_the_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('cell = "gru"\nlr = 2\n')
    assert with_recipe(path, {"cell": "rnn"}) == {"cell": "rnn", "lr": 2}
    assert with_recipe(path, {"optimizer": "sgd"}) == {"cell": "gru", "optimizer": "sgd"}
    assert with_recipe(None, {"cell": "rnn"}) == {"cell": "rnn"}


@pytest.mark.parametrize("name", recipe_names())
def test_recipes_of_wordkit(name: str) -> None:
    values = read_recipe(name)
    training = changed(LMTraining(), values)
    assert (changed(LMSettings(), values), training) != (LMSettings(), LMTraining())
    optimizer_from_text(training.optimizer)
    schedule_from_text(training.schedule, rate=training.rate_for(100), steps=9, every=3, warm_up=1)


def test_recipes_there_are() -> None:
    assert "ptb-small" in recipe_names()


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("layers = ", FormatError, "mine.toml cannot be read"),
        ("colour = 3", FormatError, "sets 'colour': known are batch_size, "),
        ("layers = 0", ModelError, "layers must be a whole number from 1 to 1,000, not 0"),
        ("epochs = [[1]]", FormatError, r"mine\.toml sets epochs to an array: expected one value"),
        ("epochs" + ".a" * 4_000 + " = 1", FormatError, "sets epochs to a table"),
        ("a = " + "[" * 4_900 + "]" * 4_900, FormatError, "cannot be read"),
    ],
)
def test_bad_recipes(tmp_path: Path, text: str, error: Any, message: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(error, match=message):
        read_recipe(str(tmp_path / "mine.toml"))


def test_a_recipe_has_a_length(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("layers = 2\n#".ljust(MAX_RECIPE, "x"))
    assert read_recipe(str(path)) == {"layers": 2}
    path.write_text("layers = 2\n#".ljust(MAX_RECIPE + 1, "x"))
    with pytest.raises(FormatError, match=r"mine\.toml has more than 10,000 bytes"):
        read_recipe(str(path))


def test_no_such_recipe() -> None:
    with pytest.raises(ModelError, match=r"no recipe is named 'huge', .* known are .*ptb-small"):
        read_recipe("huge")


def test_tied_vectors_are_as_large_as_the_layers() -> None:
    assert LMSettings(tie=True, hidden_size=9).embedding_size == 9
    assert LMSettings(hidden_size=9).embedding_size == 100
    assert LMSettings(hidden_size=9, embedding_size=3).embedding_size == 3


@pytest.mark.parametrize("optimizer", ["adam", "adamw:beta1=0.5"])
def test_the_more_units_the_lower_the_rate(optimizer: str) -> None:
    training = LMTraining(optimizer=optimizer)
    assert [training.rate_for(size) for size in (100, 400)] == pytest.approx([0.006, 0.003])
    other = LMTraining(optimizer="sgd")
    assert other.rate_for(100) == other.rate_for(400)
    assert LMTraining(lr=3.0).rate_for(400) == 3
