"""What the exercises ask of their options, before the work."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path


def check(options: argparse.Namespace) -> None:
    """``SystemExit`` if steps, width or seed make no sense, or ``-o`` cannot be drawn."""
    for name in ("steps", "width"):
        if getattr(options, name) < 1:
            raise SystemExit(f"--{name} must be at least 1, not {getattr(options, name)}")
    if options.seed < 0:
        raise SystemExit(f"--seed must be at least 0, not {options.seed}")
    if options.output:
        _check_picture(options.output)


def _check_picture(path: str) -> None:
    if find_spec("matplotlib") is None:
        raise SystemExit("-o needs matplotlib: pip install wordkit[plot]")
    if not Path(path).parent.is_dir() or Path(path).is_dir():
        raise SystemExit(f"-o {path} is not a file in a folder that exists")
