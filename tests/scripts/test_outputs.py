"""The script that compares what two checkouts give."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "outputs.py"


@pytest.mark.parametrize(
    ("after", "code", "printed"),
    [
        ({"a": "1", "b": "2"}, 0, "2 of 2 results are the same\n"),
        ({"a": "1", "b": "3"}, 1, "1 of 2 results are the same\n    b\n"),
        ({"a": "1"}, 1, "1 of 2 results are the same\n    b\n"),
    ],
)
def test_compare(tmp_path: Path, after: dict[str, str], code: int, printed: str) -> None:
    before = {"a": "1", "b": "2"}
    for name, digests in {"before": before, "after": after}.items():
        (tmp_path / name).write_text(json.dumps(digests))
    command = [sys.executable, SCRIPT, "--compare", tmp_path / "before", tmp_path / "after"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, printed)


@pytest.mark.slow
def test_one_checkout_repeats_itself(tmp_path: Path) -> None:
    for name in ("one", "two"):
        subprocess.run([sys.executable, SCRIPT, "-o", tmp_path / name], check=True)
    assert (tmp_path / "one").read_text() == (tmp_path / "two").read_text()
    assert len(json.loads((tmp_path / "one").read_text())) > 40
