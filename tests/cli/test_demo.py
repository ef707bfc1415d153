"""The demo, on the docstrings of this very installation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.test_cli import ok
from wordkit.vectors.word_vectors import WordVectors

pytestmark = pytest.mark.slow


def test_demo(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs wordkit[plot]")
    shown = ok("demo", "-o", tmp_path / "demo")
    assert "matrices" in shown
    for picture in ("map.png", "dates.png"):
        assert (tmp_path / "demo" / picture).read_bytes().startswith(b"\x89PNG")
    for date in ("1994-09-27", "2031-01-03", "1998-11-05"):
        assert date in shown
    for name, least in (("docstring-analogies", 0.1), ("docstring-similarity", 0.0)):
        scores = re.search(rf"{name} .* (0\.\d+) +(0\.\d+)$", shown, re.MULTILINE)
        assert scores
        assert min(map(float, scores.groups())) > least
    vectors = WordVectors.load(tmp_path / "demo" / "vectors")
    assert len((tmp_path / "demo" / "docstrings.txt").read_text("utf-8").split()) > 1_000_000
    assert vectors.analogy("row", "rows", "column", topn=1)[0][0] == "columns"
    assert vectors.analogy("read", "reading", "write", topn=1)[0][0] == "writing"
