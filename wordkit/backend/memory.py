"""Available memory: what cannot fit is refused before work begins."""

from __future__ import annotations

import math
import os
from pathlib import Path

from wordkit.errors import ModelError

_OF_CONTAINERS = (  # cgroup version 2 and version 1
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def memory() -> float:
    """Return the bytes this process may use: the least of machine, container and own limit.

    Infinity if none of them is known.
    """
    return min(_of_the_machine(), _of_the_container(), address_space())


def check_memory(size: int, what: str, advice: str) -> None:
    """Raise ``ModelError`` if ``size`` bytes exceed the memory, even with nothing else running."""
    there = memory()
    if size > there:
        raise ModelError(
            f"{what} would take {_gigabytes(size)} GB of memory, and there are "
            f"{_gigabytes(there)}: {advice}"
        )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.1f}" if size < 1e15 else "over a million"


def _of_the_machine() -> float:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return math.inf


def _of_the_container() -> float:
    for path in _OF_CONTAINERS:
        try:
            return int(path.read_text())
        except (OSError, ValueError):  # no such file; "max" means no limit
            continue
    return math.inf


def address_space() -> float:
    """The limit of this process in bytes (``ulimit -v``), infinite without one."""
    try:
        import resource
    except ImportError:  # Windows
        return math.inf
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return math.inf if limit == resource.RLIM_INFINITY else limit
