"""Read files of words: lists of them, pairs, and groups with names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wordkit.corpus.reader import STDIN, plain_lines, read_blocks
from wordkit.errors import FormatError


def read_words(path: str | Path) -> list[str]:
    """Return the words of a file, one or several per line, separated by blanks.

    Parameters
    ----------
    path
        ``-`` is standard input.

    Raises
    ------
    FormatError
        There is no word.
    CorpusError
        The file cannot be read, or is not UTF-8.
    """
    words = [word for _, line in _lines(path) for word in line.split()]
    if not words:
        raise FormatError(f"{_name(path)} is empty: expected words")
    return words


def read_word_pairs(path: str | Path) -> list[tuple[str, str]]:
    """Return the pairs of a file with two words per line, separated by a tab or blanks.

    Raises
    ------
    FormatError
        There is no pair, or a line has not two words.
    CorpusError
        The file cannot be read, or is not UTF-8.
    """
    pairs = []
    for number, line in _lines(path):
        words = line.split()
        if len(words) != 2:
            found = _shortened(line)
            raise FormatError(f"{_name(path)}, line {number}: expected two words; found {found}")
        pairs.append((words[0], words[1]))
    if not pairs:
        raise FormatError(f"{_name(path)} is empty: expected two words a line")
    return pairs


def read_word_groups(path: str | Path) -> dict[str, list[str]]:
    """Return the words of each group in a file.

    A line is the name of a group, a tab and its words, separated by blanks; or there are
    sections, as in files of analogies: a line ``: name`` and after it the words.

    Raises
    ------
    FormatError
        There is no word, or words come before the name of their group.
    CorpusError
        The file cannot be read, or is not UTF-8.
    """
    groups: dict[str, list[str]] = {}
    section = None
    for number, line in _lines(path):
        name, tab, words = line.partition("\t")
        if line.startswith(":"):
            section = line[1:].strip()
        elif tab:
            groups.setdefault(name.strip(), []).extend(words.split())
        elif section is not None:
            groups.setdefault(section, []).extend(line.split())
        else:
            raise FormatError(
                f"{_name(path)}, line {number}: expected a name, a tab and words, or ': ' and "
                f"the name of a section; found {_shortened(line)}"
            )
    if not groups:
        raise FormatError(f"{_name(path)} is empty: expected groups of words")
    return groups


def _lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines that are not blank."""
    blocks = read_blocks([str(path)], whole_lines=True)
    lines = (line for block in blocks for line in plain_lines(block, "strict"))
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _name(path: str | Path) -> str:
    return "standard input" if str(path) == STDIN else str(path)


def _shortened(line: str) -> str:
    return repr(line if len(line) <= 60 else line[:57] + "...")
