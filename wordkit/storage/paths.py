"""What writing files and folders has in common: temporary names, errors, syncing."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""Errors of a full disk."""
PARTIAL, OLD = ".partial", ".old"
"""Suffixes of names: of what is incomplete, and of what is being replaced."""


def hidden(path: Path, suffix: str) -> Path:
    """Return an unused hidden name in the same folder."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{suffix}")


def left_beside(path: Path, suffix: str) -> list[Path]:
    """Return what has such names: it is in use, or was left by a killed process."""
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}{re.escape(suffix)}")
    try:
        return [found for found in path.parent.iterdir() if name.fullmatch(found.name)]
    except PermissionError:  # a folder may be writable but not readable
        return []


@contextlib.contextmanager
def errors_of(path: Path, *numbers: int) -> Iterator[None]:
    """Make OS errors, or those with certain numbers, name the path that the user gave."""
    try:
        yield
    except OSError as error:
        if numbers and error.errno not in numbers:
            raise
        raise type(error)(error.errno, error.strerror, str(path)) from None


def sync(path: Path) -> None:
    """Sync a file, or the entries of a folder, to disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
