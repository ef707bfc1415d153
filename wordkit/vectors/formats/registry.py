"""The formats of word vectors: one table, for reading and writing.

===================  ============================================================
``wordkit``          our folder, memory-mapped; the only format for sparse vectors
``word2vec``         text with a header line, as written by word2vec.c and gensim
``word2vec-binary``  the same with binary numbers
``glove``            text without a header line
``fasttext``         ``.vec``: text with a header line, and a space at the end of lines
``projector``        TensorBoard's tables of vectors and words, a folder
===================  ============================================================

Names that end in ``.gz`` are written as gzip; gzip is recognized by its content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wordkit.errors import FormatError
from wordkit.vectors.formats import binary, native, projector, text
from wordkit.vectors.formats.fields import parse_header, read_head


class _Format(NamedTuple):
    read: Callable[..., tuple[Any, ...]]  # path -> words, vectors, and counts if it has them
    write: Callable[[Path, Sequence[str], Any, np.ndarray | None], None]
    folder: bool = False


FORMATS = {
    "wordkit": _Format(native.read, native.write, folder=True),
    "word2vec": _Format(
        lambda path: text.read(path, header=True),
        lambda path, words, vectors, _: text.write(path, words, vectors, header=True),
    ),
    "word2vec-binary": _Format(
        binary.read,
        lambda path, words, vectors, _: binary.write(path, words, vectors),
    ),
    "glove": _Format(
        lambda path: text.read(path, header=False),
        lambda path, words, vectors, _: text.write(path, words, vectors, header=False),
    ),
    "fasttext": _Format(
        lambda path: text.read(path, header=True),
        lambda path, words, vectors, _: text.write(
            path, words, vectors, header=True, trailing_space=True
        ),
    ),
    "projector": _Format(projector.read, projector.write, folder=True),
}

_FOREIGN = {
    b"PK\x03\x04": "a zip archive: unpack it and name the file inside",
    b"BZh91AY&SY": "packed with bzip2: unpack it first",
    b"\xfd7zXZ": "packed with xz: unpack it first",
    b"\x80": "a Python pickle, which is never opened: save it with gensim's save_word2vec_format",
    b"\x93NUMPY": "a NumPy array without words",
    b"\xba\x16\x4f\x2f": "a whole fastText model: use the .vec file that lies beside it",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def read(
    path: str | Path, format: str | None = None, *, verify: bool = False
) -> tuple[list[str], Any, np.ndarray | None]:
    """Read words, vectors (V, D) and counts (V,), or None for counts that the format lacks.

    Parameters
    ----------
    format
        One of ``FORMATS``; detected from the content where it is not given.
    verify
        Compare vectors of the format ``wordkit`` with their checksum, for which all of them
        are read. gzip is always compared with its own.

    Raises
    ------
    FileNotFoundError
        There is no such file or folder.
    FormatError
        The content does not match its format, or no known one.
    """
    path = Path(path)
    name = detect(path) if format is None else format
    reader = _lookup(name)
    if path.is_dir() and not reader.folder:
        raise FormatError(f"{path} is a folder, and {name} is a file")
    options = {"verify": verify} if name == "wordkit" else {}
    words, vectors, *counts = reader.read(path, **options)
    return words, vectors, counts[0] if counts else None


def write(
    path: str | Path,
    words: Sequence[str],
    vectors: Any,
    counts: np.ndarray | None = None,
    format: str = "wordkit",
) -> None:
    """Write word vectors; an existing file is replaced only when all is written.

    Parameters
    ----------
    words
        V distinct words.
    vectors
        (V, D): float32, or a SciPy sparse matrix, which only ``wordkit`` holds.
    counts
        (V,), how often each word occurs; ``wordkit`` and ``projector`` keep them.

    Raises
    ------
    FormatError
        There are no words, a word or a sparse matrix that the format cannot hold,
        or something else stands in the place.
    """
    path = Path(path)
    writer = _lookup(format)
    if 0 in vectors.shape:
        raise FormatError(f"there are no vectors to write to {path}")
    if format != "wordkit" and not isinstance(vectors, np.ndarray):
        raise FormatError(
            f"these vectors are sparse, and {format} holds dense ones only: save them as wordkit, "
            "or train dense ones (ppmi-svd)"
        )
    if writer.folder and path.suffix == ".gz":
        raise FormatError(f"{path} would be a folder, and only files can end in .gz")
    try:
        writer.write(path, words, vectors, counts)
    except UnicodeEncodeError as error:
        raise FormatError(f"a word has the character {error.object[error.start]!r}, which has "
                          "no UTF-8 form") from None  # fmt: skip


def _lookup(name: str) -> _Format:
    if name not in FORMATS:
        raise FormatError(f"there is no vector format {name!r}; choose from {', '.join(FORMATS)}")
    return FORMATS[name]


# --- finding out --------------------------------------------------------------------


def detect(path: Path) -> str:
    """Detect the format of a file or folder by its content; by its name if in doubt."""
    if path.is_dir():
        return "projector" if projector.is_projector(path) else "wordkit"
    head = read_head(path)
    if not head.strip():
        raise FormatError(f"{path} is empty: expected word vectors")
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise FormatError(f"{path} is {what}")
    name = path.name.lower().removesuffix(".gz")
    first, _, rest = head.partition(b"\n")
    if _is_table(head, name):
        return "projector"
    sizes = parse_header(first)
    if sizes and not _is_row(rest, sizes, name):
        if not _is_text(rest, sizes[1], name):
            return "word2vec-binary"
        return "fasttext" if name.endswith(".vec") else "word2vec"
    if text.trailing_numbers(first):
        return "glove"
    raise FormatError(
        f"{path} is not a vector file known here: line 1 is neither a header of two numbers nor a "
        f"word with its vector, but {first[:40]!r}"
    )


def _is_table(head: bytes, name: str) -> bool:
    """Whether a file has only numbers, with tabs between them or in a file named .tsv."""
    lines = head.split(b"\n", 10)
    rows = [line.rstrip(b"\r").split(b"\t") for line in lines[: max(len(lines) - 1, 1)]]
    numeric = all(text.is_number(field) for row in rows for field in row)
    return numeric and (name.endswith(".tsv") or len(rows[0]) > 1)


def _is_row(rest: bytes, sizes: tuple[int, int], name: str) -> bool:
    """Whether a first line like "5 3" is a word and its one number, not a header.

    It is if the next line has one number too although three are announced. After "5 1"
    the lines cannot tell, and the file's name decides.
    """
    fields = rest.partition(b"\n")[0].split()
    one_number = len(fields) == 2 and text.trailing_numbers(b" ".join(fields)) == 1
    return one_number and (sizes[1] != 1 or "glove" in name)


def _is_text(rest: bytes, size: int, name: str) -> bool:
    """Whether what follows a header is text, not binary numbers."""
    line = rest.partition(b"\n")[0]
    if line and text.trailing_numbers(line) >= size:
        return True
    return not _CONTROL.search(rest) and not name.endswith(".bin")
