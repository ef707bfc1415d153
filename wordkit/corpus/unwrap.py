"""Hard-wrapped lines become paragraphs again; verse, headings and tables keep their lines.

Books of Project Gutenberg, e-mails and many plain text files break their lines at some 70
columns. Whether a line goes on in the next is judged as a reader would: it does if the next
line's first word had not fitted into it, as wide as the lines around it are. Lines of verse are
short, or begin with capitals and end where they like.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

NARROWEST, WIDEST = 45, 132
"""Columns of wrapped prose: narrower lines are verse or headings, wider ones are not wrapped."""
_AROUND = 10
"""Lines before and after by which a line is judged."""
_SLACK, _CAPITALS_SLACK = 15, 4
"""Columns that a typist, or a program, leaves free at the end of a line that goes on."""
_NARROWEST_CAPITALS = 55
_MOST = 0.8
_ITEM = re.compile(r"(?:[-*•]|\d{1,3}[.)]|\([a-z0-9]{1,3}\))\s")
_TABLE = "   ", "\t", "|", ".....", ". . . ."
_OPENING = " \t\"'“‘«_(*"
_BROKEN_WORD = re.compile(r"(?<![-\w])[^\W\d_]{2,}-$")
_WORD_GOES_ON = re.compile(r"[^\W\d_]+(?![-\w])")
_DASH = re.compile(r"(?:--|[—–])$")


def unwrapped(lines: Iterable[str]) -> Iterator[str]:
    """The paragraphs of a text, a line each, and lines that stay lines; "" for a blank line."""
    paragraph: list[str] = []
    for line in lines:
        if line and not line.isspace():
            paragraph.append(line)
            continue
        yield from _paragraphs(paragraph)
        yield ""
        paragraph = []
    yield from _paragraphs(paragraph)


def looks_wrapped(lines: Sequence[str]) -> bool:
    """Whether these are lines of a hard-wrapped text: 20 at least, and most of them full."""
    filled = [line for line in lines if line and not line.isspace()]
    full = sum(
        goes_on
        for paragraph in _between_blanks(lines)
        for goes_on in _goes_on(paragraph, _NARROWEST_CAPITALS, _SLACK // 2)
    )
    return len(filled) >= 20 and full > 0.6 * len(filled)


def _between_blanks(lines: Iterable[str]) -> Iterator[list[str]]:
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line and not line.isspace():
            paragraph.append(line)
        elif paragraph:
            yield paragraph
            paragraph = []


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """The paragraphs in some lines without a blank one among them."""
    if len(lines) < 2:
        yield from lines
        return
    pieces = [lines[0]]
    for goes_on, line in zip(_goes_on(lines), lines[1:], strict=True):
        if not goes_on:
            yield "".join(pieces)
            pieces = [line]
            continue
        if len(pieces) == 1:
            pieces[0] = pieces[0].strip()
        pieces[-1], line = _seam(pieces[-1].rstrip(), line.strip())
        pieces.append(line)
    yield "".join(pieces)


def _seam(before: str, after: str) -> tuple[str, str]:
    """The end of a line and the beginning of the next, so that they can be put together."""
    if _BROKEN_WORD.search(before) and after[0].islower() and _WORD_GOES_ON.match(after):
        return before[:-1], after
    if before.endswith("-") or _DASH.search(before) or after.startswith("--"):
        return before, after
    if _is_ideograph(before[-1]) and _is_ideograph(after[0]):
        return before, after  # no space between the words of Chinese or Japanese
    return before + " ", after


class _Line(NamedTuple):
    """What is asked of a line."""

    width: int
    first: int
    """The width of its first word."""
    indent: int
    capital: bool
    item: bool
    """Whether it begins an entry of a list."""
    apart: bool
    """Whether it is of a table, or holds no letter and no digit."""


def _seen(line: str) -> _Line:
    text = line.strip()
    return _Line(
        _width(line.rstrip()),
        _width(text.split(None, 1)[0]),
        len(line) - len(line.lstrip()),
        text.lstrip(_OPENING)[:1].isupper(),
        _ITEM.match(text) is not None,
        any(mark in text for mark in _TABLE) or not any(map(str.isalnum, text)),
    )


def _goes_on(
    lines: Sequence[str], narrowest: int = NARROWEST, slack: int = _SLACK
) -> Iterator[bool]:
    """Whether each line but the last goes on in the next."""
    seen = [_seen(line) for line in lines]
    widths = [line.width for line in seen]
    # how wide a line would be with the first word of the next
    wanted = [line.width + 1 + after.first for line, after in pairwise(seen)]
    capitals = [0, *accumulate(line.capital for line in seen)]
    for n, (line, after) in enumerate(pairwise(seen)):
        start, end = max(0, n - _AROUND), min(n + 2 + _AROUND, len(seen))
        widest, least, free, full = max(widths[start:end]), narrowest, slack, True
        if capitals[end] - capitals[start] >= _MOST * (end - start):  # verse?
            least, free = _NARROWEST_CAPITALS, min(slack, _CAPITALS_SLACK)
            near = wanted[start : end - 1]
            full = sum(each > widest - free for each in near) >= _MOST * len(near)
        paragraph = after.indent - line.indent >= 2 and not line.item  # begins indented
        yield (
            least <= widest <= WIDEST
            and full
            and wanted[n] > widest - free
            and not (line.apart or after.apart or after.item or paragraph)
        )


def _width(text: str) -> int:
    """Columns on the screen."""
    if text.isascii():
        return len(text)
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def _is_ideograph(letter: str) -> bool:
    """Chinese and Japanese, with their punctuation; Korean puts spaces between words."""
    return unicodedata.east_asian_width(letter) in "WF" and not "\uac00" <= letter <= "\ud7a3"
