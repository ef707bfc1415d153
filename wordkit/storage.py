"""What is on disk: a saved thing is a folder.

    config.json      what it is, its format version, its settings
    vocabulary.txt   one word a line in id order, the word first, then its count
    *.safetensors    the arrays, read by memory-mapping

Folders and files are written under a temporary name beside their place, synced
and renamed, so that what stands under its own name is always whole.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from wordkit.errors import FormatError

CONFIG = "config.json"
_OUR_NAMES = {
    CONFIG, "vocabulary.txt", "source_vocabulary.txt", "target_vocabulary.txt", "vectors.tsv",
    "metadata.tsv",
}  # fmt: skip
_DTYPES = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}
_DTYPE_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}
_MAX_HEADER = 100_000_000  # bytes: the limit of the safetensors library
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


# --- whole folders and files, or none ------------------------------------------------


@contextlib.contextmanager
def new_folder(path: str | Path, kind: str, *, beside: str | None = None) -> Iterator[Path]:
    """Yield a temporary folder that becomes ``path`` when the block ends well.

    An empty folder that stands there is replaced, and one that wordkit wrote, of the
    same kind and with nothing else in it. Anything else is left alone.

    Parameters
    ----------
    beside
        The name of a folder inside ``path`` that is no part of this: what it holds stays
        as it is, and may have been there before.

    Raises
    ------
    FormatError
        Something stands there that is not to be replaced.
    """
    path = Path(path).resolve()
    check_replaceable(path, kind, beside=beside)
    temporary = _beside(path, ".partial")
    with errors_of(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
    try:
        with errors_of(path, *FULL):
            yield temporary
        for file in temporary.rglob("*"):
            if file.is_file():
                _sync(file)
        check_replaceable(path, kind, beside=beside)  # once more: the work may have taken hours
        if beside is not None and (path / beside).exists():
            _move_in(temporary, path)
        else:
            _swap(temporary, path)
        _sync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def new_file(path: str | Path) -> Iterator[IO[bytes]]:
    """Yield a binary file that becomes ``path`` when the block ends well.

    A device or a pipe is written to as it is.
    """
    path, place = Path(path), Path(path).resolve()  # where /dev/stdout leads has no name
    if path.is_dir():
        raise FormatError(f"{path} is a folder; name a file to write")
    if path.exists() and not path.is_file():
        with open(path, "wb") as file:
            yield file
        return
    temporary = _beside(place, ".partial")
    with errors_of(path):
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
    try:
        with errors_of(path, *FULL), open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(place)
        _sync(place.parent)
    finally:
        temporary.unlink(missing_ok=True)


def check_replaceable(path: str | Path, kind: str, *, beside: str | None = None) -> None:
    """Raise ``FormatError`` where ``new_folder`` would: before the work, not after it."""
    path = Path(path)
    if not path.is_dir():
        if path.exists():
            raise FormatError(f"{path} is a file; choose another name for the folder")
        return
    entries = [entry for entry in path.iterdir() if entry.name != beside]
    if not entries:
        return
    try:
        config = _load_config(path / CONFIG)
    except (OSError, FormatError):
        config = {}
    # a folder whose files were being moved in beside another is to be completed
    moving = beside is not None and (path / beside).is_dir() and not (path / CONFIG).exists()
    if config.get("kind") != kind and not moving:
        found = f"a wordkit {config.get('kind')}, not a {kind} to replace"
        if "wordkit" not in config:
            found = "a folder that wordkit did not write"
        raise FormatError(f"{path} is {found}; choose another name")
    files = (file for entry in entries for file in (entry, *entry.rglob("*")) if file.is_file())
    foreign = [file for file in files if not _is_ours(file)]
    if foreign:
        raise FormatError(f"{path} holds {foreign[0].name}, which is not wordkit's; "
                          "choose another name")  # fmt: skip


def _is_ours(file: Path) -> bool:
    return file.name in _OUR_NAMES or file.suffix == ".safetensors"


def _beside(path: Path, suffix: str) -> Path:
    """A hidden name that nothing has, in the same folder."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{suffix}")


