"""Words on grounds of their values."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from wordkit.errors import FormatError, ModelError
from wordkit.plots.text import text_map


def test_words_in_lines(tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(60)]
    figure = text_map(words, [float(n) for n in range(59)] + [math.nan], tmp_path / "t.png")
    texts = {text.get_text(): text for text in figure.texts}
    assert set(words) <= set(texts)
    heights = {round(texts[word].get_position()[1], 3) for word in words}
    assert 3 < len(heights) < 20
    dark, light = (texts[word].get_bbox_patch() for word in ("word58", "word0"))
    assert dark is not None
    assert light is not None
    assert sum(dark.get_facecolor()[:3]) < sum(light.get_facecolor()[:3])
    assert [texts[f"word{n}"].get_color() for n in (58, 59)] == ["white", "black"]
    right = max(text.get_window_extent().x1 for text in texts.values())
    assert right <= figure.get_size_inches()[0] * figure.dpi
    assert (tmp_path / "t.png").exists()


def test_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="found 0 words"):
        text_map([], [])
    with pytest.raises(ModelError, match="found 1 words and 2 values"):
        text_map(["a"], [1.0, 2.0])
    with pytest.raises(FormatError):
        text_map(["a"], [1.0], tmp_path / "t.gif")
