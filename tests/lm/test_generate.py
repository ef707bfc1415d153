"""Continuing a prompt, against distributions worked out by a loop."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lm.small import probabilities, small_model
from wordkit.corpus.text import TextOptions
from wordkit.errors import ModelError
from wordkit.layers.recurrent.cells import CELLS
from wordkit.lm.generate import (
    NOTHING,
    _highest_places,
    beam_search,
    generate,
    prompt_ids,
)
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.sampling import Sampling
from wordkit.lm.texts import UNITS

# --- texts --------------------------------------------------------------------------


def ids(model: RecurrentLanguageModel, text: str) -> np.ndarray:
    return prompt_ids(model, text)[0]


def made(model: RecurrentLanguageModel, prompt: str, length: int, **options: Any) -> np.ndarray:
    """(length, samples)."""
    options = {"sampling": Sampling(), **options}
    return np.array(list(generate(model, ids(model, prompt), length, **options)))


@pytest.mark.parametrize("cell", CELLS)
def test_greedy_against_the_loop(cell: str) -> None:
    model = small_model(cell=cell, layers=2)
    text = ids(model, "the cat").tolist()
    for _ in range(8):
        p = probabilities(model, text)[-1]
        p[model.vocabulary.unk_id] = 0
        text.append(int(p.argmax()))
    found = made(model, "the cat", 8, sampling=Sampling(greedy=True), stop=False)
    assert found[:, 0].tolist() == text[2:]


def test_the_second_word_is_drawn_from_its_distribution(xp: Any) -> None:
    model = small_model(xp=xp)
    found = made(model, "the cat", 2, samples=20_000, stop=False, ban_unk=False)
    first = int(found[0, 0])
    after = found[1, found[0] == first]
    text = [*ids(model, "the cat"), first]
    expected = probabilities(small_model(), text)
    for drawn, p in ((found[0], expected[-2]), (after, expected[-1])):
        share = np.bincount(drawn, minlength=9) / len(drawn)
        np.testing.assert_allclose(share, p, atol=4 / np.sqrt(len(drawn)) / 2)


def test_each_word_is_fed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model()
    fed = []
    hidden, step = model.hidden, model.step
    monkeypatch.setattr(model, "hidden", lambda i, s, **o: fed.append(i.size) or hidden(i, s))
    monkeypatch.setattr(model, "step", lambda i, s, **o: fed.append(i.size) or step(i, s))
    made(model, "the cat ate", 5, samples=2, stop=False)
    assert fed == [3, 2, 2, 2, 2]


def test_words_come_as_they_are_made() -> None:
    words = generate(small_model(), np.array([1]), 10**9, sampling=Sampling(), stop=False)
    assert len(list(itertools.islice(words, 3))) == 3


def test_a_seed_gives_one_text() -> None:
    model = small_model()
    one, again, other = (made(model, "the", 20, seed=s, samples=3, stop=False) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_stops_at_eos_and_bans_unk() -> None:
    model = small_model()
    eos, unk = model.vocabulary.index["<eos>"], model.vocabulary.unk_id
    found = made(model, "the", 200, samples=30)
    assert len(found) < 200, "all have ended"
    for text in found.T.tolist():
        end = text.index(eos)
        assert set(text[end + 1 :]) <= {NOTHING}
        assert NOTHING not in text[:end]
    assert unk not in found
    assert unk in made(model, "the", 200, samples=30, stop=False, ban_unk=False)
    assert NOTHING not in made(model, "the", 200, samples=30, stop=False)


@pytest.mark.parametrize("stop", [True, False])
def test_a_wide_beam_finds_the_best_of_all_texts(stop: bool) -> None:
    model = small_model()
    eos, unk, prompt = model.vocabulary.index["<eos>"], model.vocabulary.unk_id, [2, 5]
    best: tuple[float, list[int]] = (-np.inf, [])
    for text in itertools.product(range(9), repeat=3):
        end = text.index(eos) + 1 if stop and eos in text else 3
        if unk in text or (stop and eos in text and any(text[end:])):
            continue
        p = probabilities(model, [*prompt, *text])[1:]
        total = sum(np.log(p[n, word]) for n, word in enumerate(text[:end]))
        best = max(best, (total / end, list(text[:end])))
    found, log_probability = beam_search(model, np.array(prompt), 3, width=1000, stop=stop)
    assert found == best[1]
    assert log_probability / len(found) == pytest.approx(best[0])


def wordy_model(cell: str, likely: float = 0.0) -> RecurrentLanguageModel:
    """What it says depends on all words before; unless ``likely``, it seldom ends at once."""
    model = small_model(cell=cell)
    for name, param in model.params.items():
        param *= 1 if name.endswith("bias") else 4
    model.params["output.bias"][model.vocabulary.index["<eos>"]] += likely
    return model


def beam_by_a_loop(
    model: RecurrentLanguageModel, prompt: int, length: int, width: int
) -> tuple[list[list[int]], list[tuple[float, list[int]]]]:
    """The texts that went on last, and those that ended with their mean log p, in that order.

    All words before are read again for each text, and all candidates sorted.
    """
    eos, unk = model.vocabulary.index["<eos>"], model.vocabulary.unk_id
    going: list[tuple[float, list[int]]] = [(0.0, [])]
    ended: list[tuple[float, list[int]]] = []
    while going and len(ended) < width:
        candidates = []
        for total, text in going:
            p = probabilities(model, [prompt, *text])[-1]
            candidates += [(total + np.log(p[n]), [*text, n]) for n in range(9) if n != unk]
        candidates.sort(reverse=True)
        last = len(candidates[0][1]) == length
        ended += [each for each in candidates[:width] if each[1][-1] == eos]
        going = [each for each in candidates if each[1][-1] != eos][:width]
        if last:
            ended += going
            break
    return [text for _, text in going], [(total / len(text), text) for total, text in ended]


@pytest.mark.parametrize("width", [2, 3, 5])
@pytest.mark.parametrize("likely", [0.0, 3.0])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_narrow_beam_against_the_loop(cell: str, likely: float, width: int) -> None:
    model = wordy_model(cell, likely)
    for prompt, length in itertools.product(range(9), (3, 8)):
        _, ended = beam_by_a_loop(model, prompt, length, width)
        found, log_probability = beam_search(model, np.array([prompt]), length, width=width)
        mean, text = max(ended)
        assert found == text
        assert log_probability / len(found) == pytest.approx(mean)


def test_the_loop_tells_searches_apart() -> None:
    """The best by the mean is often neither that by the sum nor the first, and beams cross."""
    first, by_sum, crossed, lengths = 0, 0, 0, set()
    for cell, prompt in itertools.product(("rnn", "gru", "lstm"), range(9)):
        going, ended = beam_by_a_loop(wordy_model(cell), prompt, 8, 3)
        best = max(ended)
        lengths.add(len(best[1]))
        first += best != ended[0]
        by_sum += best != max(ended, key=lambda each: each[0] * len(each[1]))
        crossed += len({text[0] for text in going}) == 1
    assert min(first, by_sum, crossed) > 9
    assert len(lengths) > 3


@given(
    st.lists(st.sampled_from([-np.inf, -3.0, -2.0, -1.5, 0.0]), min_size=1, max_size=60),
    st.integers(1, 70),
)
def test_the_highest_places_are_those_of_a_stable_sort(sums: list[float], count: int) -> None:
    expected = sorted(range(len(sums)), key=lambda n: -sums[n])[:count]
    assert _highest_places(np.array(sums), count).tolist() == expected


@pytest.mark.parametrize("stop", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_a_beam_of_one_is_greedy(cell: str, stop: bool) -> None:
    model = small_model(cell=cell)
    for prompt in range(9):
        found, _ = beam_search(model, np.array([prompt]), 6, width=1, stop=stop)
        greedy = generate(model, np.array([prompt]), 6, sampling=Sampling(greedy=True), stop=stop)
        assert found == np.array(list(greedy))[:, 0].tolist()


@pytest.mark.parametrize("width", [1, 2, 3, 10])
@pytest.mark.parametrize("likely", [-1.0, 0.0, 1.0, 3.0])
def test_a_text_of_a_beam_ends_or_is_as_long_as_it_may_be(width: int, likely: float) -> None:
    model = small_model()
    eos = model.vocabulary.index["<eos>"]
    model.params["output.bias"][eos] += likely
    for prompt in range(9):
        found, log_probability = beam_search(model, np.array([prompt]), 6, width=width)
        assert found[-1] == eos or len(found) == 6
        p = probabilities(model, [prompt, *found])
        expected = sum(np.log(p[n, word]) for n, word in enumerate(found))
        assert log_probability == pytest.approx(expected)


@pytest.mark.parametrize("wrong", [0, -1, 2.5])
def test_numbers_below_1(wrong: Any) -> None:
    model, prompt, sampling = small_model(), np.array([1]), Sampling()
    with pytest.raises(ModelError, match="length must be at least 1 and a whole number, not"):
        next(generate(model, prompt, wrong, sampling=sampling))
    with pytest.raises(ModelError, match="samples must be at least 1"):
        next(generate(model, prompt, 3, sampling=sampling, samples=wrong))
    with pytest.raises(ModelError, match="length must be at least 1"):
        beam_search(model, prompt, wrong)
    with pytest.raises(ModelError, match="width of the beam must be at least 1"):
        beam_search(model, prompt, 6, width=wrong)


def test_numbers_beyond_memory() -> None:
    model, prompt, sampling = small_model(), np.array([1]), Sampling()
    for samples, length in (10**20, 3), (1, 10**20), (10**9, 10**9):
        with pytest.raises(ModelError, match=r"would take .* GB of memory.*: lower length or"):
            next(generate(model, prompt, length, sampling=sampling, samples=samples))
        with pytest.raises(ModelError, match=r"would take .* GB of memory.*: lower length or"):
            beam_search(model, prompt, length, width=samples)


# --- prompts ------------------------------------------------------------------------


def test_prompts() -> None:
    model = small_model()
    decode = model.vocabulary.decode
    found, unknown = prompt_ids(model, "the  mouse ate\nthe")
    assert decode(found) == ["the", "<unk>", "ate", "<eos>", "the"]
    assert unknown == ["mouse"]
    assert decode(prompt_ids(model, None)[0]) == ["<eos>"]
    assert decode(prompt_ids(model, "\n")[0]) == ["<eos>"]
    model.text = TextOptions(punctuation="split", eos="sentence")
    assert decode(prompt_ids(model, "The CAT, the dog")[0]) == ["the", "cat", ",", "the", "dog"]
    with pytest.raises(ModelError, match="the prompt is empty"):
        prompt_ids(model, "")


@pytest.mark.parametrize("prompt", ["", "  "])
def test_an_empty_prompt(prompt: str) -> None:
    with pytest.raises(ModelError, match="the prompt is empty"):
        prompt_ids(small_model(), prompt)


def test_a_prompt_of_unknown_words() -> None:
    for prompt in "a mouse", "a\nmouse":
        with pytest.raises(ModelError, match=r"no word of the prompt \(a mouse\)"):
            prompt_ids(small_model(), prompt)


def test_a_model_that_knows_no_lines() -> None:
    model = small_model()
    words = ["w" if word == "<eos>" else word for word in model.vocabulary.words]
    model.vocabulary = type(model.vocabulary)(words, model.vocabulary.counts)
    with pytest.raises(ModelError, match="give a prompt"):
        prompt_ids(model, None)
    assert Counter(made(model, "the", 50)[:, 0].tolist())[NOTHING] == 0


def test_characters() -> None:
    model = small_model()
    model.text = UNITS["chars"]
    model.vocabulary = type(model.vocabulary)([*"the cas", "<eos>", "<unk>"], np.ones(9))
    assert model.vocabulary.decode(prompt_ids(model, "a \nt")[0]) == ["a", " ", "<eos>", "t"]


@pytest.mark.parametrize("wrong", [np.nan, -np.inf])
def test_a_beam_of_which_none_can_be_chosen(wrong: float) -> None:
    model = small_model()
    model.params["output.bias"][:] = wrong
    with pytest.raises(ModelError, match=r"no word to choose|are not numbers"):
        beam_search(model, np.array([1]), 3)


@pytest.mark.parametrize("prompt", [[9], [1, -1], [0.5]])
def test_ids_of_no_word(prompt: Any) -> None:
    model = small_model()
    with pytest.raises(ModelError, match="ids must be whole numbers from 0 to 8, found"):
        next(generate(model, np.array(prompt), 3, sampling=Sampling()))
    with pytest.raises(ModelError, match="ids must be whole numbers from 0 to 8, found"):
        beam_search(model, np.array(prompt), 3)


def test_scores_of_any_height() -> None:
    """Their exponentials would overflow."""
    model = small_model()
    model.params["output.bias"][...] += 1e4
    found, total = beam_search(model, np.array([1]), 3, width=2)
    assert found
    assert -50 < total < 0
