"""Vectors as lines of text: word2vec text, GloVe, fastText .vec, and tables of numbers.

    V D              the header: words and dimensions (GloVe has none)
    word 0.1 -0.25   each line: a word, then D numbers (fastText: a space at the end)

A number is printed as NumPy prints a float32, the shortest decimal that reads back
to it, which is also what gensim writes. fastText itself rounds to 5 digits; we keep
its layout, but not its rounding.

The last D fields of a line are its numbers, separated by spaces or tabs; the word is
everything before the one space or tab that precedes them, and may itself contain spaces.
Bytes that are not UTF-8 become surrogate escapes and are written back unchanged.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from wordkit.errors import FormatError
from wordkit.storage.lines import longest_line, too_long
from wordkit.vectors.formats.fields import (
    HEAD,
    RowBuffer,
    check_count,
    drop_duplicates,
    encode_words,
    in_order,
    open_input,
    open_output,
    read_head,
    read_header,
)

_BLOCK = 1 << 22  # bytes of text that one thread parses at a time
_PRINTED = 1 << 18  # numbers that one thread prints at a time
_SAMPLE = 100  # lines looked at to find the size of the vectors
_FIELD = re.compile(rb"[^ \t]+")


# --- reading ------------------------------------------------------------------------


def read(path: Path, *, header: bool) -> tuple[list[str], np.ndarray]:
    """Read words and their vectors, float32 (V, D).

    Warns of words that occur twice (the first is kept) and of more lines than the header
    announces (all are kept).

    Raises
    ------
    FormatError
        A line without a word and D numbers, or longer than ``longest_line``; or fewer lines
        than announced.
    """
    words, vectors = _read_rows(path, header=header, has_word=True)
    return drop_duplicates(path, words, vectors)


def read_numbers(path: Path) -> np.ndarray:
    """Read lines of D numbers without a word, float32 (V, D)."""
    return _read_rows(path, header=False, has_word=False)[1]


def _read_rows(path: Path, *, header: bool, has_word: bool) -> tuple[list[str], np.ndarray]:
    head = read_head(path)
    with open_input(path) as (file, file_size):
        announced, size = read_header(path, file) if header else (0, 0)
        size = _vector_size(path, head, file.tell(), size, has_word)
        # the header may be wrong: reserve no more rows than the file has bytes for
        room = file_size // (2 * size) if file_size is not None else 0
        buffer = RowBuffer(size, min(announced, room))
        parse = functools.partial(_parse_block, path, has_word)
        words: list[str] = []
        for some in in_order(parse, _blocks(path, file, buffer, size, has_word, int(header) + 1)):
            words += some
    if header:
        check_count(path, announced, len(words), f"line {len(words) + 1:,}")
    return words, buffer.matrix()


def _vector_size(path: Path, head: bytes, start: int, announced: int, has_word: bool) -> int:
    """Return the numbers per line: announced by a header, or found in most lines."""
    lines = head[start:].split(b"\n", _SAMPLE)
    if len(lines) > 1 or len(head) == HEAD:
        lines.pop()  # it may be incomplete
    if not lines and not announced:
        raise FormatError(f"{path}, line 1: found {HEAD:,} bytes without a line end")
    counts = Counter(trailing_numbers(line, has_word) for line in lines if line.strip())
    usual = max(counts, key=lambda size: counts[size], default=announced)
    if not announced:
        if not usual:
            raise FormatError(f"{path}, line 1: expected numbers, found {head[:40]!r}")
        return usual
    # a few more than announced belong to words that end in numbers
    if len(counts) == 1 and not announced <= usual < 2 * announced:
        raise FormatError(
            f"{path}: the header announces vectors of {announced} numbers, but the lines below "
            f"it have {usual}"
        )
    return announced


def trailing_numbers(line: bytes, has_word: bool = True) -> int:
    """Count the fields at the end of a line that are numbers; a word is never counted."""
    fields = _FIELD.findall(line.rstrip(b"\r"))
    if has_word and not line.startswith((b" ", b"\t")):  # else the word is empty
        fields = fields[1:]
    count = 0
    for field in reversed(fields):
        if not is_number(field):
            break
        count += 1
    return count


def is_number(field: bytes) -> bool:
    """Whether a field reads as a number, nan and inf among them."""
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field  # only Python reads 1_000 as a number


def _blocks(
    path: Path, file: IO[bytes], buffer: RowBuffer, size: int, has_word: bool, line: int
) -> Iterator[tuple[bytes, np.ndarray, int]]:
    """Yield blocks of whole lines, the rows to fill from each, and its first line's number."""
    for block in _whole_lines(path, file):
        rows = block.count(b"\n")
        if len(block) < rows * 2 * size:  # some line is too short: report it, and allocate nothing
            for number, text in enumerate(block.split(b"\n"), line):
                _parse_line(path, number, text, size, has_word)
        yield block, buffer.take(rows), line
        line += rows


