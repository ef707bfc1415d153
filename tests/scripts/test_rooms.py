"""The rooms of the package are in order, and the script would see it if they were not."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import rooms

PACKAGE = Path(rooms.__file__).parent.parent / rooms.PACKAGE


def test_no_module_imports_itself_around_a_corner() -> None:
    assert rooms.circles() == []


def test_no_prefix_stands_for_a_folder() -> None:
    assert rooms.prefixes(PACKAGE) == []


def test_circles_are_found_in_functions_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = tmp_path / "house"
    house.mkdir()
    texts = {
        "__init__": "",
        "hall": "from house import kitchen",
        "kitchen": "import house.cellar",
        "cellar": "def steps():\n    from house.hall import door",
        "attic": "from house import hall",
        "loft": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house import roof",
        "roof": "import house.loft",
    }
    for name, text in texts.items():
        (house / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    assert rooms.circles("house") == [["house.cellar", "house.hall", "house.kitchen"]]


def test_prefixes_and_long_files_are_found(tmp_path: Path) -> None:
    for name in ["room", *(f"room_{n}" for n in range(6)), *(f"hall_{n}" for n in range(6))]:
        (tmp_path / f"{name}.py").write_text("x = 1\n" * 400)
    (tmp_path / "room.py").write_text("x = 1\n" * 401)
    assert rooms.prefixes(tmp_path) == [f"{tmp_path}/room*: 7 files"]
    assert rooms.long_files(tmp_path) == [f"{tmp_path}/room.py: 401 lines"]
