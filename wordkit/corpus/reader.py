"""From files to blocks of lines: plain or compressed, of any size, one block at a time."""

from __future__ import annotations

import bz2
import glob
import gzip
import io
import json
import lzma
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, NoReturn

from wordkit.corpus.unwrap import unwrapped
from wordkit.errors import CorpusError
from wordkit.storage.lines import VARIABLE, longest_line, too_long

BLOCK = 1 << 22
"""Bytes in a block: what a worker is given at once."""
STDIN = "-"
NEWLINE = b"\n"
_ADVICE = "convert the file to it"
_CHOICE = f"{_ADVICE}, or say --errors replace (errors='replace' in Python)"
DOCUMENTS = ("line", "file", "blank-line")

_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile)
_ZIP_ERRORS = (RuntimeError, NotImplementedError, ValueError, IndexError, struct.error)
_JSON_LINES = re.compile(r"\.(jsonl|ndjson)(\.(gz|bz2|xz))?$", re.IGNORECASE)


@dataclass(frozen=True)
class Block:
    """Some whole lines of one file; of a line longer than ``BLOCK``, a piece."""

    data: bytes
    source: str
    """The file, for messages."""
    line: int
    """Number of the first line."""
    first: bool
    """Whether the file begins here."""
    ends_line: bool
    size: int
    """Bytes of the (perhaps compressed) file that were read for it."""


@dataclass(frozen=True)
class TextFormat:
    """How the lines of a file make documents.

    Parameters
    ----------
    document
        ``line``, ``file`` or ``blank-line``: what ends a document.
    field
        The files are JSON Lines, and this field of each object is a document.
    errors
        ``strict``: bytes that are not UTF-8 are an error; ``replace``: each becomes U+FFFD.
    unwrap
        Lines were broken at some width: put them together to paragraphs, each a line.
    """

    document: str = "line"
    field: str | None = None
    errors: str = "strict"
    unwrap: bool = False
    _advice = _CHOICE  # no field: it has no type

    def __post_init__(self) -> None:
        if self.document not in DOCUMENTS:
            raise CorpusError(
                f"unknown document {self.document!r}: expected one of {', '.join(DOCUMENTS)}"
            )
        if self.errors not in ("strict", "replace"):
            raise CorpusError(f"unknown errors {self.errors!r}: expected strict or replace")

    def lines(self, block: Block) -> Iterator[str | None]:
        """The lines of a block, with None where a document ends."""
        if self.field is not None:
            return self._json_lines(block)
        return self._text_lines(block)

    def _text_lines(self, block: Block) -> Iterator[str | None]:
        if block.first:
            yield None
        lines = _split(self._decode(block), block)
        for line in unwrapped(lines) if self.unwrap else lines:
            if self.document == "blank-line" and (not line or line.isspace()):
                yield None
                continue
            if self.unwrap and not line:
                continue  # it parted two paragraphs
            yield line
            if self.document == "line" and block.ends_line:
                yield None

    def _json_lines(self, block: Block) -> Iterator[str | None]:
        for number, line in enumerate(self._decode(block).split("\n"), block.line):
            if not line or line.isspace():
                continue
            where = f"{block.source}, line {number}"
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise CorpusError(f"{where}: expected a JSON object, found {error}") from None
            if not isinstance(entry, dict) or self.field not in entry:
                found = f"fields {', '.join(entry)}" if isinstance(entry, dict) else "none"
                raise CorpusError(f"{where}: expected a field {self.field!r}, found {found}")
            text = entry[self.field]
            if not isinstance(text, str):
                kind = type(text).__name__
                raise CorpusError(
                    f"{where}: field {self.field!r} should hold a string, not {kind}"
                )
            yield from self.text_lines(text)

    def text_lines(self, text: str) -> Iterator[str | None]:
        """The lines of one document that is already a string, and None at its end."""
        if not self.unwrap:
            yield from text_lines(text)
            return
        lines = [line for line in text_lines(text) if line is not None]
        yield from (line for line in unwrapped(lines) if line)
        yield None

    def _decode(self, block: Block) -> str:
        return _decode(block, self.errors, self._advice)


class StrictFormat(TextFormat):
    """The format of a caller whose users cannot choose ``errors``."""

    _advice = _ADVICE


def plain_lines(block: Block, errors: str = "strict") -> list[str]:
    """The lines of a block that holds whole ones, as they are: they make no documents."""
    return _split(_decode(block, errors), block)


