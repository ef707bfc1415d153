"""Every command is documented: help, an example, a line in the README."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from wordkit.cli.commands import cli
from wordkit.corpus.datasets import dataset_names

README = Path(__file__).parents[2] / "README.md"


def commands(
    group: click.Group = cli, path: str = "wordkit"
) -> Iterator[tuple[str, click.Command]]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            if isinstance(command, click.Group):
                yield from commands(command, f"{path} {name}")
            else:
                yield f"{path} {name}", command


COMMANDS = dict(commands())


def params_of(command: click.Command) -> list[click.Parameter]:
    return command.get_params(click.Context(command))


@pytest.mark.parametrize("path", COMMANDS)
def test_help_with_an_example(path: str) -> None:
    command = COMMANDS[path]
    assert command.help
    assert re.search(rf"^ *{path} ", command.help + " ", re.MULTILINE), "an example in the help"
    for parameter in params_of(command):
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.opts[0]} has no help"


@pytest.mark.parametrize("path", COMMANDS)
def test_a_line_in_the_readme(path: str) -> None:
    assert f"| `{path}" in README.read_text(encoding="utf-8")


def test_the_help_names_all_evaluation_sets() -> None:
    named = re.search(r"known set:(.*?)are\s+downloaded", COMMANDS["wordkit vectors evaluate"].help
                      or "", re.DOTALL)  # fmt: skip
    assert named
    assert set(dataset_names("analogies", "similarity")) <= set(re.findall(r"[\w-]+", named[1]))


def test_the_readme_names_no_command_that_is_not_there() -> None:
    rows = re.findall(r"^\| `(wordkit [a-z2 ]+[a-z2])", README.read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(COMMANDS)


def test_defaults_that_the_help_of_train_gives() -> None:
    import wordkit
    from wordkit.cli.vectors_train import METHODS

    options = {option.name: option for option in params_of(COMMANDS["wordkit vectors train"])}
    for method, estimator in METHODS.items():
        for name, default in getattr(wordkit, estimator)().get_params().items():
            if name not in ("method", "workers", "progress", "init") and default is not False:
                stated = re.search(r"\[(.*)\]", options[name].help or "")  # type: ignore[attr-defined]
                assert stated, f"{name} has no default in its help"
                own = [part for part in stated[1].split("; ") if method in part.split(":")[0]]
                expected = "e" if name == "base" else str(default)  # None there, which says less
                assert (own or stated[1].split("; "))[0].split(": ")[1] == expected, name


def test_help_needs_no_heavy_import() -> None:
    """What makes ``wordkit --help`` quick, without a clock."""
    code = (
        "import sys, wordkit.cli.commands as commands\n"
        "try: commands.cli(['vectors', 'similar', '--help'], prog_name='wordkit')\n"
        "except SystemExit: pass\n"
        "print(*[m for m in ('numpy', 'scipy', 'sklearn', 'numba', 'nltk', 'tqdm', 'joblib')\n"
        "        if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == ""
    assert "Find the words nearest" in done.stdout
