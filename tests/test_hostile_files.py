"""Files whose headers and JSON say what nobody expects: an answer comes out, or a sentence.

Never another error, and never much memory.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from tests import hostile
from tests.lm.small import small_model as language_model
from tests.seq2seq.small import PAIRS
from tests.seq2seq.small import small_model as seq2seq_model
from wordkit.cli.commands import cli
from wordkit.corpus import datasets
from wordkit.corpus.corpus import Corpus
from wordkit.corpus.encoded import part_names
from wordkit.corpus.pair_files import read_pairs
from wordkit.corpus.reader import TextFormat
from wordkit.embeddings.word2vec import training as word2vec
from wordkit.embeddings.word2vec.estimators import SkipGram
from wordkit.errors import WordkitError
from wordkit.interrupts import TrainingInterrupted
from wordkit.lm.fit import fit
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.perplexity import score_text
from wordkit.lm.settings import LMSettings, LMTraining, read_recipe
from wordkit.lm.texts import ids_in, text_options
from wordkit.seq2seq.decode import translate
from wordkit.seq2seq.model import EncoderDecoder
from wordkit.storage.config import write_config
from wordkit.storage.folders import new_folder
from wordkit.training.runs import trainer
from wordkit.training.runs.metrics import read_metrics
from wordkit.vectors.word_vectors import WordVectors

MEMORY = 100_000_000
"""Bytes that may be taken, whatever a file says."""
TEXT = [f"the {who} {did} the mouse" for who in ("cat", "dog", "hen") for did in ("ate", "saw")]
DAMAGED = {".json", ".jsonl", ".toml", ".safetensors"}


class Thing(NamedTuple):
    """What makes something in a folder, what uses it, and which of its files to damage."""

    make: Callable[[Path], Any]
    use: Callable[[Path], Any]
    files: str = "*"
    examples: int = 50


def command(*arguments: Any) -> None:
    """The command line gives an answer, or a sentence of ours."""
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exit_code in (0, 1)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert "this should not happen" not in done.output, done.output


# --- vectors and corpora ----------------------------------------------------------------


def corpus() -> Corpus:
    return Corpus.build(TEXT, min_count=1)


def make_vectors(path: Path) -> None:
    rng = np.random.default_rng(1)
    WordVectors(["a", "b", "c"], rng.random((3, 4), np.float32), counts=[3, 2, 1]).save(path)


def make_sparse(path: Path) -> None:
    matrix = csr_array(np.array([[0, 1, 2], [1, 0, 0], [0, 3, 0]], np.float32))
    WordVectors(["a", "b", "c"], matrix, counts=[3, 2, 1]).save(path)


def use_vectors(path: Path) -> None:
    command("vectors", "info", path)
    vectors = WordVectors.load(path)
    assert vectors.norms.shape == (len(vectors),)
    vectors.most_similar(vectors.words[0])
    vectors.most_similar_batch(vectors.words)


def make_dataset(path: Path) -> None:
    with new_folder(path, "dataset") as folder:
        write_config(folder, "dataset", 1, {"parts": ["train", "test"]})
        for part in "train", "test":
            Corpus.build(TEXT, folder / part, min_count=1)


def use_corpus(path: Path) -> None:
    command("corpus", "info", path)
    for name in part_names(path) or [""]:
        found = Corpus.load(path / name)
        text_options(found)
        ids_in(found, corpus().vocabulary)
        found.document(0)


# --- models and runs --------------------------------------------------------------------


def use_language_model(path: Path) -> None:
    command("lm", "info", path)
    score_text(RecurrentLanguageModel.load(path), np.zeros(3, np.int32), 0)


def use_seq2seq(path: Path) -> None:
    command("seq2seq", "info", path)
    translate(EncoderDecoder.load(path), [source for source, _ in PAIRS], beam=2)


def a_run(optimizer: str, schedule: str) -> Thing:
    """A run that was broken off after five steps."""
    model = LMSettings(embedding_size=3, hidden_size=3, dropout=0.1)
    training = LMTraining(
        batch_size=2, bptt=3, epochs=2, optimizer=optimizer, schedule=schedule,
        validate_every=1, patience=50,
    )  # fmt: skip

    def run(path: Path, *, resume: bool = True) -> None:
        text = corpus()
        fit(text, path, valid=text, settings=model, training=training, resume=resume)

    def make(path: Path) -> None:
        step, done = trainer._Fit._step, []

        def some(self: Any, batch: Any) -> None:
            if len(done) == 5:
                raise KeyboardInterrupt
            done.append(step(self, batch))

        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
            patch.setattr(trainer._Fit, "_step", some)
            run(path, resume=False)

    return Thing(make, run, "checkpoints/**/*", examples=20)


def skipgram() -> SkipGram:
    return SkipGram(vector_size=4, epochs=3, sample=0, workers=1)


def make_word2vec(path: Path) -> None:
    finish = word2vec.Training._finish_epoch

    def stop(self: Any) -> None:
        finish(self)
        self.save()
        raise TrainingInterrupted("stopped")

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(TrainingInterrupted):
        patch.setattr(word2vec.Training, "_finish_epoch", stop)
        skipgram().fit(corpus(), checkpoints=path)


def use_metrics(path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs wordkit[plot]")
    from wordkit.plots.loss import loss_curve

    loss_curve(read_metrics(path / "metrics.jsonl"), path / "loss.png")


# --- files of text ----------------------------------------------------------------------


def file_of(name: str, *lines: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.mkdir()
        (path / name).write_text("".join(line + "\n" for line in lines))

    return make


RECIPE = "cell = 'gru'", "layers = 2", "dropout = 0.5", "tie = true", "lr = 0.1", "epochs = 3"
METRICS = (
    {"step": 1, "epoch": 0.5, "perplexity": 3.5},
    {"step": 2, "epoch": 1.0, "validation_perplexity": 3.0, "best": True},
)
DOCUMENTS = ({"text": line, "number": number} for number, line in enumerate(TEXT))
MANIFEST = datasets.corpora_folder() / "manifest.toml"
SIDES = {"source": "1+2", "target": "3"}, ["2+2", "4"]

THINGS = {
    "vectors": Thing(make_vectors, use_vectors),
    "sparse vectors": Thing(make_sparse, use_vectors),
    "corpus": Thing(lambda path: Corpus.build(TEXT, path, min_count=1), use_corpus),
    "dataset": Thing(make_dataset, use_corpus),
    "language model": Thing(
        lambda path: language_model(dtype=np.float32).save(path), use_language_model
    ),
    "seq2seq": Thing(
        lambda path: seq2seq_model(dtype=np.float32, attention="dot").save(path), use_seq2seq
    ),
    "run with adam": a_run("adam", "plateau"),
    "run with asgd": a_run("asgd:patience=1", "cosine"),
    "run with momentum": a_run("momentum", "exponential:decay=0.5"),
    "run of word2vec": Thing(
        make_word2vec,
        lambda path: skipgram().fit(corpus(), checkpoints=path, resume=True),
        "*/*",
    ),
    "metrics": Thing(
        file_of("metrics.jsonl", *map(json.dumps, METRICS)), use_metrics, examples=10
    ),
    "documents": Thing(
        file_of("text.jsonl", *map(json.dumps, DOCUMENTS)),
        lambda path: Corpus.build([path / "text.jsonl"], format=TextFormat(field="text")),
    ),
    "pairs": Thing(
        file_of("pairs.jsonl", *map(json.dumps, SIDES)),
        lambda path: read_pairs(path / "pairs.jsonl"),
    ),
    "recipe": Thing(
        file_of("recipe.toml", *RECIPE), lambda path: read_recipe(str(path / "recipe.toml"))
    ),
    "manifest": Thing(
        file_of("manifest.toml", MANIFEST.read_text()),
        lambda path: datasets._read_manifest((path / "manifest.toml").read_text()),
    ),
}


@pytest.fixture(scope="module", params=THINGS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A thing, where it was made, and its files that are damaged."""
    path, thing = tmp_path_factory.mktemp("hostile") / "thing", THINGS[request.param]
    thing.make(path)
    files = [file for file in sorted(path.glob(thing.files)) if file.suffix in DAMAGED]
    assert files
    thing.use(path)  # undamaged
    shutil.rmtree(path)
    thing.make(path)
    return thing, path, files


def test_any_value_at_any_place(made: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    thing, path, files = made

    @settings(max_examples=thing.examples)
    @given(data=st.data())
    def use(data: st.DataObject) -> None:
        file = data.draw(st.sampled_from(files))
        content = data.draw(hostile.damaged(file))
        copy = tmp_path_factory.mktemp("copy") / "thing"
        shutil.copytree(path, copy)
        (copy / file.relative_to(path)).write_bytes(content)
        tracemalloc.start()
        try:
            with warnings.catch_warnings(), contextlib.suppress(WordkitError, FileNotFoundError):
                warnings.simplefilter("ignore")  # of words that stand there twice, say
                thing.use(copy)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            shutil.rmtree(copy.parent)
        assert peak < MEMORY

    use()
