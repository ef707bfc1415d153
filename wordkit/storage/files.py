"""Files that are written completely or not at all; see ``folders``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from wordkit.errors import FormatError
from wordkit.interrupts import uninterrupted
from wordkit.storage.locks import is_named, try_lock
from wordkit.storage.paths import FULL, PARTIAL, errors_of, hidden, left_beside, sync


@contextlib.contextmanager
def new_file(path: str | Path) -> Iterator[IO[bytes]]:
    """Yield a binary file that becomes ``path`` when the block succeeds.

    Devices and pipes are written to directly.
    """
    with new_files([path]) as [file]:
        yield file


@contextlib.contextmanager
def new_files(paths: Sequence[str | Path]) -> Iterator[list[IO[bytes]]]:
    """Yield binary files that become ``paths`` when the block succeeds: all or none."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(_unfinished(Path(path))) for path in paths]
        yield [each.file for each in files]
        for each in files:
            each.file.flush()
            if each.temporary is not None:
                os.fsync(each.file.fileno())
        with uninterrupted():
            _put_in_place([each for each in files if each.temporary is not None])


class _Unfinished(NamedTuple):
    """A file being written under a temporary name; devices are written to directly."""

    file: IO[bytes]
    place: Path
    temporary: Path | None


@contextlib.contextmanager
def _unfinished(path: Path) -> Iterator[_Unfinished]:
    place = path.resolve()  # the target of /dev/stdout may have no name
    if path.is_dir():
        raise FormatError(f"{path} is a folder; name a file to write")
    if path.exists() and not path.is_file():
        with open(path, "wb") as device:
            yield _Unfinished(device, path, None)
        return
    with errors_of(path):
        place.parent.mkdir(parents=True, exist_ok=True)
        _remove_left(place)
        temporary, file = _new_temporary(place)
    try:
        with errors_of(path, *FULL), file:
            yield _Unfinished(file, place, temporary)
    finally:
        temporary.unlink(missing_ok=True)


def _new_temporary(place: Path) -> tuple[Path, IO[bytes]]:
    """Open a new file, locked while it is open, so that it is not taken for a leftover."""
    while True:
        temporary = hidden(place, PARTIAL)
        file = open(temporary, "xb")
        with contextlib.suppress(OSError):  # without locks, leftovers are never removed
            try_lock(file.fileno())
        if is_named(file.fileno(), temporary):
            return temporary, file
        file.close()


def _remove_left(place: Path) -> None:
    """Remove what killed processes left of this file: their files are no longer locked."""
    for path in left_beside(place, PARTIAL):
        with contextlib.suppress(OSError), open(path, "r+b") as file:
            if try_lock(file.fileno()):
                if os.name == "nt":
                    file.close()
                path.unlink()


def _put_in_place(files: Sequence[_Unfinished]) -> None:
    """Rename all files; on an error restore the old ones."""
    with contextlib.ExitStack() as always, contextlib.ExitStack() as on_error:
        for file, place, temporary in files:
            if os.name == "nt":  # an open file cannot be renamed
                file.close()
            if not place.exists():
                on_error.callback(place.unlink, missing_ok=True)
            elif len(files) > 1:
                old = hidden(place, PARTIAL)
                always.callback(old.unlink, missing_ok=True)
                with contextlib.suppress(OSError):  # no hard links: nothing to restore from
                    os.link(place, old)
                    on_error.callback(old.replace, place)
            assert temporary is not None
            temporary.replace(place)
            sync(place.parent)
        on_error.pop_all()
