"""Compiled kernels are found again, where nobody else can have put them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

import wordkit
from wordkit.backend import kernel_cache
from wordkit.backend.kernel_cache import Entries

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two folders for entries, which are not there yet."""
    found = [tmp_path / "first" / "kernels", tmp_path / "second" / "kernels"]
    monkeypatch.setattr(kernel_cache, "_places", lambda: iter(found))
    kernel_cache._warn.cache_clear()
    return found


def versions(number: int = 1) -> str:
    return f"{number:012}"


def written(entries: Entries, name: str = "add-1", data: bytes = b"code") -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        entries.write(name, data)


def only_file(place: Path) -> Path:
    (file,) = (path for path in place.rglob("*") if path.is_file())
    return file


def test_found_again(places: list[Path]) -> None:
    assert Entries("k", versions()).read("add-1") is None
    written(Entries("k", versions()))
    assert Entries("k", versions()).read("add-1") == b"code"
    for entries in Entries("k", versions(2)), Entries("l", versions()):
        assert entries.read("add-1") is None
    assert Entries("k", versions()).read("add-2") is None


def test_written_again(places: list[Path]) -> None:
    written(Entries("k", versions()), data=b"old")
    written(Entries("k", versions()), data=b"new")
    assert Entries("k", versions()).read("add-1") == b"new"
    only_file(places[0])


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:-1] + b"x", lambda b: b""])
def test_damaged(places: list[Path], damage: Any) -> None:
    written(Entries("k", versions()))
    file = only_file(places[0])
    file.write_bytes(damage(file.read_bytes()))
    assert Entries("k", versions()).read("add-1") is None


@posix
def test_closed_to_others(places: list[Path]) -> None:
    before = os.umask(0)
    try:
        written(Entries("k", versions()))
    finally:
        os.umask(before)
    for path in (places[0], *places[0].rglob("*")):
        assert path.stat().st_mode & 0o077 == 0


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_what_others_can_write_is_not_read(places: list[Path], mode: int) -> None:
    written(Entries("k", versions()))
    only_file(places[0]).chmod(mode)
    assert Entries("k", versions()).read("add-1") is None


