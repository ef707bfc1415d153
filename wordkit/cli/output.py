"""How results look: lines of tab-separated fields, tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click

seed_range = click.IntRange(0, 2**32 - 1)
_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}  # so that a line stays a line
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def say(message: str) -> None:
    """A message to the person, on standard error."""
    click.echo(message, err=True)


def print_json(data: Any) -> None:
    """JSON on standard output; numbers that are not finite become null."""
    from wordkit.storage.config import finite

    click.echo(json.dumps(finite(data), indent=2, allow_nan=False))


def print_rows(rows: Iterable[Sequence[Any]]) -> None:
    """Tab-separated lines; numbers that are not whole with four digits."""
    for row in rows:
        click.echo("\t".join(map(cell, row)))


def print_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns as wide as their widest cell, numbers to the right."""
    rows = list(rows)
    lines = [list(header), *([cell(value) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    right = [
        all(isinstance(row[column], (int, float)) for row in rows) for column in range(len(header))
    ]
    for number, line in enumerate(lines):
        cells = (
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        )
        click.echo("  ".join(cells).rstrip())
        if number == 0:
            click.echo("  ".join("-" * width for width in widths))


def cell(value: Any) -> str:
    """One value as text."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int):
        return f"{value:,}"
    return "".join(_ESCAPES.get(c, c if c >= " " else f"\\x{ord(c):02x}") for c in str(value))
