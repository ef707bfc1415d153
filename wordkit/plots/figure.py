"""What all pictures share: how they are saved, their letters and fonts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wordkit.errors import BackendError, FormatError
from wordkit.storage.files import new_file

FONT_SIZE = 7.5  # points
_LONGEST = 30  # letters of a label
LETTER, LINE = 0.1, 0.13  # inches: the width and the height of a label's letter, and some
# The first has Latin, Greek and Cyrillic letters and comes with matplotlib; of the
# others, those that the machine has are asked for the letters that are missing.
_FONTS = (
    "DejaVu Sans", "Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans Arabic",
    "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai", "WenQuanYi Zen Hei",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Segoe UI", "PingFang SC",
    "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS",
)  # fmt: skip


@contextmanager
def picture(path: str | Path) -> Iterator[Callable[..., None]]:
    """Yield what saves a figure as ``path``: the same figure gives the same bytes."""
    path = Path(path)
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("png", "svg"):
        raise FormatError(f"{path}: expected a name that ends in .png or .svg")
    try:
        import matplotlib
    except ImportError:
        raise BackendError(
            "plots need matplotlib, which is not installed: pip install 'wordkit[plot]'"
        ) from None

    def save(figure: Any, **options: Any) -> None:
        # Without a salt and with a date, each SVG file would differ from the last.
        metadata = {"Software": None} if kind == "png" else {"Creator": None, "Date": None}
        with new_file(path) as file:
            figure.savefig(file, format=kind, metadata=metadata, **options)

    with matplotlib.rc_context({"svg.hashsalt": "wordkit"}):
        yield save


def label_of(word: str) -> str:
    """A word as it can be drawn: on one line, of limited length."""
    letters = (c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in word)
    label = "".join(letters)
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"


def fonts() -> list[str]:
    from matplotlib.font_manager import fontManager

    return [name for name in _FONTS if name in set(fontManager.get_font_names())]


@contextmanager
def one_warning_for_glyphs() -> Iterator[None]:
    """matplotlib warns of each letter that no font has: say it once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    others = [w for w in caught if "missing from" not in str(w.message)]
    for w in others:
        warnings.warn_explicit(w.message, w.category, w.filename, w.lineno)
    if len(others) < len(caught):
        warnings.warn(
            "some letters are drawn as boxes, because no font that was found has them; "
            "install one that does, for instance Noto Sans",
            stacklevel=4,
        )
