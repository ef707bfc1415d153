"""TensorBoard's embedding projector: a folder with two tables.

    vectors.tsv    one vector per line, its numbers separated by tabs
    metadata.tsv   one word per line without a header, as the projector expects of a
                   single column; with counts, two columns, "word" and "count"
    config.json    the projector's own description of both, which its page can load

Pairs of files that other programs wrote are read too, such as ``x_tensor.tsv`` and
``x_metadata.tsv``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wordkit.errors import FormatError
from wordkit.storage.config import write_config
from wordkit.storage.folders import new_folder
from wordkit.storage.lines import read_lines
from wordkit.vectors.formats.fields import drop_duplicates, encode_words, open_input
from wordkit.vectors.formats.text import read_numbers, write_numbers

_KIND, _VERSION = "projector", 1
_VECTORS, _METADATA = "vectors.tsv", "metadata.tsv"
_VECTORS_NAME = re.compile(r"(vector|tensor)s?(?=[^/]*\.tsv(\.gz)?$)")
_WORD_TITLES = {"word", "words", "label", "name", "token"}
_COUNT_TITLES = {"count", "counts", "frequency"}


def is_projector(folder: Path) -> bool:
    """Whether a folder holds a table of vectors."""
    return any(_VECTORS_NAME.search(file.name) for file in folder.iterdir())


def read(path: Path) -> tuple[list[str], np.ndarray, np.ndarray | None]:
    """Read words, vectors (float32 (V, D)) and counts (int64 (V,) or None).

    ``path`` is the folder, or its table of vectors.
    """
    vectors_path = _find_vectors(path) if path.is_dir() else path
    metadata_path = _find_metadata(vectors_path)
    vectors = read_numbers(vectors_path)
    words, counts = _read_metadata(metadata_path, len(vectors))
    if len(words) != len(vectors):
        raise FormatError(
            f"{vectors_path} has {len(vectors):,} vectors, {metadata_path} has {len(words):,} "
            "words: the two do not belong together, or one is cut short"
        )
    unique, vectors = drop_duplicates(metadata_path, words, vectors)
    if counts is not None and len(unique) < len(words):
        first = {word: i for i, word in reversed(list(enumerate(words)))}
        counts = counts[[first[word] for word in unique]]
    return unique, vectors, counts


def _find_vectors(folder: Path) -> Path:
    if (folder / _VECTORS).is_file():
        return folder / _VECTORS
    found = sorted(file for file in folder.iterdir() if _VECTORS_NAME.search(file.name))
    if len(found) != 1:
        raise FormatError(
            f"{folder} has {len(found)} files named like {_VECTORS}: name the one to read"
        )
    return found[0]


def _find_metadata(vectors_path: Path) -> Path:
    """Find the metadata beside a table of vectors: named alike, or simply metadata.tsv."""
    alike = vectors_path.with_name(_VECTORS_NAME.sub("metadata", vectors_path.name))
    for path in (alike, vectors_path.with_name(_METADATA)):
        if path != vectors_path and path.is_file():
            return path
    expected = alike.name if alike != vectors_path else _METADATA
    raise FormatError(f"{vectors_path} has no words: expected {expected} beside it")


def _read_metadata(path: Path, vectors: int) -> tuple[list[str], np.ndarray | None]:
    with open_input(path) as (file, _):
        content = read_lines(file, path, most=2 * vectors + 1000)
    text = content.decode("utf-8", "surrogateescape")
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if "\t" not in lines[0]:
        return lines, None
    titles = [title.strip().lower() for title in lines[0].split("\t")]
    rows = [line.split("\t") for line in lines[1:]]
    for number, row in enumerate(rows, 2):
        if len(row) != len(titles):
            raise FormatError(
                f"{path}, line {number:,}: expected {len(titles)} columns as in line 1, "
                f"found {len(row)}"
            )
    word_column = next((i for i, title in enumerate(titles) if title in _WORD_TITLES), 0)
    words = [row[word_column] for row in rows]
    for i, title in enumerate(titles):
        if title in _COUNT_TITLES and all(re.fullmatch("[0-9]{1,18}", row[i]) for row in rows):
            return words, np.array([int(row[i]) for row in rows], np.int64)
    return words, None


def write(
    path: Path, words: Sequence[str], vectors: np.ndarray, counts: np.ndarray | None
) -> None:
    """Write the folder.

    Raises
    ------
    FormatError
        A word has a tab or a line end.
    """
    metadata = encode_words(words, forbidden="\t\r")
    if counts is not None:
        rows = zip(metadata.split(b"\n"), counts, strict=False)
        metadata = b"word\tcount\n" + b"".join(b"%b\t%d\n" % row for row in rows)
    description = {
        "tensorName": path.name,
        "tensorShape": list(vectors.shape),
        "tensorPath": _VECTORS,
        "metadataPath": _METADATA,
    }
    with new_folder(path, _KIND) as folder:
        write_config(folder, _KIND, _VERSION, {"embeddings": [description]})
        (folder / _METADATA).write_bytes(metadata)
        with (folder / _VECTORS).open("wb") as file:
            write_numbers(file, vectors)
