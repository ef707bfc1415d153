"""Bits of words, as they are written."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.lm.small import corpus, small_model
from wordkit.corpus.text import TextOptions
from wordkit.errors import WordkitError
from wordkit.lm.perplexity import log_probabilities
from wordkit.lm.surprisal import surprisal


def test_bits_are_those_of_the_model() -> None:
    model = small_model()
    found = surprisal(model, "the cat ran ,")
    ids = model.vocabulary.encode(["<eos>", "the", "cat", "ran", ","])
    expected = -np.concatenate(list(log_probabilities(model, ids))) / np.log(2)
    assert [each.word for each in found] == ["the", "cat", "ran", ","]
    np.testing.assert_allclose([each.bits for each in found], expected)
    assert found.bits == pytest.approx(expected.sum())
    assert all(each.known for each in found)


def test_unknown_words_have_the_bits_of_unk() -> None:
    model = small_model()
    unknown, unk = (surprisal(model, f"the {word} ran") for word in ("zebra", "<unk>"))
    assert [each.known for each in unknown] == [True, False, True]
    assert unknown[1].word == "zebra"
    assert [each.bits for each in unknown] == [each.bits for each in unk]
    assert (unknown.unknown, unk.unknown) == (1, 0)
    assert "zebra" in repr(unknown)
    assert "(unknown)" in repr(unknown)


def test_unknown_words_share_the_probability_of_unk() -> None:
    model = small_model()
    found, unk = (surprisal(model, f"the {a} {b}") for a, b in (("x", "y"), ("<unk>", "<unk>")))
    assert found.unknown == 2
    assert found[0].bits == unk[0].bits
    assert [w.bits for w in found[1:]] == pytest.approx([w.bits + 1 for w in unk[1:]])


def test_lines() -> None:
    found = surprisal(small_model(), "the cat\n\nran ,")
    assert [(each.word, each.line) for each in found] == [
        ("the", 1), ("cat", 1), ("<eos>", 1), ("<eos>", 2), ("ran", 3), (",", 3),
    ]  # fmt: skip
    lines = found.lines()
    assert [(each.line, each.words, each.without) for each in lines] == [
        (1, 3, 0),
        (2, 1, 0),
        (3, 2, 0),
    ]
    assert sum(each.bits for each in lines) == pytest.approx(found.bits)
    assert found[0].log_probability == pytest.approx(-found[0].bits * math.log(2))


def test_a_corpus() -> None:
    model = small_model()
    found = surprisal(model, corpus())
    assert [each.word for each in found[:5]] == ["the", "cat", "ate", ",", "<eos>"]
    assert found[0].bits == surprisal(model, "the")[0].bits


def test_words_are_as_they_are_written() -> None:
    model = small_model()
    model.text = TextOptions(tokenizer="words", punctuation="split", eos="line")
    found = surprisal(model, "The CAT, “ran”\ndidn’t")
    assert [each.word for each in found] == [
        "The", "CAT", ",", "“", "ran", "”", "<eos>", "didn’t",
    ]  # fmt: skip
    model.text = TextOptions(tokenizer="words", punctuation="split")
    assert [each.word for each in surprisal(model, "ﬁne İx cat")][-1] == "cat"


def test_without_eos_the_first_word_has_no_bits() -> None:
    model = small_model()
    eos = model.vocabulary.index.pop("<eos>")
    found = surprisal(model, "the cat")
    assert math.isnan(found[0].bits)
    assert found.bits == found[1].bits
    assert math.isnan(surprisal(model, "the")[0].bits)
    model.vocabulary.index["<eos>"] = eos


def test_tables(tmp_path: Path) -> None:
    found = surprisal(small_model(), "the <unk> ran")
    assert list(found.to_frame().columns) == ["word", "bits", "known", "line"]
    assert "&lt;unk&gt;" in found._repr_html_()
    assert len(found[1:]) == 2
    found.plot(tmp_path / "map.svg")
    assert (tmp_path / "map.svg").stat().st_size > 1000


def test_nothing_to_measure() -> None:
    for text, message in (
        ("zebra", "the text has no known word"),
        (["a"], "must be a string or a Corpus, not list"),
    ):
        with pytest.raises(WordkitError, match=message):
            surprisal(small_model(), text)  # type: ignore[arg-type]
