"""The model: against its formulas, its gradients, a word at a time, its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from tests.layers.masks import shapes_drawn
from tests.seq2seq.small import PAIRS, SOURCE, TARGET, Twin, batch_of, small_model
from wordkit.backend import products
from wordkit.backend.arrays import to_host
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import FormatError, ModelError
from wordkit.layers.attention.kinds import ATTENTIONS
from wordkit.layers.base import RowGradient
from wordkit.layers.gradient_check import numeric_gradient
from wordkit.layers.recurrent.cells import CELLS
from wordkit.seq2seq.model import EncoderDecoder
from wordkit.seq2seq.settings import NO_ATTENTION, Seq2SeqSettings
from wordkit.storage.tensors import map_tensors, write_tensors
from wordkit.training.descent.gradients import combined

DEEP = {"layers": 2, "residual": True, "dropout": 0.3}
TIED = {"embedding_size": 2, "tie": True}
SETTINGS: list[dict[str, Any]] = [
    {},
    *({"cell": cell, "attention": "dot"} for cell in CELLS),
    *({"attention": kind, "layers": 2} for kind in ATTENTIONS),
    {"cell": "gru", "peeky": True, "reverse": True},
    {"attention": "dot", "reverse": True, "share_vocabulary": True, **TIED},
    {"attention": "general", "cell": "gru", "bidirectional": True, **DEEP},
    {"attention": "additive", "bidirectional": True, "peeky": True, "label_smoothing": 0.2},
    {"attention": "dot", "input_feeding": True, "bidirectional": True, "peeky": True, **DEEP},
    {"attention": "general", "input_feeding": True, "cell": "gru", "reverse": True, "layers": 2},
    {"attention": "additive", "input_feeding": True, "share_vocabulary": True, **TIED},
    {"attention": "dot", "scheduled_sampling": 0.5, "layers": 2},
    {"attention": "additive", "scheduled_sampling": 0.5, "input_feeding": True, "dropout": 0.3},
]
each = pytest.mark.parametrize(
    "settings", SETTINGS, ids=[" ".join(settings) or "plain" for settings in SETTINGS]
)
TARGETS = sum(len(target) + 1 for _, target in PAIRS)


# --- what it says -------------------------------------------------------------------

any_settings = st.fixed_dictionaries(
    {
        "cell": st.sampled_from(list(CELLS)),
        "attention": st.sampled_from([NO_ATTENTION, *ATTENTIONS]),
        "layers": st.integers(1, 3),
        "embedding_size": st.integers(2, 3),
        **{
            name: st.booleans()
            for name in ("bidirectional", "residual", "reverse", "peeky", "input_feeding", "tie")
        },
        "share_vocabulary": st.booleans(),
        "dropout": st.sampled_from([0.0, 0.5]),
    }
)


@given(any_settings)
@tries(max_examples=40, deadline=None)
def test_against_the_formulas(values: dict[str, Any]) -> None:
    """In a batch with padding as in loops over single pairs; then a step after the other."""
    try:
        model = small_model(**values)
    except ModelError:
        assume(False)
    twin, expected = Twin(model), 0.0
    memory = model.encode([model.source_ids(source) for source, _ in PAIRS])
    for n, (source, target) in enumerate(PAIRS):
        ids = model.target_ids(target)
        logs, looks = twin.log_probabilities(model.source_ids(source), ids[:-1])
        expected -= logs[np.arange(len(ids) - 1), ids[1:]].sum()
        one = memory.rows(np.array([n]))
        state = one.first_state
        for t, word in enumerate(ids[:-1]):
            scores, state, weights = model.step(np.array([word]), state, one)
            np.testing.assert_allclose(scores, logs[t : t + 1], rtol=1e-9)
            if weights is not None:
                np.testing.assert_allclose(weights[0, : len(source)], looks[t], rtol=1e-9)
                assert not weights[0, len(source) :].any()
    loss, count = model.loss(batch_of(model))
    assert (loss, count) == (pytest.approx(expected), TARGETS)


@each
def test_on_every_array_module(xp: Any, settings: dict[str, Any]) -> None:
    model, host = small_model(xp=xp, **settings), small_model(**settings)
    found, expected = (m.loss_and_gradients(batch_of(m)) for m in (model, host))
    assert found[0] == pytest.approx(expected[0])
    np.testing.assert_allclose(
        to_host(found[2]["decoder.layers.0.weight_hh"]), expected[2]["decoder.layers.0.weight_hh"]
    )
    sources = [model.source_ids(source) for source, _ in PAIRS]
    both = [m.encode(sources).rows(np.array([2, 0, 2])) for m in (model, host)]
    steps = [
        m.step(np.array([3, 1, 4]), memory.first_state, memory)
        for m, memory in zip((model, host), both, strict=True)
    ]
    np.testing.assert_allclose(to_host(steps[0][0]), steps[1][0], rtol=1e-10)
    assert steps[0][1].keys() == steps[1][1].keys()


def test_what_was_read_stays() -> None:
    """A memory is not overwritten when the model reads on."""
    model = small_model(attention="dot")
    memory = model.encode([np.array([1, 2], np.int32)])
    assert memory.states is not None
    before = memory.states.copy()
    model.encode([np.array([3, 3], np.int32)])
    np.testing.assert_array_equal(memory.states, before)


def test_steps_give_float32_probabilities() -> None:
    model = small_model(dtype=np.float32, attention="additive", input_feeding=True, peeky=True)
    memory = model.encode([model.source_ids(["a", "c"])] * 2)
    scores, state, weights = model.step(np.full(2, model.start), memory.first_state, memory)
    assert weights is not None
    assert {a.dtype for a in (scores, weights, *state.values())} == {np.dtype(np.float32)}
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1, rtol=1e-6)


def test_words_and_ids() -> None:
    model = small_model()
    np.testing.assert_array_equal(model.source_ids(["c", "?", "a"]), [3, 0, 1])
    np.testing.assert_array_equal(model.target_ids(["y", "?"]), [1, 4, 0, 2])
    assert [model.target_words[n] for n in (model.start, model.end, model.unknown)] == [
        "<bos>", "<eos>", "<unk>",
    ]  # fmt: skip


# --- training -----------------------------------------------------------------------


@pytest.mark.parametrize("input_feeding", [False, True])
def test_what_is_dropped(monkeypatch: pytest.MonkeyPatch, input_feeding: bool) -> None:
    """Both embeddings, units between layers on both sides, and what the softmax is given."""
    drawn = shapes_drawn(monkeypatch)
    model = small_model(attention="dot", input_feeding=input_feeding, hidden_size=5, **DEEP)
    batch = batch_of(model, PAIRS[::2])  # two sources of up to 4 words, targets of up to 2
    model.loss(batch)
    assert not drawn
    model.loss_and_gradients(batch)
    assert drawn == {(2, 4, 3): 1, (2, 4, 5): 1, (2, 3, 3): 1, (2, 3, 5): 2}


@each
def test_gradients(settings: dict[str, Any]) -> None:
    model = small_model(**settings)
    batch, draws = batch_of(model), model.generators["draws"].bit_generator.state

    forward, smoothed = model.output.forward, [0.0]

    def noted(*inputs: Any, **options: Any) -> float:
        smoothed[0] = float(forward(*inputs, **options))
        return smoothed[0]

    model.output.forward = noted  # type: ignore[method-assign]

    def mean_loss(_: Any = None) -> float:
        model.generators["draws"].bit_generator.state = draws
        model.loss_and_gradients(batch)
        return smoothed[0]

    mean_loss()
    grads = combined(model.params, model.grads)
    grads = {n: (g.dense() if isinstance(g, RowGradient) else g).copy() for n, g in grads.items()}
    assert {id(model.params[name]) for name in grads} == {id(p) for p in model.params.values()}
    for name, gradient in grads.items():
        expected = numeric_gradient(mean_loss, model.params[name])
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-8, err_msg=name)


@pytest.mark.parametrize(
    "settings", [s for s in SETTINGS if not {"dropout", "scheduled_sampling"} & {*s}]
)
def test_gradients_of_a_batch_are_those_of_its_pairs(settings: dict[str, Any]) -> None:
    model = small_model(**settings)

    def sums(pairs: Any) -> tuple[float, dict[str, np.ndarray]]:
        loss, count, grads = model.loss_and_gradients(batch_of(model, pairs))
        dense = combined(model.params, grads)
        return loss, {
            name: count * (g.dense() if isinstance(g, RowGradient) else g)
            for name, g in dense.items()
        }

    loss, whole = sums(PAIRS)
    singles = [sums([pair]) for pair in PAIRS]
    assert loss == pytest.approx(sum(single for single, _ in singles))
    for name, gradient in whole.items():
        expected = sum(grads[name] for _, grads in singles)
        np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-12, err_msg=name)


def test_a_loss_is_without_smoothing() -> None:
    smooth, plain = small_model(label_smoothing=0.2), small_model()
    batch = batch_of(plain)
    assert smooth.loss_and_gradients(batch)[0] == plain.loss_and_gradients(batch)[0]
    assert not np.allclose(smooth.output.grads["bias"], plain.output.grads["bias"])
    assert smooth.loss(batch) == plain.loss(batch)


def test_only_training_drops_and_samples() -> None:
    options = {"dropout": 0.3, "scheduled_sampling": 1.0}
    for option, value in options.items():
        model, plain = small_model(**{option: value}), small_model()
        batch = batch_of(model)
        assert model.loss(batch) == plain.loss(batch)
        drawn, known = model.loss_and_gradients(batch), plain.loss_and_gradients(batch_of(plain))
        assert drawn[0] != known[0]


def test_sampling_everything_is_greedy() -> None:
    """All words but ``<bos>`` are the model's own."""
    model = small_model(attention="dot", input_feeding=True)
    memory = model.encode([model.source_ids(source) for source, _ in PAIRS])
    words, state, guessed = np.full(3, model.start), memory.first_state, []
    for _ in range(4):
        guessed.append(words)
        scores, state, _ = model.step(words, state, memory)
        words = scores.argmax(axis=1)
    truth = np.array([[1, 3, 3, 3]] * 3)
    np.testing.assert_array_equal(model._partly_guessed(truth, memory, 1.0), np.array(guessed).T)
    np.testing.assert_array_equal(model._partly_guessed(truth, memory, 1e-12), truth)


