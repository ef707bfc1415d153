"""From pairs to a model: what is learnt, the folder, and going on with a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.interrupted import interrupted_after
from wordkit.errors import FormatError, ModelError
from wordkit.seq2seq.decode import translate
from wordkit.seq2seq.fit import fit, pair_batches, vocabularies
from wordkit.seq2seq.model import EncoderDecoder
from wordkit.seq2seq.settings import Seq2SeqSettings, Seq2SeqTraining
from wordkit.training.descent.options import OPTIMIZERS
from wordkit.training.model import evaluate
from wordkit.training.runs.checkpoint import latest_weights


def reversals(count: int, seed: int) -> list[tuple[list[str], list[str]]]:
    """Words of letters, and the same backwards in capitals."""
    rng = np.random.default_rng(seed)
    words = [["abcd"[n] for n in rng.integers(0, 4, rng.integers(1, 5))] for _ in range(count)]
    return [(word, [letter.upper() for letter in word[::-1]]) for word in words]


TRAIN, VALID = reversals(300, 1), reversals(40, 2)
SETTINGS: dict[str, Any] = {
    "embedding_size": 8, "hidden_size": 16, "attention": "dot", "input_feeding": True,
    "dropout": 0.1, "scheduled_sampling": 0.2,
}  # fmt: skip


def trained(
    folder: Path,
    *,
    pairs: Any = TRAIN,
    valid: Any = VALID,
    settings: dict[str, Any] | None = None,
    resume: bool = False,
    **options: Any,
) -> Any:
    options = {"batch_size": 32, "lr": 0.02, "epochs": 3, **options}
    return fit(
        pairs, folder, valid=valid, settings=Seq2SeqSettings(**SETTINGS | (settings or {})),
        training=Seq2SeqTraining(**options), resume=resume,
    )  # fmt: skip


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_learns_and_saves(tmp_path: Path) -> None:
    model, result = trained(
        tmp_path / "m", epochs=10, settings={"dropout": 0.0, "scheduled_sampling": 0.0}
    )
    loaded = EncoderDecoder.load(tmp_path / "m")
    loss, _ = evaluate(
        loaded, pair_batches(loaded, VALID, batch_size=7, shuffle=False).epoch(0, 0)
    )
    assert np.exp(loss) < 2  # to know no more than the letters gives over 4
    assert np.exp(loss) == pytest.approx(model.history["validation_perplexity"], rel=1e-5)
    assert loaded.history["steps"] == result.step == 100
    assert sorted(entry.name for entry in (tmp_path / "m").iterdir()) == [
        "checkpoints", "config.json", "model.safetensors", "source_vocabulary.txt",
        "target_vocabulary.txt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("optimizer", "clip"),
    [*((name, 5.0) for name in OPTIMIZERS), ("sgd", 0.25), ("sgd", 1e6), ("momentum", 0.25)],
)
def test_every_optimizer_learns_by_default(tmp_path: Path, optimizer: str, clip: float) -> None:
    """To know no more than how frequent letters are gives a perplexity of 4.8."""
    model, _ = fit(
        TRAIN, tmp_path / "m", valid=VALID,
        settings=Seq2SeqSettings(embedding_size=16, hidden_size=64, attention="dot"),
        training=Seq2SeqTraining(batch_size=16, optimizer=optimizer, clip=clip),
    )  # fmt: skip
    assert model.history["validation_perplexity"] < 2.5


def test_long_answers_are_not_cut(tmp_path: Path) -> None:
    """Of training pairs with targets longer than twice the source and 10."""
    pairs = [(["7"], list("the number called seven")), (["8"] * 20, list("eight"))]
    settings = {"hidden_size": 32, "dropout": 0.0, "scheduled_sampling": 0.0}
    trained(tmp_path / "m", pairs=pairs, valid=None, epochs=150, settings=settings, lr=0.02)
    model = EncoderDecoder.load(tmp_path / "m")
    assert model.extra_length == 23 - 2
    found = translate(model, [source for source, _ in pairs])
    assert [each.tokens for each in found] == [target for _, target in pairs]
    model, _ = trained(tmp_path / "short", valid=None, epochs=1)
    assert model.extra_length == 10


def test_paths_may_be_strings(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    model, _ = fit(TRAIN, str(folder), training=Seq2SeqTraining(epochs=1))
    model.save(str(tmp_path / "again"))
    loaded = EncoderDecoder.load(str(tmp_path / "again"))
    for name, param in model.params.items():
        np.testing.assert_array_equal(loaded.params[name], param)


def test_without_validation(tmp_path: Path) -> None:
    model, _ = trained(tmp_path / "m", valid=None, epochs=1)
    assert model.history["validation_perplexity"] is None


def test_a_broken_run_ends_in_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(tmp_path / "whole")
    with interrupted_after(16, EncoderDecoder, monkeypatch):
        trained(tmp_path / "broken")
    begun = EncoderDecoder.load(tmp_path / "broken")
    best = latest_weights(tmp_path / "broken" / "checkpoints")
    assert best is not None
    assert begun.history == {"unfinished": True, "step": best[0]}
    for path, weight in best[1].items():
        np.testing.assert_array_equal(begun.params[path], weight)
    trained(tmp_path / "broken", resume=True)
    assert weights(tmp_path / "broken") == weights(tmp_path / "whole")


@pytest.mark.parametrize("share", [False, True])
def test_more_epochs_replace_the_model(tmp_path: Path, share: bool) -> None:
    constant: dict[str, Any] = {"schedule": "constant", "valid": None}
    settings = {"scheduled_sampling": 0.0, "share_vocabulary": share}
    trained(tmp_path / "whole", epochs=2, settings=settings, **constant)
    trained(tmp_path / "m", epochs=1, settings=settings, **constant)
    before = weights(tmp_path / "m")
    trained(tmp_path / "m", epochs=2, settings=settings, resume=True, **constant)
    assert weights(tmp_path / "m") == weights(tmp_path / "whole") != before


def test_sampling_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to what was asked for, in the last epoch."""
    real, found = EncoderDecoder.loss_and_gradients, []

    def noted(self: Any, batch: Any) -> Any:
        found.append(batch.sampled)
        return real(self, batch)

    monkeypatch.setattr(EncoderDecoder, "loss_and_gradients", noted)
    trained(tmp_path / "m", epochs=4, batch_size=300, settings={"scheduled_sampling": 0.8})
    assert found == pytest.approx([0.2, 0.4, 0.6, 0.8])


