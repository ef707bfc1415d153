"""What all plots share: how they are saved, and their fonts."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wordkit.errors import BackendError, FormatError
from wordkit.storage.files import new_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# None: no date and no version are written, so that the same figure gives the same bytes
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Creator": None, "Date": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}
DPI = 200
"""Pixels per inch."""
FONT_SIZE = 7.5  # points
_LONGEST = 30  # letters of a label
LETTER, LINE = 0.1, 0.13  # inches: width and height of a letter of a label, with some space
# The first has Latin, Greek and Cyrillic letters and comes with matplotlib; missing letters
# are taken from those of the others that are installed.
_FONTS = (
    "DejaVu Sans", "Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans Arabic",
    "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai", "WenQuanYi Zen Hei",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Segoe UI", "PingFang SC",
    "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS",
)  # fmt: skip


def check_picture(path: str | Path | None) -> None:
    """Check that a plot can be drawn and written under that name, before any work is done.

    Raises
    ------
    FormatError
        The name ends in none of ``.png``, ``.svg`` and ``.pdf``.
    BackendError
        matplotlib is not installed.
    """
    if path is not None and _kind(path) not in _METADATA:
        raise FormatError(f"{path}: expected a name that ends in .png, .svg or .pdf")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise BackendError(
            "plots need matplotlib, which is not installed: pip install 'wordkit[plot]'"
        ) from None


def _kind(path: str | Path) -> str:
    return Path(path).suffix.lower().lstrip(".")


def new_figure(**options: Any) -> Figure:
    """Return an empty white figure with ``DPI`` pixels per inch."""
    from wordkit.plots.shown import ShownFigure

    return ShownFigure(dpi=DPI, facecolor="white", **options)


def save_figure(figure: Figure, path: str | Path | None) -> None:
    """Write a figure, if a path is given: the same figure gives the same bytes."""
    if path is None:
        return
    import matplotlib

    kind = _kind(path)
    with matplotlib.rc_context({"svg.hashsalt": "wordkit"}), new_file(Path(path)) as file:
        figure.savefig(file, format=kind, metadata=_METADATA[kind])


def label_of(word: str) -> str:
    """Return a word as a label: on one line and of limited length."""
    letters = (c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in word)
    label = "".join(letters)
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"


def fonts() -> list[str]:
    """Return the installed fonts for labels, in order of preference.

    Together they cover most scripts; matplotlib takes each letter from the first font that
    has it.
    """
    from matplotlib.font_manager import fontManager

    return [name for name in _FONTS if name in set(fontManager.get_font_names())]


@contextmanager
def one_warning_for_glyphs() -> Iterator[None]:
    """Merge matplotlib's warnings, one for each letter that no font has, into one."""
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
