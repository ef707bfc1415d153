"""Tokens joined as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.lm.spacing import joined


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("he said , `` it is n't his . ''", "he said, ``it isn't his.''"),
        ("the company 's $ N million ( or N % ) offer", "the company's $N million (or N%) offer"),
        ('" no , " she said , " no "', '"no," she said, "no"'),
        ("rock 'n roll", "rock 'n roll"),
        ("“ why ? ” ; they ’re [ here ]", "“why?”; they’re [here]"),
        ("one . <eos> two <eos> <eos> three", "one.\ntwo\n\nthree"),
        ('a " b <eos> c " d "', 'a "b\nc "d"'),
        ("the end . <eos>", "the end."),
        ("", ""),
    ],
)
def test_words(tokens: str, text: str) -> None:
    assert "".join(joined(tokens.split())) == text


def test_characters_stand_as_they_are() -> None:
    assert "".join(joined([*"a , (b", "<eos>", *'"c'], characters=True)) == 'a , (b\n"c'


@given(st.lists(st.text(min_size=1) | st.sampled_from([*",.;()\"'$", "<eos>", "n't"])))
def test_nothing_is_lost(tokens: list[str]) -> None:
    pieces = list(joined(tokens))
    written = [token for token in tokens if token != "<eos>"]
    assert len(pieces) == len(written)
    for piece, token in zip(pieces, written, strict=True):
        assert piece.endswith(token)
        assert piece.removesuffix(token).strip(" \n") == ""


def test_words_between_quotation_marks_keep_their_spaces() -> None:
    tokens = ["He", "said", ":", '"', "it", "is", "so", '"', ",", "and", '"', "good", '"', "."]
    assert "".join(joined(tokens)).strip() == 'He said: "it is so", and "good".'
