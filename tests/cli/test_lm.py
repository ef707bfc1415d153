"""wordkit lm as people and scripts use it."""

from __future__ import annotations

import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.cli import test_cli
from wordkit.cli.commands import cli
from wordkit.cli.models import draw_loss
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.perplexity import log_probabilities
from wordkit.storage.tensors import map_tensors, write_tensors

TRAIN = "\n".join(
    f"the {who} {did} , and <unk> the {what} ." for who in ("cat", "dog", "hen")
    for did in ("ate", "saw", "had") for what in ("corn", "house")
) + "\n"  # fmt: skip
VALID = "the dog had , and the mouse saw the corn .\nthe hen ate .\n"
SIZES = ("--embedding-size", 8, "--hidden-size", 8, "--batch-size", 4, "--bptt", 8, "--lr", 0.02)


def wordkit(*arguments: object) -> tuple[Any, str, str]:
    """Exit code, output and messages, without the second that a process takes to begin."""
    out, messages = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(messages), pytest.raises(SystemExit) as end:
        cli(list(map(str, arguments)), prog_name="wordkit")
    return end.value.code, out.getvalue(), messages.getvalue()


def ok(*arguments: object) -> str:
    code, out, messages = wordkit(*arguments)
    assert code == 0, messages
    return out


def refused(*arguments: object) -> str:
    code, out, messages = wordkit(*arguments)
    assert code in (1, 2), messages
    assert "should not happen" not in messages
    assert "Error: " in messages
    assert out == ""
    return " ".join(messages.split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts, and a model."""
    folder = tmp_path_factory.mktemp("lm")
    (folder / "train.txt").write_text(TRAIN * 5)
    (folder / "valid.txt").write_text(VALID)
    train(folder, folder / "model", "--epochs", 4)
    return folder


def train(folder: Path, output: Path, *options: object) -> str:
    return ok("lm", "train", "--train", folder / "train.txt", "--valid", folder / "valid.txt",
              "-o", output, *SIZES, *options)  # fmt: skip


def asked(*arguments: object) -> Any:
    return json.loads(ok("lm", *arguments, "--json"))


def test_what_is_in_the_folder(folder: Path) -> None:
    lines = (folder / "model" / "vocabulary.txt").read_text().splitlines()
    words = [line.split("\t")[0] for line in lines]
    tokens = TRAIN.replace("\n", " <eos> ").split()
    assert sorted(words) == sorted(set(tokens))
    assert words[0] == max(set(tokens), key=tokens.count)
    assert [path.name for path in (folder / "model").glob("*.safetensors")] == [
        "model.safetensors"
    ]
    assert (folder / "model" / "checkpoints" / "metrics.jsonl").exists()
    pytest.importorskip("matplotlib")
    assert (folder / "model" / "checkpoints" / "loss.png").read_bytes()[:4] == b"\x89PNG"


def test_perplexity_and_score(folder: Path) -> None:
    valid, model = folder / "valid.txt", folder / "model"
    found = asked("perplexity", model, valid)
    tokens = VALID.replace("\n", " <eos> ").split()
    assert (found["tokens"], found["oov"]) == (len(tokens) - 1, 1)
    rows = asked("score", model, valid)
    assert [row["word"] for row in rows] == tokens
    assert [row["word"] for row in rows if not row["known"]] == ["mouse"]
    loaded = RecurrentLanguageModel.load(model)
    ids = loaded.vocabulary.encode(["<eos>", *tokens])  # how a text begins
    expected = np.concatenate(list(log_probabilities(loaded, ids)))
    np.testing.assert_allclose([row["log_probability"] for row in rows], expected)
    code, out, messages = wordkit("lm", "score", model, valid)
    assert (code, messages) == (
        0,
        "1 unknown words share the probability of <unk> in equal parts\n",
    )
    for line, row in zip(out.splitlines(), rows, strict=True):
        word, log_probability = line.split("\t")
        assert word == row["word"]
        assert float(log_probability) == pytest.approx(row["log_probability"], abs=1e-6)


def test_score_in_bits_by_line(folder: Path) -> None:
    valid, model = folder / "valid.txt", folder / "model"
    words = asked("score", model, valid, "--bits")
    lines = asked("score", model, valid, "--bits", "--lines")
    assert [(line["line"], line["words"]) for line in lines] == [("1", 12), ("2", 5)]
    assert lines[1]["bits"] == pytest.approx(sum(word["bits"] for word in words[12:]))
    nats = asked("score", model, valid)
    assert words[0]["bits"] == pytest.approx(-nats[0]["log_probability"] / math.log(2))


@pytest.mark.parametrize("name", ["map.html", "map.png"])
def test_a_heat_map(folder: Path, tmp_path: Path, name: str) -> None:
    assert ok("lm", "score", folder / "model", folder / "valid.txt", "-o", tmp_path / name) == ""
    written = (tmp_path / name).read_bytes()
    assert len(written) > 1000
    if name.endswith("html"):
        assert written.startswith(b"<!DOCTYPE html>")
        assert b'title="unknown, ' in written
        assert b">mouse</span>" in written


def test_a_wrapped_text(folder: Path, tmp_path: Path) -> None:
    """Its lines are no ends of lines."""
    line = "the cat did , and <unk> the corn " * 3
    (tmp_path / "t").write_text("\n".join([line] * 25) + "\n")
    wrapped, whole = (
        asked("score", folder / "model", tmp_path / "t", *options)
        for options in ([], ["--unwrap"])
    )
    ends = [sum(row["word"] == "<eos>" for row in rows) for rows in (wrapped, whole)]
    assert ends == [25, 1]


def test_perplexity_of_several_texts(folder: Path) -> None:
    valid, longer = folder / "valid.txt", folder / "train.txt"
    both = asked("perplexity", folder / "model", valid, longer)
    each = [asked("perplexity", folder / "model", text) for text in (valid, longer)]
    assert [part["perplexity"] for part in both["texts"]] == [one["perplexity"] for one in each]
    assert both["tokens"] == sum(one["tokens"] for one in each)
    logs = sum(one["tokens"] * math.log(one["perplexity"]) for one in each)
    assert both["perplexity"] == pytest.approx(math.exp(logs / both["tokens"]))
    _, _, message = wordkit("lm", "perplexity", folder / "model", valid)
    assert "1 tokens are not in the model's vocabulary and were taken for <unk>" in message


def test_perplexity_of_texts_with_one_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in ("all", VALID), ("two.txt", TRAIN):
        Path(name).write_text(text)
    names = ["all", "two.txt", "all"]
    found = asked("perplexity", folder / "model", *names)
    assert [part["text"] for part in found["texts"]] == names
    assert found["tokens"] == sum(part["tokens"] for part in found["texts"])
    lines = ok("lm", "perplexity", folder / "model", *names).splitlines()
    assert [line.split()[0] for line in lines[2:]] == [*names, "all"]


def test_generate(folder: Path) -> None:
    model = folder / "model"
    text = ok("lm", "generate", model, "--prompt", "the cat", "-n", 12, "--seed", 3)
    assert re.match("the cat[ ,.]", text)
    assert text.endswith("\n")
    assert " ," not in text
    assert "<unk>" not in text
    assert text == ok("lm", "generate", model, "--prompt", "the cat", "-n", 12, "--seed", 3)
    several = asked("generate", model, "--samples", 4, "-n", 6, "--top-k", 3, "--top-p", 0.9)
    assert len(several) == 4
    assert all(len(one["tokens"]) <= 6 and one["text"] for one in several)
    lines = ok("lm", "generate", model, "--samples", 4, "-n", 6, "--top-k", 3, "--top-p", 0.9)
    assert lines.splitlines() == [one["text"] for one in several]
    greedy = ok("lm", "generate", model, "--greedy", "-n", 5, "--no-stop-at-eos")
    assert greedy == ok("lm", "generate", model, "--temperature", 0.01, "-n", 5,
                        "--no-stop-at-eos")  # fmt: skip
    assert (
        ok("lm", "generate", model, "--beam", 3, "--prompt", "the hen", "-n", 4)[:7] == "the hen"
    )


def test_the_prompt_is_printed_as_it_was_given(folder: Path) -> None:
    model, prompt = folder / "model", "The cat  ,\n(my hen"
    code, out, message = wordkit("lm", "generate", model, "--prompt", prompt, "-n", 3, "--seed", 3)
    assert code == 0
    assert re.match(re.escape(prompt) + "[ ,.]", out)
    assert "Not in the model's vocabulary, and taken for <unk>: The (my" in message
    (one,) = asked("generate", model, "--prompt", f"{prompt}\n", "-n", 3, "--greedy",
                   "--no-stop-at-eos")  # fmt: skip
    assert one["text"].startswith(f"{prompt}\n")
    assert one["text"].removeprefix(f"{prompt}\n")[0] not in " \n"


def test_where_one_of_several_texts_ends(folder: Path) -> None:
    for option in "--no-stop-at-eos", "--prompt=the cat\nthe":
        several = ["generate", folder / "model", "--samples", 3, "-n", 40, option]
        texts = [one["text"] for one in asked(*several)]
        assert any("\n" in text for text in texts)
        assert ok("lm", *several) == "\n\n".join(texts) + "\n"


def test_words_appear_as_they_are_made(folder: Path) -> None:
    command = [sys.executable, "-m", "wordkit", "lm", "generate", str(folder / "model"),
               "-n", "1000000000", "--no-stop-at-eos"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert len(process.stdout.read(100)) == 100
        process.terminate()


def test_export_and_info(folder: Path, tmp_path: Path) -> None:
    ok("lm", "export", folder / "model", tmp_path / "out.safetensors", "--layout", "pytorch")
    assert load_file(tmp_path / "out.safetensors")["rnn.weight_hh_l0"].shape == (32, 8)
    facts = asked("info", folder / "model")
    assert (facts["cell"], facts["hidden_size"], facts["history"]["epochs"]) == ("lstm", 8, 4)
    weights = load_file(folder / "model" / "model.safetensors")
    assert facts["parameters"] == sum(weight.size for weight in weights.values())
    assert "hidden_size\t8" in ok("lm", "info", folder / "model")


def test_recipe_and_options_before_it(folder: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text('cell = "gru"\nlayers = 2\nepochs = 5\ntie = true\n')
    train(folder, tmp_path / "m", "--recipe", recipe, "--epochs", 1, "--no-tie")
    facts = asked("info", tmp_path / "m")
    found = facts["cell"], facts["layers"], facts["tie"], facts["history"]["epochs"]
    assert found == ("gru", 2, False, 1)


def test_a_rate_is_of_its_own_optimizer(folder: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text('optimizer = "adam"\nlr = 0.003\nhidden_size = 8\nepochs = 1\n')
    arguments = ["--train", folder / "train.txt", "--recipe", recipe]
    for number, (options, rate) in enumerate(
        [([], 0.003), (["--optimizer", "sgd"], 20), (["--optimizer", "sgd", "--lr", 5], 5)]
    ):
        ok("lm", "train", *arguments, "-o", tmp_path / f"{number}", *options)
        assert asked("info", tmp_path / f"{number}")["history"]["lr"] == rate


def test_characters(folder: Path, tmp_path: Path) -> None:
    train(folder, tmp_path / "m", "--units", "chars", "--epochs", 1, "--cell", "rnn")
    text = ok("lm", "generate", tmp_path / "m", "--prompt", "the ca", "-n", 5)
    assert text.startswith("the ca")
    assert len(text) <= len("the ca") + 5 + 1
    found = asked("perplexity", tmp_path / "m", folder / "valid.txt")
    assert (found["tokens"], found["oov"]) == (len(VALID) - 2, 1)  # an m, and there is no <unk>


def test_corpora_and_vectors_to_begin_with(folder: Path, tmp_path: Path) -> None:
    corpus, vectors = tmp_path / "corpus", tmp_path / "vectors"
    ok("corpus", "build", folder / "train.txt", "-o", corpus, "--eos", "--min-count", 1,
       "--punctuation", "split")  # fmt: skip
    ok("vectors", "train", corpus, "-o", vectors, "--vector-size", 8)
    ok("lm", "train", "--train", corpus, "--valid", corpus, "-o", tmp_path / "m", *SIZES,
       "--init-vectors", vectors, "--epochs", 1)  # fmt: skip
    assert ok("lm", "generate", tmp_path / "m", "--prompt", "The CAT,").startswith("The CAT,")
    assert asked("perplexity", tmp_path / "m", corpus)["oov"] == 0
    message = refused("lm", "train", "--train", corpus, "-o", tmp_path / "n", "--units", "chars")
    assert "a CORPUS has its tokens already" in message
    message = refused("lm", "train", "--train", corpus, "-o", tmp_path / "n", "--init-vectors",
                      vectors)  # fmt: skip
    assert "the word vectors have 8 dimensions, the embedding 100" in message


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_interrupted_killed_and_resumed(folder: Path, tmp_path: Path) -> None:
    from tests.cli.broken_off import check_broken_off  # which needs what stands here

    arguments = ["--train", folder / "train.txt", "--valid", folder / "valid.txt",
                 *SIZES, "--dropout", 0.2, "--epochs", 30]  # fmt: skip
    check_broken_off("lm", arguments, tmp_path)


# --- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--batch-size", 5000], "give more text, or a smaller batch_size or bptt"),
        (["--bptt", 5000], "the text has 900 ids"),
        (["--tie", "--hidden-size", 9], "must be the same, not 8 and 9"),
        (["--dropout", 1], "'--dropout': must be a number from 0 to below 1"),
        (["--optimizer", "best"], "'--optimizer': must be one of sgd"),
        (["--recipe", "huge"], "no recipe is named 'huge'"),
        (["--checkpoint-every", "5"], "expected a duration such as 30s"),
        (["--max-minutes", -1], "must be a number above 0, not -1.0"),
        (["--max-minutes", "nan"], "must be a number above 0, not nan"),
        (["--clip", 0], "must be a number above 0, not 0.0"),
        (["--lr", 0], "must be a number above 0, not 0.0"),
        (["--cell", "gpt"], "must be one of rnn, gru"),
        (["--init-vectors", "nowhere"], "nowhere"),
        (["--train", "nowhere.txt"], "cannot read nowhere.txt"),
    ],
)
def test_training_that_is_refused(
    folder: Path, tmp_path: Path, options: list[object], message: str
) -> None:
    arguments = ["--train", folder / "train.txt", "--valid", folder / "valid.txt", *SIZES]
    found = refused("lm", "train", *arguments, "-o", tmp_path / "m", *options)
    assert message in found
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--patience", 2], "--patience needs --valid"),
        (["--schedule", "plateau:patience=2"], "--schedule plateau needs --valid"),
        (["--optimizer", "asgd"], "--optimizer asgd needs --valid"),
        (["--recipe", "ptb-medium"], "--schedule plateau needs --valid"),
    ],
)
def test_what_heeds_validations_needs_some(
    folder: Path, tmp_path: Path, options: list[object], message: str
) -> None:
    found = refused("lm", "train", "--train", folder / "train.txt", "-o", tmp_path / "m", *options)
    assert message in found


def test_texts_that_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "foreign.txt").write_text("nothing of this\n")
    (tmp_path / "empty.txt").write_text("")
    for command in ("perplexity", "score"):
        message = refused("lm", command, folder / "model", tmp_path / "foreign.txt")
        assert "foreign.txt has no known word" in message
        message = refused("lm", command, folder / "model", tmp_path / "empty.txt")
        assert "empty.txt has no words" in message
    message = refused("lm", "train", "--train", folder / "train.txt", "--valid",
                      tmp_path / "empty.txt", "-o", tmp_path / "m")  # fmt: skip
    assert "empty.txt has no words" in message
    message = refused("lm", "train", "--train", folder / "train.txt", "--valid",
                      tmp_path / "foreign.txt", "-o", tmp_path / "m")  # fmt: skip
    assert "no known word" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--prompt", ""], "the prompt is empty"),
        (["--prompt", "qwert zuiop"], "no word of the prompt (qwert zuiop)"),
        (["--temperature", 0], "'--temperature': must be a number above 0, not 0.0; for the most"),
        (["--top-k", 0], "'--top-k': must be a whole number of at least 1, not 0"),
        (["--top-p", 0], "'--top-p': must be a number above 0 and at most 1, not 0.0"),
        (["--top-p", 1.5], "'--top-p': must be a number above 0 and at most 1, not 1.5"),
        (["--beam", 3, "--samples", 2], "--beam finds one text"),
        (["-n", 0], "'-n'"),
    ],
)
def test_writing_that_is_refused(folder: Path, options: list[object], message: str) -> None:
    assert message in refused("lm", "generate", folder / "model", *options)


def test_an_error_is_a_sentence_and_no_traceback(folder: Path) -> None:
    message = test_cli.refused("lm", "generate", folder / "model", "--prompt", "qwert")
    assert "no word of the prompt (qwert)" in message


def test_models_that_are_refused(folder: Path, tmp_path: Path) -> None:
    assert "nowhere" in refused("lm", "info", "nowhere")
    ok("corpus", "build", folder / "train.txt", "-o", tmp_path / "c", "--min-count", 1)
    assert "of the kind corpus, expected language-model" in refused(
        "lm", "perplexity", tmp_path / "c", "t.txt"
    )
    message = refused("lm", "train", "--train", folder / "train.txt", *SIZES, "-o",
                      tmp_path / "c")  # fmt: skip
    assert "is a wordkit corpus, not a language-model to replace" in message
    message = refused("lm", "train", "--train", folder / "train.txt", *SIZES, "-o",
                      folder / "model")  # fmt: skip
    assert "exists: replace it with --overwrite" in message


@pytest.mark.parametrize("command", ["perplexity", "generate"])
def test_weights_that_are_no_numbers(folder: Path, tmp_path: Path, command: str) -> None:
    shutil.copytree(folder / "model", tmp_path / "m")
    path = tmp_path / "m" / "model.safetensors"
    weights = {name: np.array(weight) for name, weight in map_tensors(path).items()}
    weights["output.bias"][-1] = np.nan
    write_tensors(path, weights)
    text = [folder / "valid.txt"] if command == "perplexity" else []
    message = refused("lm", command, tmp_path / "m", *text)
    assert "hold NaN or infinity, so the model cannot predict" in message


def test_a_picture_that_was_left_half_drawn(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"epoch": 1, "perplexity": 2.0}\n')
    (tmp_path / ".loss.png.0123abcd.partial").write_text("half")
    draw_loss(tmp_path)
    assert not list(tmp_path.glob(".*"))


def test_an_export_to_a_full_disk(folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("the system has no /dev/full")
    message = refused("lm", "export", folder / "model", "/dev/full")
    assert "/dev/full cannot be written (No space left on device): make room" in message


def test_a_run_knows_its_options(folder: Path, tmp_path: Path) -> None:
    train(folder, tmp_path / "m", "--epochs", 1)
    ok("lm", "train", "-o", tmp_path / "m", "--resume", "--epochs", 2)
    info = asked("info", tmp_path / "m")
    assert (info["history"]["epochs"], info["hidden_size"]) == (2, 8)
    assert info["history"]["validation_perplexity"] is not None
    assert "Missing TRAIN" in refused("lm", "train", "-o", tmp_path / "n")
    message = refused("lm", "train", "-o", tmp_path / "n", "--resume")
    assert "does not say how a run in it was started: name all options" in message


def test_a_model_is_replaced_only_if_asked(folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "m"
    train(folder, model, "--epochs", 1)
    command = ["lm", "train", "--train", folder / "train.txt", "-o", model, *SIZES, "--epochs", 2]
    before = (model / "model.safetensors").read_bytes()
    assert "m exists: replace it with --overwrite" in refused(*command)
    assert "--resume continues the run" in refused(*command, "--resume", "--overwrite")
    assert (model / "model.safetensors").read_bytes() == before
    ok(*command, "--overwrite")
    assert asked("info", model)["history"]["epochs"] == 2
    assert (model / "model.safetensors").read_bytes() != before
