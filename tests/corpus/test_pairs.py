"""Pairs from every form of file, and what is said of files that hold none."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.corpus import reader
from wordkit.corpus.pair_files import Pair, read_pairs, write_pairs
from wordkit.corpus.pair_tasks import date_pairs
from wordkit.corpus.pairs import Pairs
from wordkit.errors import CorpusError, FormatError

Write = Callable[..., Path]

TSV = "ein Hund .\ta dog .\nzwei weiße Katzen\ttwo white cats\n"
WORDS = [
    Pair(("ein", "Hund", "."), ("a", "dog", "."), 1),
    Pair(("zwei", "weiße", "Katzen"), ("two", "white", "cats"), 2),
]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes a file and gives its path."""

    def write(content: str | bytes, name: str = "pairs") -> Path:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


def test_tsv(write: Write) -> None:
    assert read_pairs(write(TSV)) == WORDS
    assert read_pairs(str(write(TSV.replace("\n", "\r\n").removesuffix("\n")))) == WORDS
    assert read_pairs(write("\ufeff" + TSV)) == WORDS


def test_characters_are_those_of_the_stripped_text(write: Write) -> None:
    pairs = read_pairs(write(" May 3 \t 3.5.\n"), units="chars")
    assert pairs == [Pair(("M", "a", "y", " ", "3"), ("3", ".", "5", "."), 1)]


@pytest.mark.parametrize(
    "lines",
    [
        '{"source": "ein Hund .", "target": "a dog .", "id": 7}\n'
        '{"target": "two white cats", "source": "zwei wei\\u00dfe Katzen"}\n',
        '["ein Hund .", "a dog ."]\n ["zwei weiße Katzen", "two\\twhite cats"]',
    ],
)
def test_json_lines(write: Write, lines: str) -> None:
    assert read_pairs(write(lines)) == WORDS


def test_json_can_spell_what_is_no_character(write: Write) -> None:
    (pair,) = read_pairs(write('["half \\ud800", "b"]'))
    assert " ".join(pair.source).encode() == b"half ?"


def test_lines_of_the_textbook(write: Write) -> None:
    sums = read_pairs(write("16+75  _91  \n52+607 _659 \n706+796_1502\n"), units="chars")
    assert sums == [
        Pair(tuple("16+75"), tuple("91"), 1),
        Pair(tuple("52+607"), tuple("659"), 2),
        Pair(tuple("706+796"), tuple("1502"), 3),
    ]
    dates = read_pairs(write("september 27, 1994           _1994-09-27\n"
                             "2/10/93                      _1993-02-10\n"))  # fmt: skip
    assert dates[0] == Pair(("september", "27,", "1994"), ("1994-09-27",), 1)
    assert dates[1].source == ("2/10/93",)


def test_forms_are_told_apart_by_the_first_line(write: Write) -> None:
    assert read_pairs(write("[a_b]\t{c}\n"))[0] == Pair(("[a_b]",), ("{c}",), 1)
    assert read_pairs(write("[5]\ta_b\n"))[0] == Pair(("[5]",), ("a_b",), 1)
    for line in '["a",\t"b"]\n', '{\t"source": "a", "target": "b"\t}\n':
        assert read_pairs(write(line))[0] == Pair(("a",), ("b",), 1)


def test_line_ends_in_json_are_spaces(write: Write) -> None:
    (pair,) = read_pairs(write(json.dumps(["a\nb\r\nc\n", "d\re\u2028f"])), units="chars")
    assert pair == Pair(tuple("a b c"), tuple("d e f"), 1)


def test_lines_without_text_are_passed_over_and_counted(write: Write) -> None:
    assert [pair.line for pair in read_pairs(write("\na\tb\n\n  \nc\td\n\n"))] == [2, 5]


