"""What takes long, for people only: bars and lines on standard error.

A bar shows rate and time left, appears after two seconds, and is silent when
standard error is no terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

hear: Callable[[str], object] | None = None
"""Who is told of what takes long. The command line prints it; the library says nothing."""


def announce(message: str) -> None:
    """Say what is done while it is."""
    if hear is not None:
        hear(message)


def progress_bar(description: str, total: int | None, unit: str, *, show: bool = True) -> Any:
    """A tqdm bar: a context manager with ``update(n)``.

    ``unit`` is what is counted ("B" for bytes is scaled in steps of 1,024).
    """
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # its thread would catch signals that should wake this one
    return tqdm(
        desc=description,
        total=total,
        unit=unit,
        unit_scale=True,
        unit_divisor=1024 if unit == "B" else 1000,
        delay=2,
        leave=False,
        disable=None if show else True,
    )
