"""The demo, on the docstrings of this very installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_cli import ok
from wordkit.vectors.word_vectors import WordVectors

pytestmark = pytest.mark.slow


def test_demo(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs wordkit[plot]")
    shown = ok("demo", "-o", tmp_path / "demo")
    assert "matrices" in shown
    assert (tmp_path / "demo" / "map.png").read_bytes().startswith(b"\x89PNG")
    vectors = WordVectors.load(tmp_path / "demo" / "vectors")
    assert len((tmp_path / "demo" / "docstrings.txt").read_text("utf-8").split()) > 1_000_000
    assert vectors.analogy("row", "rows", "column", topn=1)[0][0] == "columns"
    assert vectors.analogy("read", "reading", "write", topn=1)[0][0] == "writing"
