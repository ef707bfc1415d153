"""Mutation testing: the changes that it makes, and what it says of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from scripts.mutation import __main__ as command
from scripts.mutation import trial
from scripts.mutation.changes import mutants_of

SOURCE = '''
"""Words."""
from __future__ import annotations

if TYPE_CHECKING:
    from words import Words

@cached(size=3)
def clipped(x: int | None, limit: float = 2.5) -> int:
    """More words."""
    if x < limit and not x:
        raise ValueError(f"{x + 1} is too small")
    for n in range(3):
        total += n
    with lock:
        print(total, end=x[1:])
    return -x if x is None else int(x)
'''
CHANGED = """
9 2.5 | 5.0
11 x < limit and not x | False
11 x < limit and not x | True
11 x < limit and not x | (x < limit or not x)
11 x < limit and not x | (not x)
11 x < limit and not x | (x < limit)
11 x < limit | (x <= limit)
11 not x | (x)
12 raise ValueError(f"{x + 1} is too small") | pass
13 3 | 4
13 3 | 2
14  | break
14 total += n | total -= n
14 total += n | total = n
14 total += n | pass
15 lock | __import__('contextlib').nullcontext()
16 print(total, end=x[1:]) | pass
16 print(total, end=x[1:]) | (print(total))
16 1: | :
16 1 | 2
16 1 | 0
17 -x if x is None else int(x) | (-x)
17 -x if x is None else int(x) | (int(x))
17 x is None | (x is not None)
17 -x | (x)
17 int(x) | (x)
"""


def test_changes() -> None:
    """Of what the program does, not of its words, annotations and decorators."""
    mutants = mutants_of("file.py", SOURCE)
    found = sorted(f"{m.line} {m.before} | {m.after.strip()}" for m in mutants)
    assert found == sorted(CHANGED.strip().splitlines())


def test_what_is_no_longer_python_is_not_tried(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "for n in range(3): print(n)\n"
    (tree / "wordkit/layers/room.py").write_text(source)
    kinds = {mutant.kind for mutant in mutants_of("wordkit/layers/room.py", source)}
    assert kinds == {"constant", "call dropped", "deleted", "once only"}
    run(monkeypatch, "layers", "--list")
    assert "once only" not in capsys.readouterr().out
    assert len(command.sample_of(["layers"], 2, seed=1)) == 2
    assert len(command.sample_of(["layers"], None, seed=1)) == 4


def test_a_change_is_made_where_it_says() -> None:
    """Also after letters of several bytes."""
    source = "ä = 'ü' if é else 1\nfor x in y:\n    if x:\n        a()\n"
    changed = {m.applied(source.encode()).decode() for m in mutants_of("file.py", source)}
    assert "ä = ('ü')\nfor x in y:\n    if x:\n        a()\n" in changed
    assert "ä = 'ü' if é else 2\nfor x in y:\n    if x:\n        a()\n" in changed
    assert "ä = 'ü' if é else 1\nfor x in y:\n    if x:\n        pass\n" in changed
    assert "ä = 'ü' if é else 1\nfor x in y:\n    if x:\n        a()\n    break\n" in changed


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of one file, and a test that lets one of its changes through."""
    root = tmp_path / "root"
    for folder in ("wordkit/layers", "tests/layers"):
        (root / folder).mkdir(parents=True)
    (root / "wordkit/layers/room.py").write_text("def f(x):\n    return x + 1\n")
    (root / "tests/layers/test_room.py").write_text(
        "from wordkit.layers.room import f\ndef test():\n    assert f(1) > 1\n"
    )
    monkeypatch.setattr(trial, "ROOT", root)
    monkeypatch.setattr(command, "ROOT", root)
    return root


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["mutation", *arguments])
    command.main()


