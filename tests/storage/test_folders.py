"""What killed processes leave is cleared away by the next; what others still write never is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wordkit.errors import InUseError
from wordkit.storage import folders
from wordkit.storage.config import read_config, write_config
from wordkit.storage.folders import new_folder

KILLED = """
import os, pathlib, signal, sys
from wordkit.storage.config import write_config
from wordkit.storage.folders import new_folder
left = int(sys.argv[2])
def kill(*arguments):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
events = "os.rename", "os.rmdir", "os.mkdir"
sys.addaudithook(lambda event, arguments: event in events and kill())
with new_folder(sys.argv[1], "thing") as folder:
    write_config(folder, "thing", 1, {"content": "of the killed"})
    kill()
kill()
"""


def make(path: Path, content: str) -> None:
    with new_folder(path, "thing") as folder:
        write_config(folder, "thing", 1, {"content": content})


def content(path: Path) -> str:
    return read_config(path, "thing", 1)["content"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Of the old folder and the new one, one is there after the next run has looked."""
    path, seen = tmp_path / "thing", set()
    for moment in range(20):
        make(path, "old")
        done = subprocess.run([sys.executable, "-c", KILLED, path, str(moment)])
        seen.add((tuple(sorted(p.suffix for p in tmp_path.iterdir())), path.exists()))
        with pytest.raises(ZeroDivisionError), new_folder(path, "thing"):
            1 / 0  # noqa: B018
        assert content(path) in ("old", "of the killed")
        assert [p.name for p in tmp_path.iterdir()] == ["thing"]
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert (("", ".lock", ".partial"), True) in seen
    assert ((".lock", ".old", ".partial"), False) in seen
    assert (("", ".lock", ".old"), True) in seen
    assert content(path) == "of the killed"


def test_only_its_own_is_cleared_away(tmp_path: Path) -> None:
    left = [".thing.0123abcd.partial", ".thing.89abcdef.old"]
    kept = [
        ".thing.partial",
        ".thing.0123ABCD.old",
        ".things.0123abcd.partial",
        "thing.0123abcd.old",
    ]
    for name in [*left, *kept]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "thing").mkdir()
    make(tmp_path / "thing", "new")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["thing", *kept])
    assert all((tmp_path / name / "file").exists() for name in kept)


def test_a_folder_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom wordkit.storage.folders import new_folder\n"
        "from wordkit.storage.config import write_config\n"
        "with new_folder(sys.argv[1], 'thing') as folder:\n"
        "    write_config(folder, 'thing', 1, {'content': 'of the other'})\n"
        "    print('begun', flush=True)\n    sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "thing")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert other.stdout
    other.stdout.readline()
    with pytest.raises(InUseError):
        make(tmp_path / "thing", "mine")
    other.communicate()
    assert content(tmp_path / "thing") == "of the other"
    assert [p.name for p in tmp_path.iterdir()] == ["thing"]


@pytest.mark.skipif(os.name == "nt", reason="no POSIX signals")
@pytest.mark.parametrize("beside", [None, "runs"])
def test_interrupts_wait_while_it_is_put_in_place(
    tmp_path: Path, beside: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "thing"
    make(path, "old")
    if beside:
        (path / beside).mkdir()
    name = "_move_in" if beside else "_swap"
    real = getattr(folders, name)

    def interrupted(new: Path, place: Path) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        real(new, place)

    monkeypatch.setattr(folders, name, interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), new_folder(path, "thing", beside=beside) as folder:
            write_config(folder, "thing", 1, {"content": "new"})
    finally:
        signal.signal(signal.SIGINT, before)
    assert content(path) == "new"
