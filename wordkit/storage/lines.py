"""Limit the length of lines, so that a file without line ends does not fill the memory."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import IO

from wordkit.errors import BackendError, FormatError

VARIABLE = "WORDKIT_MAX_LINE_MB"
"""The environment variable with the limit, in MiB."""
_DEFAULT = 16.0
_BLOCK = 1 << 20


def longest_line() -> int:
    """Return the bytes allowed in a line or a word: 16 MiB, or ``WORDKIT_MAX_LINE_MB``.

    Raises
    ------
    BackendError
        The variable is not a number above 0.
    """
    text = os.environ.get(VARIABLE) or str(_DEFAULT)
    try:
        limit = float(text) * 2**20
    except ValueError:
        limit = math.nan
    if not 1 <= limit < 1 << 62:
        raise BackendError(f"{VARIABLE} must be a number of megabytes above 0, not {text!r}")
    return int(limit)


def too_long(where: object) -> str:
    """Return the message for a line, a word or a vector that exceeds the limit."""
    return (
        f"{where} is longer than {longest_line():,} bytes: the file is damaged or of another "
        f"kind; if it is right, raise the limit with {VARIABLE} (in MiB)"
    )


def read_lines(file: IO[bytes], name: object, *, most: float = math.inf) -> bytes:
    """Read all bytes of a text file, checking its lines.

    Parameters
    ----------
    name
        For messages.
    most
        The largest number of lines allowed.

    Raises
    ------
    FormatError
        A line is longer than ``longest_line``, or there are more lines.
    """
    limit, pieces = longest_line(), []
    lines = unfinished = 0  # lines so far, and bytes since the last line end
    while piece := file.read(_BLOCK):
        pieces.append(piece)
        end = piece.rfind(b"\n") + 1
        lines += piece.count(b"\n") if end else 0
        unfinished = len(piece) - end + (0 if end else unfinished)
        if unfinished > limit:
            raise FormatError(too_long(f"{name}, line {lines + 1:,}"))
        if lines > most:
            raise FormatError(f"{name} has more than {most:,} lines, and should have fewer")
    return b"".join(pieces)


def read_lines_of(path: str | Path) -> bytes:
    """Open a file and ``read_lines``."""
    with open(path, "rb") as file:
        return read_lines(file, path)
