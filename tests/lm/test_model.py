"""The model: its loss and gradients, its weights at first, its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.layers.masks import shapes_drawn
from tests.lm.small import corpus, probabilities, small_model
from wordkit.backend.arrays import to_host
from wordkit.errors import FormatError, ModelError
from wordkit.layers.base import RowGradient
from wordkit.layers.gradient_check import numeric_gradient
from wordkit.layers.recurrent.cells import CELLS
from wordkit.lm.initial_vectors import put_vectors
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.settings import LMSettings
from wordkit.lm.texts import UNITS
from wordkit.training.batches import TextBatch
from wordkit.training.descent.gradients import combined
from wordkit.vectors.word_vectors import WordVectors

BATCH = TextBatch(
    np.array([[1, 2, 3], [4, 5, 0]], np.int32), np.array([[2, 3, -1], [5, 0, 6]], np.int32)
)
ALL = {"dropout": 0.3, "embedding_dropout": 0.3, "weight_drop": 0.3, "variational": True}
SETTINGS = [
    {"cell": "lstm", "layers": 2, "tie": True},
    *({"cell": cell} for cell in CELLS),
    {"cell": "rnn", "hidden_size": 3, "layers": 2, "dropout": 0.3},
    {"cell": "lstm", **ALL},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_gradients(settings: dict[str, Any]) -> None:
    model = small_model(**settings)
    model.loss(BATCH)
    state, draws = model.state, model.generators["dropout"].bit_generator.state

    def mean_loss(_: Any = None) -> float:
        model.state = {name: array.copy() for name, array in state.items()}
        model.generators["dropout"].bit_generator.state = draws
        return model.loss_and_gradients(BATCH)[0] / 5

    mean_loss()
    grads = combined(model.params, model.grads)
    grads = {n: (g.dense() if isinstance(g, RowGradient) else g).copy() for n, g in grads.items()}
    assert grads.keys() | {"output.weight"} == model.params.keys() | {"output.weight"}
    for name, gradient in grads.items():
        expected = numeric_gradient(mean_loss, model.params[name])
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("settings", SETTINGS)
def test_loss_against_the_loop(settings: dict[str, Any]) -> None:
    model = small_model(**settings)
    loss, count = model.loss(BATCH)
    expected = 0.0
    for ids, targets in zip(BATCH.inputs, BATCH.targets, strict=True):
        p = probabilities(model, ids)
        expected -= sum(np.log(p[t, word]) for t, word in enumerate(targets) if word >= 0)
    assert (loss, count) == (pytest.approx(expected), 5)


def test_the_state_goes_on_from_batch_to_batch() -> None:
    model = small_model(layers=2)
    whole = model.loss(BATCH)[0]
    model.state = {}
    first = model.loss(TextBatch(BATCH.inputs[:, :1], BATCH.targets[:, :1]))[0]
    kept = {name: array.copy() for name, array in model.state.items()}
    handed = model.state
    second = model.loss(TextBatch(BATCH.inputs[:, 1:], BATCH.targets[:, 1:]))[0]
    assert first + second == pytest.approx(whole)
    for name, array in handed.items():
        np.testing.assert_array_equal(array, kept[name])


def test_dropout_is_for_training_only() -> None:
    model, plain = small_model(**ALL), small_model()
    assert model.loss(BATCH) == plain.loss(BATCH)
    assert model.loss_and_gradients(BATCH)[0] != plain.loss_and_gradients(BATCH)[0]


@pytest.mark.parametrize("variational", [False, True])
def test_what_is_dropped(monkeypatch: pytest.MonkeyPatch, variational: bool) -> None:
    """Words, units below, between and above the layers, and weights of each layer."""
    drawn = shapes_drawn(monkeypatch)
    model = small_model(**{**ALL, "layers": 2, "hidden_size": 5, "variational": variational})
    model.loss(BATCH)
    assert not drawn
    model.loss_and_gradients(BATCH)
    steps = 1 if variational else 3
    units = {(2, steps, 4): 1, (2, steps, 5): 2}
    assert drawn == {(9, 1): 1, (5, 20): 2, **units}


def test_on_every_array_module(xp: Any) -> None:
    model, host = small_model(xp=xp, layers=2, tie=True), small_model(layers=2, tie=True)
    found, expected = model.loss_and_gradients(BATCH), host.loss_and_gradients(BATCH)
    assert found[0] == pytest.approx(expected[0])
    np.testing.assert_allclose(
        to_host(found[2]["recurrent.1.weight_hh"]), expected[2]["recurrent.1.weight_hh"]
    )
    h, state = model.step(np.array([1, 2]), {})
    np.testing.assert_allclose(
        to_host(model.scores(h)), host.scores(host.step(np.array([1, 2]), {})[0])
    )
    assert state.keys() == {"0.h", "0.c", "1.h", "1.c"}


def test_tied_weights_are_one_object() -> None:
    model = RecurrentLanguageModel(LMSettings(tie=True), corpus().vocabulary)
    assert model.params["output.weight"] is model.params["embedding.weight"]
    assert model.params["output.weight"].dtype == np.float32


# --- initial weights ----------------------------------------------------------------


def test_begins_as_the_unigram_model() -> None:
    vocabulary = corpus(times=3).vocabulary
    model = RecurrentLanguageModel(LMSettings(), vocabulary)
    p = np.exp(model.scores(np.zeros((1, 100), np.float32))[0])
    np.testing.assert_allclose(p, vocabulary.counts / vocabulary.counts.sum(), rtol=1e-5)


def test_an_lstm_remembers_and_keeps_lengths_at_first() -> None:
    model = RecurrentLanguageModel(LMSettings(hidden_size=5), corpus().vocabulary)
    bias = model.params["recurrent.0.bias"].reshape(4, 5)
    np.testing.assert_array_equal(bias, [[0] * 5, [1] * 5, [0] * 5, [0] * 5])
    for gate in np.split(model.params["recurrent.0.weight_hh"], 4, axis=1):
        np.testing.assert_allclose(gate @ gate.T, np.eye(5), atol=1e-6)


def test_word_vectors_to_begin_with() -> None:
    vocabulary = corpus().vocabulary
    vectors = WordVectors(["dog", "unheard", "cat"], np.array([[30, 0], [7, 7], [0, 40]]))
    settings = LMSettings(embedding_size=2)
    model = RecurrentLanguageModel(settings, vocabulary)
    put_vectors(model.params["embedding.weight"], vocabulary, vectors)
    dog, cat = model.params["embedding.weight"][vocabulary.encode(["dog", "cat"])]
    assert dog[1] == cat[0] == 0
    assert cat[1] / dog[0] == pytest.approx(4 / 3)
    assert np.mean([dog**2, cat**2]) == pytest.approx(0.01 / 3)  # as of uniform(-0.1, 0.1)


@pytest.mark.parametrize(
    ("words", "rows", "message"),
    [
        (["dog"], [[1.0, 2, 3]], "have 3 dimensions, the embedding 2"),
        (["unheard"], [[1.0, 2]], "no word of the vocabulary"),
        (["dog"], [[0.0, 0]], "all zero"),
        (["dog"], [[np.nan, 0]], "NaN"),
    ],
)
def test_word_vectors_that_do_not_fit(words: list[str], rows: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        put_vectors(
            np.zeros((9, 2), np.float32), corpus().vocabulary, WordVectors(words, np.array(rows))
        )


# --- on disk ------------------------------------------------------------------------


@pytest.mark.parametrize("settings", SETTINGS)
def test_comes_back(tmp_path: Path, settings: dict[str, Any]) -> None:
    model = small_model(dtype=np.float32, **settings)
    model.text, model.history = UNITS["chars"], {"epochs": 3}
    model.save(tmp_path / "m")
    loaded = RecurrentLanguageModel.load(tmp_path / "m")
    assert (loaded.settings, loaded.text) == (model.settings, model.text)
    assert loaded.history == {"epochs": 3}
    assert loaded.vocabulary.words == model.vocabulary.words
    np.testing.assert_array_equal(loaded.vocabulary.counts, model.vocabulary.counts)
    assert loaded.params.keys() == model.params.keys()
    for name, param in model.params.items():
        np.testing.assert_array_equal(loaded.params[name], param)
    loaded.params["embedding.weight"][0] = 0  # it can be trained on


def test_saved_from_every_array_module(tmp_path: Path, xp: Any) -> None:
    model = small_model(dtype=np.float32, xp=xp)
    model.save(tmp_path / "m")
    loaded = RecurrentLanguageModel.load(tmp_path / "m")
    for name, param in loaded.params.items():
        np.testing.assert_array_equal(param, to_host(model.params[name]))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    small_model(dtype=np.float32).save(tmp_path / "m")
    return tmp_path / "m"


def test_the_vocabulary_is_a_line_a_word(saved: Path) -> None:
    lines = (saved / "vocabulary.txt").read_text().splitlines()
    assert [line.split("\t")[0] for line in lines] == corpus().vocabulary.words


@pytest.mark.parametrize("size", [0, 5, 100, -1])
def test_cut_short(saved: Path, size: int) -> None:
    path = saved / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(FormatError, match="cut short"):
        RecurrentLanguageModel.load(saved)


def test_a_vocabulary_of_another_model(saved: Path) -> None:
    words = (saved / "vocabulary.txt").read_text()
    (saved / "vocabulary.txt").write_text(words + "new\t1\n")
    with pytest.raises(FormatError, match=r"has 10 words, but config\.json speaks of 9"):
        RecurrentLanguageModel.load(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "vectors"}, "of the kind vectors, expected language-model"),
        ({"version": 2}, "upgrade wordkit"),
        ({"settings": {"cell": "lstm", "hidden_size": 5}}, "of the shape"),
        ({"settings": {"cell": "transformer"}}, "damaged: cell must be one of"),
        ({"settings": {"layers": "2"}}, "layers must be a whole number from 1 to 1,000"),
        ({"settings": {"colour": 1}}, "damaged"),
        ({"settings": None}, "damaged"),
        ({"settings": {"layers": 1_000_000_000}}, "from 1 to 1,000, not 1000000000"),
        ({"settings": {"layers": 900}}, "too few for 900 layers"),
        ({"text": None}, "damaged: expected the text options"),
        ({"text": {"tokenizer": "mine"}}, "damaged: unknown tokenizer 'mine'"),
        ({"text": {"tokenizer": "chars", "lower": 3}}, "damaged: the text option lower is 3"),
        ({"history": 3}, "damaged"),
        ({"words": 8}, "has 9 words, but config.json speaks of 8"),
    ],
)
def test_a_config_that_does_not_fit(saved: Path, change: dict[str, Any], message: str) -> None:
    config = json.loads((saved / "config.json").read_text()) | change
    (saved / "config.json").write_text(json.dumps(config))
    with pytest.raises(FormatError, match=message):
        RecurrentLanguageModel.load(saved)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        RecurrentLanguageModel.load(tmp_path / "m")
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(FormatError, match="no model yet, nor a checkpoint"):
        RecurrentLanguageModel.load(tmp_path)


def test_weights_that_are_missing() -> None:
    model = small_model()
    weights = dict(model.params)
    del weights["output.bias"]
    with pytest.raises(ModelError, match=r"needs the weights 'output\.bias', of the shape \(9,\)"):
        RecurrentLanguageModel(model.settings, model.vocabulary, weights)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite(tmp_path: Path, wrong: float) -> None:
    model = small_model(dtype=np.float32)
    model.params["recurrent.0.weight_hh"][1, 2] = wrong
    model.save(tmp_path / "m")
    with pytest.raises(FormatError, match=r"weights 'recurrent\.0\.weight_hh' hold NaN or inf"):
        RecurrentLanguageModel.load(tmp_path / "m")


def test_weights_of_two_types(tmp_path: Path) -> None:
    model = small_model(dtype=np.float32)
    weights = {**model.params, "output.bias": model.params["output.bias"].astype(float)}
    message = r"all weights must be of one type: 'embedding\.weight' are float32, 'output\.bias'"
    with pytest.raises(ModelError, match=message):
        RecurrentLanguageModel(model.settings, model.vocabulary, weights)
    model.replace(lambda path, _: weights[path])
    model.save(tmp_path / "m")
    with pytest.raises(FormatError, match=message):
        RecurrentLanguageModel.load(tmp_path / "m")
