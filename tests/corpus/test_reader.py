"""Files of every kind become the same lines, whatever the size of a block."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.corpus import reader
from wordkit.corpus.reader import TextFormat, find_inputs, plain_lines, read_blocks
from wordkit.errors import CorpusError

TEXT = "first line\nsecond ünïcode line\r\n\n  \nfourth paragraph\n"


def documents(path: Path | str, **options: str) -> list[list[str]]:
    """Lines of each document that has any."""
    format = TextFormat(**options)  # type: ignore[arg-type]
    found: list[list[str]] = [[]]
    for block in read_blocks([str(path)], whole_lines=format.field is not None):
        for line in format.lines(block):
            if line is None:
                found.append([])
            else:
                found[-1].append(line)
    return [document for document in found if document]


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT.encode())
    return path


def test_documents_by_line(text_file: Path) -> None:
    assert documents(text_file) == [
        ["first line"], ["second ünïcode line"], [""], ["  "], ["fourth paragraph"]
    ]  # fmt: skip


def test_documents_by_blank_line(text_file: Path) -> None:
    assert documents(text_file, document="blank-line") == [
        ["first line", "second ünïcode line"],
        ["fourth paragraph"],
    ]


def test_documents_by_file(text_file: Path) -> None:
    assert len(documents(text_file, document="file")) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("compressed", [False, True])
def test_a_pipe_that_has_a_name(tmp_path: Path, compressed: bool) -> None:
    pipe, data = tmp_path / "pipe", TEXT.encode()
    os.mkfifo(pipe)
    written = gzip.compress(data) if compressed else data
    writer = threading.Thread(target=lambda: pipe.write_bytes(written))
    writer.start()
    blocks = list(read_blocks([str(pipe)]))
    writer.join()
    assert b"".join(block.data for block in blocks) == data


def test_what_is_there_comes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with open(reading) as stdin, open(writing, "wb", buffering=0) as pipe:
        monkeypatch.setattr(sys, "stdin", stdin)
        blocks = read_blocks(["-"], whole_lines=True, as_it_comes=True)
        for text, lines in (
            (b"one\n", ["one"]),
            (b"two\r\n\nth", ["two", ""]),
            (b"ree\n", ["three"]),
        ):
            pipe.write(text)
            block = next(blocks)
            assert (block.source, plain_lines(block)) == ("standard input", lines)
        pipe.write(b"end")
        pipe.close()
        assert [(block.line, plain_lines(block)) for block in blocks] == [(5, ["end"])]


@pytest.mark.parametrize("document", reader.DOCUMENTS)
def test_blocks_change_nothing(
    text_file: Path, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = documents(text_file, document=document)
    for size in (24, 30, 40, 64):  # more than the longest line
        monkeypatch.setattr(reader, "BLOCK", size)
        assert documents(text_file, document=document) == whole


def test_a_line_longer_than_a_block_is_cut_between_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BLOCK", 16)
    (tmp_path / "long").write_text("word " * 20 + "\nnext\n")
    pieces, last = documents(tmp_path / "long")
    assert "".join(pieces) == "word " * 20
    assert len(pieces) > 2
    assert last == ["next"]


@given(st.text(max_size=200))
def test_characters_are_never_cut(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    text = text.replace("\n", "").replace("\r", "").removeprefix("\ufeff")
    path = tmp_path_factory.mktemp("cut") / "text"
    path.write_bytes(text.encode("utf-8", "replace"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "BLOCK", 8)
        read = "".join(line for document in documents(path) for line in document)
    assert read == text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)],
)
class TestCompressed:
    def test_by_name_and_by_content(self, text_file: Path, suffix: str, compress) -> None:  # type: ignore[no-untyped-def]
        for name in "text" + suffix, "no_suffix":
            path = text_file.with_name(name)
            path.write_bytes(compress(TEXT.encode()))
            assert documents(path) == documents(text_file)

    def test_damaged(self, tmp_path: Path, suffix: str, compress) -> None:  # type: ignore[no-untyped-def]
        whole = compress(b"some text\n" * 1000)
        path = tmp_path / ("text" + suffix)
        for damaged in whole[: len(whole) // 2], b"no archive", whole[:20] + b"xxxx" + whole[24:]:
            path.write_bytes(damaged)
            with pytest.raises(CorpusError, match=str(path.name)):
                documents(path)


class TestZip:
    def test_members_are_files(self, tmp_path: Path, text_file: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.mkdir("folder") if sys.version_info >= (3, 11) else None
            archive.writestr("folder/one.txt", TEXT)
            archive.writestr("two.txt", "no newline")
            archive.writestr("three.txt", "x")
        assert documents(tmp_path / "a.zip") == [*documents(text_file), ["no newline"], ["x"]]
        assert len(documents(tmp_path / "a.zip", document="file")) == 3

    @pytest.mark.parametrize("name", ["../out", "/etc/x", "a/../../x", "..\\x", "C:\\x"])
    def test_member_outside(self, tmp_path: Path, name: str) -> None:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(name, "x")
        with pytest.raises(CorpusError, match="outside its folder"):
            documents(tmp_path / "a.zip")

    def test_of_json_lines(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("one.jsonl", '{"text": "x"}')
        with pytest.raises(CorpusError, match="say which field"):
            documents(tmp_path / "a.zip")
        assert documents(tmp_path / "a.zip", field="text") == [["x"]]

    def test_of_another_time(self, tmp_path: Path) -> None:
        """A version that Python's zipfile does not know, and a name that is not UTF-8."""
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("é", "some text")
        whole = (tmp_path / "a.zip").read_bytes()
        entry = whole.index(b"PK\x01\x02")
        newer = whole[: entry + 6] + b"\x5a" + whole[entry + 7 :]
        for damaged in newer, whole.replace("é".encode(), b"\xff\xfe"):
            (tmp_path / "a.zip").write_bytes(damaged)
            with pytest.raises(CorpusError, match=r"a\.zip"):
                documents(tmp_path / "a.zip")

    def test_damaged(self, tmp_path: Path) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("one", "some text " * 100)
        whole = buffer.getvalue()
        for damaged in whole[:-30], whole[:50] + b"XXXX" + whole[54:], b"PK\x03\x04":
            (tmp_path / "a.zip").write_bytes(damaged)
            with pytest.raises(CorpusError, match="damaged"):
                documents(tmp_path / "a.zip")


