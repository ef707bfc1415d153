"""Compiled kernels on disk, for the next process.

    ~/.cache/wordkit/kernels-1000/           of one user, closed to all others
        gate_kernels-5d0a96a3c1f2/           of these sources and this compiler
            lstm_forward-0f3c8a76b2d4        for these types of arguments and this processor

numba's own cache looks at the file of a kernel, but not at those it imports kernels and numbers
from, and has an index for each kernel, in which two processes that compile at the same time can
mix up their entries. Here an entry is a file under a name of its own, and put in place whole: so
processes, environments and versions share a folder without locks.

Entries are pickles, which can do anything when they are loaded. Only those are read that
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
"""How many folders a file of kernels has, for other sources and compilers, and how long."""


def digest(*parts: str | bytes) -> str:
    """Short enough for a name, long enough that no two are the same by chance."""
    joined = b"\n".join(part.encode() if isinstance(part, str) else part for part in parts)
    return hashlib.sha256(joined).hexdigest()[:_DIGITS]


def sources(module: str) -> str:
    """A digest of a module and of all modules of wordkit that it imports, directly or not.

    Call it while the module is loaded: files may be edited later.

    Raises
    ------
    OSError
        It does not come from files.
    """
    spec = sys.modules[module].__spec__  # another one when it is loaded again
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
    """A digest of the file, and which modules of wordkit it imports."""
    source = file.read_bytes()
    imported = re.findall(rb"^(?:from|import) (wordkit[\w.]*)", source, re.MULTILINE)
    return hashlib.sha256(source).digest(), {name.decode() for name in imported}


class Entries:
    """The entries of a file of kernels, with these sources and this compiler."""

    def __init__(self, file: str, versions: str):
        self._file, self._folder = file, f"{file}-{versions}"

    def read(self, name: str) -> bytes | None:
        """What ``write`` was given; None where there is nothing, or nothing to be trusted."""
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
        """Keep it for later processes, if there is a place; warns, once, if it is not kept."""
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
            raise PermissionError("it belongs to another user, or others can write it")
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
        """Make room for a folder: those of old sources and compilers are not kept for ever."""
        others = sorted(place.glob(f"{self._file}-{'?' * _DIGITS}"), key=_last_use, reverse=True)
        for number, folder in enumerate(others, 2):
            if number > _FOLDERS or time.time() - _last_use(folder) > _DAYS * 86400:
                shutil.rmtree(folder, ignore_errors=True)


def _for_this_user(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _places() -> Iterator[Path]:
    """Where entries may be, the best first."""
    user = f"-{os.geteuid()}" if hasattr(os, "geteuid") else ""
    folder = os.environ.get("NUMBA_CACHE_DIR")
    if folder and not os.environ.get(CACHE):
        yield Path(folder).absolute() / f"wordkit-kernels{user}"
    if (own := cache_folder()) is not None:
        yield own / f"kernels{user}"
    with suppress(OSError):  # no folder for temporary files
        yield Path(tempfile.gettempdir()) / f"wordkit-kernels{user}"


def _is_ours(status: os.stat_result) -> bool:
    """Whether nobody else has written it. On Windows, folders of a user are closed to others."""
    if not hasattr(os, "geteuid"):
        return True
    mine = status.st_uid == os.geteuid() and not stat.S_ISLNK(status.st_mode)
    return mine and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _used(folder: Path) -> None:
    """Note it once a day."""
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
