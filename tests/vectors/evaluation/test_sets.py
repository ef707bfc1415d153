"""Word pairs and analogies are read as published, and what does not fit is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.errors import FormatError
from wordkit.vectors.evaluation.sets import Analogies, WordPairs, read_evaluation_set

BOM = b"\xef\xbb\xbf"


@pytest.fixture
def read(tmp_path: Path):
    def read(content: bytes | str) -> WordPairs | Analogies:
        path = tmp_path / "set.txt"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found = read_evaluation_set(path)
        assert read_evaluation_set(str(path)) == found
        return found

    return read


@pytest.mark.parametrize("separator", ["\t", ",", ";", " ", "   ", ", ", " \t", " \t "])
def test_pairs_with_every_separator(read, separator):
    text = "\n".join(separator.join(row) for row in [("love", "sex", "6.77"), ("a", "b", "-1e1")])
    assert read(text) == WordPairs("set", (("love", "sex"), ("a", "b")), (6.77, -10.0))


@pytest.mark.parametrize(
    "header", ["Word 1,Word 2,Human (mean)", "word1,word2,score", "# a comment, of two, parts"]
)
def test_pairs_below_a_header(read, header):
    assert read(f"{header}\nlove,sex,6.77\n") == WordPairs("set", (("love", "sex"),), (6.77,))


def test_what_real_files_have_around_the_pairs(read):
    content = BOM + b"# source\r\n\r\nlove\tsex\t6.77\t\r\n   \r\nNew York\tcity\t5 \r\n# end"
    assert read(content) == WordPairs("set", (("love", "sex"), ("New York", "city")), (6.77, 5.0))


def test_a_word_may_hold_another_separator_than_the_files(read):
    assert read("a\tb\t1\n1,5\tb;c\t2").pairs == (("a", "b"), ("1,5", "b;c"))
    assert read("a b 1\nx\N{NO-BREAK SPACE}y b 2").pairs[1] == ("x\N{NO-BREAK SPACE}y", "b")


def test_analogies(read):
    content = BOM + b": capitals\r\nAthens Greece Oslo Norway\r\n# no\r\n:gram1 \nbe\twas  do did"
    assert read(content) == Analogies(
        "set",
        (("Athens", "Greece", "Oslo", "Norway"), ("be", "was", "do", "did")),
        ("capitals", "gram1"),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty: expected word pairs with scores, or analogies"),
        ("# only\n\n", "is empty"),
        ("# c\nlove sex\n", r"line 2: expected two words and a score, or ': ' .*'love sex'"),
        ("a b c d\n", "line 1: expected two words and a score, or ': ' and the name of a section"),
        ("400000 300\nthe 0.1 0.2\n", "line 1: expected two words and a score"),
        ("a,b,1\na,b\n", r"line 2: expected two words and a score; found 'a,b'"),
        ("a,b,1\na,b,high\n", "line 2: expected two words and a score; found 'a,b,high'"),
        ("a,b,1\na,b,nan\n", "line 2: expected two words and a score; found 'a,b,nan'"),
        ("a,b,1\n,b,2\n", "line 2: expected two words and a score; found ',b,2'"),
        ("a b\t1\t2\t3", "line 1: expected two words and a score"),
        ("Word 1,Word 2,Mean\n", "has no pair: expected two words and a score a line"),
        (": s\na b c\n", "line 2: expected four words, or ': ' and .* section; found 'a b c'"),
        (": s\na b c d e\n", "line 2: expected four words"),
        (": s\n: t\n", "names sections but has no questions"),
        (b"a b 1\nna\xefve b 2\n", "line 2: byte 0xef is not UTF-8; save the file as UTF-8"),
        ("x" * 1000, r"found '" + "x" * 57 + r"\.\.\.'$"),
    ],
)
def test_what_does_not_fit_is_named(read, content, message):
    with pytest.raises(FormatError, match=message):
        read(content)


word = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8).filter(
    lambda w: not set(w) & set(",;") and w[0] not in "#:"
)
score = st.floats(allow_nan=False, allow_infinity=False)


@given(
    rows=st.lists(st.tuples(word, word, score), min_size=1),
    separator=st.sampled_from(["\t", ",", ";", " ", " , "]),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.sampled_from([b"", BOM]),
)
def test_written_pairs_come_back(tmp_path_factory, rows, separator, end, bom):
    path = tmp_path_factory.mktemp("pairs") / "p.csv"
    lines = [separator.join([a, b, repr(number)]) + end for a, b, number in rows]
    path.write_bytes(bom + "".join(lines).encode())
    expected = WordPairs("p", tuple((a, b) for a, b, _ in rows), tuple(n for *_, n in rows))
    assert read_evaluation_set(path) == expected


@given(
    sections=st.dictionaries(
        word, st.lists(st.tuples(word, word, word, word), min_size=1), min_size=1
    ),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_written_analogies_come_back(tmp_path_factory, sections, end):
    path = tmp_path_factory.mktemp("analogies") / "a.txt"
    lines = []
    for section, questions in sections.items():
        lines += [f": {section}", *(" ".join(question) for question in questions)]
    path.write_bytes(end.join(lines).encode())
    assert read_evaluation_set(path) == Analogies(
        "a",
        tuple(question for questions in sections.values() for question in questions),
        tuple(section for section, questions in sections.items() for _ in questions),
    )


@given(st.binary(max_size=60) | st.text(st.sampled_from("ab1. \t,;:#\r\n\0")).map(str.encode))
def test_any_file_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "any.txt"
    path.write_bytes(content)
    try:
        found = read_evaluation_set(path)
    except FormatError:
        return
    items = found.pairs if isinstance(found, WordPairs) else found.questions
    others = found.scores if isinstance(found, WordPairs) else found.sections
    assert len(items) == len(others) > 0
    assert all(word == word.strip() != "" for item in items for word in item)


@pytest.mark.skipif("WORDKIT_DATA" not in os.environ, reason="WORDKIT_DATA names no data")
@pytest.mark.parametrize(
    ("name", "items"),
    [("ws353", 353), ("simlex999", 999), ("radinsky_mturk", 287), ("questions-words", 19_544)],
)
def test_published_sets(name, items):
    path = Path(os.environ["WORDKIT_DATA"], "eval", f"{name}.txt")
    if not path.exists():
        pytest.skip(f"no {path}")
    found = read_evaluation_set(path)
    assert len(found.pairs if isinstance(found, WordPairs) else found.questions) == items
