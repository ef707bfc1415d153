"""Tables for notebooks and for pandas, which is an optional extra."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from wordkit.errors import BackendError, WordkitError

if TYPE_CHECKING:
    from pandas import DataFrame


def data_frame(data: Any, **options: Any) -> DataFrame:
    """A pandas DataFrame; ``options`` are those of its constructor.

    Raises
    ------
    BackendError
        pandas is not installed.
    """
    try:
        from pandas import DataFrame
    except ImportError:
        raise BackendError(
            "data frames need pandas, which is not installed: pip install 'wordkit[pandas]'"
        ) from None
    return DataFrame(data, **options)


def is_pandas(value: Any, name: str) -> bool:
    """Whether this is pandas' class of that name (without importing pandas to find out)."""
    return any(
        cls.__name__ == name and cls.__module__.partition(".")[0] == "pandas"
        for cls in type(value).__mro__
    )


def refuse_data_frame(texts: Any, error: type[WordkitError]) -> None:
    """Raise ``error`` for a DataFrame in place of texts: as a list it is its columns' names."""
    if is_pandas(texts, "DataFrame"):
        columns = ", ".join(map(repr, list(texts.columns)[:5]))
        raise error(
            f"expected a list of texts, found a DataFrame: choose one of its columns, {columns}, "
            "such as frame['text']"
        )


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as text: the first column to the left, the others to the right."""
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    )


def html_table(caption: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as HTML, for ``_repr_html_``; its texts are escaped."""
    lines = [
        f"<tr>{''.join(f'<{tag}>{escape(str(cell))}</{tag}>' for cell in row)}</tr>"
        for tag, row in [("th", header), *(("td", row) for row in rows)]
    ]
    return f"<table><caption>{escape(caption)}</caption>{''.join(lines)}</table>"