def test_two_files(write: Write) -> None:
    source = write("ein Hund .\nzwei weiße Katzen\n", "de")
    # neither JSON nor tabs mean anything there, and a last line needs no end
    target = write("a\tdog .\ntwo white cats", "en")
    assert read_pairs(source, target) == WORDS
    assert read_pairs(write("[1]\n", "one"), write("a_b\n", "two"))[0].source == ("[1]",)
    assert read_pairs(write("a\tb\nc\n", "one"), write("d\ne\n", "two"))[0].source == ("a", "b")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed(write: Write, compress: Callable[[bytes], bytes]) -> None:
    assert read_pairs(write(compress(TSV.encode()))) == WORDS
    source, target = write(compress(b"a b\nc\n"), "source"), write("d\ne f\n", "target")
    assert [pair.target for pair in read_pairs(source, target)] == [("d",), ("e", "f")]


def test_blocks_change_nothing(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BLOCK", 8)
    assert read_pairs(write(TSV)) == WORDS
    source, target = write("ein Hund .\nzwei weiße Katzen\n", "s"), write("a dog .\nx\n", "t")
    assert [pair.line for pair in read_pairs(source, target)] == [1, 2]
    with pytest.raises(CorpusError, match="line 3: expected a source, a tab"):
        read_pairs(write(TSV + "no tab\n"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no pairs: expected lines of a source, a tab"),
        (b"\n \n", "holds no pairs"),
        (b"a\tb\nonly one side\n", "pairs, line 2: expected a source, a tab .*, found no tab"),
        (b"a\tb\tc\n", r"pairs, line 1: .* found 2 tabs \(cut -f1,2 keeps two columns\)"),
        (b"a\tb\n\tb\n", "pairs, line 2: the source is empty"),
        (b"a\tb\na\t \n", "pairs, line 2: the target is empty"),
        (b"a\tb\n\t\n", "pairs, line 2: the source is empty"),
        (b"no pair at all\n", "pairs, line 1: expected a source, a tab .* found no tab"),
        (b"1+1_2\n1+2 3\n", "pairs, line 2: expected a question, .* found no underscores"),
        (
            b"to new_york\nand new_york to new_orleans\n",
            "line 2: .* found 2 underscores .TSV .*"
            "name the file of the targets too .--target, or --valid-target",
        ),
        (
            b"new_york and new_orleans\n",
            "line 1: expected a source, .* found no tab .JSON Lines "
            "and question_answer are read, too.; .* .--target",
        ),
        (b"1+1_2\n1+2_\t3\n", "pairs, line 2: expected a question, .* found a tab"),
        (b"1+1_2\n1+2_ \n", "pairs, line 2: the target is empty"),
        (b"_2\n", "pairs, line 1: the source is empty"),
        (b'["a", "b"]\n["a", "b"\n', "pairs, line 2: expected JSON, found"),
        (b"[" * 100_000, "pairs, line 1: expected JSON, found"),
        (b'["a", "b", "c"]\n', r'line 1: expected .*, found \["a", "b", "c"\]'),
        (b'["a", 2]\n', r'line 1: expected .*, found \["a", 2\]'),
        (b'{"source": "a"}\n', 'line 1: expected an object with the strings source .* "a"}'),
        (b'["a", "b"]\n3\n', "line 2: expected an object with the strings source"),
        (b'["a", ""]\n', "line 1: the target is empty"),
        (b"a\tb\nc\t\xff\n", "pairs, line 2: byte 0xff is not UTF-8; convert the file to it$"),
        ("a\tb\n".encode("utf-16"), "pairs is UTF-16"),
        (gzip.compress(b"a\tb\n" * 100)[:20], "pairs is damaged or cut short"),
    ],
)
def test_bad_files(write: Write, content: bytes, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_pairs(write(content))


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("a\nb\nc\n", "d\n", "source, line 2 has no counterpart: .*target ends after 1 lines"),
        ("a\n", "d\ne\n", "target, line 2 has no counterpart: .*source ends after 1 lines"),
        ("", "d\n", "target, line 1 has no counterpart: .*source ends after 0 lines"),
        ("", "", "source holds no pairs"),
        ("a\n\nb\n", "d\ne\nf\n", "source, line 2: the source is empty"),
        ("a\nb\n", "d\n \n", "target, line 2: the target is empty"),
        ("a\tb\nc\td\n", "b\nd\n", "source has a tab in each line, .* leave out --target"),
    ],
)
def test_two_files_that_do_not_fit(write: Write, source: str, target: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_pairs(write(source, "source"), write(target, "target"))


def test_files_that_are_not_there(write: Write, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nothing: No such file"):
        read_pairs(tmp_path / "nothing")
    with pytest.raises(CorpusError, match="nothing: No such file"):
        read_pairs(write("a\n"), tmp_path / "nothing")
    with pytest.raises(CorpusError, match="cannot read"):
        read_pairs(tmp_path)


def test_unknown_units(write: Write) -> None:
    with pytest.raises(CorpusError, match="unknown units 'bytes': expected one of words, chars"):
        read_pairs(write(TSV), units="bytes")


TOKENS = st.lists(
    st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1), min_size=1, max_size=5
)


@given(pairs=st.lists(st.tuples(TOKENS, TOKENS), min_size=1, max_size=5))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[list[str], list[str]]]
) -> None:
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    texts = [(" ".join(source), " ".join(target)) for source, target in pairs]
    write_pairs({path: texts})
    assert [(list(p.source), list(p.target)) for p in read_pairs(path)] == pairs
    path.write_text("\n".join(map(json.dumps, texts)))
    assert [(list(p.source), list(p.target)) for p in read_pairs(path)] == pairs


