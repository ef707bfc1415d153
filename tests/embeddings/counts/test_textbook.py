"""The sentence of "Deep Learning from Scratch 2", chapter 2, with the book's numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from wordkit import PPMI, Cooccurrence, Corpus, CountVectors, WordVectors
from wordkit.cli.commands import cli

SENTENCE = "You say goodbye and I say hello."
WORDS = ["you", "say", "goodbye", "and", "i", "hello", "."]
COUNTS = [
    [0, 1, 0, 0, 0, 0, 0],
    [1, 0, 1, 0, 1, 1, 0],
    [0, 1, 0, 1, 0, 0, 0],
    [0, 0, 1, 0, 1, 0, 0],
    [0, 1, 0, 1, 0, 0, 0],
    [0, 1, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 1, 0],
]
INFORMATION = [  # as the book prints it, with three decimals
    [0, 1.807, 0, 0, 0, 0, 0],
    [1.807, 0, 0.807, 0, 0.807, 0.807, 0],
    [0, 0.807, 0, 1.807, 0, 0, 0],
    [0, 0, 1.807, 0, 1.807, 0, 0],
    [0, 0.807, 0, 1.807, 0, 0, 0],
    [0, 0.807, 0, 0, 0, 0, 2.807],
    [0, 0, 0, 0, 0, 2.807, 0],
]


def test_in_three_lines_of_python() -> None:
    corpus = Corpus.textbook(SENTENCE)
    counts = CountVectors.textbook(method="counts").fit(corpus).vectors_
    information = CountVectors.textbook(method="ppmi").fit(corpus).vectors_
    assert corpus.vocabulary.words == WORDS
    assert corpus.ids.tolist() == [0, 1, 2, 3, 4, 1, 5, 6]
    np.testing.assert_array_equal(counts, COUNTS)
    np.testing.assert_array_equal(np.round(information, 3), np.float32(INFORMATION))
    lines = str(counts).splitlines()[1:]
    assert lines[0].split() == WORDS
    assert lines[2].split() == ["say", "1", "0", "1", "0", "1", "1", "0"]
    assert str(information).splitlines()[2].split()[:3] == ["you", "0.000", "1.807"]
    assert "<th>goodbye</th>" in counts._repr_html_()


def test_columns_of_frames_are_words() -> None:
    pytest.importorskip("pandas", reason="needs pandas")
    frame = (
        CountVectors.textbook(method="counts").fit(Corpus.textbook(SENTENCE)).vectors_.to_frame()
    )
    assert list(frame.columns) == list(frame.index) == WORDS
    assert frame.loc["say", "hello"] == 1
    assert list(WordVectors(["a", "b"], [[1, 2], [3, 4]]).to_frame().columns) == [0, 1]


def test_the_steps_one_by_one() -> None:
    corpus = Corpus.from_texts([SENTENCE], punctuation="split", min_count=1, order="appearance")
    counts = Cooccurrence(window=1, weighting="flat", sample=0).fit_transform(corpus)
    bits = PPMI(smoothing=1, base=2).fit_transform(counts).toarray()
    np.testing.assert_array_equal(np.round(bits, 3), np.float32(INFORMATION))
    nats = PPMI(smoothing=1).fit_transform(counts).toarray()
    np.testing.assert_allclose(bits * np.log(2), nats, rtol=1e-6)


def test_parameters_override_the_preset() -> None:
    model = CountVectors.textbook(window=2, vector_size=3)
    assert (model.window, model.vector_size, model.sample) == (2, 3, 0)


def run(*arguments: object, stdin: str = "") -> str:
    done = CliRunner().invoke(cli, [str(each) for each in arguments], input=stdin)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_in_three_lines_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(SENTENCE)
    corpus, vectors = tmp_path / "corpus", tmp_path / "vectors"
    run("corpus", "build", tmp_path / "text", "-o", corpus, "--preset", "textbook")
    run("vectors", "train", corpus, "-o", vectors, "--method", "ppmi", "--preset", "textbook")
    lines = run("vectors", "show", vectors).splitlines()
    assert lines[0].split() == WORDS
    shown = np.array([line.split()[1:] for line in lines[2:]], float)
    np.testing.assert_array_equal(np.round(shown, 3), INFORMATION)
    assert Corpus.load(corpus).vocabulary.words == WORDS

    found = json.loads(run("vectors", "show", vectors, "say", "you", "--json"))
    assert found["columns"] == found["words"] == ["say", "you"]
    np.testing.assert_allclose(found["values"], [[0, 1.807], [1.807, 0]], atol=5e-4)


def test_options_override_the_preset(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(SENTENCE)
    corpus = tmp_path / "corpus"
    options = "--preset", "textbook", "--punctuation", "drop", "--no-lower"
    run("corpus", "build", tmp_path / "text", "-o", corpus, *options)
    assert Corpus.load(corpus).vocabulary.words == ["You", "say", "goodbye", "and", "I", "hello"]
    train = "vectors", "train", corpus, "-o", tmp_path / "v", "--preset", "textbook"
    run(*train, "--method", "counts", "--window", 2)
    assert WordVectors.load(tmp_path / "v")["You"].tolist() == [0, 1, 1, 0, 0, 0]
    refused = CliRunner().invoke(cli, [*map(str, train), "--method", "cbow", "--overwrite"])
    assert refused.exit_code == 2
    assert "--preset textbook is no option of --method cbow" in refused.output
