"""What each tokeniser makes of a line."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.corpus.text import TOKENIZERS, TextOptions, make_tokenizer
from wordkit.errors import CorpusError


def tokens(line: str, **options: object) -> list[str]:
    return make_tokenizer(TextOptions(**options))(line)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("You say goodbye, and I say hello.", "you say goodbye and i say hello"),
        ("don't won’t rock'n'roll 'quoted' dogs'", "don't won't rock'n'roll quoted dogs"),
        ("snake_case x-ray 3.5 AT&T", "snake case x ray 3 5 at t"),
        ("naïve café Ünïcode Straße ΣΊΣΥΦΟΣ", "naïve café ünïcode straße σίσυφος"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),  # vowel signs belong to the word
        ("می‌خواهم", "می‌خواهم"),  # so does a joiner between letters
        ("日本語テキスト、二", "日本語テキスト 二"),
        ("ﬁne ｆｕｌｌ １２", "fine full 12"),  # NFKC
        ("a\u00a0b\u2003c\td", "a b c d"),
        ("😀 smile 👍🏽", "smile"),
        ("𐐀𐐁 𠀀", "𐐨𐐩 𠀀"),  # beyond the Basic Multilingual Plane
        ("_ __ ' ''", ""),
        ("", ""),
    ],
)
def test_words(line: str, expected: str) -> None:
    assert tokens(line) == expected.split()


def test_punctuation_split_off() -> None:
    assert tokens("Well, 'tis (so) _true_...", punctuation="split") == [
        "well", ",", "'", "tis", "(", "so", ")", "_", "true", "_", ".", ".", "."
    ]  # fmt: skip


def test_case_and_unicode_form_can_be_kept() -> None:
    assert tokens("The ﬁx", lower=False, normalize=False) == ["The", "ﬁx"]


def test_accents_go_and_other_marks_stay() -> None:
    line = "Crème brûlée, naïve façade; Ærø, Łódź, Ελλάδα, Ёлка हिन्दी かがみ 한국어"
    expected = "creme brulee naive facade ærø łodz ελλαδα елка हिन्दी かがみ 한국어"
    assert tokens(line, strip_accents=True) == expected.split()
    assert tokens("e\u0301te\u0301", strip_accents=True, normalize=False) == ["ete"]
    assert tokens("été", strip_accents=True, tokenizer="chars") == ["e", "t", "e"]


def test_numbers() -> None:
    line = "1,000 of 3.5 in 1990s and x2 are 7."
    assert tokens(line, numbers="N") == ["N", "of", "N", "in", "1990s", "and", "x2", "are", "N"]
    assert tokens(line, numbers="N", tokenizer="whitespace")[-1] == "N."


def test_whitespace_keeps_everything() -> None:
    assert tokens("<unk> N 's  it.", tokenizer="whitespace", lower=False) == [
        "<unk>", "N", "'s", "it."
    ]  # fmt: skip


def test_chars() -> None:
    assert tokens("Ab c", tokenizer="chars") == ["a", "b", " ", "c"]


def test_nltk_is_nltk() -> None:
    from nltk.tokenize import TweetTokenizer, word_tokenize

    line = "They'll say: @user it's $5.20, isn't it? :-) #fun"
    kept = {"punctuation": "split", "lower": False}
    assert tokens(line, tokenizer="nltk", **kept) == word_tokenize(line, preserve_line=True)
    assert tokens(line, tokenizer="tweet", **kept) == TweetTokenizer().tokenize(line)
    assert ":" not in tokens(line, tokenizer="nltk")
    assert "isn't" in tokens(line, tokenizer="tweet")


def test_callable() -> None:
    assert tokens("A-b", tokenizer=lambda line: line.split("-")) == ["a", "b"]
    assert TextOptions(tokenizer=str.split).to_dict()["tokenizer"] == "builtins:str.split"
    assert TextOptions(tokenizer=tokens).to_dict()["tokenizer"] == f"{__name__}:tokens"


def test_eos() -> None:
    assert tokens("a b", eos="line") == ["a", "b", "<eos>"]
    assert tokens("", eos="line") == ["<eos>"]
    assert tokens("It is so. Is it? Yes", eos="sentence") == (
        ["it", "is", "so", "<eos>", "is", "it", "<eos>", "yes", "<eos>"]
    )


@pytest.mark.parametrize("option", ["tokenizer", "punctuation", "numbers", "eos"])
def test_unknown_options(option: str) -> None:
    with pytest.raises(CorpusError, match=f"unknown {option} 'x'"):
        TextOptions(**{option: "x"})


@given(st.text(), st.sampled_from(sorted(TOKENIZERS)), st.booleans(), st.booleans())
def test_any_text(line: str, tokenizer: str, lower: bool, split: bool) -> None:
    options = TextOptions(tokenizer, lower=lower, punctuation="split" if split else "drop")
    found = make_tokenizer(options)(line)
    assert all(found), "no token is empty"
    if tokenizer == "words":
        assert not any(re.search(r"\s", token) for token in found)
    if tokenizer == "chars":
        expected = unicodedata.normalize("NFKC", line)
        assert "".join(found) == (expected.lower() if lower else expected)


@given(st.text())
def test_words_agree_with_the_definition(line: str) -> None:
    """Every letter, digit and mark of the Basic Multilingual Plane is in some word."""
    line = "".join(c for c in unicodedata.normalize("NFKC", line) if ord(c) < 0x10000)
    kept = "".join(tokens(line, lower=False))
    wanted = [c for c in line if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc")]
    assert [c for c in kept if c not in "'\u200c\u200d"] == wanted