def _split(text: str, block: Block) -> list[str]:
    lines = text.split("\n")
    if lines[-1] == "" and block.ends_line:
        lines.pop()  # what follows the last newline is no line
    return [line.removesuffix("\r") for line in lines]


def _decode(block: Block, errors: str = "strict", advice: str = _ADVICE) -> str:
    data = block.data.removeprefix(b"\xef\xbb\xbf") if block.first else block.data
    if block.first and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CorpusError(f"{block.source} is UTF-16: convert it to UTF-8 (iconv does)")
    try:
        return data.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        line = block.line + data.count(b"\n", 0, error.start)
        raise CorpusError(
            f"{block.source}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8; {advice}"
        ) from None


def text_lines(text: str) -> Iterator[str | None]:
    """The lines of one document that is already a string, and None at its end."""
    if not text.isascii():  # half a surrogate pair, as JSON can spell it, is no character
        text = text.encode("utf-8", "replace").decode("utf-8")
    yield from text.split("\n")
    yield None


# --- which files --------------------------------------------------------------------


def find_inputs(inputs: Iterable[str | Path], field: str | None = None) -> list[str]:
    """The files that files, folders, glob patterns and ``-`` stand for, in order.

    Folders are searched through, by name; hidden files are left out.

    Raises
    ------
    CorpusError
        Nothing stands there, or a JSON Lines file came without ``field``.
    """
    found = [file for name in map(str, inputs) for file in _files_behind(name)]
    if not found:
        raise CorpusError("no input: name a file, a folder, a pattern, or - for standard input")
    for name in found:
        if field is None:
            _refuse_json_lines(name)
    return found


def _files_behind(name: str) -> list[str]:
    path = Path(name)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        files = [file for file in files if not _is_hidden(file.relative_to(path))]
        if not files:
            raise CorpusError(f"the folder {name} holds no files")
        return [str(file) for file in files]
    if name == STDIN or path.exists():
        return [name]
    matches = sorted(match for match in glob.glob(name, recursive=True) if Path(match).is_file())
    if not matches:
        raise CorpusError(f"cannot read {name}: no such file or folder")
    return matches


def _refuse_json_lines(name: str) -> None:
    if _JSON_LINES.search(name):
        raise CorpusError(f"{name} is JSON Lines: say which field holds the text (--field)")


def total_size(names: Iterable[str]) -> int | None:
    """Bytes of all files, or None if one is standard input or a pipe."""
    paths = [Path(name) for name in names]
    if not all(path.is_file() for path in paths):
        return None
    return sum(path.stat().st_size for path in paths)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


# --- blocks -------------------------------------------------------------------------


def read_blocks(
    names: Iterable[str],
    *,
    whole_lines: bool = False,
    whole_paragraphs: bool = False,
    as_it_comes: bool = False,
) -> Iterator[Block]:
    """The blocks of all files, in order.

    Parameters
    ----------
    whole_lines
        Never cut a line; one that is longer than ``longest_line`` is an error.
    whole_paragraphs
        Never cut between lines without a blank one among them; so many of them as are longer
        than ``longest_line`` are an error.
    as_it_comes
        Do not wait for a block to be full: somebody waits for an answer to what is there.

    Raises
    ------
    CorpusError
        A file cannot be opened, an archive is damaged, or a line is too long to be whole.
    """
    for name in names:
        try:
            with _open_raw(name) as raw:
                read = _read_some if as_it_comes else _read_block
                whole = _paragraphs_end if whole_paragraphs else _lines_end
                cut = whole if whole_lines or whole_paragraphs else _pieces_end
                yield from _file_blocks(raw, name, read, cut)
        except _DAMAGED as error:
            raise CorpusError(f"{_shown(name)} is damaged or cut short: {error}") from None
        except OSError as error:
            raise CorpusError(f"cannot read {_shown(name)}: {error.strerror or error}") from None


def _shown(name: str) -> str:
    return "standard input" if name == STDIN else name


def _open_raw(name: str) -> IO[bytes]:
    if name == STDIN:
        if sys.stdin is None:
            raise CorpusError("cannot read standard input: it is closed")
        return open(sys.stdin.fileno(), "rb", closefd=False)
    return open(name, "rb")


