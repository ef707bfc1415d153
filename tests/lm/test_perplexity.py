"""Log-probabilities against a loop over words; every token counted, in any split."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.lm.small import probabilities, small_model
from wordkit.errors import ModelError
from wordkit.layers.recurrent.cells import CELLS
from wordkit.lm import perplexity

IDS = np.random.default_rng(2).integers(0, 9, 30).astype(np.int32)


@pytest.mark.parametrize("steps", [1, 7, 29, 30, 128])
@pytest.mark.parametrize("cell", CELLS)
def test_against_the_loop(cell: str, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model(cell=cell, layers=2)
    monkeypatch.setattr(perplexity, "STEPS", steps)
    found = np.concatenate(list(perplexity.log_probabilities(model, IDS)))
    expected = np.log(probabilities(model, IDS)[np.arange(29), IDS[1:]])
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    score = perplexity.score_text(model, IDS, 4)
    assert (score.tokens, score.oov) == (29, 4)
    assert score.perplexity == pytest.approx(math.exp(-expected.mean()), rel=1e-12)
    assert perplexity.perplexity(model, IDS) == score.perplexity


def test_on_every_array_module(xp: Any) -> None:
    [found] = perplexity.log_probabilities(small_model(xp=xp), IDS)
    [expected] = perplexity.log_probabilities(small_model(), IDS)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, expected)


def test_float32_weights_are_summed_in_float64() -> None:
    ids = np.tile(IDS, 40)
    exact = perplexity.perplexity(small_model(), ids)
    model = small_model(dtype=np.float32)
    assert next(perplexity.log_probabilities(model, ids)).dtype == np.float64
    assert perplexity.perplexity(model, ids) == pytest.approx(exact, rel=1e-6)


def test_improbable_words_are_finite() -> None:
    model = small_model(dtype=np.float32)
    model.params["output.bias"][3] = -500
    assert math.isfinite(perplexity.score_text(model, np.array([1, 3, 3])).log_probability)


def test_the_state_of_a_training_stays_as_it_was(xp: Any) -> None:
    model = small_model(xp=xp)
    model.state = {"0.h": "kept"}
    assert perplexity.perplexity(model, IDS) == pytest.approx(
        perplexity.perplexity(small_model(), IDS)
    )
    assert model.state == {"0.h": "kept"}


def test_two_words_have_a_perplexity() -> None:
    found = perplexity.score_text(small_model(), IDS[:2])
    p = probabilities(small_model(), IDS[:1])[0, IDS[1]]
    assert (found.tokens, found.perplexity) == (1, pytest.approx(1 / p))


def test_a_single_word() -> None:
    with pytest.raises(ModelError, match="at least 2 tokens, found 1"):
        perplexity.perplexity(small_model(), IDS[:1])


@pytest.mark.parametrize("ids", [[1, 9], [0, -1]])
def test_ids_of_no_word(ids: list[int]) -> None:
    with pytest.raises(ModelError, match="ids must be whole numbers from 0 to 8, found"):
        perplexity.perplexity(small_model(), np.array(ids))
