"""Options made from settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import click
import pytest
from click.testing import CliRunner

from wordkit.checks import Choice, Interval, Parameter, parameter
from wordkit.cli.options import options_of, options_of_methods


@dataclass(frozen=True)
class Settings:
    """Of every kind."""

    cell: str = parameter("lstm", Choice(("rnn", "lstm")), help="Which cell.")
    layer_count: int = parameter(2, Interval(1), help="How many.")
    share: float = parameter(0.5, Interval(0, below=1), help="How much.")
    minutes: float | None = parameter(None, Interval(above=0), help="How long.", none="for ever")
    tie: bool = parameter(False, help="Whether.")
    secret: int = parameter(1, help="Not for commands.")


def run(*arguments: str) -> tuple[int, str, dict[str, Any]]:
    found: dict[str, Any] = {}

    @click.command()
    @options_of(Settings, without=("secret",))
    def command(**options: Any) -> None:
        found.update(options)

    result = CliRunner().invoke(command, arguments)
    return result.exit_code, result.output, found


def test_what_is_not_given_is_none() -> None:
    assert run() == (0, "", dict.fromkeys(["cell", "layer_count", "share", "minutes", "tie"]))


def test_values_have_the_types_of_the_settings() -> None:
    given = "--cell", "rnn", "--layer-count", "3", "--share", "0", "--minutes", "2", "--no-tie"
    code, _, found = run(*given)
    assert code == 0
    assert found == {"cell": "rnn", "layer_count": 3, "share": 0.0, "minutes": 2.0, "tie": False}
    assert [type(value) for value in found.values()] == [str, int, float, float, bool]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cell", "gru"], "'--cell': must be rnn or lstm, not gru"),
        (
            ["--layer-count", "0"],
            "must be a whole number of at least 1, not 0",
        ),
        (["--layer-count", "1.5"], "'1.5' is not a valid integer"),
        (["--share", "1"], "'--share': must be a number from 0 to below 1, not 1.0"),
        (["--share", "nan"], "must be a number from 0 to below 1, not nan"),
        (["--minutes", "inf"], "must be a number above 0, not inf"),
        (["--secret", "2"], "No such option"),
    ],
)
def test_what_is_outside_the_limits_is_a_usage_error(arguments: list[str], message: str) -> None:
    code, output, _ = run(*arguments)
    assert code == 2
    assert message in output


class Counts:
    """An estimator."""

    _parameters: ClassVar = {
        "window": Parameter(Interval(1), help="How wide."),
        "power": Parameter(help="How strong."),
    }

    def __init__(self, *, window: int = 10, power: float = 0.5):
        self.window, self.power = window, power


class Guesses:
    """Another one."""

    _parameters: ClassVar = {
        "window": Parameter(Interval(1), help="How wide."),
        "freeze": Parameter(help="Whether."),
    }

    def __init__(self, *, window: int = 5, freeze: bool = False, secret: int = 1):
        self.window, self.freeze, self.secret = window, freeze, secret


def test_options_of_several_methods() -> None:
    """Each once, with the defaults of all."""
    methods = {"counts": Counts, "ppmi": Counts, "guesses": Guesses}
    options = {each.name: each for each in options_of_methods(methods, without=["secret"])}
    assert {name: option.help for name, option in options.items()} == {
        "window": "How wide.  [default: 10; guesses: 5]",
        "power": "How strong (counts, ppmi).  [default: 0.5]",
        "freeze": "Whether (guesses).  [default: false]",
    }


def test_help_says_types_and_defaults() -> None:
    _, output, _ = run("--help")
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert "--cell [rnn|lstm] Which cell. [default: lstm]" in lines
    assert "--layer-count INTEGER How many. [default: 2]" in lines
    assert "--minutes FLOAT How long. [default: for ever]" in lines
    assert "--tie / --no-tie Whether. [default: false]" in lines