def test_long_pairs_are_batches_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In training and in validation."""
    found = {"loss_and_gradients": 0, "loss": 0}
    for name in found:
        real = getattr(EncoderDecoder, name)

        def noted(self: Any, batch: Any, *, name: str = name, real: Any = real) -> Any:
            found[name] = max(found[name], batch.source.size + batch.target.size)
            return real(self, batch)

        monkeypatch.setattr(EncoderDecoder, name, noted)
    long = (["a"] * 100, ["A"] * 100)
    trained(tmp_path / "m", pairs=[*TRAIN, long], valid=[*VALID, long], epochs=1, batch_tokens=150)
    assert found == {"loss_and_gradients": 202, "loss": 202}


def test_pairs_that_are_left_out(tmp_path: Path) -> None:
    pairs = [*TRAIN, (["x"] * 5, ["Y"]), (["a"] * 4, ["Z"] * 5)]
    model, _ = trained(tmp_path / "m", pairs=pairs, valid=pairs[-2:], epochs=1, max_length=4)
    assert model.history["left_out"] == 2
    assert "x" not in model.source_vocabulary
    assert "Z" not in model.target_vocabulary
    whole, _ = trained(tmp_path / "whole", pairs=TRAIN, valid=pairs[-2:], epochs=1)
    assert weights(tmp_path / "whole") == weights(tmp_path / "m")
    assert whole.history["left_out"] == 0
    with pytest.raises(
        ModelError, match=r"all 2 training pairs have more than 4 tokens on a side"
    ):
        trained(tmp_path / "n", pairs=pairs[-2:], max_length=4)


def test_a_run_is_not_overwritten_nor_mixed_with_another(tmp_path: Path) -> None:
    shared = {"share_vocabulary": True}
    trained(tmp_path / "m", epochs=1, settings=shared)
    with pytest.raises(ModelError, match="holds the checkpoint step-000000010: resume that run"):
        trained(tmp_path / "m", epochs=1, settings=shared)
    with pytest.raises(ModelError, match=r"has batch_size 32, not 5: resume it with the settings"):
        trained(tmp_path / "m", epochs=2, batch_size=5, settings=shared, resume=True)
    with pytest.raises(ModelError, match="has reverse False, not True"):
        trained(tmp_path / "m", epochs=2, settings={"reverse": True, **shared}, resume=True)
    trained(tmp_path / "m", epochs=2, settings=shared, resume=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pairs": [*TRAIN[1:], TRAIN[0]]}, "with other training pairs"),
        ({"valid": VALID[1:]}, "with other validation pairs"),
        ({"valid": None}, "with other validation pairs"),
    ],
)
def test_a_run_goes_on_with_the_same_pairs(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    trained(tmp_path / "m", epochs=1)
    with pytest.raises(ModelError, match=f"was started {message}"):
        trained(tmp_path / "m", epochs=2, resume=True, **change)


def test_a_model_beyond_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is taken of it, or written."""
    monkeypatch.setattr("wordkit.backend.memory.memory", lambda: 1e9)
    sizes = Seq2SeqSettings(hidden_size=100_000, attention="additive", bidirectional=True)
    with pytest.raises(ModelError, match=r"training a model of \d\d\d,.* weights would take"):
        fit([(("a",), ("b",))], tmp_path / "m", settings=sizes)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wordkit.training.saved_model.write_tensors", full)
    with pytest.raises(ModelError, match=r"/m cannot be written \(No space .*with --resume"):
        trained(tmp_path / "m", epochs=1)


