"""Folders that are written completely or not at all.

They are written under a temporary name beside their place, synced and renamed, so that a
folder under its own name is always complete. One process writes a folder at a time.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from wordkit.errors import FormatError
from wordkit.interrupts import uninterrupted
from wordkit.storage.config import CONFIG, load_config
from wordkit.storage.locks import LOCK, locked
from wordkit.storage.paths import FULL, OLD, PARTIAL, errors_of, hidden, left_beside, sync

_OUR_NAMES = {
    CONFIG, LOCK, "vocabulary.txt", "source_vocabulary.txt", "target_vocabulary.txt",
    "vectors.tsv", "metadata.tsv",
}  # fmt: skip


@contextlib.contextmanager
def new_folder(path: str | Path, kind: str, *, beside: str | None = None) -> Iterator[Path]:
    """Yield a temporary folder that becomes ``path`` when the block succeeds.

    An existing folder is replaced if it is empty, or if wordkit wrote it, it is of the same
    kind and has nothing else in it. Anything else is left alone.

    Parameters
    ----------
    beside
        The name of a folder inside ``path`` that may exist before and is left as it is.

    Raises
    ------
    FormatError
        Something exists there that must not be replaced.
    InUseError
        Another process is writing it.
    """
    path = Path(path).resolve()
    check_replaceable(path, kind, beside=beside)
    with locked(path):
        temporary = hidden(path, PARTIAL)
        with errors_of(path):
            _clean_up(path)
            temporary.mkdir()
        try:
            with errors_of(path, *FULL):
                yield temporary
            for file in temporary.rglob("*"):
                if file.is_file():
                    sync(file)
            check_replaceable(path, kind, beside=beside)  # again: the block may take hours
            with uninterrupted():
                if beside is not None and (path / beside).exists():
                    _move_in(temporary, path)
                else:
                    _swap(temporary, path)
            sync(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def check_replaceable(path: str | Path, kind: str, *, beside: str | None = None) -> None:
    """Raise ``FormatError`` if ``new_folder`` would: before the work, not after it."""
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
    # a folder whose files were being moved in beside another is completed
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


def _clean_up(path: Path) -> None:
    """Clean up after killed processes; the folder is locked, so no others are writing.

    A process killed while it replaced the folder may have moved it away without a successor.
    """
    for old in left_beside(path, OLD):
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(path)
    for partial in left_beside(path, PARTIAL):
        shutil.rmtree(partial, ignore_errors=True)


def _swap(new: Path, path: Path) -> None:
    """Replace the folder ``path`` by ``new``; on an error restore the old one."""
    if not path.exists():
        new.rename(path)
        return
    old = hidden(path, OLD)
    path.rename(old)
    try:
        new.rename(path)
    except BaseException:
        old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _move_in(new: Path, path: Path) -> None:
    """Move the files of the folder ``new`` into ``path``, where something else stays.

    In between there is no ``config.json``, so that nobody reads a mixture of old and new
    files.
    """
    (path / CONFIG).unlink(missing_ok=True)
    sync(path)
    for file in sorted(new.iterdir(), key=lambda file: file.name == CONFIG):
        file.replace(path / file.name)
    sync(path)
