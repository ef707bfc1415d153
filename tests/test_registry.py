"""Tables of names."""

from __future__ import annotations

import click
import pytest

from wordkit.cli.table import COMMANDS, GROUPS
from wordkit.errors import ModelError
from wordkit.layers.attention.base import Attention
from wordkit.layers.attention.kinds import ATTENTIONS
from wordkit.layers.recurrent.cells import CELLS
from wordkit.layers.recurrent.loop import Recurrent
from wordkit.registry import Registry
from wordkit.training.descent.optimizers import Optimizer
from wordkit.training.descent.options import OPTIMIZERS, SCHEDULES
from wordkit.training.descent.schedules import Schedule

NUMBERS = Registry("number", {"pi": "math.pi", "e": "math.e"})


def test_names_and_what_they_mean() -> None:
    assert (list(NUMBERS), len(NUMBERS), "pi" in NUMBERS, "tau" in NUMBERS) == (
        ["pi", "e"],
        2,
        True,
        False,
    )
    assert NUMBERS["pi"] == pytest.approx(3.14159, abs=1e-5)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(ModelError, match="number must be one of pi, e, not 'tau'"):
        NUMBERS["tau"]


def test_get() -> None:
    assert NUMBERS.get("e") == pytest.approx(2.71828, abs=1e-5)
    assert (NUMBERS.get("tau"), NUMBERS.get("tau", 6)) == (None, 6)


def test_names_are_read_without_an_import() -> None:
    assert list(Registry("thing", {"none": "no.such.module"})) == ["none"]


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (CELLS, Recurrent),
        (ATTENTIONS, Attention),
        (OPTIMIZERS, Optimizer),
        (SCHEDULES, Schedule),
    ],
)
def test_every_row_is_what_it_should_be(table: Registry, kind: type) -> None:
    assert table
    assert all(issubclass(table[name], kind) for name in table)


def test_every_command_has_a_name_of_the_table() -> None:
    for row in COMMANDS:
        group, _, name = row.rpartition(" ")
        assert isinstance(COMMANDS[row], click.Command)
        assert COMMANDS[row].name == name
        assert not group or group in GROUPS