def _whole_lines(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    """Yield blocks of a file that end in a newline; empty lines at its end are dropped."""
    parts: list[bytes] = []
    while piece := file.read(_BLOCK):
        if sum(map(len, parts)) > longest_line():
            raise FormatError(too_long(f"{path}: a line"))
        # the last line is held back: it may be incomplete, or only empty lines may follow
        cut = piece.rfind(b"\n", 0, len(piece.rstrip(b"\r\n"))) + 1
        if cut:
            yield b"".join([*parts, piece[:cut]])
            parts = []
        parts.append(piece[cut:])
    last = b"".join(parts).rstrip(b"\r\n")
    if last:
        yield last + b"\n"


def _parse_block(
    path: Path, has_word: bool, block: bytes, values: np.ndarray, first_line: int
) -> list[str]:
    """Fill ``values`` from the lines of ``block`` and return their words."""
    from wordkit.vectors.formats.text_kernels import parse_rows

    lines = np.empty((len(values), 3), np.int64)
    parse_rows(np.frombuffer(block, np.uint8), has_word, values, lines)
    for row in np.flatnonzero(lines[:, 1] < 0):
        start, _, end = lines[row]
        word_end, numbers = _parse_line(
            path, first_line + int(row), block[start:end], values.shape[1], has_word
        )
        lines[row, 1] = start + word_end
        with np.errstate(over="ignore"):
            values[row] = numbers  # a number beyond float32 becomes infinite, as in NumPy
    spans = lines[:, :2].tolist()
    return [block[start:end].decode("utf-8", "surrogateescape") for start, end in spans]


def _parse_line(
    path: Path, number: int, line: bytes, size: int, has_word: bool
) -> tuple[int, list[float]]:
    """Parse any valid line: return where its word ends, and its numbers."""
    fields = list(_FIELD.finditer(line.rstrip(b" \t\r")))
    start = fields[-size].start() if len(fields) >= size else 0
    if len(fields) < size or (start == 0 if has_word else len(fields) > size):
        raise FormatError(
            f"{path}, line {number:,}: expected {'a word and ' if has_word else ''}{size} "
            f"numbers, found {max(len(fields) - has_word, 0)}; the line is cut short or damaged"
        )
    for field in fields[-size:]:
        if not is_number(field[0]):
            raise FormatError(
                f"{path}, line {number:,}: expected {size} numbers at its end, "
                f"found {field[0][:40].decode('utf-8', 'replace')!r} among them"
            )
    return max(start - 1, 0), [float(field[0]) for field in fields[-size:]]


# --- writing ------------------------------------------------------------------------


def write(
    path: Path,
    words: Sequence[str],
    vectors: np.ndarray,
    *,
    header: bool,
    trailing_space: bool = False,
) -> None:
    """Write words and their vectors, float32 (V, D)."""
    with open_output(path) as file:
        if header:
            file.write(f"{vectors.shape[0]} {vectors.shape[1]}\n".encode())
        _write_rows(file, words, vectors, b" ", trailing_space)


def write_numbers(file: IO[bytes], vectors: np.ndarray) -> None:
    """Write lines of numbers with tabs between them, and no words."""
    _write_rows(file, None, vectors, b"\t", False)


def _write_rows(
    file: IO[bytes],
    words: Sequence[str] | None,
    vectors: np.ndarray,
    separator: bytes,
    trailing: bool,
) -> None:
    print_block = functools.partial(_print_block, ord(separator), trailing)
    step = max(_PRINTED // vectors.shape[1], 1)
    calls = (
        (words[i : i + step] if words is not None else [], vectors[i : i + step])
        for i in range(0, vectors.shape[0], step)
    )
    for text in in_order(print_block, calls):
        file.write(text)


def _print_block(
    separator: int, trailing: bool, words: Sequence[str], vectors: np.ndarray
) -> memoryview:
    from wordkit.vectors.formats.text_kernels import LONGEST, print_rows

    text = np.frombuffer(encode_words(words), np.uint8)
    bits = np.array(vectors, np.float32, order="C").view(np.uint32)
    out = np.empty(text.size + bits.size * LONGEST + len(bits), np.uint8)
    used = print_rows(text, bits, separator, trailing, _positional_range(), out)
    return out.data[:used]


@functools.cache
def _positional_range() -> tuple[int, int]:
    """Return the bits of the first float32 that NumPy prints as 0.1, and of the first beyond.

    Smaller and larger ones are printed as 1e-01. NumPy 2.4 has moved the upper bound from
    1e16 to 1e6, and gensim prints with the installed NumPy.
    """
    low = np.nextafter(np.float32(1e-4), np.float32(1))  # float32(1e-4) is below 1e-4
    powers = (np.float32(f"1e{k}") for k in range(5, 17))
    high = next((power for power in powers if "e" in str(power)), np.float32(1e16))
    return int(low.view(np.uint32)), int(high.view(np.uint32))
