"""wordkit vectors train with word2vec: what can be asked of a training, and what stops it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cli.test_cli import ok, refused, wordkit
from wordkit.vectors.word_vectors import WordVectors


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("train")
    rng = np.random.default_rng(0)
    lines = (" ".join(f"w{int(200 * rng.random() ** 2)}" for _ in range(50)) for _ in range(400))
    (folder / "text.txt").write_text("\n".join(lines))
    ok("corpus", "build", folder / "text.txt", "-o", folder / "corpus")
    return folder / "corpus"


def train(corpus: Path, output: Path, *options: object) -> str:
    return ok("vectors", "train", corpus, "-o", output, "--method", "skipgram",
              "--vector-size", 8, "--epochs", 2, *options)  # fmt: skip


def test_reproducible_on_any_number_of_workers(corpus: Path, tmp_path: Path) -> None:
    for workers in 1, 2:
        train(corpus, tmp_path / str(workers), "--reproducible", "--workers", workers)
    one, two = (tmp_path / n / "vectors.safetensors" for n in "12")
    assert one.read_bytes() == two.read_bytes()


def test_scores_and_losses(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "pairs.txt").write_text("w1\tw2\t3\nw4\tw7\t1\nw3\tw9\t2\n")
    done = wordkit("vectors", "train", corpus, "-o", tmp_path / "v", "--json", "--method", "cbow",
                   "--epochs", 3, "--loss", "hs",
                   "--evaluate", tmp_path / "pairs.txt")  # fmt: skip
    lines = done.stderr.decode().splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1", "epoch 2", "epoch 3"]
    assert all("pairs" in line for line in lines)
    losses = json.loads(done.stdout)["loss_per_epoch"]
    assert [f"loss {loss:.4f}" in line for loss, line in zip(losses, lines, strict=True)] == [
        True
    ] * 3


def test_start_from_other_vectors(corpus: Path, tmp_path: Path) -> None:
    WordVectors(["w1", "w2"], np.ones((2, 8))).save(tmp_path / "old.txt", format="glove")
    train(corpus, tmp_path / "v", "--init", tmp_path / "old.txt", "--freeze")
    np.testing.assert_array_equal(WordVectors.load(tmp_path / "v")["w2"], np.ones(8))
    message = refused("vectors", "train", corpus, "-o", tmp_path / "x", "--method", "cbow",
                      "--init", tmp_path / "old.txt")  # fmt: skip
    assert "have 8 dimensions, not 100: set vector_size to 8" in message


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_resume(corpus: Path, tmp_path: Path, sent: int) -> None:
    settings = ("vectors", "train", corpus, "-o", tmp_path / "v", "--method", "skipgram",
                "--vector-size", 8, "--epochs", 400, "--workers", 1)  # fmt: skip
    command = [sys.executable, "-m", "wordkit", *map(str, settings)]
    process = subprocess.Popen(
        [*command, "--checkpoint-every", "0.01s"], stderr=subprocess.PIPE, text=True
    )
    kept = tmp_path / "v.checkpoints"
    while not (kept.is_dir() and any(kept.glob("step-*"))):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    assert f"v is being written by process {process.pid} on " in refused(*settings, "--resume")
    process.send_signal(sent)
    process.send_signal(signal.SIGCONT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130, message
    assert "go on with --resume" in message
    assert "Traceback" not in message
    assert not (tmp_path / "v").exists()
    assert "was stopped: continue it with --resume, or remove it" in refused(*settings)
    assert "window = 5, not 4" in refused(*settings, "--resume", "--window", 4)
    ok(*settings, "--resume")
    assert [path.name for path in tmp_path.iterdir()] == ["v"]
    ok(*settings[:4], tmp_path / "whole", *settings[5:])
    one, other = (tmp_path / name / "vectors.safetensors" for name in ("v", "whole"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--method", "cbow", "--checkpoint-every", "5x"), "expected a duration"),
        (("--resume",), "--resume is no option of --method ppmi-svd"),
        (("--evaluate", "x"), "--evaluate is no option of --method ppmi-svd"),
        (("--method", "cbow", "--negatives", "shared"), "--negatives is no option"),
        (("--method", "skipgram", "--vector-size", "0"), "must be a whole number from 1"),
        (("--method", "skipgram", "--min-alpha", "1"), "min_alpha"),
        (("--method", "skipgram", "--evaluate", "nowhere.txt"), "nowhere.txt"),
        (("--method", "skipgram", "--init", "nowhere"), "nowhere"),
    ],
)
def test_bad_options(corpus: Path, tmp_path: Path, options: tuple, message: str) -> None:
    assert message in refused("vectors", "train", corpus, "-o", tmp_path / "v", *options)
    assert not (tmp_path / "v").exists()


def test_outputs_in_other_places(corpus: Path, tmp_path: Path) -> None:
    train(corpus, tmp_path / "not" / "yet" / "there")
    assert WordVectors.load(tmp_path / "not" / "yet" / "there").vector_size == 8
    here = tmp_path / "here"
    here.mkdir()
    command = [sys.executable, "-m", "wordkit", "vectors", "train", corpus, "-o", ".",
               "--method", "cbow", "--epochs", "1", "--resume"]  # fmt: skip
    done = subprocess.run(command, cwd=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "here.checkpoints holds no checkpoint: training from the start" in done.stderr


def test_phrases_of_a_corpus_never_replace_it(corpus: Path) -> None:
    message = refused("corpus", "phrases", corpus, "-o", corpus)
    assert "would replace its own input" in message
