"""Read the two kinds of evaluation set: word pairs with human scores, and analogies."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from wordkit.corpus.datasets import dataset_names, fetch
from wordkit.errors import CorpusError, FormatError
from wordkit.storage.lines import read_lines_of

_BLANKS = re.compile("[ \t]+")  # not str.split(): a word may hold a non-breaking space
_Lines = Iterator[tuple[int, str]]


@dataclass(frozen=True)
class WordPairs:
    """Pairs of words with human similarity scores, on any scale."""

    name: str
    pairs: tuple[tuple[str, str], ...]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Analogies:
    """Questions (a, b, c, d): a is to b as c is to d; d is the answer.

    ``sections`` names the section of each question.
    """

    name: str
    questions: tuple[tuple[str, str, str, str], ...]
    sections: tuple[str, ...]


def find_evaluation_set(given: str | Path, *, progress: bool = False) -> WordPairs | Analogies:
    """Return a known set by name, downloaded if need be, or the set in a file, given a Path.

    Raises
    ------
    CorpusError
        There is no known set of that name, or it cannot be downloaded.
    FormatError
        As ``read_evaluation_set``.
    """
    if isinstance(given, Path):
        return read_evaluation_set(given)
    known = dataset_names("analogies", "similarity")
    if given not in known:
        raise CorpusError(
            f"there is no evaluation set called {given!r}: known are {', '.join(known)}; "
            "a file of your own is given as pathlib.Path(...)"
        )
    return read_evaluation_set(fetch(given, progress=progress)[0])


def read_evaluation_set(path: str | Path) -> WordPairs | Analogies:
    """Read an evaluation set; its first line tells which kind it is.

    Word pairs: two words and a score per line, separated by tabs, semicolons, commas or
    blanks, after at most one line of column names. Analogies, as in the Google set
    (Mikolov et al. 2013): lines ``: section``, each followed by its questions, four words
    per line. In both, blank lines and lines that start with ``#`` are skipped.

    Raises
    ------
    FormatError
        The file is empty, of neither kind, not UTF-8, or has a line that does not fit.
    """
    path = Path(path)
    lines = list(_lines(path))
    if not lines:
        raise FormatError(
            f"{path} is empty: expected word pairs with scores, or analogies in sections"
        )
    if lines[0][1].startswith(":"):
        return _read_analogies(path, iter(lines))
    return _read_pairs(path, iter(lines), _separator(lines[0][1]))


def _lines(path: Path) -> _Lines:
    """Yield number and text of the lines that are neither blank nor comments."""
    for number, line in enumerate(
        read_lines_of(path).removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1
    ):
        try:
            text = line.decode().strip()
        except UnicodeDecodeError as error:
            byte = line[error.start]
            raise FormatError(
                f"{path}, line {number}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"
            ) from None
        if text and not text.startswith("#"):
            yield number, text


def _read_analogies(path: Path, lines: _Lines) -> Analogies:
    questions: list[tuple[str, str, str, str]] = []
    sections: list[str] = []
    section = ""
    for number, line in lines:
        if line.startswith(":"):
            section = line[1:].strip()
            continue
        words = _BLANKS.split(line)
        if len(words) != 4:
            _refuse(path, number, "four words, or ': ' and the name of a section", line)
        a, b, c, d = words
        questions.append((a, b, c, d))
        sections.append(section)
    if not questions:
        raise FormatError(
            f"{path} names sections but has no questions: expected four words a line"
        )
    return Analogies(path.stem, tuple(questions), tuple(sections))


def _read_pairs(path: Path, lines: _Lines, separator: re.Pattern[str]) -> WordPairs:
    pairs: list[tuple[str, str]] = []
    scores: list[float] = []
    expected = "two words and a score"
    for row, (number, line) in enumerate(lines):
        fields = [field.strip() for field in separator.split(line)]
        if len(fields) != 3 or not all(fields):
            if row == 0:
                expected += ", or ': ' and the name of a section of analogies"
            _refuse(path, number, expected, line)
        score = _number(fields[2])
        if score is not None:
            pairs.append((fields[0], fields[1]))
            scores.append(score)
        elif row > 0:  # the first row may hold the column names
            _refuse(path, number, expected, line)
    if not pairs:
        raise FormatError(f"{path} has no pair: expected {expected} a line")
    return WordPairs(path.stem, tuple(pairs), tuple(scores))


def _separator(line: str) -> re.Pattern[str]:
    return next((re.compile(mark) for mark in "\t;," if mark in line), _BLANKS)


def _number(field: str) -> float | None:
    try:
        number = float(field)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _refuse(path: Path, number: int, expected: str, found: str) -> NoReturn:
    found = found if len(found) <= 60 else found[:57] + "..."
    raise FormatError(f"{path}, line {number}: expected {expected}; found {found!r}")
