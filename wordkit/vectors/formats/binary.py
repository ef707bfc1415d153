"""word2vec binary: the header "V D", then for each word its bytes, a space, D float32.

gensim writes nothing after a vector, the original word2vec.c a newline: both are read, and
the first is written. Numbers are little-endian, as on the machines that both run on.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wordkit.errors import FormatError
from wordkit.storage.lines import longest_line, too_long
from wordkit.vectors.formats.fields import (
    RowBuffer,
    check_count,
    drop_duplicates,
    encode_words,
    open_input,
    open_output,
    read_header,
)

_BLOCK = 1 << 22  # bytes read at a time
_ROWS = 4096  # rows written at a time


def read(path: Path) -> tuple[list[str], np.ndarray]:
    """Read words and their vectors, float32 (V, D).

    Warns of words that occur twice (the first is kept) and of more words than the header
    announces (all are kept).

    Raises
    ------
    FormatError
        The file is truncated, its header announces more than there is, or a word or a vector
        is longer than ``longest_line``.
    """
    words: list[str] = []
    with open_input(path) as (file, file_size):
        announced, size = read_header(path, file)
        width, position = 4 * size, file.tell()
        left = file_size - position if file_size is not None else None
        if left is not None and width > left:
            raise FormatError(
                f"{path}: the header announces vectors of {width:,} bytes, and {left:,} bytes "
                "follow it: the file is cut short or its header is wrong"
            )
        if width > longest_line():
            raise FormatError(too_long(f"{path}: a vector that the header announces"))
        # the header may be wrong: reserve no more rows than the file has bytes for
        room = left // (width + 1) if left is not None else 0
        buffer = RowBuffer(size, min(announced, room))
        rest = b""
        while piece := file.read(_BLOCK):
            data = rest + piece
            used = _take_rows(data, width, words, buffer)
            position, rest = position + used, data[used:]
            if len(rest) > longest_line() + width:
                raise FormatError(too_long(f"{path}: the word at byte {position:,}"))
    _check_rest(path, rest, width, position, announced, len(words))
    check_count(path, announced, len(words), f"byte {position + len(rest):,}")
    return drop_duplicates(path, words, buffer.matrix())


def _take_rows(data: bytes, width: int, words: list[str], buffer: RowBuffer) -> int:
    """Move the complete rows of ``data`` to words and buffer; returns the bytes used."""
    starts, position = [], 0
    while True:
        space = data.find(b" ", position)
        if space < 0 or space + 1 + width > len(data):
            break
        words.append(data[position:space].decode("utf-8", "surrogateescape").lstrip("\n"))
        starts.append(space + 1)
        position = space + 1 + width
    if not starts:
        return 0
    vectors = buffer.take(len(starts))
    target, source = vectors.data.cast("B"), memoryview(data)
    for i, start in zip(range(0, target.nbytes, width), starts, strict=True):
        target[i : i + width] = source[start : start + width]
    if not np.little_endian:
        vectors.byteswap(inplace=True)
    return position


def _check_rest(
    path: Path, rest: bytes, width: int, position: int, announced: int, found: int
) -> None:
    """Check what follows the last complete row, from byte ``position`` on."""
    if not rest.strip(b"\r\n"):
        return
    if found >= announced:
        warnings.warn(
            f"{path}: {len(rest):,} bytes behind the {found:,} words, from byte {position:,}, "
            "are no vector and were left out",
            stacklevel=2,
        )
        return
    space = rest.find(b" ")
    has = f"{len(rest) - space - 1:,} of its {width:,} bytes" if space >= 0 else "no vector"
    raise FormatError(
        f"{path}: the word at byte {position:,} has {has}; the header announces "
        f"{announced:,} words, the file has {found:,}: it is cut short or damaged"
    )


def write(path: Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write words and their vectors, float32 (V, D).

    Raises
    ------
    FormatError
        A word contains a space, which would end it early, or a newline.
    """
    with open_output(path) as file:
        file.write(f"{vectors.shape[0]} {vectors.shape[1]}\n".encode())
        for start in range(0, len(words), _ROWS):
            tokens = encode_words(words[start : start + _ROWS], forbidden=" ").split(b"\n")
            rows = np.array(vectors[start : start + _ROWS], "<f4", order="C")
            pieces: list[bytes | memoryview] = [b" "] * (3 * len(rows))
            pieces[0::3] = tokens[:-1]
            pieces[2::3] = [row.data for row in rows]
            file.write(b"".join(pieces))
