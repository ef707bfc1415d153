"""What is installed is whole: modules, data and recipes, from a wheel or from the checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (
    "wordkit",
    "corpora",
    "setup.py",
    "setup.cfg",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)
BUILD = "from setuptools import build_meta; print(build_meta.build_wheel('dist'))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("setuptools", minversion="70.1", reason="needs wordkit[test]")
    copy = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    command = [sys.executable, "-c", BUILD]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return copy / "dist" / done.stdout.split()[-1]


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    ours = {path for path in (ROOT / "wordkit").rglob("*") if path.suffix in (".py", ".toml")}
    expected = {path.relative_to(ROOT).as_posix() for path in ours}
    expected |= {f"wordkit/corpora/{path.name}" for path in (ROOT / "corpora").iterdir()}
    assert {"wordkit/py.typed", *expected} == {n for n in names if n.startswith("wordkit/")}
    assert {name.split("/")[0].split("-")[0] for name in names} == {"wordkit"}


def test_what_is_installed_has_its_datasets(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "from wordkit.corpus.datasets import fetch; print(*fetch('sample'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [Path(path) for path in done.stdout.split()]
    assert len(paths) == 3
    assert all(path.is_file() for path in paths)
    assert {path.parent for path in paths} == {tmp_path / "site" / "wordkit" / "corpora"}
