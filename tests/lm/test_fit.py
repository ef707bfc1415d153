"""From a text to a model: what is learnt, the folder, and going on with a run."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.lm.small import LINES, corpus
from tests.training.interrupted import interrupted_after
from wordkit.corpus.corpus import Corpus
from wordkit.errors import CorpusError, FormatError, ModelError
from wordkit.lm.export import export
from wordkit.lm.fit import fit
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.perplexity import perplexity
from wordkit.lm.settings import LMSettings, LMTraining
from wordkit.lm.texts import read_text
from wordkit.training.batches import TextBatches
from wordkit.training.descent.options import OPTIMIZERS
from wordkit.training.model import evaluate
from wordkit.training.runs.checkpoint import latest_weights
from wordkit.vectors.word_vectors import WordVectors

TRAIN, VALID = corpus(times=12), corpus(times=2)
SETTINGS = LMSettings(
    embedding_size=8, hidden_size=8, dropout=0.1, embedding_dropout=0.1, weight_drop=0.1, tie=True
)


def trained(
    folder: Path,
    *,
    train: Any = TRAIN,
    valid: Any = VALID,
    vectors: Any = None,
    resume: bool = False,
    **options: Any,
) -> Any:
    options = {"batch_size": 4, "bptt": 10, "lr": 0.02, "epochs": 3, **options}
    return fit(
        train, folder, valid=valid, settings=SETTINGS, training=LMTraining(**options),
        vectors=vectors, resume=resume,
    )  # fmt: skip


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_learns_and_saves(tmp_path: Path) -> None:
    model, result = trained(tmp_path / "m", epochs=8)
    loaded = RecurrentLanguageModel.load(tmp_path / "m")
    found = perplexity(loaded, VALID.ids)
    counts = VALID.vocabulary.counts / VALID.tokens
    unigram = np.exp(-(counts * np.log(counts)).sum())
    assert found < unigram / 2
    assert found == pytest.approx(model.history["validation_perplexity"], rel=0.05)
    assert loaded.history["steps"] == result.step == 88
    assert sorted(entry.name for entry in (tmp_path / "m").iterdir()) == [
        "checkpoints", "config.json", "model.safetensors", "vocabulary.txt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("optimizer", "clip"),
    [*((name, 0.25) for name in OPTIMIZERS), ("sgd", 1e6), ("momentum", 5.0), ("momentum", 1e6)],
)
def test_every_optimizer_learns_by_default(tmp_path: Path, optimizer: str, clip: float) -> None:
    """To know no more than how frequent words are gives a perplexity of 7.6."""
    model, _ = fit(
        corpus(times=30), tmp_path / "m", valid=corpus(times=3),
        settings=LMSettings(embedding_size=32, hidden_size=64),
        training=LMTraining(batch_size=4, bptt=10, epochs=6, optimizer=optimizer, clip=clip),
    )  # fmt: skip
    assert model.history["validation_perplexity"] < 2.5


def test_paths_may_be_strings(tmp_path: Path) -> None:
    text, folder = tmp_path / "text.txt", tmp_path / "m"
    text.write_text("\n".join(LINES * 12))
    model, _ = fit(read_text(str(text)), str(folder), training=LMTraining(batch_size=4, epochs=1))
    model.save(str(tmp_path / "again"))
    loaded = RecurrentLanguageModel.load(str(tmp_path / "again"))
    assert perplexity(loaded, VALID.ids) == perplexity(model, VALID.ids)
    export(loaded, str(tmp_path / "tensors"))
    assert (tmp_path / "tensors").stat().st_size > 0


def test_without_validation(tmp_path: Path) -> None:
    model, _ = trained(tmp_path / "m", valid=None)
    assert model.history["validation_perplexity"] is None


def test_a_broken_run_ends_in_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(tmp_path / "whole")
    with interrupted_after(16, RecurrentLanguageModel, monkeypatch):
        trained(tmp_path / "broken")
    begun = RecurrentLanguageModel.load(tmp_path / "broken")
    best = latest_weights(tmp_path / "broken" / "checkpoints")
    assert best is not None
    assert begun.history == {"unfinished": True, "step": best[0]}
    for path, weight in best[1].items():
        np.testing.assert_array_equal(begun.params[path], weight)
    trained(tmp_path / "broken", resume=True)
    assert weights(tmp_path / "broken") == weights(tmp_path / "whole")


def test_more_epochs_replace_the_model(tmp_path: Path) -> None:
    constant = {"schedule": "constant", "valid": None}
    trained(tmp_path / "whole", epochs=4, **constant)
    trained(tmp_path / "m", epochs=2, **constant)
    before = weights(tmp_path / "m")
    trained(tmp_path / "m", epochs=4, resume=True, **constant)
    assert weights(tmp_path / "m") == weights(tmp_path / "whole") != before


def test_a_run_is_not_overwritten_nor_mixed_with_another(tmp_path: Path) -> None:
    trained(tmp_path / "m", epochs=1)
    with pytest.raises(ModelError, match="holds the checkpoint step-000000011: resume that run"):
        trained(tmp_path / "m", epochs=1, seed=7)
    with pytest.raises(ModelError, match=r"has seed 1, not 7: resume it with the settings"):
        trained(tmp_path / "m", epochs=2, seed=7, resume=True)
    trained(tmp_path / "m", epochs=2, resume=True)


def test_what_is_not_a_model_stays(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FormatError, match="a folder that wordkit did not write"):
        trained(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"bptt": 999}, ModelError, "480 ids; 4 streams of at least 999 need 3,997"),
        ({"batch_size": 9999}, ModelError, "give more text, or a smaller batch_size or bptt"),
        ({"optimizer": "best"}, ModelError, "optimizer must be one of"),
        ({"schedule": "one-cycle:warm_up=99"}, ModelError, "warm_up must be"),
        ({"schedule": "spiral"}, ModelError, "schedule must be one of"),
        ({"valid": corpus(["of other words"])}, CorpusError, "validation text has no known word"),
        ({"valid": None, "patience": 2}, ModelError, "patience needs a validation text"),
    ],
)
def test_bad_input(tmp_path: Path, options: dict[str, Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        trained(tmp_path / "m", **options)
    assert not list(tmp_path.iterdir())


OTHERS = corpus(["the dog ate"], times=2)
VECTORS = {n: WordVectors(["dog", "cat"], np.full((2, 8), n)) for n in (1, 2)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": corpus([*LINES[1:], LINES[0]], times=12)}, "with other training text"),
        ({"valid": OTHERS}, "with other validation text"),
        ({"valid": None}, "with other validation text"),
        ({"vectors": VECTORS[2]}, "with other word vectors"),
        ({"vectors": None}, "with other word vectors"),
    ],
)
def test_a_run_goes_on_with_the_same_texts(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    trained(tmp_path / "m", vectors=VECTORS[1], epochs=1)
    with pytest.raises(ModelError, match=f"was started {message}: resume it with the same data"):
        trained(tmp_path / "m", epochs=2, resume=True, **{"vectors": VECTORS[1], **change})
    trained(tmp_path / "m", epochs=2, resume=True, vectors=VECTORS[1])
    trained(tmp_path / "n", epochs=1, valid=None)
    with pytest.raises(ModelError, match="was started without validation text"):
        trained(tmp_path / "n", epochs=2, resume=True)


def test_a_model_beyond_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is taken of it, or written."""
    monkeypatch.setattr("wordkit.backend.memory.memory", lambda: 1e9)
    sizes = LMSettings(hidden_size=100_000, layers=1_000)
    with pytest.raises(ModelError, match=r"training a model of 79,9\d\d,.* weights would take"):
        fit(TRAIN, tmp_path / "m", settings=sizes, training=LMTraining(batch_size=1))
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("wordkit.training.saved_model.write_tensors", full)
        with pytest.raises(ModelError, match=r"/m cannot be written \(No space .*with --resume"):
            trained(tmp_path / "m")
    trained(tmp_path / "m", resume=True)
    trained(tmp_path / "whole")
    assert weights(tmp_path / "m") == weights(tmp_path / "whole")


