"""The traps that real vector files set, and files that are damaged."""

import gzip
import struct
import tracemalloc
import warnings

import numpy as np
import pytest

from wordkit.errors import FormatError
from wordkit.vectors.word_vectors import WordVectors

load = WordVectors.load


def write(path, content):
    path.write_bytes(content)
    return path


def binary(rows, header=None, behind=b""):
    """A word2vec binary file; ``behind`` stands behind each vector."""
    header = header or (len(rows), len(rows[0][1]))
    content = b"%d %d\n" % header
    for word, numbers in rows:
        content += word + b" " + struct.pack(f"<{len(numbers)}f", *numbers) + behind
    return content


def quiet(path, format=None):
    """Load, and fail if anything is warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load(path, format)


# --- text that must be read ---------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"2 3\na b 1 2 3\nc 4 5 6\n",
        b"a b 1 2 3\nc 4 5 6\nd 7 8 9\n",  # GloVe: the size is that of most lines
        b"2 3\na b 1 2 3 \nc 4 5 6 \n",
        b"2 3\r\na b 1 2 3\r\nc 4 5 6\r\n",
        b"2 3\na b 1 2 3 \r\nc 4 5 6 \r\n",
        b"2 3\na b 1 2 3\nc 4 5 6",
        b"2 3\na b 1 2 3\nc 4 5 6\n\n\r\n\n",
        b"2 3\na b\t1\t2\t3\nc\t4\t5\t6\n",
        b"2 3\na b 1  2 \t3\nc +4 .5e1 6.\n",
        b"\xef\xbb\xbf2 3\na b 1 2 3\nc 4 5 6\n",
    ],
)
def test_text_of_all_kinds(tmp_path, content):
    found = quiet(write(tmp_path / "v", content))
    assert found.words[:2] == ["a b", "c"]
    assert found.vectors[:2].tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    "word",
    ["a\u00a0b", "\u3000", "\u2028", "\x85", "\x1c", "\x0b", ". . .", "in 1984", " x", "x "],
)
def test_white_space_belongs_to_the_word(tmp_path, word):
    for header in (b"3 2\n", b""):
        content = header + f"first 1 2\n{word} 3 4\nlast 5 6\n".encode()
        found = quiet(write(tmp_path / "v", content))
        assert found.words == ["first", word, "last"]
        assert found.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_bytes_that_are_not_utf8_come_back(tmp_path):
    content = b"2 1\n\xff\xfe 1.0\ncaf\xe9 2.0\n"
    found = load(write(tmp_path / "v", content))
    found.save(tmp_path / "again", "word2vec")
    assert (tmp_path / "again").read_bytes() == content


def test_a_word_and_its_one_number_are_no_header(tmp_path):
    found = quiet(write(tmp_path / "v", b"5 3\n6 2\n7 1\n"))
    assert found.words == ["5", "6", "7"]
    assert found.vectors.ravel().tolist() == [3, 2, 1]
    assert quiet(write(tmp_path / "v", b"2 1\n6 2\n7 1\n"), "glove").words == ["2", "6", "7"]
    assert quiet(write(tmp_path / "v", b"2 1\n6 2\n7 1\n"), "word2vec").words == ["6", "7"]


def test_numbers_that_are_not_finite_are_read(tmp_path):
    found = quiet(write(tmp_path / "v", b"a nan -inf 1e99\nb Infinity -NaN 1\n"))
    assert np.isnan(found.vectors).tolist() == [[True, False, False], [False, True, False]]
    assert found.vectors[0, 1:].tolist() == [-np.inf, np.inf]


# --- more or other than announced ---------------------------------------------------

EXTRA = {
    "text": b"1 2\na 1 2\nb 3 4\nc 5 6\n",
    "packed text": gzip.compress(b"1 2\na 1 2\nb 3 4\nc 5 6\n"),
    "binary": binary([(b"a", (1, 2)), (b"b", (3, 4)), (b"c", (5, 6))], header=(1, 2)),
}


@pytest.mark.parametrize("name", EXTRA)
def test_extra_rows_are_loaded_with_a_warning(tmp_path, name):
    with pytest.warns(UserWarning, match="announces 1 words, the file has 3"):
        found = load(write(tmp_path / "v", EXTRA[name]))
    assert found.words == ["a", "b", "c"]
    assert found.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize("kind", ["text", "binary"])
def test_the_first_of_equal_words_is_kept(tmp_path, kind):
    rows = [(b"a", (1, 2)), (b"b", (3, 4)), (b"a", (5, 6)), (b"a", (7, 8)), (b"c", (9, 0))]
    text = b"5 2\n" + b"".join(b"%b %d %d\n" % (word, *numbers) for word, numbers in rows)
    content = text if kind == "text" else binary(rows)
    with pytest.warns(UserWarning, match="2 vectors repeat.*'a'") as caught:
        found = load(write(tmp_path / "v", content))
    assert len(caught) == 1
    assert found.words == ["a", "b", "c"]
    assert found.vectors.tolist() == [[1, 2], [3, 4], [9, 0]]


def test_many_equal_words(tmp_path):
    """More rows than are moved at once."""
    numbers = np.random.default_rng(0).integers(0, 6000, 20_000).tolist()
    content = "".join(f"w{number} {i}\n" for i, number in enumerate(numbers)).encode()
    with pytest.warns(UserWarning, match="vectors repeat"):
        found = load(write(tmp_path / "v", content))
    first = {}
    for i, number in enumerate(numbers):
        first.setdefault(f"w{number}", i)
    assert found.words == list(first)
    assert found.vectors.ravel().tolist() == list(first.values())


# --- text that is damaged -----------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"5 2\na 1 2\nb 3 4\n", "announces 5 words, the file has 2 and ends at line 3"),
        (b"3 2\n", "announces 3 words, the file has 0"),
        (b"2 2\na 1 2\nb 3", "line 3: expected a word and 2 numbers, found 1"),
        (b"a 1 2\nb 3", "line 2: expected a word and 2 numbers, found 1"),
        (b"a 1 2\nb 3 4\n5 6", "line 3: expected a word and 2 numbers, found 1"),
        (b"2 2\na 1 2\n\nb 3 4\n", "line 3: expected a word and 2 numbers, found 0"),
        (b"2 2\na 1 2\nb x 4\n", "line 3: expected 2 numbers at its end, found 'x'"),
        (b"2 2\na 1 2\nb 1_0 4\n", "line 3: expected 2 numbers at its end, found '1_0'"),
        (b"2 2\na 1 2\nb 0x1 4\n", "found '0x1'"),
        (b"2 5\na 1 2\nb 3 4\n", "announces vectors of 5 numbers.*it have 2"),
        (b"2 1\na 1 2\nb 3 4\n", "announces vectors of 1 numbers.*it have 2"),
        (b"-2 2\na 1 2\nb 3 4\n", "announces -2 words of 2 numbers"),
        (b"2 0\na 1 2\nb 3 4\n", "announces 2 words of 0 numbers"),
        (b"0 2\n", "announces 0 words of 2 numbers"),
    ],
)
def test_damaged_text(tmp_path, content, message):
    for data in (content, gzip.compress(content)):
        with pytest.raises(FormatError, match=message) as error:
            load(write(tmp_path / "v", data))
        assert str(error.value).startswith(str(tmp_path / "v"))


def test_a_header_that_is_none(tmp_path):
    for format in ("word2vec", "fasttext", "word2vec-binary"):
        with pytest.raises(FormatError, match="line 1: expected the number of words"):
            load(write(tmp_path / "v", b"a 1 2\nb 3 4\n"), format)


def test_the_line_of_an_error_is_counted_over_all_blocks(tmp_path, monkeypatch):
    from wordkit.vectors.formats import text

    monkeypatch.setattr(text, "_BLOCK", 64)
    lines = [b"w%d 1 2" % i for i in range(500)]
    lines[321] = b"w321 1 oops"
    for header, number in ((b"500 2\n", 323), (b"", 322)):
        with pytest.raises(FormatError, match=f"line {number}: .*'oops'"):
            load(write(tmp_path / "v", header + b"\n".join(lines)))


# --- binary -------------------------------------------------------------------------

ROWS = [(b"the", (1.0, -2.5)), (b"\xff", (np.pi, 0.0)), ("日本".encode(), (5e-40, 1e38))]


@pytest.mark.parametrize("behind", [b"", b"\n"])  # gensim's, and word2vec.c's
def test_binary_with_and_without_newlines(tmp_path, behind):
    found = quiet(write(tmp_path / "v", binary(ROWS, behind=behind)))
    assert found.words == ["the", "\udcff", "日本"]
    assert found.vectors.tolist() == np.array([row for _, row in ROWS], np.float32).tolist()


def test_a_vector_of_bytes_that_look_like_spaces_and_newlines(tmp_path):
    numbers = np.frombuffer(b" \n \n\n\n  \x00\x20\x0a\x00", "<f4").tolist()
    found = quiet(write(tmp_path / "v", binary([(b"a", numbers), (b"b", numbers)])))
    assert found.words == ["a", "b"]
    assert found.vectors.tolist() == [numbers, numbers]


def test_binary_cut_at_every_byte(tmp_path):
    whole = binary(ROWS)
    starts = [whole.index(word + b" ") for word, _ in ROWS]
    for end in range(len(b"3 2\n") + 8, len(whole)):  # a shorter one has no room for a vector
        with pytest.raises(FormatError, match=r"announces 3 words, the file has [012]") as error:
            load(write(tmp_path / "v", whole[:end]), "word2vec-binary")
        begun = [start for start in starts if start < end]
        where = f"ends at byte {end}:" if end in starts else f"word at byte {begun[-1]} has"
        assert where in str(error.value)
    with pytest.raises(FormatError, match="vectors of 8 bytes, and 5 bytes follow"):
        load(write(tmp_path / "v", whole[:9]), "word2vec-binary")


def test_bytes_behind_the_last_vector(tmp_path):
    with pytest.warns(UserWarning, match="4 bytes behind the 3 words, from byte 41"):
        found = load(write(tmp_path / "v", binary(ROWS) + b"junk"))
    assert len(found.words) == 3


# --- headers that ask for too much --------------------------------------------------

HUGE = {
    "rows of text": b"999999999999 2\na 1 2\nb 3 4\n",
    "size of text": b"2 99999999999999\na 1 2\nb 3 4 5\n",
    "rows of binary": binary(ROWS, header=(999_999_999_999, 2)),
    "size of binary": binary(ROWS, header=(3, 999_999_999_999)),
    "both of text": b"99999999999 99999999999\n" + b"a 1 2\nb 3 4 5\n" * 20,
    "short lines of text": b"9 20000\na" + b" 1" * 20_000 + b"\n" + b"a 1\n" * 20_000,
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", HUGE)
def test_memory_is_never_taken_on_the_word_of_a_header(tmp_path, name, packed):
    path = write(tmp_path / "v", gzip.compress(HUGE[name]) if packed else HUGE[name])
    format = "word2vec-binary" if name.endswith("binary") else "word2vec"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tracemalloc.start()
        try:
            with pytest.raises(FormatError, match=r"announces|line [23]: expected"):
                load(path, format)
            assert tracemalloc.get_traced_memory()[1] < 100e6
        finally:
            tracemalloc.stop()
