"""Blocks of text: read from files or texts, tokenised, and encoded with local ids."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wordkit.corpus.reader import (
    BLOCK,
    Block,
    TextFormat,
    find_inputs,
    read_blocks,
    total_size,
)
from wordkit.corpus.text import TextOptions, make_tokenizer
from wordkit.errors import CorpusError


class Texts(NamedTuple):
    """A block of documents given as Python objects."""

    documents: list[str | Sequence[str]]
    size: int = 0


def blocks_of(
    source: Iterable[Any], format: TextFormat
) -> tuple[Iterator[Block | Texts], int | None]:
    """Return all blocks, and their size in bytes if that is known."""
    documents = iter(source)
    try:
        head = next(documents)
    except StopIteration:
        raise CorpusError("the input is empty: no path and no text") from None
    if isinstance(head, Path):
        names = find_inputs([head, *documents], format.field)
        json_lines = format.field is not None
        paragraphs = format.unwrap and not json_lines
        blocks = read_blocks(names, whole_lines=json_lines, whole_paragraphs=paragraphs)
        return iter(blocks), total_size(names)
    return _text_blocks(chain([head], documents)), None


def _text_blocks(documents: Iterable[Any]) -> Iterator[Texts]:
    block: list[str | Sequence[str]] = []
    size = 0
    for number, document in enumerate(documents):
        if not isinstance(document, str):
            if not isinstance(document, Iterable):
                raise _bad_document(number, document)
            document = list(document)
            if not all(isinstance(token, str) for token in document):
                raise _bad_document(number, document)
        block.append(document)
        size += len(document) * (1 if isinstance(document, str) else 8)
        if size >= BLOCK:
            yield Texts(block)
            block, size = [], 0
    if block:
        yield Texts(block)


def _bad_document(number: int, document: Any) -> CorpusError:
    return CorpusError(
        f"document {number}: expected a string or a list of strings, found {str(document)[:60]}"
    )


class EncodedBlock(NamedTuple):
    """A block whose words are numbered in the order of first occurrence."""

    words: list[str]
    ids: np.ndarray
    boundaries: np.ndarray
    """Positions of the tokens before which a document ends."""
    size: int


class Numbering(dict[str, int]):
    """A dictionary that gives each new word the next number."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def encode_block(block: Block | Texts, text: TextOptions, format: TextFormat) -> EncodedBlock:
    """Tokenise and number one block."""
    if isinstance(block, Block) and not block.ends_line:
        text = replace(text, eos=None)  # the line continues in the next block
    tokenize = make_tokenizer(text)
    numbering = Numbering()
    ids = array("i")
    boundaries = array("q")
    for line in _lines(block, format):
        if line is None:
            boundaries.append(len(ids))
        else:
            tokens = tokenize(line) if isinstance(line, str) else line
            ids.extend(map(numbering.__getitem__, tokens))
    return EncodedBlock(
        list(numbering), np.array(ids, np.int32), np.array(boundaries, np.int64), block.size
    )


def _lines(block: Block | Texts, format: TextFormat) -> Iterator[str | Sequence[str] | None]:
    if isinstance(block, Block):
        yield from format.lines(block)
        return
    for document in block.documents:
        if isinstance(document, str):
            yield from format.text_lines(document)
        else:
            yield document
            yield None
