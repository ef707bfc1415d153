"""Numbers that nobody would give: each option takes them, or refuses them with a sentence."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from tests.cli.test_lm import ok, wordkit
from wordkit.cli.commands import cli
from wordkit.training.descent.options import OPTIMIZERS, SCHEDULES

VALUES = ("0", "-1", str(10**20), "1e308", "1e-308", "nan", "inf")
SMALL = ("--epochs", 1, "--hidden-size", 4, "--embedding-size", 4, "--batch-size", 4)
COMMANDS = {
    "corpus build": ["text.txt", "-o", "out", "--min-count", 1],
    "corpus info": ["corpus"],
    "corpus docstrings": None,  # minutes
    "corpus download": [],
    "corpus phrases": ["corpus", "-o", "out"],
    "corpus pairs": ["addition", "-o", "a", "--count", 9, "--valid", "b", "--test", "c"],
    "vectors train": ["corpus", "-o", "out", "--vector-size", 4, "--sample", 0],
    "vectors train --method ppmi": ["corpus", "-o", "out", "--sample", 0],
    "vectors train --method counts": ["corpus", "-o", "out", "--sample", 0],
    "vectors train --method skipgram": ["corpus", "-o", "out", "--epochs", 1, "--vector-size", 4],
    "vectors train --method cbow": ["corpus", "-o", "out", "--epochs", 1, "--vector-size", 4],
    "vectors similar": ["vectors", "cat"],
    "vectors similarity": ["vectors", "cat", "dog"],
    "vectors changes": ["vectors", "vectors", "--min-count", 1],
    "vectors show": ["vectors"],
    "vectors analogy": ["vectors", "cat", "dog", "saw"],
    "vectors odd": ["vectors", "cat", "dog", "saw"],
    "vectors evaluate": ["vectors", "words.txt"],
    "vectors convert": ["vectors", "out", "--format", "glove"],
    "vectors info": ["vectors"],
    "vectors plot": ["vectors", "-o", "map.png"],
    "vectors plot --method tsne": ["vectors", "-o", "map.png"],
    "vectors embed": ["vectors", "text.txt"],
    "lm train": ["--train", "text.txt", "--valid", "text.txt", "-o", "out", *SMALL, "--bptt", 8],
    "lm perplexity": ["model", "text.txt"],
    "lm score": ["model", "text.txt"],
    "lm generate": ["model"],
    "lm generate --beam 2": ["model"],
    "lm generate --samples 2 --no-stop-at-eos": ["model"],
    "lm export": ["model", "out.safetensors"],
    "lm info": ["model"],
    "seq2seq train": ["pairs.tsv", "--valid", "pairs.tsv", "-o", "out", *SMALL],
    "seq2seq translate": ["translator", "questions.txt"],
    "seq2seq evaluate": ["translator", "pairs.tsv"],
    "seq2seq attention": ["translator", "a b", "-o", "map.png"],
    "seq2seq info": ["translator"],
    "thesaurus": None,
    "demo": None,  # minutes
}
"""Each command with arguments that are quick to follow; what has no numbers stands here, too."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, vectors and models, and where commands may write."""
    pytest.importorskip("matplotlib", reason="needs wordkit[plot]")
    folder = tmp_path_factory.mktemp("numbers")
    (folder / "text.txt").write_text("the cat saw a dog\nthe dog ate corn\na hen saw a cat\n" * 20)
    (folder / "pairs.tsv").write_text("".join(f"{a} {b}\t{b} {a}\n" for a in "ab" for b in "abc"))
    (folder / "words.txt").write_text("the\tcat\t3\ndog\tcat\t9\nthe\tdog\t2\nhen\tcat\t7\n")
    (folder / "questions.txt").write_text("a b\nb c\n")
    with inside(folder):
        ok("corpus", "build", "text.txt", "-o", "corpus", "--min-count", 1)
        ok("vectors", "train", "corpus", "-o", "vectors", "--vector-size", 4, "--sample", 0)
        ok("lm", "train", "--train", "text.txt", "-o", "model", *SMALL, "--bptt", 8)
        ok("seq2seq", "train", "pairs.tsv", "-o", "translator", *SMALL, "--attention", "dot")
    return folder


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def modest() -> Iterator[None]:
    """Two gigabytes more than now, and a minute: who waits for more is never done."""
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    def too_long(*_: object) -> None:
        raise TimeoutError("it takes more than a minute")

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (2 << 30), limits[1]))
    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(60)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def complaint(*arguments: object) -> str:
    """What is wrong with how a command ends, nothing if it is done or says why not."""
    with modest():
        code, _, message = wordkit(*arguments)
    for path in (Path("out"), Path("out.checkpoints")):
        shutil.rmtree(path, ignore_errors=True)
    fine = code == 0 or (code in (1, 2) and "Error: " in message)
    if fine and "should not happen" not in message and "Traceback" not in message:
        left = [path.name for path in Path().iterdir() if path.name.startswith(".")]
        return f"left {left}" if left else ""
    return f"{' '.join(map(str, arguments))}: status {code}: {message}"


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, click.Command]]:
    """All commands by their names."""
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    for name in command.list_commands(click.Context(command)):
        inner = command.get_command(click.Context(command), name)
        assert inner
        yield from commands(inner, *path, name)


def test_all_commands_stand_in_the_table() -> None:
    known = {name.partition(" --")[0] for name in COMMANDS}
    assert known == {name for name, _ in commands(cli)}


@pytest.mark.parametrize("name", [name for name, arguments in COMMANDS.items() if arguments])
def test_every_option(folder: Path, name: str) -> None:
    words, arguments = name.split(), COMMANDS[name]
    assert arguments
    command = dict(commands(cli))[name.partition(" --")[0]]
    options = [
        option.opts[-1] for option in command.params
        if isinstance(option, click.Option) and not option.is_flag and not option.is_bool_flag
        and not isinstance(option.type, (click.Path, click.File, click.Choice))
    ]  # fmt: skip
    with inside(folder):
        assert complaint(*words, *arguments) == ""
        found = [complaint(*words, *arguments, o, value) for o in options for value in VALUES]
    assert [wrong for wrong in found if wrong] == []


@pytest.mark.parametrize(
    ("option", "kind"),
    [("--optimizer", name) for name in OPTIMIZERS] + [("--schedule", name) for name in SCHEDULES],
)
def test_every_option_of_optimizers_and_schedules(folder: Path, option: str, kind: str) -> None:
    import inspect

    names = inspect.signature({**OPTIMIZERS, **SCHEDULES}[kind]).parameters
    train = ["lm", "train", *(COMMANDS["lm train"] or []), option]
    with inside(folder):
        found = [complaint(*train, f"{kind}:{name}={value}") for name in names for value in VALUES]
    assert [wrong for wrong in found if wrong] == []
