"""What the commands of lm and of seq2seq share."""

from __future__ import annotations

import re
from importlib import import_module

import click
import pytest


@pytest.mark.parametrize("kind", ["lm", "seq2seq"])
def test_defaults_that_the_help_gives(kind: str) -> None:
    command = import_module(f"wordkit.cli.{kind}_train").train
    of = import_module(f"wordkit.{kind}.settings")
    settings = vars(of.ModelSettings()) | vars(of.TrainingSettings())
    options = {option.name: option for option in command.params}
    assert settings.keys() <= options.keys()
    for name, default in settings.items():
        option = options[name]
        assert isinstance(option, click.Option)
        stated = re.search(r"\[default: (.*)\]", option.help or "")
        assert stated, name
        if default is not None:
            assert stated[1] == str(default), name
