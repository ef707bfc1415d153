"""Whole folders and files, or none.

They are written under a temporary name beside their place, synced and renamed, so that what
stands under its own name is always whole.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from wordkit.errors import FormatError
from wordkit.storage.config import CONFIG, load_config

_OUR_NAMES = {
    CONFIG, "vocabulary.txt", "source_vocabulary.txt", "target_vocabulary.txt", "vectors.tsv",
    "metadata.tsv",
}  # fmt: skip
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""The errors of a full disk."""


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
        config = load_config(path / CONFIG)
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