LINES = st.lists(
    st.sampled_from(["a\tb", "a_b", "_", "\t", "", '["a", "b"]', "[", '{"source": 1}', "\ufeff"])
    | st.text(max_size=8)
)


@given(lines=LINES, junk=st.binary(max_size=4))
def test_any_bytes_are_pairs_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], junk: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "pairs"
    path.write_bytes("\n".join(lines).encode("utf-8", "replace") + junk)
    with suppress(CorpusError):
        pairs = read_pairs(path)
        assert pairs
        assert all(pair.source and pair.target for pair in pairs)


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="is a folder"):
        write_pairs({tmp_path / "train.tsv": [("a", "b")], tmp_path: [("c", "d")]})
    assert list(tmp_path.iterdir()) == []
    write_pairs({tmp_path / "train.tsv": [("a", "ü")], tmp_path / "valid.tsv": [("c", "d")]})
    assert (tmp_path / "train.tsv").read_bytes() == "a\tü\n".encode()
    assert (tmp_path / "valid.tsv").read_bytes() == b"c\td\n"


# --- a collection of pairs ------------------------------------------------------------

SUMS = [("16+75", "91"), ("1+1", "2"), ("2 + 2", "4"), ("9+9", "18")]


def test_pairs_are_a_collection() -> None:
    pairs = Pairs.from_texts(SUMS)
    assert len(pairs) == 4
    assert list(pairs) == SUMS
    assert pairs[1] == pairs[-3] == ("1+1", "2")
    assert pairs.sources == [source for source, _ in SUMS]
    assert pairs.targets == [target for _, target in SUMS]
    for place, expected in ((slice(1, 3), SUMS[1:3]), ([3, 0], [SUMS[3], SUMS[0]])):
        assert isinstance(pairs[place], Pairs)
        assert list(pairs[place]) == expected
    with pytest.raises(IndexError):
        pairs[4]
    assert repr(pairs) == "Pairs(4 pairs, such as '16+75' → '91')"
    assert repr(pairs[:0]) == "Pairs(0 pairs)"
    html = Pairs.from_texts([("a<b", "c")] * 9)._repr_html_()
    assert html.count("<td>a&lt;b</td><td>c</td>") == 8


