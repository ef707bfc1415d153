"""Checkpoints: folders from which a run continues to the same bits.

    step-000001200/    a checkpoint: config.json, tensors.safetensors
    best-000001000/    the best weights, which a checkpoint refers to, in the same layout

Each checkpoint is written under a new name before the previous one is removed, so that there
is always a complete one, even if the disk fills up or the process is killed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.errors import FormatError, ModelError
from wordkit.storage.config import read_config, write_config
from wordkit.storage.folders import new_folder
from wordkit.storage.tensors import map_tensors, write_tensors

KIND, VERSION = "training checkpoint", 1
CHECKPOINTS = "checkpoints"
"""The folder of a run, in that of its model."""
PARAMS = "params"
"""Before the names of the weights, in a checkpoint."""
_TENSORS = "tensors.safetensors"
_CHECKPOINT = r"(step|best)-\d{9,}"
_OURS = re.compile(rf"{_CHECKPOINT}|\.{_CHECKPOINT}\.([0-9a-f]{{8}}\.(partial|old)|lock)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def checkpoint_name(step: int, kind: str = "step") -> str:
    """Return the folder name for a step; ``kind`` may be ``best``."""
    return f"{kind}-{step:09d}"


def write_checkpoint(
    path: Path, tensors: Mapping[str, np.ndarray], settings: Mapping[str, Any]
) -> None:
    """Write arrays, and values for JSON, as the folder ``path``, wholly or not at all.

    Raises
    ------
    ModelError
        It cannot be written, for example to a full disk.
    """
    try:
        with new_folder(path, KIND) as folder:
            write_tensors(folder / _TENSORS, tensors)
            write_config(folder, KIND, VERSION, {"tensors": list(tensors), **settings})
    except OSError as error:
        raise ModelError(
            f"the checkpoint {path} cannot be written ({error.strerror or error}); the one "
            "before it, if there is one, is intact: free disk space and rerun with --resume"
        ) from error


def read_checkpoint(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what ``write_checkpoint`` wrote; the arrays are memory-mapped, read-only.

    Raises
    ------
    FormatError
        It is damaged, missing, or of a newer version.
    """
    try:
        settings = read_config(path, KIND, VERSION)
        names = settings.get("tensors")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise FormatError(f"{path} is damaged: its config.json has no list of tensors")
        return map_tensors(path / _TENSORS, names), settings
    except FileNotFoundError as error:
        raise FormatError(
            f"{error.filename} is missing, without which the run cannot continue: put it back, or "
            "start again in another folder"
        ) from None


def latest_checkpoint(folder: str | Path, kind: str = "step") -> Path | None:
    """Return the checkpoint of the last step in a folder, or None; ``kind`` may be ``best``."""
    found = [p for p in Path(folder).glob(f"{kind}-*") if _OURS.fullmatch(p.name) and p.is_dir()]
    return max(found, key=_step_of, default=None)


def _step_of(path: Path) -> int:
    return int(path.name.partition("-")[2])


def remove_others(folder: Path, keep: set[str]) -> None:
    """Remove checkpoints, complete or not, that are not in ``keep``."""
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in keep:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a finished run, and the folder if it is then empty."""
    if folder.is_dir():
        remove_others(folder, set())
        with suppress(OSError):
            folder.rmdir()


def latest_weights(folder: Path) -> tuple[int, dict[str, np.ndarray]] | None:
    """Return the step and the weights of the best checkpoint, else of the last one, or None.

    A training that goes on may remove it meanwhile: then there is another one.

    Raises
    ------
    FormatError
        It is damaged.
    """
    while (path := latest_checkpoint(folder, "best") or latest_checkpoint(folder)) is not None:
        try:
            mapped = under(PARAMS, read_checkpoint(path)[0])
            return _step_of(path), {name: np.array(array) for name, array in mapped.items()}
        except (FormatError, OSError):
            if path.exists():
                raise
    return None


def under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return the arrays of a checkpoint whose names begin with a prefix, without it."""
    start = f"{prefix}/"
    return {k.removeprefix(start): array for k, array in arrays.items() if k.startswith(start)}


def parse_duration(text: str) -> float:
    """Parse a duration such as ``2s``, ``5m`` or ``1.5h``: return its seconds.

    Raises
    ------
    ModelError
        It is written differently.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text.strip(), re.ASCII)
    if not match:
        raise ModelError(f"expected a duration such as 30s, 5m or 1h, found {text!r}")
    return float(match[1]) * _SECONDS[match[2]]
