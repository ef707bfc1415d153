"""Files of words."""

import pytest

from wordkit.errors import CorpusError, FormatError
from wordkit.vectors.word_lists import read_word_groups, read_word_pairs, read_words


def test_what_they_hold(tmp_path):
    path = tmp_path / "list"
    path.write_bytes(b"\xef\xbb\xbfa b\r\n\r\n#c d\n")
    assert read_words(path) == ["a", "b", "#c", "d"]
    assert read_word_pairs(path) == [("a", "b"), ("#c", "d")]
    path.write_text("one\ta b\n: two\nc d\ne\none\tf\n")
    assert read_word_groups(path) == {"one": ["a", "b", "f"], "two": ["c", "d", "e"]}


@pytest.mark.parametrize("read", [read_words, read_word_pairs, read_word_groups])
def test_empty_ones_and_bytes_that_are_no_text(tmp_path, read):
    path = tmp_path / "list"
    path.write_text("\n \n")
    with pytest.raises(FormatError, match="list is empty: expected"):
        read(path)
    path.write_bytes(b"a b\n\xff\n")
    with pytest.raises(CorpusError, match="line 2: byte 0xff is not UTF-8"):
        read(path)


def test_lines_that_do_not_fit(tmp_path):
    path = tmp_path / "list"
    path.write_text("a b\n\na b c" + "d" * 99)
    with pytest.raises(FormatError, match=r"line 3: expected two words; found 'a b cd+\.\.\.'"):
        read_word_pairs(path)
    with pytest.raises(FormatError, match="line 1: expected a name, a tab and words, or ': '"):
        read_word_groups(path)
