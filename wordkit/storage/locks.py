"""Locks: one writer per folder at a time.

A folder is locked through a file beside it, ``.NAME.lock``. Its writer holds an operating
system's lock on that file, writes into it who it is, and removes it in the end. The lock of a
killed process is free at once, even if its file is left behind.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from wordkit.errors import InUseError
from wordkit.storage.paths import errors_of

LOCK = ".lock"
_UNKNOWN = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
"""Errors of file systems without locks: some network and FUSE file systems."""


class _Held(NamedTuple):
    thread: int
    handle: int


_held: dict[Path, _Held] = {}


@contextmanager
def locked(path: str | Path | None) -> Iterator[None]:
    """Keep other processes, and other threads of this one, from writing a folder.

    A thread that has locked a folder may lock it again. None means that nothing is written
    to disk, and nothing is locked.

    Raises
    ------
    InUseError
        Another process or thread is writing it.
    """
    me = threading.get_ident()
    path = None if path is None else Path(path).resolve()
    if path is None or (path in _held and _held[path].thread == me):
        yield
        return
    file = _lock_file(path)
    with errors_of(path):
        if not file.parent.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
        held = _held[path] = _Held(me, _acquire(file, path))
    try:
        yield
    finally:
        if _held.get(path) is held:  # a forked child does not hold its parent's locks
            del _held[path]
            _release(file, held.handle)


def _lock_file(path: Path) -> Path:
    """Return the lock file: beside the folder, or inside if only the folder is writable."""
    if path == path.parent or (path.is_dir() and not os.access(path.parent, os.W_OK)):
        return path / LOCK
    return path.with_name(f".{path.name}{LOCK}")


def _acquire(file: Path, path: Path) -> int:
    """Open and lock the file, and write into it which process this is."""
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _take(handle, file, path)
            if is_named(handle, file):
                with suppress(OSError):  # on a full disk the lock has no name in it
                    os.ftruncate(handle, 0)
                    os.write(handle, json.dumps(_myself()).encode())
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # its holder has removed it since it was opened


def _take(handle: int, file: Path, path: Path) -> None:
    """Lock the open file, or raise ``InUseError``."""
    holder, advice = _holder(handle), ""
    try:
        free = try_lock(handle)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
        free = not holder or _is_dead(holder)
        advice = f" (if it was killed, remove {file})"
    if not free:
        raise InUseError(
            f"{path} is being written by {_in_words(holder)}: wait until that is done{advice}, "
            "or name another folder"
        )


def _release(file: Path, handle: int) -> None:
    """Remove the file while it is locked, so that nobody locks a file already removed."""
    if os.name == "nt":  # an open file cannot be removed
        os.close(handle)
    with suppress(OSError):  # others have it open (Windows), or the folder was removed
        file.unlink()
    if os.name != "nt":
        os.close(handle)


def _forget() -> None:
    """Drop the parent's locks in a forked child, so that they end with the parent."""
    for held in _held.values():
        os.close(held.handle)  # it stays open, and locked, in the parent
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


# --- who holds it ---------------------------------------------------------------------


def _myself() -> dict[str, Any]:
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    return {"pid": os.getpid(), "host": platform.node(), "since": since}


def _holder(handle: int) -> dict[str, Any]:
    """Read who holds a lock; empty if that is not written yet, or damaged."""
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        found = json.loads(os.read(handle, 1000))
        kinds = [type(found[name]) for name in ("pid", "host", "since")]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    finally:
        os.lseek(handle, 0, os.SEEK_SET)
    return found if kinds == [int, str, str] else {}


def _in_words(holder: dict[str, Any]) -> str:
    if not holder or not f"{holder['host']}{holder['since']}".isprintable():
        return "another process"
    return f"process {holder['pid']} on {holder['host']} since {holder['since']}"


def _is_dead(holder: dict[str, Any]) -> bool:
    """Whether a process is known to have ended."""
    if os.name == "nt" or holder["host"] != platform.node():
        return False
    try:
        os.kill(holder["pid"], 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:  # the process of another user
        return False
    return False


# --- locks of the operating system --------------------------------------------------------

if sys.platform == "win32":
    import msvcrt

    _BEYOND = 1 << 30  # the byte that is locked; those before it can still be read

    def try_lock(handle: int) -> bool:
        """Lock an open file until it is closed; False if someone else has locked it."""
        os.lseek(handle, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def try_lock(handle: int) -> bool:
        """Lock an open file until it is closed; False if someone else has locked it."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def is_named(handle: int, path: Path) -> bool:
    """Whether an open file is still the one with that name."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
