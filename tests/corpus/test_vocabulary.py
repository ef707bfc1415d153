"""Which words stay, and in which order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError, FormatError

WORDS = ["b", "a", "the", "rare", "c"]
COUNTS = np.array([3, 3, 9, 1, 2])


def choose(**options: object) -> list[tuple[str, int]]:
    chosen = Vocabulary.from_counts(WORDS, COUNTS, **options)  # type: ignore[arg-type]
    return list(zip(chosen.words, chosen.counts.tolist(), strict=True))


def test_order() -> None:
    assert choose() == [("the", 9), ("a", 3), ("b", 3), ("c", 2), ("rare", 1)]


def test_order_of_appearance() -> None:
    assert choose(order="appearance") == list(zip(WORDS, COUNTS.tolist(), strict=True))
    chosen = choose(order="appearance", min_count=3, unk=True)
    assert chosen == [("b", 3), ("a", 3), ("the", 9), ("<unk>", 3)]
    with pytest.raises(CorpusError, match="unknown order 'size': expected one of frequency, app"):
        choose(order="size")


def test_min_count_and_max_vocab() -> None:
    assert choose(min_count=3) == [("the", 9), ("a", 3), ("b", 3)]
    assert choose(max_vocab=2) == [("the", 9), ("a", 3)]
    assert choose(min_count=10) == []


def test_unk() -> None:
    assert choose(min_count=3, unk=True) == [("the", 9), ("<unk>", 3), ("a", 3), ("b", 3)]
    assert choose(max_vocab=3, unk=True) == [("the", 9), ("<unk>", 6), ("a", 3)]
    assert ("<unk>", 0) not in choose(unk=True)


def test_unk_of_the_text_is_counted_in() -> None:
    chosen = Vocabulary.from_counts(
        ["<unk>", "a", "b"], np.array([4, 2, 1]), min_count=2, unk=True
    )
    assert chosen.words == ["<unk>", "a"]
    assert chosen.counts.tolist() == [5, 2]


def test_always() -> None:
    assert choose(min_count=5, always=["rare"]) == [("the", 9), ("rare", 1)]


@pytest.mark.parametrize("options", [{"min_count": 0}, {"max_vocab": 0}])
def test_senseless(options: dict[str, int]) -> None:
    with pytest.raises(CorpusError, match="at least 1"):
        choose(**options)


@given(
    st.dictionaries(st.text(max_size=3), st.integers(1, 20)),
    st.integers(1, 10),
    st.none() | st.integers(1, 10),
    st.booleans(),
)
def test_laws(counts: dict[str, int], min_count: int, max_vocab: int | None, unk: bool) -> None:
    chosen = Vocabulary.from_counts(
        list(counts),
        np.array(list(counts.values()), np.int64),
        min_count=min_count,
        max_vocab=max_vocab,
        unk=unk,
    )
    assert len(chosen) <= (max_vocab or len(counts) + 1)
    assert chosen.counts.tolist() == sorted(chosen.counts.tolist(), reverse=True)
    assert all(
        n >= min_count or w == "<unk>" for w, n in zip(chosen.words, chosen.counts, strict=True)
    )
    if unk:
        assert chosen.counts.sum() == sum(counts.values())


def test_encode() -> None:
    vocabulary = Vocabulary(["a", "b"], [2, 1])
    assert vocabulary.encode(["b", "x", "a"]).tolist() == [1, 0]
    assert vocabulary.decode([1, 0]) == ["b", "a"]
    assert Vocabulary(["a", "<unk>"], [2, 1]).encode(["x", "a"]).tolist() == [1, 0]


def test_file_without_counts(tmp_path: Path) -> None:
    (tmp_path / "v").write_text("a\nb\n")
    with pytest.raises(FormatError, match="a tab and its count"):
        Vocabulary.load(tmp_path / "v")


def test_a_file_with_a_word_twice(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.txt"
    path.write_text("a\t3\nb\t2\na\t1\n")
    with pytest.raises(FormatError, match="the word 'a' occurs twice"):
        Vocabulary.load(path)
