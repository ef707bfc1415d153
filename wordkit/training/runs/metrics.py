"""The metrics of a run as JSON Lines, one object per line."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

from wordkit.errors import FormatError
from wordkit.storage.config import finite
from wordkit.storage.lines import read_lines_of
from wordkit.storage.paths import errors_of

METRICS = "metrics.jsonl"


def perplexity(loss: float) -> float:
    """Return exp(mean loss per target in nats), infinity on overflow."""
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


class MetricsFile:
    """Appends lines, after the first ``size`` bytes; what follows them is cut off.

    Raises
    ------
    FormatError
        The file has fewer bytes.
    """

    def __init__(self, path: Path, size: int):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        found = path.stat().st_size
        if found < size:
            raise FormatError(
                f"{path} has {found:,} bytes where the checkpoint expects {size:,}: put the "
                "file back, or start again in another folder"
            )
        os.truncate(path, size)
        self._path, self._file = path, open(path, "ab")

    def write(self, **values: Any) -> None:
        """Append a line and flush it; numbers that are not finite become null."""
        with errors_of(self._path):
            self._file.write(json.dumps(finite(values)).encode() + b"\n")
            self._file.flush()

    def sync(self) -> int:
        """Sync the file to disk; returns its size in bytes."""
        with errors_of(self._path):
            os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_metrics(path: str | Path) -> list[dict[str, Any]]:
    """The lines of a metrics file; a last one that is still being written is left out.

    Raises
    ------
    FormatError
        A line is no JSON object, or too long to be one.
    """
    rows = []
    for number, line in enumerate(read_lines_of(path).split(b"\n")[:-1], 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise FormatError(f"{path}, line {number}: expected a JSON object")
        rows.append(row)
    return rows
