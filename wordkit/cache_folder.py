"""Where wordkit keeps what it can fetch or make again: datasets, compiled kernels."""

from __future__ import annotations

import os
import sys
from pathlib import Path

CACHE = "WORDKIT_CACHE"
"""The environment variable that names another folder."""


def cache_folder() -> Path | None:
    """``$WORDKIT_CACHE``, or the place that the system has for it; None without a home."""
    if folder := os.environ.get(CACHE):
        return Path(folder).absolute()
    variable, below = _PLACES.get(sys.platform, ("XDG_CACHE_HOME", ".cache"))
    if base := os.environ.get(variable):
        return Path(base).absolute() / "wordkit"
    try:
        return Path.home() / below / "wordkit"
    except RuntimeError:  # a user whom the system does not know
        return None


_PLACES = {"win32": ("LOCALAPPDATA", "AppData/Local"), "darwin": ("", "Library/Caches")}
"""A variable, and what is below the home folder where it is not set."""