def _file_blocks(
    raw: IO[bytes], name: str, read: Callable[[Any], bytes], cut: Callable[[bytes], int]
) -> Iterator[Block]:
    done, seekable = 0, name != STDIN and raw.seekable()  # a pipe may have a name, too
    for source, stream in _decompressed(raw, name):
        if cut is not _lines_end:
            _refuse_json_lines(source.rstrip(")"))
        line, first, rest = 1, True, b""
        while True:
            piece = read(stream)
            data = rest + piece
            end = cut(data) if piece else len(data)
            text, rest = data[:end], data[end:]
            if cut is not _pieces_end and len(rest) > longest_line():
                _refuse_long(f"{source}, line {line + text.count(NEWLINE):,}", rest)
            if text:
                position = max(done, raw.tell()) if seekable else done + len(text)
                ends_line = text.endswith(b"\n") or not piece
                yield Block(text, source, line, first, ends_line, position - done)
                line, first, done = line + text.count(b"\n"), False, position
            if not piece:
                break


def _read_block(stream: Any) -> bytes:
    """So many bytes, or what is left: in single reads, between which Ctrl-C is seen."""
    pieces, missing = [], BLOCK
    while missing > 0 and (piece := stream.read1(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _read_some(stream: Any) -> bytes:
    """What is there by now; waits only where that is nothing."""
    some: bytes = stream.read1(BLOCK)
    return some


def _lines_end(data: bytes) -> int:
    """Where an unfinished line begins."""
    return data.rfind(NEWLINE) + 1


def _pieces_end(data: bytes) -> int:
    """Where an unfinished line begins; in a line longer than a block, an unfinished word."""
    end = _lines_end(data)
    if not end and len(data) >= BLOCK:
        end = data.rfind(b" ") + 1 or _character_end(data)
    return end


def _paragraphs_end(data: bytes) -> int:
    """Where the lines begin that follow the last blank one."""
    end = data.rfind(NEWLINE)
    while end >= 0:
        before = data.rfind(NEWLINE, 0, end)
        if not data[before + 1 : end].strip():
            return end + 1
        end = before
    return 0


def _refuse_long(where: str, rest: bytes) -> NoReturn:
    if NEWLINE not in rest:
        raise CorpusError(too_long(where))
    raise CorpusError(
        f"{where}: no blank line follows within {longest_line():,} bytes, so that no paragraph "
        f"ends; leave out --unwrap (unwrap in Python), or raise the limit with {VARIABLE} (in MiB)"
    )


def _character_end(data: bytes) -> int:
    """Where the last UTF-8 character of which all bytes may be missing begins."""
    end = len(data) - 1
    while end > len(data) - 4 and data[end] & 0xC0 == 0x80:
        end -= 1
    return end


def _decompressed(raw: IO[bytes], name: str) -> Iterator[tuple[str, Any]]:
    """The text inside a file, known by its name or its first bytes."""
    magic = raw.peek(10)[:10] if isinstance(raw, io.BufferedReader) else b""
    suffix, shown = Path(name).suffix.lower(), _shown(name)
    if suffix == ".gz" or magic.startswith(b"\x1f\x8b"):
        yield shown, gzip.GzipFile(fileobj=raw)
    elif suffix == ".bz2" or (magic[:3] == b"BZh" and magic[4:] == b"1AY&SY"):
        yield shown, bz2.BZ2File(raw)
    elif suffix == ".xz" or magic.startswith(b"\xfd7zXZ\x00"):
        yield shown, lzma.LZMAFile(raw)
    elif suffix == ".zip" or magic.startswith(b"PK\x03\x04"):
        try:
            yield from _zip_members(raw, name)
        except _ZIP_ERRORS as error:  # encrypted, of an unknown method, or damaged
            raise CorpusError(f"{shown} cannot be unpacked: {error}") from None
    else:
        yield shown, raw


def _zip_members(raw: IO[Any], name: str) -> Iterator[tuple[str, IO[bytes]]]:
    if name == STDIN:
        raw = io.BytesIO(raw.read())  # the list of members stands at the end
    with zipfile.ZipFile(raw) as archive:
        for member in archive.infolist():
            path = PurePosixPath(member.filename.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or path.as_posix()[1:2] == ":":
                raise CorpusError(
                    f"{_shown(name)}: the member {member.filename} lies outside its folder"
                )
            if member.is_dir():
                continue
            with archive.open(member) as stream:
                yield f"{_shown(name)}({member.filename})", stream