def test_shared_weights_are_one_object() -> None:
    settings = Seq2SeqSettings(share_vocabulary=True, tie=True, embedding_size=128)
    params = EncoderDecoder(settings, TARGET, TARGET).params
    assert params["encoder.embedding.weight"] is params["decoder.embedding.weight"]
    assert params["encoder.embedding.weight"] is params["output.weight"]
    assert params["output.weight"].dtype == np.float32


def test_initial_weights() -> None:
    model = EncoderDecoder(Seq2SeqSettings(bidirectional=True, hidden_size=4), SOURCE, TARGET)
    bias = model.params["decoder.layers.0.bias"].reshape(4, 4)
    np.testing.assert_array_equal(bias, np.eye(4)[:, 1:2] * np.ones(4))
    np.testing.assert_array_equal(
        model.params["encoder.layers.0.backward.bias"], np.repeat(bias[:, 0], 2)
    )
    for gate in np.split(model.params["decoder.layers.0.weight_hh"], 4, axis=1):
        np.testing.assert_allclose(gate @ gate.T, np.eye(4), atol=1e-6)
    np.testing.assert_array_equal(model.params["encoder.bridge.c.weight"], np.eye(4))
    p = np.exp(model.params["output.bias"])
    np.testing.assert_allclose(p / p[3], [1 / 5, 0.5 / 5, 3 / 5, 1, 4 / 5], rtol=1e-6)