@posix
def test_what_another_user_has_put_there_is_not_read(
    places: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(Entries("k", versions()))
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert Entries("k", versions()).read("add-1") is None


def second_is_used(places: list[Path], reason: str) -> None:
    with pytest.warns(UserWarning, match=rf"first.*{reason}.*kept in .*second.*set WORDKIT_CACHE"):
        Entries("k", versions()).write("add-1", b"code")
    assert only_file(places[1])
    assert Entries("k", versions()).read("add-1") == b"code"
    written(Entries("k", versions()))  # said once


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_write(places: list[Path], mode: int) -> None:
    places[0].mkdir(parents=True)
    places[0].chmod(mode)
    second_is_used(places, "others can write")


@posix
def test_a_link_in_place_of_the_folder(places: list[Path], tmp_path: Path) -> None:
    """As others can make it in a folder for temporary files."""
    places[0].parent.mkdir()
    places[0].symlink_to(tmp_path)
    second_is_used(places, "another user")


def test_a_folder_that_cannot_be_made(places: list[Path]) -> None:
    places[0].parent.write_text("")
    second_is_used(places, r"\(Not a directory\)" if os.name == "posix" else "")


def test_nowhere(places: list[Path]) -> None:
    for place in places:
        place.parent.write_text("")
    with pytest.warns(UserWarning, match=r"compiled again in each process; set WORDKIT_CACHE"):
        Entries("k", versions()).write("add-1", b"code")
    assert Entries("k", versions()).read("add-1") is None


def test_what_is_old_goes(places: list[Path]) -> None:
    written(Entries("other", versions()))
    for number in range(1, 9):
        written(Entries("k", versions(number)))
        folder = places[0] / f"k-{versions(number)}"
        os.utime(folder, times=(time.time() - 100 + number,) * 2)
    names = sorted(path.name for path in places[0].iterdir())
    assert names == [*(f"k-{versions(number)}" for number in range(3, 9)), f"other-{versions()}"]
    month = time.time() - 31 * 86400
    for number in range(3, 9):
        os.utime(places[0] / f"k-{versions(number)}", times=(month, month))
    assert Entries("k", versions(5)).read("add-1") == b"code"  # this one is in use
    written(Entries("k", versions(9)))
    names = sorted(path.name for path in places[0].iterdir())
    assert names == [f"k-{versions(5)}", f"k-{versions(9)}", f"other-{versions()}"]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"WORDKIT_CACHE": "w", "NUMBA_CACHE_DIR": "n"}, ["w/kernels", "t/wordkit-kernels"]),
        (
            {"NUMBA_CACHE_DIR": "n", "XDG_CACHE_HOME": "x"},
            ["n/wordkit-kernels", "x/wordkit/kernels", "t/wordkit-kernels"],
        ),
        ({"HOME": "h"}, ["h/.cache/wordkit/kernels", "t/wordkit-kernels"]),
    ],
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the places of Linux")
def test_places(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], expected: list
) -> None:
    for name in ("WORDKIT_CACHE", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setattr(kernel_cache.tempfile, "gettempdir", lambda: str(tmp_path / "t"))
    names = [f"{tmp_path}/{place}-{os.geteuid()}" for place in expected]
    assert [str(place) for place in kernel_cache._places()] == names


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, to be edited."""
    folder = tmp_path_factory.mktemp("copy")
    source = Path(wordkit.__file__).parent
    shutil.copytree(source, folder / "wordkit", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run(copy: Path, program: str) -> str:
    environment = os.environ | {"WORDKIT_CACHE": str(copy / "cache"), "PYTHONPATH": str(copy)}
    command = [sys.executable, "-c", program]
    return subprocess.check_output(command, cwd=copy, env=environment, text=True)


SOFTMAX = """
import numpy as np
from wordkit.layers.losses.softmax_kernels import softmax_losses
scores, none = np.ones((1, 4), np.float32), np.zeros(0, np.float32)
loss, _ = softmax_losses(scores, none, np.zeros(1, np.int64), 0.0, 1.0, False, none)
print(f"{loss:.3f}", sum(softmax_losses.stats.cache_hits.values()))
"""


def test_a_change_in_a_file_that_kernels_import(copy: Path) -> None:
    exp = copy / "wordkit" / "backend" / "simd_math_kernels.py"
    source = exp.read_text("utf-8")
    changed = source.replace("* power_of_two(whole)", "* power_of_two(whole + fill(1))", 1)
    assert changed != source
    assert [run(copy, SOFTMAX) for _ in range(2)] == ["1.386 0\n", "1.386 1\n"]  # log 4
    exp.write_text(changed, "utf-8")
    assert run(copy, SOFTMAX) == "2.079 0\n"  # log 8
    exp.write_text(source, "utf-8")
    assert run(copy, SOFTMAX) == "1.386 1\n", "what was compiled from it is still there"


SQUARES = """
import sys
import numpy as np
from wordkit.training.descent.update_kernels import squared_norm
given = np.arange(5, dtype=sys.argv[1])[:: int(sys.argv[2])]
assert squared_norm(given) == (given.astype(float) ** 2).sum()
print(sum(squared_norm.stats.cache_hits.values()))
"""


def test_processes_at_the_same_time(copy: Path) -> None:
    """Two for each of three types of arguments, and then once more."""
    environment = os.environ | {"WORDKIT_CACHE": str(copy / "busy"), "PYTHONPATH": str(copy)}
    for hits in "01":
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", SQUARES, kind, step],
                cwd=copy,
                env=environment,
                stdout=subprocess.PIPE,
            )
            for kind, step in (("f4", "1"), ("f8", "1"), ("f4", "2"))
            for _ in range(1 + (hits == "0"))
        ]
        printed = [process.communicate()[0] for process in processes]
        assert not any(process.returncode for process in processes)
        if hits == "1":
            assert printed == [b"1\n"] * 3