def test_what_comes_of_changes(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tree.parent / "results.jsonl"
    run(monkeypatch, "layers", "-o", str(results))
    rows = [json.loads(line) for line in results.read_text().splitlines()]
    found = {row["after"]: (row["result"], row["by"]) for row in rows}
    noticed = ("caught", "tests/layers/test_room.py::test")
    assert found == {"(x - 1)": noticed, "0": noticed, "2": ("survived", "")}
    assert capsys.readouterr().out.endswith(("2 caught, 1 survived\n", "1 survived, 2 caught\n"))

    room = tree / "wordkit/layers/room.py"
    room.write_text("# moved\n" + room.read_text())
    run(monkeypatch, "--again", str(results), "--list")
    assert capsys.readouterr().out == "wordkit/layers/room.py:3  constant: 1  ->  2\n"


def test_what_is_done_is_not_done_again(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = tree.parent / "results.jsonl"
    rows = []
    for n, mutant in enumerate(command.sample_of(["layers"], None, seed=1)):
        rows.append(json.dumps({**asdict(mutant), "result": "caught", "by": f"test {n}"}))
    results.write_text("\n".join(rows) + "\n")
    monkeypatch.delattr(trial.Copy, "noticed")
    run(monkeypatch, "layers", "-o", str(results))
    assert results.read_text().splitlines() == rows


def test_other_rooms_are_there() -> None:
    for room, places in trial.BEYOND.items():
        for place in (room, *places):
            assert (trial.ROOT / "tests" / place).exists(), place


def test_without_end(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that no longer ends is noticed."""
    monkeypatch.setattr(trial, "SECONDS", 3)
    room = tree / "wordkit/layers/room.py"
    room.write_text("def f(x):\n    while x < 2:\n        x += 1\n    return x\n")
    [mutant] = [
        m for m in mutants_of("wordkit/layers/room.py", room.read_text()) if m.after == "pass"
    ]
    copy = trial.Copy(tree.parent / "copy", beyond=False)
    assert copy.noticed(mutant) == ("timed out", "")


def test_what_fails_without_a_change_notices_none(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "tests/layers/test_room.py").write_text(
        "from wordkit.layers.room import f\ndef test():\n    assert f(1) > 9\n"
    )
    run(monkeypatch, "layers")
    said = capsys.readouterr().out
    assert said.startswith(
        "without any change, these fail, and are left out: tests/layers/test_room.py::test\n"
    )
    assert said.endswith("3 survived\n")


def test_which_tests_run(tree: Path) -> None:
    """Those that ran the line, the fastest first; of a kernel, those of what imports it."""
    (tree / "setup.cfg").write_text("[coverage:run]\nomit = wordkit/*/*kernels.py\n")
    (tree / "wordkit/layers/some_kernels.py").write_text("def f(x):\n    return x + 1\n")
    (tree / "wordkit/layers/room.py").write_text(
        "def g(x, y=1):\n"
        "    from wordkit.layers.some_kernels import f\n"
        "    if x:\n"
        "        return [\n"
        "            f(x),\n"
        "            2,\n"
        "        ]\n"
        "    return 3\n"
    )
    (tree / "tests/layers/test_room.py").write_text(
        "import time\nfrom wordkit.layers.room import g\n"
        "def test_slowly():\n    time.sleep(0.3)\n    assert g(1)\n"
        "def test_1():\n    assert g(1)\n"
        "def test_0():\n    assert g(0)\n"
        "def test_else():\n    pass\n"
    )
    copy = trial.Copy(tree.parent / "copy", beyond=False)
    copy.learn("layers")

    def tests_of(path: str) -> dict[tuple[int, str], set[str]]:
        mutants = mutants_of(path, (tree / path).read_text())
        return {
            (mutant.line, mutant.after): {
                test.rpartition("_")[2] for test in copy.tests_of(mutant)
            }
            for mutant in mutants
        }

    room = tests_of("wordkit/layers/room.py")
    assert room[1, "2"] == room[3, "True"] == {"slowly", "1", "0"}
    assert room[5, "(x)"] == room[6, "3"] == {"slowly", "1"}
    assert room[8, "4"] == {"0"}
    assert tests_of("wordkit/layers/some_kernels.py")[2, "2"] == {"slowly", "1", "0"}
