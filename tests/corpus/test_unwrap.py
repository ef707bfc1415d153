"""Broken lines become paragraphs; what is no paragraph stays as it is."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.corpus import reader
from wordkit.corpus.datasets import corpora_folder
from wordkit.corpus.reader import TextFormat, read_blocks
from wordkit.corpus.unwrap import looks_wrapped, unwrapped
from wordkit.errors import CorpusError

# Melville, Moby-Dick (1851), with the uneven lines of Project Gutenberg's edition
PROSE = """\
He commenced dressing at top by donning his beaver hat, a very tall one,
by the by, and then--still minus his trowsers--he hunted up his boots.
What under the heavens he did it for, I cannot tell, but his next
movement was to crush himself--boots in hand, and hat on--under the bed;
when, from sundry violent gaspings and strainings, I inferred he was
hard at work booting himself; though by no law of propriety that I ever
heard of, is any man required to be private when putting on his
boots. But Queequeg, do you see, was a creature in the transition
stage--neither caterpillar nor butterfly."""
DIALOGUE = """\
"Good night, landlord," said I, "you may go."

I turned in, and never slept better in my life."""
HEADINGS = """\
CHAPTER 4. The Counterpane.
or, A Bedfellow"""
# Shakespeare, Sonnet 18 (1609); Milton, Paradise Lost (1667); Whitman, Song of Myself (1855)
SONNET = """\
Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date."""
BLANK_VERSE = """\
Of Man's first disobedience, and the fruit
Of that forbidden tree whose mortal taste
Brought death into the World, and all our woe,
With loss of Eden, till one greater Man
Restore us, and regain the blissful seat"""
LONG_VERSE = """\
I celebrate myself, and sing myself,
And what I assume you shall assume,
For every atom belonging to me as good belongs to you.
I loafe and invite my soul,
I lean and loafe at my ease observing a spear of summer grass.
My tongue, every atom of my blood, form'd from this soil, this air,"""
TABLE = """\
CHAPTER 1. Loomings . . . . . . . . . . . . . . . . . . . . . . . .    1
CHAPTER 2. The Carpet-Bag . . . . . . . . . . . . . . . . . . . . .    8
whales seen in the northern seas, by the year       1840       1841
whales taken in the northern seas, by the year       120        117"""
LIST = """\
1. the sperm whale, which is the largest inhabitant of the whole globe
2. the right whale, which is in one respect the most venerable of them
- the fin-back whale, which has been seen almost in every sea, and is so"""


def as_lines(text: str) -> list[str]:
    return list(unwrapped(text.split("\n")))


def test_prose_becomes_a_line() -> None:
    found = as_lines(PROSE)
    assert found == [PROSE.replace("transition\nstage", "transition stage").replace("\n", " ")]


@pytest.mark.parametrize(
    "text", [DIALOGUE, HEADINGS, SONNET, BLANK_VERSE, LONG_VERSE, TABLE, LIST, "", "\n\n", "x"]
)
def test_what_is_not_wrapped_stays(text: str) -> None:
    assert as_lines(text) == text.split("\n")


def test_paragraphs_are_parted_by_blank_lines_and_by_indents() -> None:
    one, other = PROSE.replace("\n", " "), "Another one begins here."
    assert as_lines(f"{PROSE}\n\n  \n{PROSE}") == [one, "", "", one]
    assert as_lines(f"{PROSE}\n    {other}") == [one, f"    {other}"]
    assert as_lines(f"{PROSE}\n{other}") == [one, other]  # the line above was not full
    indented = textwrap.indent(PROSE, "    ")
    assert as_lines(indented) == [one]


def test_lines_of_a_list_go_on_indented() -> None:
    item = textwrap.wrap("- " + PROSE.replace("\n", " "), 70, subsequent_indent="  ")
    assert as_lines("\n".join(item)) == ["- " + PROSE.replace("\n", " ")]


LONG = "and so it went on for a long time, until everybody was tired of"


@pytest.mark.parametrize(
    ("end", "start", "joined"),
    [
        ("the some-", "thing of", "the something of"),
        ("the mother-in-", "law of", "the mother-in-law of"),
        ("the Anglo-", "Saxon of", "the Anglo-Saxon of"),
        ("the out-", "of-the-way of", "the out-of-the-way of"),
        ("the U-", "boat of", "the U-boat of"),
        ("the end--", "or so", "the end--or so"),
        ("the end", "--or so", "the end--or so"),
        ("the end . . .", "or so", "the end . . . or so"),
        ("the end—", "or so", "the end—or so"),
        ("the Straßenbahn-", "übergang da", "the Straßenbahnübergang da"),
        ("the pages 10-", "12 of", "the pages 10-12 of"),
        ("the end ", " or so", "the end or so"),
        ("the end\r", "or so", "the end or so"),
    ],
)
def test_the_seam_of_two_lines(end: str, start: str, joined: str) -> None:
    text = f"{LONG}\n{LONG} {end}\n{start} {LONG}\n{LONG}"
    assert as_lines(text) == [f"{LONG} {LONG} {joined} {LONG} {LONG}"]


