"""Several files appear together; what killed processes leave of one is cleared away."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wordkit.storage import files as module
from wordkit.storage.files import new_file, new_files

KILLED = """
import os, signal, sys
from wordkit.storage.files import new_file
with new_file(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def put(paths: list[Path], content: bytes) -> None:
    with new_files(paths) as files:
        for file in files:
            file.write(content)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Two that are there, a new one between them."""
    paths = [tmp_path / name for name in "abc"]
    put([paths[0], paths[2]], b"old")
    return paths


def contents(paths: list[Path]) -> list[bytes | None]:
    """After a check that nothing else is there."""
    there = [path for path in paths if path.exists()]
    assert sorted(paths[0].parent.iterdir()) == there
    return [path.read_bytes() if path.exists() else None for path in paths]


def test_appear_together(paths: list[Path]) -> None:
    put(paths, b"new")
    assert contents(paths) == [b"new"] * 3


def test_none_after_an_error_in_the_block(paths: list[Path]) -> None:
    with pytest.raises(ZeroDivisionError), new_files(paths) as files:
        files[0].write(b"new")
        1 / 0  # noqa: B018
    assert contents(paths) == [b"old", None, b"old"]


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("number", range(3))
def test_none_after_an_error_in_renaming(
    paths: list[Path], number: int, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file system has no links, those that were there before cannot be had back."""
    replace, left = Path.replace, [number]

    def failing(path: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] == -1:
            raise OSError(errno.EIO, "Input/output error")
        return replace(path, target)

    def no_link(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "replace", failing)
    if not links:
        monkeypatch.setattr(os, "link", no_link)
    with pytest.raises(OSError, match="Input/output"):
        put(paths, b"new")
    first = b"old" if links or number == 0 else b"new"
    assert contents(paths) == [first, None, b"old"]


@pytest.mark.skipif(os.name == "nt", reason="no POSIX signals")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("number", range(3))
def test_all_if_interrupted_while_renaming(
    paths: list[Path], number: int, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, left = Path.replace, [number]

    def interrupted(path: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] == -1:
            signal.raise_signal(sent)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    before = signal.signal(sent, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            put(paths, b"new")
        assert signal.getsignal(sent) is signal.default_int_handler
    finally:
        signal.signal(sent, before)
    assert contents(paths) == [b"new"] * 3


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    subprocess.run([sys.executable, "-c", KILLED, str(path)])
    (left,) = tmp_path.iterdir()
    assert left.suffix == ".partial"
    with new_file(tmp_path / "another") as file:
        file.write(b"x")
    assert left.exists()
    with new_file(path) as file:
        file.write(b"x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["another", "file"]


def test_what_another_still_writes_is_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with new_file(path) as one:
        one.write(b"one")
        with new_file(path) as other:
            other.write(b"other")
        assert path.read_bytes() == b"other"
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_taken_for_left_before_it_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process finds it in the moment between."""
    real, found = module.try_lock, []

    def slow(handle: int) -> bool:
        if not found:
            found.extend(tmp_path.iterdir())
            found[0].unlink()
        return real(handle)

    monkeypatch.setattr(module, "try_lock", slow)
    with new_file(tmp_path / "file") as file:
        file.write(b"x")
    assert (tmp_path / "file").read_bytes() == b"x"


def test_where_there_are_no_locks_nothing_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(handle: int) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(module, "try_lock", unknown)
    left = tmp_path / ".file.0123abcd.partial"
    left.touch()
    put([tmp_path / "file"], b"x")
    assert left.exists()
