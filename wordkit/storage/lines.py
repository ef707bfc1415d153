"""Files of lines: how long a line may be, so that one without an end does not fill the memory."""

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
    """Bytes that a line, or a word, may have: 16 MiB, or what ``WORDKIT_MAX_LINE_MB`` says.

    Raises
    ------
    BackendError
        The variable holds something else than a number above 0.
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
    """What is wrong with a line, a word or a vector that goes on beyond the limit."""
    return (
        f"{where} is longer than {longest_line():,} bytes: the file is damaged or of another "
        f"kind; if it is right, raise the limit with {VARIABLE} (in MiB)"
    )


def read_lines(file: IO[bytes], name: object, *, most: float = math.inf) -> bytes:
    """All bytes of a file of lines.

    Parameters
    ----------
    name
        For messages.
    most
        How many lines there may be.

    Raises
    ------
    FormatError
        A line is longer than ``longest_line``, or there are more lines.
    """
    limit, pieces = longest_line(), []
    lines = unfinished = 0  # how many, and the bytes since the last
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
    """``read_lines`` of a path."""
    with open(path, "rb") as file:
        return read_lines(file, path)