def test_chinese_has_no_spaces_between_lines_and_korean_has() -> None:
    chinese = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳"
    assert as_lines(f"{chinese}\n{chinese}\n完。") == [chinese * 2 + "完。"]
    korean = "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다"
    assert as_lines(f"{korean}\n{korean}") == [f"{korean} {korean}"]


words = st.from_regex("[a-kX-Z]{1,11},?", fullmatch=True)


@given(
    paragraphs=st.lists(st.lists(words, min_size=1, max_size=60).map(" ".join), min_size=1),
    width=st.integers(70, 100),
)
def test_what_textwrap_broke_is_put_together(paragraphs: list[str], width: int) -> None:
    wrapped = "\n\n".join(textwrap.fill(paragraph, width) for paragraph in paragraphs)
    assert [line for line in as_lines(wrapped) if line] == paragraphs


@given(st.lists(st.text("aB -\t|.9\u4e00é", max_size=90)))
def test_no_letter_is_lost(lines: list[str]) -> None:
    def letters(texts: list[str]) -> str:
        return "".join("".join(texts).split()).replace("-", "")

    assert letters(list(unwrapped(lines))) == letters(lines)


# --- in blocks ------------------------------------------------------------------------

line = st.one_of(
    st.just(""),
    st.just(" \t"),
    st.lists(words, max_size=14).map(" ".join),
    st.just("x" * 60 + "-"),
)


@given(
    lines=st.lists(line, max_size=40),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.integers(1, 300),
    document=st.sampled_from(reader.DOCUMENTS),
)
def test_blocks_of_any_size_give_the_same(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, block: int, document: str
) -> None:
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_bytes(end.join(lines).encode())
    format = TextFormat(document=document, unwrap=True)

    def documents() -> list[list[str]]:
        found: list[list[str]] = [[]]
        for piece in read_blocks([str(path)], whole_paragraphs=True):
            for each in format.lines(piece):
                if each is None:
                    found.append([])
                else:
                    found[-1].append(each)
        return [each for each in found if each]

    whole = documents()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "BLOCK", block)
        assert documents() == whole
    expected = [each for each in unwrapped(lines) if each]
    assert [each.strip() for found in whole for each in found] == [e.strip() for e in expected]


def test_a_text_without_a_blank_line_is_no_paragraph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORDKIT_MAX_LINE_MB", "0.001")
    monkeypatch.setattr(reader, "BLOCK", 100)
    path = tmp_path / "text.txt"
    path.write_text("one\n\n" + "some words\n" * 200)
    with pytest.raises(CorpusError, match=r"line 3: no blank line follows .*leave out --unwrap"):
        list(read_blocks([str(path)], whole_paragraphs=True))
    path.write_text("one\n\n" + "some words " * 200)
    with pytest.raises(CorpusError, match="line 3 is longer than 1,048 bytes"):
        list(read_blocks([str(path)], whole_paragraphs=True))


# --- the hint -------------------------------------------------------------------------


def test_wrapped_books_look_wrapped() -> None:
    book = "\n\n".join([PROSE] * 5)
    assert looks_wrapped(book.split("\n"))
    for width in 60, 72, 80, 100:
        text = [textwrap.fill(PROSE.replace("\n", " "), width)] * 8
        assert looks_wrapped("\n\n".join(text).split("\n"))
    assert not looks_wrapped(PROSE.split("\n"))  # too little to say


def test_sentences_verse_and_paragraphs_do_not_look_wrapped() -> None:
    for text in (SONNET, BLANK_VERSE, LONG_VERSE, TABLE, DIALOGUE, PROSE.replace("\n", " ")):
        assert not looks_wrapped("\n\n".join([text] * 30).split("\n"))
        assert not looks_wrapped("\n".join([text] * 30).split("\n"))
    for name in "sample.train.txt", "dates.tsv", "sums.tsv":
        assert not looks_wrapped((corpora_folder() / name).read_text("utf-8").split("\n"))