@pytest.mark.parametrize(("times", "streams"), [(2, 4), (1, 3)])
def test_validates_on_as_many_streams_as_it_trains_on(
    tmp_path: Path, times: int, streams: int
) -> None:
    """Unless they would be shorter than a window."""
    valid = corpus(times=times)
    model, _ = trained(tmp_path / "m", valid=valid, epochs=1)
    losses = {}
    for n in range(1, 6):
        batches = TextBatches(valid.ids, batch_size=n, bptt=10, every_target=True)
        losses[n] = evaluate(model, batches.epoch(0, 0))[0]
    found = np.log(model.history["validation_perplexity"])
    assert min(losses, key=lambda n: abs(losses[n] - found)) == streams
    assert found == pytest.approx(losses[streams], rel=1e-6)


def test_a_validation_text_has_a_word_and_its_end(tmp_path: Path) -> None:
    model, _ = trained(tmp_path / "m", valid=corpus(["the"]), epochs=1)
    assert model.history["validation_perplexity"] > 1
    with pytest.raises(ModelError, match="validation text must have at least 2 tokens, found 1"):
        trained(tmp_path / "n", valid=Corpus.build([["the"]], min_count=1))


def test_a_short_validation_text_is_counted_whole(tmp_path: Path) -> None:
    model, _ = trained(tmp_path / "m", valid=corpus(["the cat barked"]), epochs=1)
    assert model.history["validation_oov"] == 1
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    assert config["history"]["validation_perplexity"] > 1


def test_the_seed_draws_the_first_weights(tmp_path: Path) -> None:
    """Which steps of a tiny rate leave as they are."""
    kept = [
        trained(tmp_path / f"{n}", epochs=1, lr=1e-9, seed=seed)[0].params["embedding.weight"]
        for n, seed in enumerate((1, 1, 2))
    ]
    np.testing.assert_allclose(kept[0], kept[1], atol=1e-6)
    assert np.abs(kept[0] - kept[2]).max() > 0.01


def test_windows_of_variable_length(tmp_path: Path) -> None:
    """They are cut elsewhere, so that there are other steps."""
    steps = [
        trained(tmp_path / name, epochs=3, variable_bptt=name == "variable")[1].step
        for name in ("fixed", "variable")
    ]
    assert steps[0] != steps[1]
