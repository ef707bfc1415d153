"""Compiled kernels on disk, for the next process.

    ~/.cache/wordkit/kernels-1000/           for one user; others have no access
        gate_kernels-5d0a96a3c1f2/           for these sources and this compiler
            lstm_forward-0f3c8a76b2d4        for these argument types and this processor

numba's own cache checks a kernel's file, but not the files from which it imports other kernels
and constants; and it keeps an index per kernel, which two processes that compile at the same time
can corrupt. Here each entry is a file with its own name that is put in place atomically, so that
processes, environments and versions share a folder without locks.

Entries are pickles, which can run any code when they are loaded. So only entries are read that
belong to this user and that nobody else can write.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from wordkit.cache_folder import CACHE, cache_folder

_DIGITS = 12
_FOLDERS, _DAYS = 6, 30
"""Folders kept per kernel file, for older sources and compilers, and for how many days."""


def digest(*parts: str | bytes) -> str:
    """Hash some strings: short enough for a file name, too long for collisions by chance."""
    joined = b"\n".join(part.encode() if isinstance(part, str) else part for part in parts)
    return hashlib.sha256(joined).hexdigest()[:_DIGITS]


def sources(module: str) -> str:
    """Hash the sources of a module and of all wordkit modules it imports, even indirectly.

    Call this while the module is being loaded: its files may be edited later.

    Raises
    ------
    OSError
        A source is not a readable file.
    """
    spec = sys.modules[module].__spec__  # a reloaded module has a new one
    if module not in _digests or _digests[module][0] is not spec:
        found: dict[str, bytes] = {}
        waiting = {module}
        while waiting:
            name = waiting.pop()
            file = Path(str(sys.modules[name].__file__))
            status = file.stat()
            found[name], imported = _source(file, status.st_mtime_ns, status.st_size)
            waiting |= (imported & sys.modules.keys()) - found.keys()
        _digests[module] = spec, digest(*(found[name] for name in sorted(found)))
    return _digests[module][1]


_digests: dict[str, tuple[object, str]] = {}


@cache
def _source(file: Path, changed: int, size: int) -> tuple[bytes, set[str]]:
    """Return the digest of a file, and the wordkit modules that it imports."""
    source = file.read_bytes()
    imported = re.findall(rb"^(?:from|import) (wordkit[\w.]*)", source, re.MULTILINE)
    return hashlib.sha256(source).digest(), {name.decode() for name in imported}


class Entries:
    """The cached kernels of one file, for given sources and a given compiler."""

    def __init__(self, file: str, versions: str):
        self._file, self._folder = file, f"{file}-{versions}"

    def read(self, name: str) -> bytes | None:
        """Return what ``write`` stored; None if there is nothing, or nothing trustworthy."""
        for place in _places():
            folder = place / self._folder
            with suppress(OSError), open(folder / name, "rb") as file:
                if _is_ours(os.fstat(file.fileno())):
                    checksum, data = file.read(32), file.read()
                    if hashlib.sha256(data).digest() == checksum:
                        _used(folder)
                        return data
        return None

    def write(self, name: str, data: bytes) -> None:
        """Store an entry for later processes; warns once if no folder can be written."""
        problems = []
        for place in _places():
            try:
                self._write(place, name, hashlib.sha256(data).digest() + data)
            except OSError as error:
                problems.append(f"{place} cannot be used ({error.strerror or error})")
            else:
                if problems:
                    _warn(*problems, f"compiled kernels are kept in {place}")
                return
        _warn(*problems, "kernels are compiled again in each process")

    def _write(self, place: Path, name: str, data: bytes) -> None:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(place.lstat()):
            raise PermissionError("it belongs to another user, or others can write to it")
        folder = place / self._folder
        if not folder.is_dir():
            self._tidy(place)
            folder.mkdir(mode=0o700, exist_ok=True)
        temporary = folder / f".{name}.{secrets.token_hex(4)}"
        try:
            with open(temporary, "xb", opener=_for_this_user) as file:
                file.write(data)
            temporary.replace(folder / name)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _tidy(self, place: Path) -> None:
        """Remove the folders of old sources and compilers, before a new one is made."""
        others = sorted(place.glob(f"{self._file}-{'?' * _DIGITS}"), key=_last_use, reverse=True)
        for number, folder in enumerate(others, 2):
            if number > _FOLDERS or time.time() - _last_use(folder) > _DAYS * 86400:
                shutil.rmtree(folder, ignore_errors=True)


def _for_this_user(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _places() -> Iterator[Path]:
    """Candidate folders for entries, in order of preference."""
    user = f"-{os.geteuid()}" if hasattr(os, "geteuid") else ""
    folder = os.environ.get("NUMBA_CACHE_DIR")
    if folder and not os.environ.get(CACHE):
        yield Path(folder).absolute() / f"wordkit-kernels{user}"
    if (own := cache_folder()) is not None:
        yield own / f"kernels{user}"
    with suppress(OSError):  # there is no folder for temporary files
        yield Path(tempfile.gettempdir()) / f"wordkit-kernels{user}"


def _is_ours(status: os.stat_result) -> bool:
    """Whether only this user can write it; on Windows, user folders are private anyway."""
    if not hasattr(os, "geteuid"):
        return True
    mine = status.st_uid == os.geteuid() and not stat.S_ISLNK(status.st_mode)
    return mine and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _used(folder: Path) -> None:
    """Record that a folder is in use, at most once a day."""
    if time.time() - _last_use(folder) > 86400:
        with suppress(OSError):
            os.utime(folder)


def _last_use(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # removed by another process
        return 0


@cache
def _warn(*sentences: str) -> None:
    warnings.warn(
        f"{'; '.join(sentences)}; set {CACHE} to a folder that can be written", stacklevel=2
    )
