"""What takes long, for people only: bars and lines on standard error, and the same in the log.

A bar shows rate and time left, appears after two seconds, in terminals and in notebooks; anywhere
else there is none, and what takes long says a line now and then (see ``Report``).
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

logger = logging.getLogger("wordkit")
"""Gets all lines, at the level INFO."""
hear: Callable[[str], object] | None = None
"""Who is told of what takes long: the command line, which prints it."""


def announce(message: str, *, show: bool = False) -> None:
    """Say what is done while it is; ``show`` prints it where nobody else does."""
    logger.info("%s", message)
    if hear is None and not show:
        return
    with _bars_aside():
        if hear is not None:
            hear(message)
        else:
            print(message, file=sys.stderr, flush=True)


def _bars_aside() -> AbstractContextManager[None]:
    """Let a line be printed, not into the middle of a bar, if there can be one."""
    if "tqdm" not in sys.modules:
        return nullcontext()
    from tqdm import tqdm

    return tqdm.external_write_mode(sys.stderr)


def in_notebook() -> bool:
    """Whether this is a notebook's process, which can show bars though it has no terminal."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


def shows_bars() -> bool:
    """Whether a bar would be seen."""
    return in_notebook() or sys.stderr.isatty()


def progress_bar(description: str, total: int | None, unit: str, *, show: bool = True) -> Any:
    """A tqdm bar: a context manager with ``update(n)``.

    ``unit`` is what is counted ("B" for bytes is scaled in steps of 1,024).
    """
    return _bar_class()(
        desc=description,
        total=total,
        unit=unit,
        unit_scale=True,
        unit_divisor=1024 if unit == "B" else 1000,
        delay=2,
        leave=False,
        disable=not (show and shows_bars()),
    )


def _bar_class() -> Any:
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # its thread would catch signals that should wake this one
    if not in_notebook():
        return tqdm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there are no widgets, it is a line of text
        from tqdm.auto import tqdm as bar_of_widgets
    return bar_of_widgets
