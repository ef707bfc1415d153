"""wordkit seq2seq as people and scripts use it."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cli import test_cli
from tests.cli.broken_off import check_broken_off
from tests.cli.test_lm import ok, refused, wordkit

DIGITS = {"one": "1", "two": "2", "three": "3", "four": "4"}
SOURCES = [" ".join(words) for n in range(1, 5) for words in itertools.product(DIGITS, repeat=n)]
PAIRS = [(source, " ".join(map(DIGITS.get, source.split()))) for source in SOURCES]  # type: ignore[arg-type]
TSV = "".join(f"{source}\t{target}\n" for source, target in PAIRS)
SIZES = ("--embedding-size", 16, "--hidden-size", 32, "--batch-size", 16, "--lr", 0.02)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs, a model that knows them, and one of characters and without attention."""
    folder = tmp_path_factory.mktemp("seq2seq")
    (folder / "pairs.tsv").write_text(TSV)
    (folder / "few.tsv").write_text("".join(TSV.splitlines(keepends=True)[:20]))
    for name, column in (("source.txt", 0), ("target.txt", 1)):
        (folder / name).write_text("".join(pair[column] + "\n" for pair in PAIRS))
    train(folder, folder / "model", "--attention", "dot", "--epochs", 20, "--seed", 3)
    ok("seq2seq", "train", folder / "few.tsv", "-o", folder / "chars", *SIZES, "--units", "chars",
       "--epochs", 1)  # fmt: skip
    return folder


def train(folder: Path, output: Path, *options: object) -> None:
    pairs = folder / "pairs.tsv"
    ok("seq2seq", "train", pairs, "--valid", pairs, "-o", output, *SIZES, *options)


def asked(*arguments: object) -> Any:
    return json.loads(ok("seq2seq", *arguments, "--json"))


# --- translate --------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--beam", 1]])
def test_a_line_out_for_each_line_in(folder: Path, tmp_path: Path, options: list[object]) -> None:
    lines = ["", *SOURCES[::-1], "  ", "\t", "two \t one", ""]
    (tmp_path / "in.txt").write_text("\n".join(lines) + "\n")
    found = ok("seq2seq", "translate", folder / "model", tmp_path / "in.txt", *options)
    known = dict(PAIRS)
    assert found == "".join(known.get(" ".join(line.split()), "") + "\n" for line in lines)


def test_sources_like_none_before(folder: Path, tmp_path: Path) -> None:
    lines = ["five", "einerlei zwei", "one " * 60, "caf\u00e9", "two\u2028one"]
    (tmp_path / "in.txt").write_text("\n".join(lines), encoding="utf-8")  # no newline at the end
    for model in ("model", "chars"):
        found = ok("seq2seq", "translate", folder / model, tmp_path / "in.txt", "--max-length", 7)
        assert found.count("\n") == len(lines)
        assert "<" not in found
        longest = 7 if model == "chars" else 2 * 7 - 1
        assert max(map(len, found.split("\n"))) <= longest


