"""What is asked of ``translate``: options, lengths, a stream, and how much memory it takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.seq2seq.test_decode import NeverEnding, SmallModel, Unknowing
from wordkit.errors import ModelError
from wordkit.seq2seq import decode
from wordkit.seq2seq.decode import translate, translate_stream

SOURCES = [list("vwx"), list("zy"), [], list("xyzzy")]


def test_a_stream_is_answered_as_it_comes() -> None:
    asked = []

    def blocks() -> Iterator[list[list[str]]]:
        for block in ([["v"], []], [["w", "x"]]):
            asked.append(len(block))
            yield block

    model = SmallModel()
    stream = translate_stream(model, blocks(), beam=2)
    first = [next(stream), next(stream)]
    assert asked == [2]
    assert [*first, *stream][2].tokens == translate(model, [["w", "x"]], beam=2)[0].tokens
    assert asked == [2, 1]


def test_empty_sources_share_nothing() -> None:
    first, second = translate(SmallModel(), [[], []])
    first.tokens.append("a")
    assert second.tokens == []


@pytest.mark.parametrize("beam", [1, 3])
def test_the_length_that_the_training_needed(beam: int) -> None:
    model = NeverEnding()
    model.extra_length = 30
    found = translate(model, [["v"], list("wxy")], beam=beam)
    assert [len(each.tokens) for each in found] == [32, 36]


# --- attention, and memory ----------------------------------------------------------------


@pytest.mark.parametrize("beam", [1, 3])
def test_attention_that_nobody_asked_for(beam: int) -> None:
    options: dict[str, Any] = {"beam": beam, "n_best": beam, "max_length": 4}
    for replace in (False, True):
        options["replace_unknown"] = replace
        with_it = translate(Unknowing(1), SOURCES, **options)
        without = translate(Unknowing(1), SOURCES, attention=False, **options)
        for one, other in zip(with_it, without, strict=True):
            both = zip([one, *one.others], [other, *other.others], strict=True)
            for found, same in both:
                assert (found.tokens, found.score) == (same.tokens, same.score)
                assert same.attention is None


def peak(model: SmallModel, sources: list[list[str]], **options: Any) -> int:
    """The most bytes that were held at a time."""
    tracemalloc.start()
    translate(model, sources, **options)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_memory_of_a_long_source() -> None:
    """The attention is kept once, and not at all where nobody asked for it."""
    model, steps, beam, size = NeverEnding(), 200, 4, 200
    options = {"beam": beam, "max_length": steps}
    kept = steps * beam * size * 8
    assert kept < peak(model, [["v"] * size], **options) < 1.6 * kept
    assert peak(model, [["v"] * size], attention=False, **options) < 0.4 * kept
    replaced = peak(model, [["v"] * size], attention=False, replace_unknown=True, **options)
    assert replaced < 0.4 * kept


def test_memory_of_sources_that_end_one_after_the_other() -> None:
    """Each ends at another step, and what it looked at then is not all that is looked at."""
    sources = [["v"] * size for size in range(1, 61)]
    kept = sum(2 * len(source) + 10 for source in sources) * 60 * 8
    assert peak(NeverEnding(), sources) < 3 * kept


@pytest.mark.parametrize(("beam", "rows"), [(1, [2, 2, 2, 1]), (2, [4, 2, 2, 2, 2, 2])])
def test_few_long_sources_are_a_batch(
    beam: int, rows: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [list("vwxyz" * 2), *[list("vwxyz" * 4)] * 5, ["w"]]
    model, most = NeverEnding(), 3
    together = translate(model, sources, beam=beam, max_length=most)
    assert set(model.rows) == {len(sources) * beam}
    model.rows = []
    monkeypatch.setattr(decode, "PLACES", 45)
    apart = translate(model, sources, beam=beam, max_length=most)
    assert model.rows == [each for each in rows for _ in range(most + 1)]
    for one, other in zip(together, apart, strict=True):
        assert one.tokens == other.tokens
        assert one.score == pytest.approx(other.score)
        np.testing.assert_allclose(one.attention, other.attention, rtol=1e-6)


# --- what is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beam": 0}, "beam must be at least 1, not 0"),
        ({"beam": 2, "n_best": 3}, "a beam of 2 gives 1 to 2 translations, not 3"),
        ({"n_best": 0}, "not 0"),
        ({"max_length": 0}, "max_length must be at least 1, not 0"),
        ({"max_length": 10**20}, "a beam of 1 for .* would take over a million GB"),
        ({"beam": 10**20}, "a beam of 100,.* GB of memory.*: lower beam or max_length"),
        ({"length_penalty": -1.0}, "length_penalty must be from 0 to 10, not -1.0"),
        ({"length_penalty": 1e308}, r"length_penalty must be from 0 to 10, not 1e\+308"),
        ({"length_penalty": float("nan")}, "length_penalty must be from 0 to 10, not nan"),
    ],
)
def test_options_that_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        translate(SmallModel(), [["v"]], **options)
    with pytest.raises(ModelError, match=message):
        translate(SmallModel(), [], **options)
    with pytest.raises(ModelError, match=message):
        translate_stream(SmallModel(), [], **options)


def test_options_at_their_limits() -> None:
    model = SmallModel()
    for options in (
        {"length_penalty": 0}, {"length_penalty": 10}, {"beam": 3, "n_best": 3},
        {"max_length": 1}, {"replace_unknown": True},
    ):  # fmt: skip
        [found] = translate(model, [["v"]], **options)
        assert len(found.others) == options.get("n_best", 1) - 1


def test_nothing_to_replace_by() -> None:
    model = SmallModel(attention="none")
    for sources in [["v"]], []:
        with pytest.raises(ModelError, match="the model has no attention"):
            translate(model, sources, replace_unknown=True)
    with pytest.raises(ModelError, match="the model has no attention"):
        translate_stream(model, [], replace_unknown=True)


def test_a_model_of_no_numbers() -> None:
    model = SmallModel()
    model.output = model.output * np.nan
    with pytest.raises(ModelError, match="probabilities are not numbers"):
        translate(model, [["v"]], beam=2)