# --- on disk ------------------------------------------------------------------------


@each
def test_comes_back(tmp_path: Path, settings: dict[str, Any]) -> None:
    model = small_model(dtype=np.float32, **settings)
    model.history = {"epochs": 3}
    model.save(tmp_path / "m")
    loaded = EncoderDecoder.load(tmp_path / "m")
    assert (loaded.settings, loaded.history) == (model.settings, {"epochs": 3})
    assert loaded.source_vocabulary.words == model.source_vocabulary.words
    assert loaded.target_words == model.target_words
    np.testing.assert_array_equal(loaded.target_vocabulary.counts, model.target_vocabulary.counts)
    assert loaded.params.keys() == model.params.keys()
    for name, param in model.params.items():
        np.testing.assert_array_equal(loaded.params[name], param)
    loaded.params["decoder.layers.0.weight_hh"][0] = 0  # it can be trained on


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    small_model(dtype=np.float32, attention="dot").save(tmp_path / "m")
    return tmp_path / "m"


@pytest.mark.parametrize("share", [False, True])
def test_can_be_saved_again(tmp_path: Path, share: bool) -> None:
    for _ in range(2):
        small_model(dtype=np.float32, share_vocabulary=share).save(tmp_path / "m")


def test_extra_length(saved: Path) -> None:
    model = EncoderDecoder.load(saved)
    assert model.extra_length == 10
    model.extra_length = 25
    model.save(saved)
    assert EncoderDecoder.load(saved).extra_length == 25


