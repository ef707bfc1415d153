"""Signals at any moment of a command: a sentence at most, status 130, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wordkit.cli import main
from wordkit.interrupts import INTERRUPTS

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no POSIX signals")
KEPT = b"interrupted; nothing unfinished was kept\n"
SEND = "import os\nos.kill(os.getpid(), {number})\nfor _ in range(10**6): pass\n"


def wordkit(
    *arguments: object, instead: dict[str, str], folder: Path, ignored: int | None = None
) -> subprocess.CompletedProcess:
    """Run it with other code in the place of some modules."""
    for name, code in instead.items():
        (folder / f"{name}.py").write_text(code)
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "wordkit", *map(str, arguments)],
        capture_output=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": path},
        preexec_fn=ignored and (lambda: signal.signal(ignored, signal.SIG_IGN)),
    )


@pytest.mark.parametrize("sent", INTERRUPTS)
def test_while_the_command_line_is_imported(tmp_path: Path, sent: int) -> None:
    done = wordkit("--version", instead={"click": SEND.format(number=int(sent))}, folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize("sent", INTERRUPTS)
@pytest.mark.parametrize("code", [SEND, "exec({0!r})"])
def test_while_a_command_is_imported(tmp_path: Path, sent: int, code: str) -> None:
    """Also while Python executes a string, which it remembers of Ctrl-C."""
    send = SEND.format(number=int(sent))
    code = send if code == SEND else code.format(send)
    done = wordkit("corpus", "info", tmp_path, instead={"numpy": code}, folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", KEPT)


@pytest.mark.parametrize("sent", INTERRUPTS)
def test_what_is_ignored_stays_so(tmp_path: Path, sent: int) -> None:
    """As under nohup, or in the background of a script."""
    send = SEND.format(number=int(sent)) + "print('still here')\nraise SystemExit(7)"
    for name in "click", "numpy":
        (tmp_path / name).mkdir()
        arguments = ("corpus", "info", tmp_path)
        done = wordkit(*arguments, instead={name: send}, folder=tmp_path / name, ignored=sent)
        assert (done.returncode, done.stdout) == (7, b"still here\n")


def test_the_beginning_imports_next_to_nothing() -> None:
    """Of what Ctrl-C would break off with a traceback."""
    code = f"import sys; before = set(sys.modules); import {main.__name__}; import json; " \
           "print(json.dumps(sorted(set(sys.modules) - before)))"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    found = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not found & {"click", "numpy", "platform", "tqdm", "subprocess", "logging", "inspect"}


@pytest.mark.parametrize("sent", INTERRUPTS)
def test_pairs_in_three_files_are_all_there_or_none(tmp_path: Path, sent: int) -> None:
    """While they are renamed, and before."""
    names = ["a", "b", "c"]
    watch = (
        "import os, signal, sys\n"
        "left = {left}\n"
        "def look(event, arguments):\n"
        "    global left\n"
        "    opens = event == 'open' and str(arguments[0])[-8:] == '.partial'\n"
        "    if opens or event in ('os.rename', 'os.link'):\n"
        "        left -= 1\n"
        "        if not left: os.kill(os.getpid(), {number})\n"
        "sys.addaudithook(look)\n"
    )
    seen = set()
    for left in range(1, 9):
        for name in names:
            (tmp_path / name).write_text("old")
        code = watch.format(left=left, number=int(sent))
        folder = tmp_path / "modules"
        folder.mkdir(exist_ok=True)
        done = wordkit(
            "corpus", "pairs", "addition", "-o", tmp_path / "a", "--count", 9,
            "--valid", tmp_path / "b", "--test", tmp_path / "c", "--valid-count", 9,
            "--test-count", 9, instead={"sitecustomize": code}, folder=folder,
        )  # fmt: skip
        assert done.returncode == 130, done.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == [*names, "modules"]
        new = {(tmp_path / name).read_text() != "old" for name in names}
        assert len(new) == 1
        seen |= new
    assert seen == {True, False}


@pytest.mark.skipif(not Path("/dev/ptmx").exists(), reason="needs a pseudo-terminal")
def test_a_terminal_that_is_closed(tmp_path: Path) -> None:
    """The step is finished and kept, although nobody can be told."""
    import fcntl
    import pty
    import termios

    (tmp_path / "text").write_text("a b c\n" * 1000)
    master, slave = pty.openpty()
    arguments = ["--train", "text", "-o", "m", "--epochs", "100000", "--checkpoint-every", "0s"]
    process = subprocess.Popen(
        [sys.executable, "-m", "wordkit", "lm", "train", *arguments],
        stdin=slave, stdout=slave, stderr=slave, cwd=tmp_path, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    os.close(slave)
    runs = tmp_path / "m" / "checkpoints"
    while not list(runs.glob("step-*")):
        assert process.poll() is None
        time.sleep(0.01)
    os.close(master)
    assert process.wait(60) == 130
    assert len(list(runs.glob("step-*"))) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "text"]


@pytest.mark.parametrize("sent", INTERRUPTS)
def test_worker_processes_leave_it_to_their_parent(tmp_path: Path, sent: int) -> None:
    """A terminal sends it to all processes that it has in the foreground."""
    process = subprocess.Popen(
        [sys.executable, "-m", "wordkit", "corpus", "build", "-", "-o", tmp_path / "c"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdin
    process.stdin.write(b"some words\n" * 3_000_000)  # more than waits to be read: workers work
    process.stdin.flush()
    os.killpg(process.pid, sent)
    _, message = process.communicate(timeout=60)
    assert (process.returncode, message) == (130, KEPT)
    assert list(tmp_path.iterdir()) == []
