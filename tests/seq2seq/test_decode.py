"""Greedy and beam search, against plain twins, on random models of a few words."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.seq2seq.small import TARGET, Twin, small_model
from wordkit.seq2seq import decode
from wordkit.seq2seq.decode import Translation, translate

WORDS = ["<unk>", "<bos>", "<eos>", "a", "b"]
SIZE = 6


class Memory(NamedTuple):
    states: Any
    mask: Any
    first_state: dict[str, Any]

    def rows(self, index: np.ndarray) -> Memory:
        return Memory(
            self.states[self.xp.asarray(index)],
            self.mask[self.xp.asarray(index)],
            {name: array[self.xp.asarray(index)] for name, array in self.first_state.items()},
            self.xp,
        )

    xp: Any = np


class SmallModel:
    """Random weights: each word by all words before it, and by the source."""

    start, end, unknown, extra_length = 1, 2, 0, 10
    target_words = WORDS

    def __init__(self, seed: int = 0, xp: Any = np, attention: str = "dot", spread: float = 3.0):
        rng = np.random.default_rng(seed)
        self.xp, self.settings = xp, SimpleNamespace(units="words", attention=attention)
        sizes = {"source": len("vwxyz"), "target": len(WORDS), "recurrent": SIZE}
        self.weights = {
            name: xp.asarray(spread * rng.standard_normal((size, SIZE)))
            for name, size in sizes.items()
        }
        self.output = xp.asarray(rng.standard_normal((SIZE, len(WORDS))))
        self.rows: list[int] = []  # of each step

    def source_ids(self, tokens: list[str]) -> np.ndarray:
        return np.array(["vwxyz".index(token) for token in tokens], np.int32)

    def encode(self, sources: list[np.ndarray]) -> Memory:
        mask = np.zeros((len(sources), max(map(len, sources))))
        for row, source in enumerate(sources):
            mask[row, : len(source)] = 1
        ids = [np.pad(source, (0, mask.shape[1] - len(source))) for source in sources]
        mask, xp = self.xp.asarray(mask), self.xp
        states = self.weights["source"][xp.asarray(np.array(ids))] * mask[..., None]
        return Memory(states, mask, {"h": xp.tanh(states.sum(axis=1))}, xp)

    def step(self, words: np.ndarray, state: dict[str, Any], memory: Memory) -> tuple:
        xp, h = self.xp, state["h"]
        self.rows.append(len(words))
        h = xp.tanh(h @ self.weights["recurrent"] + self.weights["target"][xp.asarray(words)])
        weights = xp.exp((memory.states * h[:, None]).sum(axis=2)) * memory.mask
        weights = weights / weights.sum(axis=1, keepdims=True)
        context = (memory.states * weights[..., None]).sum(axis=1)
        scores = (h + context / 4) @ self.output
        scores[:, self.end] -= 1  # so that texts have some words
        scores = scores - xp.log(xp.exp(scores).sum(axis=1, keepdims=True))
        weights = None if self.settings.attention == "none" else weights
        return scores.astype(np.float32), {"h": h}, weights


# --- plain twins: a source, a beginning, a word at a time ------------------------------


def after(model: SmallModel, source: list[str], begin: tuple[int, ...]) -> tuple[Any, list[Any]]:
    """The log p of each word after ``begin``, and the attention at each step until there."""
    memory = model.encode([model.source_ids(source)])
    state, seen = memory.first_state, []
    for word in (model.start, *begin):
        scores, state, weights = model.step(np.array([word]), state, memory)
        seen.append(None if weights is None else weights[0])
    return scores[0].astype(np.float64), seen


def score_of(log_p: float, words: int, alpha: float) -> float:
    return log_p / ((5 + words + 1) / (5 + 1)) ** alpha


def greedy(model: SmallModel, source: list[str], most: int, allowed: list[int]) -> list[int]:
    begin: tuple[int, ...] = ()
    while len(begin) < most:
        scores, _ = after(model, source, begin)
        word = max(allowed, key=lambda word: scores[word])
        if word == model.end:
            break
        begin += (word,)
    return list(begin)


def all_texts(
    model: SmallModel, source: list[str], most: int, alpha: float
) -> list[tuple[float, list[str]]]:
    """Every text of a and b of at most so many words, the best first."""
    found = []
    for length in range(most + 1):
        for begin in itertools.product([3, 4], repeat=length):
            scores = [after(model, source, begin[:n])[0] for n in range(length + 1)]
            ids = [*begin, model.end]
            log_p = sum(each[word] for each, word in zip(scores, ids, strict=True))
            found.append((score_of(log_p, length, alpha), [WORDS[word] for word in begin]))
    return sorted(found, reverse=True)


def plain_beam(
    model: SmallModel, source: list[str], width: int, most: int, alpha: float
) -> list[tuple[float, list[str]]]:
    """Beam search over one source, with lists."""
    beams, ended = [(0.0, ())], []
    for length in range(most + 1):
        ending, going = [], []
        for log_p, begin in beams:
            scores, _ = after(model, source, begin)
            ending.append((log_p + scores[model.end], begin))
            going += [(log_p + scores[word], (*begin, word)) for word in (3, 4)]
        best = sorted(ending + going, reverse=True)[:width]
        ended += [each for each in ending if each in best or length == most]
        if len(ended) >= width:
            break
        beams = sorted(going, reverse=True)[:width]
    scored = [(score_of(p, len(t), alpha), [WORDS[i] for i in t]) for p, t in ended]
    return sorted(scored, key=lambda each: -each[0])


# --- what the search finds --------------------------------------------------------------

SEEDS = st.integers(0, 10_000)
TEXTS = st.lists(st.sampled_from("vwxyz"), min_size=1, max_size=4)


@settings(max_examples=40)
@given(seed=SEEDS, sources=st.lists(TEXTS, min_size=1, max_size=4), most=st.integers(1, 8))
def test_a_beam_of_1_is_greedy(seed: int, sources: list[list[str]], most: int) -> None:
    model = SmallModel(seed)
    for found, source in zip(translate(model, sources, max_length=most), sources, strict=True):
        assert found.tokens == [WORDS[i] for i in greedy(model, source, most, [2, 3, 4])]


@settings(max_examples=25)
@given(seed=SEEDS, source=TEXTS, alpha=st.sampled_from([0.0, 0.6, 1.0]))
def test_a_wide_beam_is_exhaustive(seed: int, source: list[str], alpha: float) -> None:
    model, most = SmallModel(seed), 3
    every = all_texts(model, source, most, alpha)  # 15
    [best] = translate(
        model, [source], beam=40, n_best=len(every), max_length=most, length_penalty=alpha
    )
    found = [best, *best.others]
    assert [each.tokens for each in found] == [tokens for _, tokens in every]
    np.testing.assert_allclose([each.score for each in found], [score for score, _ in every])


@settings(max_examples=40)
@given(
    seed=SEEDS,
    sources=st.lists(TEXTS, min_size=1, max_size=3),
    width=st.integers(1, 5),
    most=st.integers(1, 7),
    alpha=st.sampled_from([0.0, 0.6, 1.5]),
)
def test_a_narrow_beam(
    seed: int, sources: list[list[str]], width: int, most: int, alpha: float
) -> None:
    model = SmallModel(seed, spread=1)  # less sure than the others: beams differ from greedy
    options = {"beam": width, "max_length": most, "length_penalty": alpha}
    for found, source in zip(translate(model, sources, **options), sources, strict=True):
        score, tokens = plain_beam(model, source, width, most, alpha)[0]
        assert found.tokens == tokens
        assert found.score == pytest.approx(score)


@pytest.mark.parametrize("beam", [1, 3])
def test_a_batch_of_any_make_up(beam: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    sources = [list(rng.choice(list("vwxyz"), size)) for size in (3, 0, 1, 7, 2, 0, 5, 1, 4)]
    model = SmallModel(34, spread=1)
    alone = [translate(model, [source], beam=beam)[0] for source in sources]
    assert len({tuple(each.tokens) for each in alone}) > 3
    for rows in (1, 6, 256):
        monkeypatch.setattr(decode, "ROWS", rows)
        together = translate(model, sources, beam=beam)
        for one, other, source in zip(alone, together, sources, strict=True):
            assert one.tokens == other.tokens
            assert one.score == pytest.approx(other.score)
            if source:
                assert one.attention.shape == (len(one.tokens), len(source))
                np.testing.assert_allclose(one.attention, other.attention, rtol=1e-6)


def test_an_empty_source_has_an_empty_translation() -> None:
    found = translate(SmallModel(), [[], ["v"], []], beam=2, n_best=2)
    assert found[0] == found[2] == Translation([])
    assert found[1].others
    assert translate(SmallModel(), []) == []


def test_attention_is_that_of_each_token() -> None:
    model, source = SmallModel(5), list("vwxyz")
    for beam in (1, 4):
        [found] = translate(model, [source], beam=beam, max_length=6)
        ids = tuple(WORDS.index(token) for token in found.tokens)
        assert ids
        _, seen = after(model, source, ids)
        np.testing.assert_allclose(found.attention, seen[:-1], rtol=1e-6)
    assert translate(SmallModel(5, attention="none"), [source])[0].attention is None


def test_all_beams_in_one_step_until_their_source_has_ended() -> None:
    model = SmallModel(34, spread=1)
    sources = [list("vw"), list("x"), list("yz")]
    alone = []
    for source in sources:
        model.rows = []
        translate(model, [source], beam=2)
        assert set(model.rows) == {2}
        alone.append(len(model.rows))
    assert len(set(alone)) > 1
    model.rows = []
    translate(model, sources, beam=2)
    assert model.rows == [2 * sum(n > step for n in alone) for step in range(max(alone))]


class NeverEnding(SmallModel):
    """Its ``<eos>`` is less likely than anything."""

    def step(self, *args: Any) -> tuple:
        scores, *rest = super().step(*args)
        scores[:, self.end] = -50
        return scores, *rest


@pytest.mark.parametrize("beam", [1, 3])
def test_the_greatest_length(beam: int) -> None:
    model, sources = NeverEnding(), [["v"], list("wxy")]
    lengths = [len(each.tokens) for each in translate(model, sources, beam=beam)]
    assert lengths == [12, 16]
    for most in (1, 5):
        found = translate(model, sources, beam=beam, max_length=most, length_penalty=4.0)
        assert [len(each.tokens) for each in found] == [most, most]


def test_a_length_penalty_favours_longer_texts() -> None:
    lengths = [
        sum(len(found.tokens) for found in translate(
            SmallModel(seed, spread=0.3), [["v"], ["x", "y"]], beam=20, max_length=4,
            length_penalty=alpha))
        for alpha in (0.0, 4.0) for seed in range(5)
    ]  # fmt: skip
    assert sum(lengths[:5]) < sum(lengths[5:])


# --- special words ----------------------------------------------------------------------


class Unknowing(SmallModel):
    """It would say ``<unk>`` and ``<bos>`` most of all."""

    def step(self, words: np.ndarray, state: dict[str, Any], memory: Memory) -> tuple:
        scores, state, weights = super().step(words, state, memory)
        scores[:, [self.unknown, self.start]] = 0.0
        return scores, state, weights


@pytest.mark.parametrize("beam", [1, 3])
def test_special_words_are_not_said_unless_asked(beam: int) -> None:
    model, sources = Unknowing(1), [list("vwx"), list("zy")]
    options: dict[str, Any] = {"beam": beam, "max_length": 4}
    for found in translate(model, sources, **options):
        assert set(found.tokens) <= {"a", "b"}
    for found in translate(model, sources, allow_unknown=True, **options):
        assert "<unk>" in found.tokens
        assert "<bos>" not in found.tokens
    said = translate(model, sources, allow_unknown=True, **options)
    replaced = translate(model, sources, replace_unknown=True, **options)
    for one, other, source in zip(said, replaced, sources, strict=True):
        for token, instead, weights in zip(one.tokens, other.tokens, one.attention, strict=True):
            expected = source[int(weights.argmax())] if token == "<unk>" else token
            assert instead == expected


def test_a_vocabulary_of_special_words_only() -> None:
    class Speechless(SmallModel):
        target_words = WORDS[:3]

        def step(self, *args: Any) -> tuple:
            scores, *rest = super().step(*args)
            return scores[:, :3].copy(), *rest

    for beam in (1, 4):
        assert translate(Speechless(), [["v"]], beam=beam, n_best=1)[0].tokens == []


# --- the rest -----------------------------------------------------------------------------


def test_on_any_array_module(xp: Any) -> None:
    sources = [list("vwx"), list("zyzz"), ["y"]]
    for beam in (1, 3):
        on_host = translate(SmallModel(4, spread=1), sources, beam=beam)
        found = translate(SmallModel(4, xp, spread=1), sources, beam=beam)
        for one, other in zip(on_host, found, strict=True):
            assert one.tokens == other.tokens
            assert one.score == pytest.approx(other.score, rel=1e-5)
            assert isinstance(other.attention, np.ndarray)
            np.testing.assert_allclose(one.attention, other.attention, rtol=1e-4)


def test_unknown_words_are_replaced_on_any_array_module(xp: Any) -> None:
    sources, options = [list("vwx"), list("zy")], {"max_length": 4, "replace_unknown": True}
    on_host = translate(Unknowing(1), sources, **options)
    found = translate(Unknowing(1, xp), sources, **options)
    assert [each.tokens for each in found] == [each.tokens for each in on_host]
    assert any(set(each.tokens) & set("vwxyz") for each in found)


@pytest.mark.parametrize("beam", [1, 3])
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"attention": "dot", "reverse": True, "cell": "gru"},
        {"attention": "general", "input_feeding": True, "bidirectional": True},
        {"attention": "additive", "peeky": True, "layers": 2, "residual": True},
    ],
)
def test_with_models_that_can_be_trained(values: dict[str, Any], beam: int, xp: Any) -> None:
    model, twin = small_model(xp=xp, **values), Twin(small_model(**values))
    sources = [list("abca"), ["b"], ["c", "what", "b"], list("cb")]
    found = translate(model, sources, beam=beam, length_penalty=0.0, max_length=5)
    for one, source in zip(found, sources, strict=True):
        words = TARGET.encode(["<bos>", *one.tokens, "<eos>"])
        logs, looks = twin.log_probabilities(model.source_ids(source), words[:-1])
        log_p = logs[np.arange(len(logs)), words[1:]].sum()
        assert one.score == pytest.approx(log_p, rel=1e-6)
        if "attention" in values:
            np.testing.assert_allclose(one.attention, looks[:-1], rtol=1e-6)
        else:
            assert one.attention is None
