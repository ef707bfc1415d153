"""One process writes a folder at a time; those that are killed hold up nobody."""

from __future__ import annotations

import errno
import json
import os
import platform
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wordkit.errors import InUseError
from wordkit.storage import locks
from wordkit.storage.locks import locked

HOLD = """
import os, sys
from wordkit.storage.locks import locked
with locked(sys.argv[1]):
    {inside}
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""
COUNT = """
import sys
from wordkit.errors import InUseError
from wordkit.storage.locks import locked
path, left = sys.argv[1], 50
while left:
    try:
        with locked(path + "/count"):
            count = int(open(path + "/sum").read())
            open(path + "/sum", "w").write(str(count + 1))
            left -= 1
    except InUseError:
        pass
"""
no_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """A process that has locked ``tmp_path / "m"`` until its input ends."""
    begun: list[subprocess.Popen] = []

    def begin(inside: str = "pass") -> subprocess.Popen:
        command = [sys.executable, "-c", HOLD.format(inside=inside), str(tmp_path / "m")]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        begun.append(process)
        assert process.stdout
        process.stdout.readline()
        return process

    yield begin
    for process in begun:
        process.communicate("")


def test_leaves_nothing(tmp_path: Path) -> None:
    with locked(tmp_path / "a" / "m"):
        assert [path.name for path in (tmp_path / "a").iterdir()] == [".m.lock"]
    assert list((tmp_path / "a").iterdir()) == []
    with pytest.raises(KeyboardInterrupt), locked(tmp_path / "m"):
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_second_is_refused_and_told_who_has_it(tmp_path: Path, hold: Callable) -> None:
    first = hold()
    who = rf"m is being written by process {first.pid} on {platform.node()} since \d{{4}}-"
    with pytest.raises(InUseError, match=who), locked(tmp_path / "m"):
        pass
    with locked(tmp_path / "m" / "inside"), locked(tmp_path / "other"):
        pass
    first.communicate("")
    with locked(tmp_path / "m"):
        pass


@no_kill
def test_a_killed_process_has_no_lock(tmp_path: Path, hold: Callable) -> None:
    first = hold()
    first.kill()
    first.wait()
    assert (tmp_path / ".m.lock").exists()
    with locked(tmp_path / "m"):
        pass
    assert list(tmp_path.iterdir()) == []


@no_kill
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_child_that_outlives_it_has_none(tmp_path: Path, hold: Callable) -> None:
    first = hold("if not os.fork(): sys.stdin.read(); os._exit(0)")
    with pytest.raises(InUseError), locked(tmp_path / "m"):
        pass
    first.kill()
    first.wait()
    with locked(tmp_path / "m"):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_child_that_leaves_the_block_leaves_the_lock(tmp_path: Path, hold: Callable) -> None:
    hold("child = os.fork()\n    if not child: sys.exit()\n    os.waitpid(child, 0)")
    with pytest.raises(InUseError), locked(tmp_path / "m"):
        pass


def test_the_same_thread_may_lock_it_again(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "m")
    with locked(tmp_path / "m"):
        with locked(tmp_path / "link"):
            pass
        assert (tmp_path / ".m.lock").exists()


def test_another_thread_may_not(tmp_path: Path) -> None:
    errors = []

    def second() -> None:
        try:
            with locked(tmp_path / "m"):
                pass
        except InUseError as error:
            errors.append(str(error))

    with locked(tmp_path / "m"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert len(errors) == 1
    assert f"process {os.getpid()} " in errors[0]


def test_never_two_at_once(tmp_path: Path) -> None:
    """Locks are taken while others are given back and their files removed."""
    (tmp_path / "sum").write_text("0")
    command = [sys.executable, "-c", COUNT, str(tmp_path)]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    assert (tmp_path / "sum").read_text() == "200"
    assert [path.name for path in tmp_path.iterdir()] == ["sum"]


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"pid": 1}', "\x00" * 2000, "[" * 1000])
def test_who_has_it_may_be_unknown(tmp_path: Path, hold: Callable, content: str) -> None:
    hold()
    (tmp_path / ".m.lock").write_text(content)
    with pytest.raises(InUseError, match="by another process: wait"), locked(tmp_path / "m"):
        pass


def test_control_characters_are_not_repeated(tmp_path: Path, hold: Callable) -> None:
    hold()
    holder = {"pid": 1, "host": "\x1b[31m", "since": "today"}
    (tmp_path / ".m.lock").write_text(json.dumps(holder))
    with pytest.raises(InUseError, match="by another process: wait"), locked(tmp_path / "m"):
        pass


class TestWithoutLocksOfTheSystem:
    """A file system that knows none: what the file says must do."""

    @pytest.fixture(autouse=True)
    def none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(handle: int) -> bool:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(locks, "try_lock", unknown)

    def test_alive(self, tmp_path: Path, hold: Callable) -> None:
        first = hold()
        found = rf"process {first.pid} .*\(if it was killed, remove .*\.m\.lock\)"
        with pytest.raises(InUseError, match=found), locked(tmp_path / "m"):
            pass
        first.communicate("")
        with locked(tmp_path / "m"):
            assert json.loads((tmp_path / ".m.lock").read_text())["pid"] == os.getpid()
        assert list(tmp_path.iterdir()) == []

    @no_kill
    def test_killed(self, tmp_path: Path, hold: Callable) -> None:
        first = hold()
        first.kill()
        first.wait()
        with locked(tmp_path / "m"):
            pass

    def test_elsewhere(self, tmp_path: Path) -> None:
        holder = {"pid": 1, "host": "another machine", "since": "yesterday"}
        (tmp_path / ".m.lock").write_text(json.dumps(holder))
        with pytest.raises(InUseError, match="on another machine since"), locked(tmp_path / "m"):
            pass
        assert (tmp_path / ".m.lock").exists()


def test_a_disk_that_is_mounted_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be written beside the folder, the lock is inside."""
    (tmp_path / "m").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with locked(tmp_path / "m"):
        assert [path.name for path in tmp_path.iterdir()] == ["m"]
        assert [path.name for path in (tmp_path / "m").iterdir()] == [".lock"]
    assert list((tmp_path / "m").iterdir()) == []


def test_errors_name_the_path_that_was_given(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"Not a directory|exists") as error:
        locked(tmp_path / "file" / "m").__enter__()
    assert error.value.filename == str(tmp_path / "file" / "m")