@pytest.mark.parametrize("size", [0, 5, 100, -1])
def test_cut_short(saved: Path, size: int) -> None:
    path = saved / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(FormatError, match="cut short"):
        EncoderDecoder.load(saved)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("source_vocabulary.txt", "c\t2\n", "", r"must be .* of the shape \(3, 3\), .* found"),
        (
            "target_vocabulary.txt",
            "<eos>",
            "end",
            "the target vocabulary must have the word <eos>",
        ),
        ("source_vocabulary.txt", "\t", " ", "expected a word, a tab and its count"),
    ],
)
def test_vocabularies_that_do_not_fit(
    saved: Path, name: str, old: str, new: str, message: str
) -> None:
    (saved / name).write_text((saved / name).read_text().replace(old, new))
    with pytest.raises(FormatError, match=message):
        EncoderDecoder.load(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "language-model"}, "of the kind language-model, expected seq2seq"),
        ({"version": 2}, "upgrade wordkit"),
        ({"settings": {"hidden_size": 6, "embedding_size": 3}}, "of the shape"),
        ({"settings": {"cell": "elman"}}, "damaged: cell must be one of"),
        ({"settings": {"layers": "2"}}, "layers must be a whole number from 1 to 1,000"),
        ({"settings": {"colour": 1}}, "damaged"),
        ({"settings": None}, "damaged"),
        ({"extra_length": -1}, "damaged: extra_length must be a whole number from 0, not -1"),
        ({"extra_length": "9"}, "damaged: extra_length must be a whole number from 0, not '9'"),
        ({"settings": {"layers": 1_000_000_000}}, "from 1 to 1,000, not 1000000000"),
        ({"settings": {"layers": 900}}, "too few for 900 layers"),
    ],
)
def test_a_config_that_does_not_fit(saved: Path, change: dict[str, Any], message: str) -> None:
    config = json.loads((saved / "config.json").read_text()) | change
    (saved / "config.json").write_text(json.dumps(config))
    with pytest.raises(FormatError, match=message):
        EncoderDecoder.load(saved)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        EncoderDecoder.load(tmp_path / "m")
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(FormatError, match="no model yet, nor a checkpoint"):
        EncoderDecoder.load(tmp_path)


def test_weights_and_words_that_are_missing() -> None:
    model = small_model()
    weights = dict(model.params)
    del weights["output.bias"]
    with pytest.raises(ModelError, match=r"needs the weights 'output\.bias', of the shape \(5,\)"):
        EncoderDecoder(model.settings, SOURCE, TARGET, weights)
    with pytest.raises(ModelError, match="the source vocabulary must have the word <unk>"):
        EncoderDecoder(model.settings, Vocabulary(["a"], [1]), TARGET, weights)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_weights_that_are_not_finite(saved: Path, wrong: float) -> None:
    path = saved / "model.safetensors"
    weights = {name: np.array(weight) for name, weight in map_tensors(path).items()}
    weights["output.bias"][-1] = wrong
    write_tensors(path, weights)
    with pytest.raises(FormatError, match=r"the weights 'output.bias' hold NaN or infinity"):
        EncoderDecoder.load(saved)


def test_the_weights_are_prepared_once_for_all_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model(dtype=np.float32, attention="dot", layers=2)
    prepared: list[tuple[int, ...]] = []

    class Noted(products.Times):
        def __init__(self, right: np.ndarray, *given: int) -> None:
            prepared.append(right.shape)
            super().__init__(right, *given)

    memory = model.encode([np.array([1, 2])] * 3)
    monkeypatch.setattr(products, "Times", Noted)
    words, state = np.full(3, model.start), memory.first_state
    counts = []
    for _ in range(3):
        _, state, _ = model.step(words, state, memory.rows([0, 1, 2]))
        counts.append(len(prepared))
    assert counts[0] == counts[2] > 0
