"""``vocabulary.txt``: one word per line in id order, the word first, then its count."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from wordkit.errors import FormatError
from wordkit.storage.lines import read_lines_of

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_UNESCAPES = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}


def write_words(path: Path, words: Iterable[str], counts: Iterable[int] | None = None) -> None:
    r"""Write one word per line; with counts, a tab and the count after it.

    Tab, newline, carriage return and backslash inside a word are written ``\t``,
    ``\n``, ``\r`` and ``\\``. Bytes that were not UTF-8 (surrogate escapes)
    come out as they came in.

    Raises
    ------
    FormatError
        A word has half a surrogate pair, which has no UTF-8 form.
    """
    escaped = [word.translate(_ESCAPES) for word in words]
    if counts is not None:
        escaped = [f"{word}\t{count}" for word, count in zip(escaped, counts, strict=True)]
    text = "\n".join(escaped) + "\n" if escaped else ""
    try:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError as error:
        raise FormatError(
            f"a word has the character {error.object[error.start]!r}, which has no UTF-8 form"
        ) from None


def read_words(path: Path) -> tuple[list[str], np.ndarray | None]:
    """Read what ``write_words`` wrote: the words, and the counts (int64) or None.

    Raises
    ------
    FormatError
        A line has no count although others have one, its count is not a number, or it is too
        long.
    """
    text = read_lines_of(path).decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    if lines.pop() != "":
        raise FormatError(f"{path} is cut short: its last line has no end")
    counts = None
    if lines and "\t" in lines[0]:
        fields = [line.split("\t") for line in lines]
        try:
            lines = [word for word, _ in fields]
            counts = np.array([_count(count) for _, count in fields], np.int64)
        except ValueError:
            line = next(n for n, f in enumerate(fields, 1) if len(f) != 2 or _is_no_count(f[1]))
            raise FormatError(f"{path}, line {line}: expected a word, a tab and a count") from None
    if "\\" in text:
        lines = [_unescape(word) if "\\" in word else word for word in lines]
    return lines, counts


def _count(text: str) -> int:
    if _is_no_count(text):
        raise ValueError
    return int(text)


def _is_no_count(text: str) -> bool:
    return not (text.isascii() and text.isdecimal() and len(text) < 19)


def _unescape(word: str) -> str:
    parts = word.split("\\\\")
    for escape in ("\\t", "\\n", "\\r"):
        parts = [part.replace(escape, _UNESCAPES[escape]) for part in parts]
    return "\\".join(parts)