def test_n_best_and_json(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one two\n\nthree\n")
    arguments = ("seq2seq", "translate", folder / "model", tmp_path / "in.txt", "--n-best", 3)
    rows = [line.split("\t") for line in ok(*arguments).splitlines()]
    assert [row[0] for row in rows] == ["1", "1", "1", "2", "3", "3", "3"]
    assert [rows[0][2], rows[3][2], rows[4][2]] == ["1 2", "", "3"]
    assert len({row[2] for row in rows[:3]}) == 3
    assert float(rows[0][1]) >= float(rows[1][1]) >= float(rows[2][1])
    answers = [json.loads(line) for line in ok(*arguments, "--json").splitlines()]
    assert [answer["line"] for answer in answers] == [1, 2, 3]
    listed = [(answer["line"], each["text"]) for answer in answers
              for each in answer["translations"]]  # fmt: skip
    assert listed == [(int(row[0]), row[2]) for row in rows]
    best = answers[0]["translations"][0]
    assert best["tokens"] == ["1", "2"]
    assert best["score"] == pytest.approx(float(rows[0][1]), abs=1e-4)
    [plain] = ok(*arguments[:3], tmp_path / "in.txt", "--json", "--beam", 1).splitlines()[:1]
    assert len(json.loads(plain)["translations"]) == 1


def test_unknown_words_are_replaced(tmp_path: Path) -> None:
    """Rare names, which the model learnt to be <unk> on both sides."""
    pairs = "".join(f"name{n} {word}\tname{n} {digit}\n" for n in range(40)
                    for word, digit in DIGITS.items())  # fmt: skip
    (tmp_path / "pairs.tsv").write_text(pairs)
    (tmp_path / "in.txt").write_text("Zoe three\n")
    ok("seq2seq", "train", tmp_path / "pairs.tsv", "-o", tmp_path / "m", *SIZES, "--epochs", 15,
       "--attention", "dot", "--source-min-count", 9, "--target-min-count", 9)  # fmt: skip
    arguments = ("seq2seq", "translate", tmp_path / "m", tmp_path / "in.txt")
    assert re.fullmatch(r"(Zoe|three) 3\n", ok(*arguments, "--replace-unknown"))
    assert set(ok(*arguments).split()) <= set(DIGITS.values())


@contextmanager
def translating(model: Path) -> Iterator[subprocess.Popen]:
    """A process with pipes, which is ended should it wait for ever."""
    command = [sys.executable, "-m", "wordkit", "seq2seq", "translate", str(model)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        timer = threading.Timer(120, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


def say(process: subprocess.Popen, text: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.flush()


def heard(process: subprocess.Popen) -> bytes:
    assert process.stdout is not None
    return process.stdout.readline()


def test_standard_input_is_answered_line_by_line(folder: Path) -> None:
    with translating(folder / "model") as process:
        for question, answer in ((b"two\n", b"2\n"), (b"\n", b"\n"), (b"one four\n", b"1 4\n")):
            say(process, question)
            assert heard(process) == answer
        say(process, b"thr")
        say(process, b"ee\r\nfour one")
        assert heard(process) == b"3\n"
        rest, messages = process.communicate()
        assert (rest, messages, process.returncode) == (b"4 1\n", b"", 0)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_interrupted_translation(folder: Path) -> None:
    with translating(folder / "model") as process:
        say(process, b"two\none two\n")
        assert [heard(process), heard(process)] == [b"2\n", b"1 2\n"]
        process.send_signal(signal.SIGINT)
        rest, message = process.communicate()
        assert (rest, process.returncode) == (b"", 130)
        # the second line may have been written and not yet counted
        assert re.fullmatch(rb"interrupted: [12] lines are translated and written\n", message)


def test_what_is_interrupted_while_it_is_written_is_not_counted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def echo_until_4(text: str = "", **options: Any) -> None:
        if text == "4":
            raise KeyboardInterrupt
        print(text, file=sys.stderr if options.get("err") else sys.stdout)

    monkeypatch.setattr(click, "echo", echo_until_4)
    found = wordkit("seq2seq", "translate", folder / "model", folder / "source.txt")
    assert found == (130, "1\n2\n3\n", "interrupted: 3 lines are translated and written\n")


def test_standard_input_that_is_not_text(folder: Path) -> None:
    done = test_cli.wordkit("seq2seq", "translate", folder / "model", "-", stdin=b"one\n\xff\n")
    assert done.returncode == 1
    assert b"standard input, line 2: byte 0xff is not UTF-8" in done.stderr
    assert b"--errors" not in done.stderr
    assert test_cli.ok("seq2seq", "translate", folder / "model", "-", stdin=b"") == ""


def test_standard_input_that_is_compressed(folder: Path) -> None:
    arguments = ("seq2seq", "translate", folder / "model")
    assert test_cli.ok(*arguments, stdin=gzip.compress(b"one\ntwo one\n")) == "1\n2 1\n"


def test_line_ends_that_a_model_learnt_are_spaces(tmp_path: Path) -> None:
    """As one does from Python; of JSON they are spaces already."""
    from wordkit.seq2seq.fit import fit
    from wordkit.seq2seq.settings import Seq2SeqSettings, Seq2SeqTraining

    settings = Seq2SeqSettings(units="chars", attention="dot")
    training = Seq2SeqTraining(epochs=30, lr=0.05)
    fit([("q", "a\nb")] * 4, tmp_path / "m", settings=settings, training=training)
    (tmp_path / "in.txt").write_text("q\nq\n")
    arguments = ("seq2seq", "translate", tmp_path / "m", tmp_path / "in.txt")
    assert ok(*arguments) == "a b\na b\n"
    assert '"text": "a\\nb"' in ok(*arguments, "--json")
    pytest.importorskip("matplotlib")
    assert ok("seq2seq", "attention", tmp_path / "m", "q", "-o", tmp_path / "m.png") == "a b\n"


# --- evaluate, attention, info ----------------------------------------------------------


def test_evaluate(folder: Path, tmp_path: Path) -> None:
    pairs = [*PAIRS[-40:], ("one two three", "1 2 4"), ("two", "2 1")]
    (tmp_path / "t.tsv").write_text("".join(f"{s}\t{t}\n" for s, t in pairs))
    found = asked("evaluate", folder / "model", tmp_path / "t.tsv")
    assert found.keys() == {"exact_match", "bleu", "token_accuracy", "pairs"}
    assert found["pairs"] == 42
    assert found["exact_match"] == pytest.approx(40 / 42)
    tokens = sum(len(target.split()) for _, target in pairs)
    assert found["token_accuracy"] == pytest.approx((tokens - 2) / tokens)
    assert 80 < found["bleu"] < 100
    shown = asked("evaluate", folder / "model", tmp_path / "t.tsv", "--examples", 2)["examples"]
    assert [each["match"] for each in shown] == [True, True, False, False]
    assert shown[2:] == [
        {"match": False, "source": "one two three", "translation": "1 2 3", "target": "1 2 4"},
        {"match": False, "source": "two", "translation": "2", "target": "2 1"},
    ]
    text = ok("seq2seq", "evaluate", folder / "model", tmp_path / "t.tsv", "--examples", 1)
    assert re.search(r"exact_match +bleu +token_accuracy +pairs\n[- ]+\n +0\.9524 ", text)
    assert re.search(r"\nwrong +one two three +1 2 3 +1 2 4\n", text)


def test_two_files_are_one_of_pairs(folder: Path) -> None:
    one = asked("evaluate", folder / "model", folder / "pairs.tsv", "--beam", 1)
    two = asked("evaluate", folder / "model", folder / "source.txt", "--target",
                folder / "target.txt", "--beam", 1)  # fmt: skip
    assert one == two
    assert one["exact_match"] == 1


def test_attention(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out = ok("seq2seq", "attention", folder / "model", "two unheard one", "-o", tmp_path / "m.png")
    assert re.fullmatch(r"[1-4]( [1-4])*\n", out)
    assert (tmp_path / "m.png").read_bytes()[:4] == b"\x89PNG"
    message = refused("seq2seq", "attention", folder / "model", " ", "-o", tmp_path / "m.png")
    assert "the text is empty" in message
    message = refused("seq2seq", "attention", folder / "chars", "two", "-o", tmp_path / "m.png")
    assert "has no attention to draw: train a model with --attention" in message
    message = refused("seq2seq", "attention", folder / "model", "two", "-o", tmp_path / "m.txt")
    assert "ends in .png, .svg or .pdf" in message


def test_options_reach_the_model(folder: Path, tmp_path: Path) -> None:
    options = {"units": "chars", "cell": "gru", "attention": "additive", "layers": 2,
               "dropout": 0.1, "label_smoothing": 0.2, "source_min_count": 2,
               "target_min_count": 3, "batch_tokens": 70, "max_length": 9,
               "optimizer": "adamw", "schedule": "constant", "clip": 1.5,
               "max_minutes": 3, "patience": 2, "validate_every": 50, "seed": 4}  # fmt: skip
    flags = "bidirectional", "reverse", "residual", "input_feeding", "share_vocabulary"
    words = [word for name, value in options.items()
             for word in (f"--{name.replace('_', '-')}", value)]  # fmt: skip
    words += [f"--{name.replace('_', '-')}" for name in flags]
    ok("seq2seq", "train", folder / "few.tsv", "--valid", folder / "few.tsv", "-o", tmp_path / "m",
       *SIZES, *words, "--scheduled-sampling", 0.3, "--epochs", 1)  # fmt: skip
    facts = asked("info", tmp_path / "m")
    found = {**facts, **facts.pop("history")}
    assert {name: found[name] for name in options} == options
    assert all(found[name] is True for name in flags)
    assert found["scheduled_sampling"] == 0.3
    assert found["source_words"] == found["target_words"]
    text = ok("seq2seq", "info", tmp_path / "m")
    assert "cell\tgru\n" in text
    assert f"parameters\t{found['parameters']:,}\n" in text
    train(folder, tmp_path / "n", "--epochs", 1, "--tie", "--embedding-size", 32)
    train(folder, tmp_path / "o", "--epochs", 1, "--peeky")
    assert asked("info", tmp_path / "n")["tie"]
    assert asked("info", tmp_path / "o")["peeky"]


def test_long_pairs_are_left_out(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text(TSV + f"one\t{'1 ' * 1500}\n{'two ' * 1500}\t2\n")
    arguments = ("seq2seq", "train", pairs, *SIZES, "--epochs", 1, "--max-length", 1499)
    code, _, messages = wordkit(*arguments, "-o", tmp_path / "m")
    assert code == 0
    assert "Left out: 2 training pairs of over 1,499 tokens a side" in messages
    assert json.loads(ok(*arguments, "-o", tmp_path / "n", "--json"))["left_out"] == 2
    code, _, messages = wordkit(*arguments[:-1], 1500, "-o", tmp_path / "o")
    assert code == 0
    assert "Left out" not in messages


# --- training that is broken off --------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_interrupted_killed_and_resumed(folder: Path, tmp_path: Path) -> None:
    arguments = [folder / "source.txt", "--target", folder / "target.txt",
                 "--valid", folder / "source.txt", "--valid-target", folder / "target.txt",
                 *SIZES, "--attention", "dot", "--dropout", 0.2, "--epochs", 8]  # fmt: skip
    check_broken_off("seq2seq", arguments, tmp_path)


# --- bad input --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("one\t1\ntwo\n", "bad.tsv, line 2: expected a source, a tab and its target"),
        ("one\t1\n\t2\n", "bad.tsv, line 2: the source is empty"),
        ("one\t1\n\ntwo\t \n", "bad.tsv, line 3: the target is empty"),
        ("", "bad.tsv holds no pairs"),
    ],
)
def test_pairs_that_are_refused(folder: Path, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.tsv").write_text(text)
    for arguments in (
        ["train", tmp_path / "bad.tsv", "-o", tmp_path / "m"],
        ["train", folder / "few.tsv", "--valid", tmp_path / "bad.tsv", "-o", tmp_path / "m"],
        ["evaluate", folder / "model", tmp_path / "bad.tsv"],
    ):
        assert message in refused("seq2seq", *arguments)
    assert not (tmp_path / "m").exists()


def test_files_of_other_lengths(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("1\n2\n")
    for arguments in (
        ["train", folder / "source.txt", "--target", tmp_path / "short.txt", "-o", tmp_path / "m"],
        ["evaluate", folder / "model", folder / "source.txt", "--target", tmp_path / "short.txt"],
    ):
        message = refused("seq2seq", *arguments)
        assert "source.txt, line 3 has no counterpart" in message
        assert "short.txt ends after 2 lines" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--valid-target", "t.txt"], "--valid-target needs --valid"),
        (["--patience", 2], "--patience needs --valid"),
        (["--dropout", 1], "'--dropout': must be a number from 0 to below 1"),
        (["--input-feeding"], "choose an attention"),
        (["--tie"], "must be the same, found 16 and 32"),
        (["--bidirectional", "--hidden-size", 7], "must be even, not 7"),
        (["--optimizer", "best"], "'--optimizer': must be one of sgd"),
        (["--checkpoint-every", "5"], "expected a duration such as 30s"),
        (["--cell", "elman"], "must be one of rnn, gru"),
        (["--layers", 0], "'--layers'"),
        (["--batch-tokens", 0], "'--batch-tokens'"),
        (["--max-length", 0], "'--max-length'"),
        (["--valid", "nowhere.tsv"], "cannot read nowhere.tsv"),
    ],
)
def test_training_that_is_refused(
    folder: Path, tmp_path: Path, options: list[object], message: str
) -> None:
    arguments = [folder / "pairs.tsv", "-o", tmp_path / "m", *SIZES, *options]
    assert message in refused("seq2seq", "train", *arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--beam", 0], "'--beam'"),
        (["--beam", 2, "--n-best", 3], "a beam of 2 gives 1 to 2 translations, not 3"),
        (["--n-best", 0], "'--n-best'"),
        (["--max-length", 0], "'--max-length'"),
        (["--length-penalty", -1], "'--length-penalty'"),
        (["--replace-unknown"], "the model has no attention to say by what <unk>"),
    ],
)
def test_searching_that_is_refused(folder: Path, options: list[object], message: str) -> None:
    found = refused("seq2seq", "translate", folder / "chars", folder / "source.txt", *options)
    assert message in found


def test_folders_that_are_refused(folder: Path, tmp_path: Path) -> None:
    assert "nowhere" in refused("seq2seq", "translate", "nowhere", folder / "source.txt")
    assert "cannot read nowhere" in refused("seq2seq", "translate", folder / "model", "nowhere")
    (tmp_path / "words.txt").write_text("a b c a b\n")
    ok("corpus", "build", tmp_path / "words.txt", "-o", tmp_path / "corpus", "--min-count", 1)
    pairs = folder / "few.tsv"
    for command, *more in (
        ["translate", pairs],
        ["evaluate", pairs],
        ["attention", "one", "-o", tmp_path / "m.png"],
        ["info"],
    ):
        message = refused("seq2seq", command, tmp_path / "corpus", *more)
        assert "of the kind corpus, expected seq2seq" in message
    message = refused("seq2seq", "train", pairs, *SIZES, "-o", tmp_path / "corpus")
    assert "is a wordkit corpus, not a seq2seq to replace" in message
    message = refused("seq2seq", "train", pairs, *SIZES, "-o", tmp_path / "words.txt" / "m")
    assert re.search(r"Not a directory: .*words\.txt", message)
    message = refused("seq2seq", "train", pairs, *SIZES, "-o", folder / "model")
    assert "exists: replace it with --overwrite" in message


def test_an_error_is_a_sentence_and_no_traceback(folder: Path) -> None:
    message = test_cli.refused("seq2seq", "translate", folder / "pairs.tsv", "nowhere")
    assert "Error: " in message