def test_pairs_from_files_are_texts_or_tokens(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(" 2 + 2\t4\nab\tc d\n")
    assert list(Pairs.from_files(path)) == [("2 + 2", "4"), ("ab", "c d")]
    assert Pairs.from_files(str(path), units="words")[1] == (("ab",), ("c", "d"))
    assert Pairs.from_files(path, units="chars")[1] == (("a", "b"), ("c", " ", "d"))
    (tmp_path / "de").write_text("ein Mann\n")
    (tmp_path / "en").write_text("a man\n")
    assert list(Pairs.from_files(tmp_path / "de", tmp_path / "en")) == [("ein Mann", "a man")]
    with pytest.raises(CorpusError, match="unknown units 'letters'"):
        Pairs.from_files(path, units="letters")


@pytest.mark.parametrize("units", [None, "words", "chars"])
def test_what_was_saved_is_read(tmp_path: Path, units: str | None) -> None:
    Pairs.from_texts(SUMS).save(tmp_path / "sums.tsv")
    pairs = Pairs.from_files(tmp_path / "sums.tsv", units=units)
    pairs[1:].save(tmp_path / "again.tsv")
    assert list(Pairs.from_files(tmp_path / "again.tsv", units=units)) == list(pairs)[1:]


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\r", "a\u2028b"])
def test_what_tsv_cannot_hold(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match=r"pair 2: .* cannot be written as TSV"):
        Pairs.from_texts([("a", "b"), ("c", text)]).save(tmp_path / "pairs.tsv")
    assert not (tmp_path / "pairs.tsv").exists()


def test_pairs_of_tokens_and_of_a_generator() -> None:
    pairs = Pairs.from_texts(pair for pair in [(["a", "b"], ("c",)), ["d", "e"]])
    assert list(pairs) == [(("a", "b"), ("c",)), ("d", "e")]


def test_pairs_of_a_data_frame() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(SUMS, columns=["source", "target"])
    pairs = Pairs.from_texts(frame)
    assert list(pairs) == SUMS
    pandas.testing.assert_frame_equal(pairs.to_frame(), frame)
    with pytest.raises(
        CorpusError, match="with the columns source and target, found 'source', 'x'"
    ):
        Pairs.from_texts(frame.rename(columns={"target": "x"}))


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ("ab", "expected a list of pairs of a source and a target, found str"),
        (Path("pairs.tsv"), r"files are read by Pairs\.from_files"),
        ({"a": "b"}, "found dict"),
        (3, "found int"),
        (["ab"], "pair 1: expected a source and a target, found 'ab'"),
        ([("a", "b"), ("a", "b", "c")], "pair 2: expected a source and a target, found"),
        ([("a", 2)], r"pair 1: expected a string or a list of strings, found 2"),
        ([("a", ["b", 2])], r"pair 1: expected a string or a list of strings"),
        ([("a", " ")], "pair 1: the target is empty"),
        ([([], "a")], "pair 1: the source is empty"),
    ],
)
def test_what_is_no_list_of_pairs(pairs: object, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        Pairs.from_texts(pairs)  # type: ignore[arg-type]


def test_parts_of_pairs() -> None:
    pairs = Pairs(date_pairs(100))
    train, valid = pairs.split(0.9, 0.1, seed=1)
    assert (len(train), len(valid)) == (90, 10)
    assert {*train, *valid} == set(pairs)
    order = {pair: n for n, pair in enumerate(pairs)}
    for part in train, valid:
        assert [order[pair] for pair in part] == sorted(order[pair] for pair in part)
    assert list(pairs.split(0.9, 0.1, seed=1)[0]) == list(train) != list(pairs)[:90]
    assert list(pairs.split(0.9, 0.1, seed=2)[0]) != list(train)
    with pytest.raises(CorpusError, match=r"4 pairs are too few for the shares 0.9, 0.1"):
        pairs[:4].split(0.9, 0.1)
    with pytest.raises(CorpusError, match=r"sum to 1.1"):
        pairs.split(0.9, 0.2)