class TestJsonLines:
    def write(self, path: Path, *lines: str) -> Path:
        path.write_text("\n".join(lines) + "\n")
        return path

    def test_field(self, tmp_path: Path) -> None:
        path = self.write(
            tmp_path / "a.jsonl",
            json.dumps({"id": 1, "text": "one\ntwo"}),
            "",
            json.dumps({"text": "h\u00e9"}),
            '{"text": "half \\ud800 pair"}',
        )
        assert documents(path, field="text") == [["one", "two"], ["hé"], ["half ? pair"]]

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ('{"body": "x"}', "line 2: expected a field 'text', found fields body"),
            ("[1]", "line 2: expected a field 'text', found none"),
            ("{", "line 2: expected a JSON object"),
            ('{"text": 5}', "line 2: field 'text' should hold a string, not int"),
            ("[" * 100_000, "line 2: expected a JSON object"),
        ],
    )
    def test_bad_line(self, tmp_path: Path, line: str, message: str) -> None:
        path = self.write(tmp_path / "a.jsonl", '{"text": "x"}', line)
        with pytest.raises(CorpusError, match=message):
            documents(path, field="text")

    def test_field_must_be_named(self, tmp_path: Path) -> None:
        for name in "a.jsonl", "a.ndjson.gz", "a.JSONL.xz":
            self.write(tmp_path / name, "{}")
            with pytest.raises(CorpusError, match="say which field"):
                find_inputs([tmp_path / name])

    def test_a_line_longer_than_a_block(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reader, "BLOCK", 16)
        path = self.write(tmp_path / "a", json.dumps({"text": "many words " * 10}))
        assert documents(path, field="text") == [["many words " * 10]]


def test_bytes_that_are_not_utf8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BLOCK", 8)
    path = tmp_path / "latin.txt"
    path.write_bytes(b"fine\n" * 20 + b"caf\xe9\n")
    with pytest.raises(CorpusError, match=r"latin.txt, line 21: byte 0xe9 .* --errors replace"):
        documents(path)
    assert documents(path, errors="replace")[-1] == ["caf\ufffd"]
    with pytest.raises(
        CorpusError, match=r"line 21: byte 0xe9 is not UTF-8; convert the file to it$"
    ):
        list(map(plain_lines, read_blocks([str(path)])))


def test_utf16_is_named(tmp_path: Path) -> None:
    (tmp_path / "wide").write_text("words", encoding="utf-16")
    with pytest.raises(CorpusError, match="wide is UTF-16"):
        documents(tmp_path / "wide", errors="replace")


def test_text_that_begins_like_bzip2(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("BZhang wrote home.\n")
    assert documents(tmp_path / "letter") == [["BZhang wrote home."]]


def test_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "bom").write_text("first\n", encoding="utf-8-sig")
    assert documents(tmp_path / "bom") == [["first"]]


class TestFindInputs:
    def test_folder_pattern_file(self, tmp_path: Path) -> None:
        for name in "b.txt", "a.txt", "sub/c.txt", ".hidden", ".git/x", "d.md":
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()

        def found(*inputs: Path) -> list[str]:
            return [str(Path(name).relative_to(tmp_path)) for name in find_inputs(inputs)]

        assert found(tmp_path) == ["a.txt", "b.txt", "d.md", "sub/c.txt"]
        assert found(tmp_path / "*.txt") == ["a.txt", "b.txt"]
        assert found(tmp_path / "**" / "*.txt") == ["a.txt", "b.txt", "sub/c.txt"]
        assert found(tmp_path / "b.txt", tmp_path / "sub") == ["b.txt", "sub/c.txt"]

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match="no such file or folder"):
            find_inputs([tmp_path / "x"])
        with pytest.raises(CorpusError, match="holds no files"):
            find_inputs([tmp_path])
        with pytest.raises(CorpusError, match="no input"):
            find_inputs([])


@pytest.mark.parametrize("options", [{"document": "page"}, {"errors": "ignore"}])
def test_unknown_options(options: dict[str, str]) -> None:
    with pytest.raises(CorpusError, match="expected"):
        TextFormat(**options)  # type: ignore[arg-type]
