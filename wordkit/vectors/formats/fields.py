"""What the readers and writers of vector files share."""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import warnings
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import numpy as np

from wordkit.errors import FormatError
from wordkit.storage.files import new_file

Result = TypeVar("Result")

HEAD = 1 << 20  # bytes: enough for the line of a vector with 80,000 dimensions
_CHUNK = 1 << 26  # bytes: so large that the C library returns a freed chunk to the system at once
_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*(-?\d{1,18})[ \t]+(-?\d{1,18})[ \t]*\r?\n?")


# --- files --------------------------------------------------------------------------


@contextlib.contextmanager
def open_input(path: Path) -> Iterator[tuple[IO[bytes], int | None]]:
    """Yield the file, decompressed if it is gzip, and its size in bytes if known."""
    with path.open("rb") as raw:
        head = raw.read(4)
        raw.seek(0)
        # deflate, and known flags: a word may begin like gzip, but it ends in a space or newline
        if len(head) < 4 or head[:3] != b"\x1f\x8b\x08" or head[3] & 0xE2:
            yield raw, os.fstat(raw.fileno()).st_size
            return
        try:
            with gzip.GzipFile(fileobj=raw) as file:
                yield cast("IO[bytes]", file), None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FormatError(f"{path} is damaged or cut short: {error}") from None


def read_head(path: Path) -> bytes:
    """Return the first MiB of the decompressed content."""
    with open_input(path) as (file, _):
        return file.read(HEAD)


@contextlib.contextmanager
def open_output(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that is put in place when complete, as gzip if its name ends in .gz."""
    with new_file(path) as raw:
        if path.suffix != ".gz":
            yield raw
            return
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:  # the same bytes every time
            yield cast("IO[bytes]", file)


# --- the header line "words numbers" ------------------------------------------------


def parse_header(line: bytes) -> tuple[int, int] | None:
    """Return the two numbers of a header line, or None for any other line."""
    match = _HEADER.fullmatch(line)
    return (int(match[1]), int(match[2])) if match else None


def read_header(path: Path, file: IO[bytes]) -> tuple[int, int]:
    """Read the header line: the number of words and of dimensions."""
    line = file.readline(100)
    sizes = parse_header(line)
    if sizes is None:
        raise FormatError(
            f"{path}, line 1: expected the number of words and the size of their vectors, "
            f"found {line[:40]!r}"
        )
    if min(sizes) < 1:
        raise FormatError(
            f"{path}, line 1: the header announces {sizes[0]} words of {sizes[1]} numbers, "
            "and both must be at least 1"
        )
    return sizes


def check_count(path: Path, announced: int, found: int, where: str) -> None:
    """Refuse a file with fewer words than its header announces; warn of one with more."""
    message = f"{path}: the header announces {announced:,} words, the file has {found:,}"
    if found < announced:
        raise FormatError(f"{message} and ends at {where}: it is cut short or its header is wrong")
    if found > announced:
        warnings.warn(f"{message}; all of them are loaded", stacklevel=2)


# --- words --------------------------------------------------------------------------


def encode_words(words: Sequence[str], forbidden: str = "") -> bytes:
    """Encode words as UTF-8 (escaped bytes as they were), with a newline after each.

    Raises
    ------
    FormatError
        A newline or a ``forbidden`` character is in a word.
    """
    text = "".join([word + "\n" for word in words])
    if text.count("\n") != len(words) or any(character in text for character in forbidden):
        bad = next(word for word in words if set(word) & {"\n", *forbidden})
        raise FormatError(
            f"the word {bad!r} has a space, tab or line end that this format cannot hold; "
            "drop the word or choose the format wordkit"
        )
    return text.encode("utf-8", "surrogateescape")


def drop_duplicates(
    path: Path, words: list[str], vectors: np.ndarray
) -> tuple[list[str], np.ndarray]:
    """Keep the first of equal words, and warn; works in place, without a second matrix."""
    first = dict(zip(reversed(words), range(len(words) - 1, -1, -1), strict=True))
    if len(first) == len(words):
        return words, vectors
    keep = np.array(sorted(first.values()))
    repeated = next(word for i, word in enumerate(words) if first[word] != i)
    warnings.warn(
        f"{path}: {len(words) - len(keep):,} vectors repeat the word of an earlier one, such as "
        f"{repeated!r}; the first of each is kept",
        stacklevel=2,
    )
    for start in range(0, len(keep), 4096):
        rows = keep[start : start + 4096]
        vectors[start : start + len(rows)] = vectors[rows]
    return [words[i] for i in keep], vectors[: len(keep)]


# --- rows in bounded memory, work in threads ----------------------------------------


class RowBuffer:
    """A float32 matrix of D columns that grows by rows and is never copied as a whole."""

    def __init__(self, size: int, capacity: int) -> None:
        self._size = size
        self._chunks = [np.empty((capacity, size), np.float32)]
        self._used = 0

    def take(self, rows: int) -> np.ndarray:
        """Return the next ``rows`` rows, to be filled."""
        if self._used + rows > len(self._chunks[-1]):
            self._chunks[-1] = self._chunks[-1][: self._used]
            capacity = max(rows, _CHUNK // (4 * self._size))
            self._chunks.append(np.empty((capacity, self._size), np.float32))
            self._used = 0
        self._used += rows
        return self._chunks[-1][self._used - rows : self._used]

    def matrix(self) -> np.ndarray:
        """Return all rows taken; the buffer is empty afterwards."""
        self._chunks[-1] = self._chunks[-1][: self._used]
        chunks = [chunk for chunk in reversed(self._chunks) if len(chunk)]
        self._chunks.clear()
        if len(chunks) == 1:
            return chunks[0]
        matrix = np.empty((sum(map(len, chunks)), self._size), np.float32)
        start = 0
        while chunks:  # each chunk is freed once it is copied
            chunk = chunks.pop()
            matrix[start : start + len(chunk)] = chunk
            start += len(chunk)
        return matrix


def in_order(
    function: Callable[..., Result], calls: Iterable[tuple[Any, ...]]
) -> Iterator[Result]:
    """Call ``function(*call)`` for each of ``calls`` in threads; yield results in order.

    Only a few calls are taken ahead, so that large arguments do not pile up in memory.
    """
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with ThreadPoolExecutor(workers) as pool:
        pending: deque[Any] = deque()
        for call in calls:
            pending.append(pool.submit(function, *call))
            if len(pending) > 2 * (workers or 1):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
