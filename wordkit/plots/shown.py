"""A figure that notebooks show."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from matplotlib.figure import Figure


class ShownFigure(Figure):
    """A matplotlib figure that a notebook shows by itself, without ``pyplot``."""

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        """For IPython: the picture, and its size on the screen, at 100 pixels an inch."""
        file = BytesIO()
        self.savefig(file, format="png")
        width, height = (round(100 * inches) for inches in self.get_size_inches())
        return file.getvalue(), {"width": width, "height": height}
