"""What dropout draws."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from wordkit.layers import dropout


def shapes_drawn(monkeypatch: pytest.MonkeyPatch) -> Counter:
    """How many masks of each shape are drawn from now on."""
    found: Counter = Counter()
    real = dropout.draw_mask

    def noted(shape: tuple[int, ...], *rest: Any) -> Any:
        found[shape] += 1
        return real(shape, *rest)

    monkeypatch.setattr(dropout, "draw_mask", noted)
    return found