@contextlib.contextmanager
def errors_of(path: Path, *numbers: int) -> Iterator[None]:
    """Errors, or those of some numbers, speak of the path that the user named."""
    try:
        yield
    except OSError as error:
        if numbers and error.errno not in numbers:
            raise
        raise type(error)(error.errno, error.strerror, str(path)) from None


def _swap(new: Path, path: Path) -> None:
    """Put the folder ``new`` in the place of ``path``; on an error put the old one back."""
    if not path.exists():
        new.rename(path)
        return
    old = _beside(path, ".old")
    path.rename(old)
    try:
        new.rename(path)
    except BaseException:
        old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _move_in(new: Path, path: Path) -> None:
    """Put the files of the folder ``new`` into ``path``, where something else stays.

    In between there is no ``config.json``, so that nobody reads files of the one beside
    files of the other.
    """
    (path / CONFIG).unlink(missing_ok=True)
    _sync(path)
    for file in sorted(new.iterdir(), key=lambda file: file.name == CONFIG):
        file.replace(path / file.name)
    _sync(path)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- config.json --------------------------------------------------------------------


def finite(data: Any) -> Any:
    """The same for JSON, which knows neither NaN nor infinity."""
    if isinstance(data, Mapping):
        return {name: finite(value) for name, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [finite(value) for value in data]
    if data is None or isinstance(data, (str, int)):
        return data
    return float(data) if math.isfinite(data) else None


def write_config(folder: Path, kind: str, version: int, settings: Mapping[str, Any]) -> None:
    """Write ``config.json``: ``kind`` and ``version`` first, then the settings."""
    config = {"wordkit": True, "kind": kind, "version": version, **settings}
    text = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
    (folder / CONFIG).write_text(text, encoding="utf-8")


def read_config(folder: str | Path, kind: str, version: int) -> dict[str, Any]:
    """Read ``config.json`` of a folder that should hold a ``kind``.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    FormatError
        The folder is of another kind, of a newer version, or damaged.
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(2, "No such file or directory", str(folder))
    path = folder / CONFIG
    if not path.is_file():
        raise FormatError(f"{folder} is no wordkit {kind}: it has no {CONFIG}")
    config = _load_config(path)
    if config.get("kind") != kind:
        found = config.get("kind", "something unknown")
        raise FormatError(f"{folder} holds a wordkit {found}, not a wordkit {kind}")
    if not isinstance(config.get("version"), int) or config["version"] > version:
        raise FormatError(
            f"{folder} is a {kind} of format version {config.get('version')}, and this wordkit "
            f"reads up to version {version}: upgrade wordkit"
        )
    return config


def _load_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path} is damaged: {error}") from None
    if not isinstance(config, dict):
        raise FormatError(f"{path} is damaged: expected an object")
    return config


# --- *.safetensors ------------------------------------------------------------------


class TensorWriter:
    """Write a safetensors file piece by piece, in constant memory.

    The shapes and types are given first; then the pieces of every array, in the
    same order.
    """

    def __init__(self, file: IO[bytes], tensors: Mapping[str, tuple[tuple[int, ...], Any]]):
        header: dict[str, Any] = {}
        end = 0
        for name, (shape, dtype) in tensors.items():
            start, end = end, end + int(np.prod(shape)) * np.dtype(dtype).itemsize
            header[name] = {
                "dtype": _DTYPE_NAMES[np.dtype(dtype)],
                "shape": list(shape),
                "data_offsets": [start, end],
            }
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-(8 + len(text)) % 64)  # so that the data start on a cache line
        self._file, self._left = file, end
        file.write(len(text).to_bytes(8, "little") + text)

    def write(self, piece: np.ndarray) -> None:
        """Append the next piece, in the byte order of the format (little-endian)."""
        piece = np.ascontiguousarray(piece, piece.dtype.newbyteorder("<"))
        self._left -= piece.nbytes
        self._file.write(piece.data)

    def close(self) -> None:
        """Check that all that was announced has been written."""
        if self._left:
            raise ValueError(f"{self._left} bytes of the announced tensors were not written")


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write arrays to a safetensors file."""
    with open(path, "wb") as file:
        writer = TensorWriter(file, {k: (v.shape, v.dtype) for k, v in tensors.items()})
        for tensor in tensors.values():
            writer.write(tensor)
        writer.close()


def map_tensors(path: Path, names: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """Map the named arrays of a safetensors file, or all of them, into memory, read-only.

    Raises
    ------
    FormatError
        The file is cut short, damaged, or lacks a name.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, _MAX_HEADER):
            raise FormatError(f"{path} is no safetensors file, or is cut short")
        try:
            header = json.loads(file.read(length))
            header = {name: _layout(entry, size - 8 - length) for name, entry in header.items()
                      if name != "__metadata__"}  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise FormatError(f"{path} is cut short or damaged: {error}") from None
    names = header if names is None else names
    missing = [name for name in names if name not in header]
    if missing:
        raise FormatError(f"{path} has no array named {missing[0]!r}")
    return {name: _map(path, 8 + length, *header[name]) for name in names}


def _layout(entry: Any, available: int) -> tuple[np.dtype, tuple[int, ...], int]:
    """Type, shape and start of one array of a safetensors header, checked."""
    dtype, shape = np.dtype(_DTYPES[entry["dtype"]]).newbyteorder("<"), tuple(entry["shape"])
    start, end = entry["data_offsets"]
    count = 1
    for side in shape:
        if not isinstance(side, int) or not 0 <= side < 1 << 60:
            raise ValueError(f"a shape of {shape}")
        count *= side
    if not (isinstance(start, int) and isinstance(end, int)):
        raise ValueError("offsets that are no whole numbers")
    if not 0 <= start <= end or end - start != count * dtype.itemsize:
        raise ValueError("sizes that do not fit")
    if end > available:
        raise ValueError(f"{end:,} bytes of arrays announced, {available:,} there")
    return dtype, shape, start


def _map(path: Path, base: int, dtype: np.dtype, shape: tuple[int, ...], start: int) -> np.ndarray:
    if 0 in shape:
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype, "r", base + start, shape).view(np.ndarray)


# --- vocabulary.txt -----------------------------------------------------------------

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_UNESCAPES = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}


def write_words(path: Path, words: Iterable[str], counts: Iterable[int] | None = None) -> None:
    """Write one word a line; with counts, a tab and the count behind it.

    Tab, newline, carriage return and backslash inside a word are written ``\\t``,
    ``\\n``, ``\\r`` and ``\\\\``. Bytes that were not UTF-8 (surrogate escapes)
    come out as they came in.
    """
    escaped = [word.translate(_ESCAPES) for word in words]
    if counts is not None:
        escaped = [f"{word}\t{count}" for word, count in zip(escaped, counts, strict=True)]
    text = "\n".join(escaped) + "\n" if escaped else ""
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


def read_words(path: Path) -> tuple[list[str], np.ndarray | None]:
    """Read what ``write_words`` wrote: the words, and the counts (int64) or None.

    Raises
    ------
    FormatError
        A line has no count where others have one, or a count that is no number.
    """
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    if lines.pop() != "":
        raise FormatError(f"{path} is cut short: its last line has no end")
    counts = None
    if lines and "\t" in lines[0]:
        fields = [line.split("\t") for line in lines]
        try:
            lines = [word for word, _ in fields]
            counts = np.array([_count(count) for _, count in fields], np.int64)
        except ValueError:
            line = next(n for n, f in enumerate(fields, 1) if len(f) != 2 or _is_no_count(f[1]))
            raise FormatError(f"{path}, line {line}: expected a word, a tab and a count") from None
    if "\\" in text:
        lines = [_unescape(word) if "\\" in word else word for word in lines]
    return lines, counts


def _count(text: str) -> int:
    if _is_no_count(text):
        raise ValueError
    return int(text)


def _is_no_count(text: str) -> bool:
    return not (text.isascii() and text.isdecimal() and len(text) < 19)


def _unescape(word: str) -> str:
    parts = word.split("\\\\")
    for escape in ("\\t", "\\n", "\\r"):
        parts = [part.replace(escape, _UNESCAPES[escape]) for part in parts]
    return "\\".join(parts)
