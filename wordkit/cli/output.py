"""How results look: lines of tab-separated fields, tables for people, JSON for programs.

Words and names come from files that others wrote, and may hold what steers a terminal. All
that is for people is cleaned of it; data in a pipe are as they are.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

seed_range = click.IntRange(0, 2**32 - 1)
LONGEST_MESSAGE = 2000
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
# control characters, marks that turn the direction of text, bytes that were not UTF-8
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# what a line of fields cannot hold, and half a surrogate pair, which stands for no byte
_NO_FIELD = re.compile("[\x00-\x1f\ud800-\udc7f\udd00-\udfff]")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def cleaned(text: str, *, keep: str = "") -> str:
    """A text that cannot steer a terminal: what could is written as an escape, ``\\x1b``."""
    return _STEERING.sub(lambda found: found[0] if found[0] in keep else _escape(found), text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # the byte that it stands for
    return _NAMED.get(found[0], f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def sentence(message: object) -> str:
    """A message for a terminal, cleaned, and of no more than ``LONGEST_MESSAGE`` letters."""
    text = cleaned(str(message))
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]} ..."


def say(message: object) -> None:
    """A message to the person, on standard error."""
    click.echo(sentence(message), err=True)


def write(text: str, *, nl: bool = True) -> None:
    """A text on standard output: as it is in a pipe, cleaned on a terminal."""
    click.echo(cleaned(text, keep="\n\t") if sys.stdout.isatty() else text, nl=nl)


def print_json(data: Any) -> None:
    """JSON on standard output; numbers that are not finite become null."""
    from wordkit.storage.config import finite

    click.echo(json.dumps(finite(data), indent=2, allow_nan=False))


def print_rows(rows: Iterable[Sequence[Any]]) -> None:
    """Tab-separated lines; numbers that are not whole with four digits."""
    for row in rows:
        write("\t".join(map(cell, row)))


def print_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns as wide as their widest cell, numbers to the right."""
    rows = list(rows)
    lines = [[cleaned(cell(value)) for value in row] for row in (header, *rows)]
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
    return _NO_FIELD.sub(_escape, str(value))