# --- vocabularies -------------------------------------------------------------------

PAIRS = [(["a", "b", "b", "b"], ["x", "b"]), (["a", "<unk>", "c"], ["x", "x", "y"])]


def test_vocabularies() -> None:
    source, target = vocabularies(PAIRS, Seq2SeqSettings(), Seq2SeqTraining(source_min_count=2))
    assert (source.words, source.counts.tolist()) == (["<unk>", "b", "a"], [2, 3, 2])
    assert target.words == ["<unk>", "<bos>", "<eos>", "x", "b", "y"]
    assert target.counts.tolist() == [0, 0, 2, 3, 1, 1]


def test_one_vocabulary() -> None:
    training = Seq2SeqTraining(source_min_count=3, target_min_count=2)
    source, target = vocabularies(PAIRS, Seq2SeqSettings(share_vocabulary=True), training)
    assert source is target
    assert source.words == ["<unk>", "<bos>", "<eos>", "b", "x"]
    assert source.counts.tolist() == [5, 0, 2, 4, 3]


def test_rare_words_are_unknown(tmp_path: Path) -> None:
    model, _ = trained(tmp_path / "m", pairs=PAIRS, valid=None, epochs=1, target_min_count=2)
    np.testing.assert_array_equal(model.target_ids(["x", "y"]), [1, 3, 0, 2])


# --- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pairs": []}, "there is no training pair"),
        ({"valid": []}, "there is no validation pair"),
        ({"pairs": [*TRAIN, ([], ["A"])]}, "training pair 301 has an empty source"),
        ({"valid": [(["a"], [])]}, "validation pair 1 has an empty target"),
        ({"optimizer": "best"}, "optimizer must be one of"),
        ({"clip": 0.0}, "clip"),
        ({"valid": None, "patience": 2}, "patience needs a validation text"),
    ],
)
def test_bad_input(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        trained(tmp_path / "m", **options)
    assert not list(tmp_path.iterdir())


def test_what_is_not_a_model_stays(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FormatError, match="a folder that wordkit did not write"):
        trained(tmp_path)
    (tmp_path / "notes.txt").unlink()
    (tmp_path / "config.json").write_text(json.dumps({"wordkit": True, "kind": "vectors"}))
    with pytest.raises(FormatError, match="a wordkit vectors, not a seq2seq to replace"):
        trained(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]


def test_the_seed_draws_the_first_weights(tmp_path: Path) -> None:
    """Which steps of a tiny rate leave as they are."""
    kept = [
        trained(tmp_path / f"{n}", epochs=1, lr=1e-9, seed=seed)[0].params["output.weight"]
        for n, seed in enumerate((1, 1, 2))
    ]
    np.testing.assert_allclose(kept[0], kept[1], atol=1e-6)
    assert np.abs(kept[0] - kept[2]).max() > 0.01


def test_the_sample_is_the_first_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the validation pairs, where there are some."""
    for name, valid, first in ("a", VALID, VALID[0]), ("b", None, TRAIN[0]):
        fit(
            TRAIN, tmp_path / name, valid=valid, settings=Seq2SeqSettings(**SETTINGS),
            training=Seq2SeqTraining(epochs=1, batch_size=32), progress=True,
        )  # fmt: skip
        assert f"    {' '.join(first[0])} -> " in capsys.readouterr().err
