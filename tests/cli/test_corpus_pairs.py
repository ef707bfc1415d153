"""wordkit corpus pairs as people and scripts use it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli import test_cli
from tests.cli.test_lm import ok, refused, wordkit
from wordkit.corpus.pair_files import read_pairs


@pytest.mark.parametrize("task", ["addition", "dates"])
@pytest.mark.parametrize("units", ["words", "chars"])
def test_train_valid_and_test_share_no_question(tmp_path: Path, task: str, units: str) -> None:
    train, valid, test = files = [tmp_path / f"{name}.tsv" for name in "abc"]
    ok("corpus", "pairs", task, "-o", train, "--count", 30_000, "--valid", valid, "--test", test,
       "--test-count", 3000)  # fmt: skip
    questions = [[pair.source for pair in read_pairs(path, units=units)] for path in files]
    assert [len(part) for part in questions] == [30_000, 5000, 3000]
    assert len({question for part in questions for question in part}) == 38_000


def test_one_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "sums.tsv"
    code, out, messages = wordkit("corpus", "pairs", "addition", "-o", path, "--count", 7)
    assert (code, out) == (0, "")
    assert f"{path}: 7 pairs, such as " in messages
    lines = path.read_text().splitlines()
    assert len(lines) == 7
    for line in lines:
        question, answer = line.split("\t")
        assert sum(map(int, question.split("+"))) == int(answer)


def test_json_seed_and_digits(tmp_path: Path) -> None:
    def made(*options: object) -> bytes:
        arguments = ("corpus", "pairs", "addition", "-o", tmp_path / "sums", "--count", 20)
        summary = json.loads(ok(*arguments, *options, "--json"))
        assert summary == [{"output": str(tmp_path / "sums"), "pairs": 20}]
        return (tmp_path / "sums").read_bytes()

    assert made("--seed", 1) == made()
    assert made("--seed", 2) != made()
    assert all(len(line) <= len("9+9\t18") for line in made("--digits", 1).decode().splitlines())


@pytest.mark.parametrize(
    "output",
    [
        "-",
        pytest.param("/dev/stdout", marks=pytest.mark.skipif(os.name == "nt", reason="no /dev")),
    ],
)
def test_standard_output(tmp_path: Path, output: str) -> None:
    arguments = ("corpus", "pairs", "dates", "--count", 3, "--valid", tmp_path / "valid.tsv")
    done = test_cli.wordkit(*arguments, "-o", output)
    assert done.returncode == 0, done.stderr
    ok(*arguments, "-o", tmp_path / "dates.tsv")
    assert done.stdout == (tmp_path / "dates.tsv").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["letters", "-o", "x"], "'letters' is not one of 'addition', 'dates'"),
        (["dates"], "Missing option '-o'"),
        (["dates", "-o", "x", "--count", 0], "--count"),
        (["dates", "-o", "x", "--digits", 2], "--digits has no meaning with dates"),
        (["dates", "-o", "x", "--valid-count", 2], "--valid-count needs --valid FILE"),
        (["dates", "-o", "x", "--test-count", 2], "--test-count needs --test FILE"),
        (["dates", "-o", "x", "--valid", "./x"], "--valid x is written already"),
        (["dates", "-o", "x", "--valid", "y", "--test", "y"], "--test y is written already"),
        (
            ["addition", "-o", "x", "--digits", 1, "--count", 50, "--valid", "y"],
            "asked for 5,050 different questions, and there are 55 sums",
        ),
        (["dates", "-o", "-", "--valid", "-"], "--valid - is written already"),
        (["dates", "-o", "-", "--json"], "cannot both be on standard output"),
        (["dates", "-o", "x", "--valid", "."], "Error: . is a folder; name a file to write"),
    ],
)
def test_what_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[object], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in refused("corpus", "pairs", *options)
    assert list(tmp_path.iterdir()) == []
