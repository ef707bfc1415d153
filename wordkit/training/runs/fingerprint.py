"""Fingerprints of a run: it continues only with the settings and data it was started with."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.errors import ModelError
from wordkit.storage.config import CONFIG, read_config, write_config
from wordkit.training.runs.checkpoint import latest_checkpoint

_RUN, _VERSION = "training run", 1
# may change when a run continues: when it ends, and what keeps its numbers finite
_FREE = {"epochs", "max_minutes", "patience", "lr", "clip"}


def note_settings(
    folder: Path,
    *settings: Any,
    data: Mapping[str, int | None],
    resume: bool,
    origin: Mapping[str, Any] | None = None,
) -> None:
    """Write the settings (dataclasses) of a new run; compare those of one that continues.

    Parameters
    ----------
    origin
        What else to write, for ``read_origin``.
    data
        The ``checksum`` of each data set, by its name in messages; None if there is no such
        data.

    Raises
    ------
    ModelError
        The run in the folder was started with other settings or data.
    """
    ours = {name: value for each in settings for name, value in asdict(each).items()}
    if latest_checkpoint(folder) is None:
        folder.mkdir(parents=True, exist_ok=True)
        noted = {**ours, "data": dict(data), "origin": dict(origin or {})}
        write_config(folder, _RUN, _VERSION, noted)
    elif resume:
        theirs = read_config(folder, _RUN, _VERSION)
        for name, value in ours.items():
            if name not in _FREE and theirs.get(name) != value:
                raise ModelError(
                    f"the run in {folder} has {name} {theirs.get(name)!r}, not {value!r}: resume "
                    "it with the settings it had, or start again in another folder"
                )
        if theirs.get("data") != data:
            raise _other_data(folder, theirs.get("data"), data)


def read_origin(folder: Path) -> dict[str, Any]:
    """What ``note_settings`` was told of a run: how it was started, as values for JSON.

    Raises
    ------
    ModelError
        There is no run in the folder, or nothing was told of it.
    FormatError
        The folder is damaged.
    """
    origin = None
    if (folder / CONFIG).exists():
        origin = read_config(folder, _RUN, _VERSION).get("origin")
    if not isinstance(origin, dict) or not origin:
        raise ModelError(f"{folder} does not say how a run in it was started: name all options")
    return origin


def _other_data(folder: Path, theirs: Any, ours: Mapping[str, int | None]) -> ModelError:
    theirs = theirs if isinstance(theirs, dict) else {}
    name = next((name for name in ours if theirs.get(name) != ours[name]), "data")
    had = "without" if name in theirs and theirs[name] is None else "with other"
    return ModelError(
        f"the run in {folder} was started {had} {name}: resume it with the same data, or "
        "start again in another folder"
    )


def checksum(*parts: Sequence[str] | np.ndarray) -> int:
    """Return the CRC-32 of words and arrays; a different text almost surely has another."""
    value = 0
    for part in parts:
        if isinstance(part, np.ndarray):
            value = zlib.crc32(str(part.shape).encode(), value)
            value = zlib.crc32(np.ascontiguousarray(part).data, value)
        else:
            value = zlib.crc32("\n".join(part).encode("utf-8", "surrogateescape"), value)
    return value
