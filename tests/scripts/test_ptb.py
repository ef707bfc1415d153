"""The table of results: what cannot be trained is refused at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.reproduce import ptb


def test_without_the_texts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ptb, "TEXTS", tmp_path)
    monkeypatch.setattr("sys.argv", ["ptb.py"])
    with pytest.raises(SystemExit, match=r"has no ptb\.train\.txt: point \$WORDKIT_DATA"):
        ptb.main()


def test_a_recipe_that_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What the command line says of it, and its exit code."""
    for part in ("train", "valid", "test"):
        (tmp_path / f"ptb.{part}.txt").touch()
    monkeypatch.setattr(ptb, "TEXTS", tmp_path)
    monkeypatch.setattr("sys.argv", ["ptb.py", "nonsense", "-o", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        ptb.main()
    assert end.value.code == 1
    assert "nonsense" in capfd.readouterr().err
