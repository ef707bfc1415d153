"""Pairs of sequences, a source and its target, from the files that people have.

Read are, told apart by the first line, and plain or compressed alike:

    TSV            sixteen plus seventy-five<tab>ninety-one
    JSON Lines     {"source": "16+75", "target": "91"}   or   ["16+75", "91"]
    textbook       16+75  _91          (question, padding, the only underscore, answer)
    two files      line n of the one is the source, line n of the other its target
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from wordkit.corpus.reader import plain_lines, read_blocks
from wordkit.errors import CorpusError
from wordkit.storage.files import new_files

UNITS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "words": lambda text: tuple(text.split()),
    "chars": lambda text: tuple(text.strip()),
}
"""How a side becomes tokens: split on white space, or into characters, inner spaces too."""

STDOUT = Path("-")
_TWO_FILES = "of sources alone, name the file of the targets too (--target, or --valid-target)"


class Pair(NamedTuple):
    """The tokens of a source and of its target, and the line that they stand on."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    line: int


class _Line(NamedTuple):
    text: str
    where: str
    """The file and the number, for messages."""
    number: int


def read_pairs(
    path: str | Path, target: str | Path | None = None, *, units: str = "words"
) -> list[Pair]:
    """The pairs of a file, or of two files whose lines belong together.

    Lines without any text are passed over, except where there are two files.

    Parameters
    ----------
    path
        TSV (source first), JSON Lines or the textbook's lines; with ``target``, the sources.
    target
        The file of the targets, a line for each line of ``path``.
    units
        ``words`` or ``chars``: what a token is.

    Raises
    ------
    CorpusError
        A side is missing or empty, one file is longer than the other or has both sides, a file
        cannot be read or is not UTF-8, or there is no pair.
    """
    if units not in UNITS:
        raise CorpusError(f"unknown units {units!r}: expected one of {', '.join(UNITS)}")
    tokens = UNITS[units]
    sides = _in_one_file(str(path)) if target is None else _in_two_files(str(path), str(target))
    pairs = []
    for source_line, target_line in sides:
        pair = Pair(tokens(source_line.text), tokens(target_line.text), source_line.number)
        if not (pair.source and pair.target):
            name, line = ("target", target_line) if pair.source else ("source", source_line)
            raise CorpusError(
                f"{line.where}: the {name} is empty; write some text there, or take out the pair"
            )
        pairs.append(pair)
    if not pairs:
        raise CorpusError(
            f"{path} holds no pairs: expected lines of a source, a tab and its target"
        )
    return pairs


def write_pairs(parts: Mapping[Path, Iterable[tuple[str, str]]]) -> None:
    """Write sources and targets to files of TSV: to all of them, or on an error to none.

    The texts must not contain tabs or line ends. ``STDOUT`` is standard output.
    """
    with new_files([path for path in parts if path != STDOUT]) as files:
        new = iter(files)
        for path, pairs in parts.items():
            file = sys.stdout.buffer if path == STDOUT else next(new)
            file.write("".join(f"{source}\t{target}\n" for source, target in pairs).encode())
            file.flush()


def one_line(text: str) -> str:
    """A text with spaces for its line ends."""
    return " ".join(text.splitlines())


# --- from files to the two sides of each pair -------------------------------------------


def _in_one_file(path: str) -> Iterator[tuple[_Line, _Line]]:
    split = None
    for line in _lines(path):
        if not line.text.strip(" "):
            continue
        split = split or _splitter(line.text)
        source, target = split(line)
        yield line._replace(text=source), line._replace(text=target)


def _in_two_files(path: str, target: str) -> Iterator[tuple[_Line, _Line]]:
    count, tabs = 0, 0
    for lines in zip_longest(_lines(path), _lines(target)):
        if lines[0] is None or lines[1] is None:
            line, short = (lines[0], target) if lines[0] else (lines[1], path)
            raise CorpusError(
                f"{line.where} has no counterpart: {short} ends after {count:,} lines; each line "
                "of the one file needs a line in the other"
            )
        count, tabs = count + 1, tabs + ("\t" in lines[0].text)
        yield lines
    if count and tabs == count:
        raise CorpusError(
            f"{path} has a tab in each line, as if it held the targets too, and {target} is to "
            "hold them: leave out --target, or name a file of the sources alone (cut -f1)"
        )


def _lines(path: str) -> Iterator[_Line]:
    for block in read_blocks([path], whole_lines=True):
        for number, text in enumerate(plain_lines(block), block.line):
            yield _Line(text, f"{block.source}, line {number}", number)


# --- from a line to its two sides -------------------------------------------------------


def _splitter(first: str) -> Callable[[_Line], tuple[str, str]]:
    """What splits the lines of a file that begins with this one."""
    # a tab may be white space of JSON, and a bracket the first letter of a source
    if first.lstrip().startswith(("{", "[")) and ("\t" not in first or _is_json(first)):
        return _from_json
    return _at_the_underscore if "\t" not in first and first.count("_") == 1 else _at_the_tab


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _at_the_tab(line: _Line) -> tuple[str, str]:
    source, *rest = line.text.split("\t")
    if len(rest) != 1:
        found = f"{len(rest)} tabs (cut -f1,2 keeps two columns)"
        if not rest:
            found = f"no tab (JSON Lines and question_answer are read, too); {_TWO_FILES}"
        raise CorpusError(f"{line.where}: expected a source, a tab and its target, found {found}")
    return source, rest[0]


def _at_the_underscore(line: _Line) -> tuple[str, str]:
    question, *answers = line.text.split("_")
    if len(answers) != 1 or "\t" in line.text:
        found = "a tab" if "\t" in line.text else f"{len(answers) or 'no'} underscores"
        raise CorpusError(
            f"{line.where}: expected a question, one underscore and its answer, as on the first "
            f"line, found {found} (TSV and JSON Lines are read, too); {_TWO_FILES}"
        )
    return question, answers[0]


def _from_json(line: _Line) -> tuple[str, str]:
    try:
        entry = json.loads(line.text)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{line.where}: expected JSON, found {error}") from None
    sides = [entry.get("source"), entry.get("target")] if isinstance(entry, dict) else entry
    if not isinstance(sides, list) or [type(side) for side in sides] != [str, str]:
        raise CorpusError(
            f"{line.where}: expected an object with the strings source and target, or an array "
            f"of two strings, found {line.text[:60]}"
        )
    # half a surrogate pair, as JSON can spell it, is no character
    source, target = (side.encode("utf-8", "replace").decode("utf-8") for side in sides)
    return one_line(source), one_line(target)
