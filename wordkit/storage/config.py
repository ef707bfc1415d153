"""``config.json``: what a folder is, its format version, its settings."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wordkit.errors import FormatError

CONFIG = "config.json"
_MAX_CONFIG = 1 << 22  # bytes; in memory, JSON takes twenty times its size or more


def finite(data: Any) -> Any:
    """Replace NaN and infinity by None, as JSON has neither."""
    if isinstance(data, Mapping):
        return {name: finite(value) for name, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [finite(value) for value in data]
    if data is None or isinstance(data, (str, int)):
        return data
    return float(data) if math.isfinite(data) else None


def write_config(folder: Path, kind: str, version: int, settings: Mapping[str, Any]) -> None:
    """Write ``config.json``: ``kind`` and ``version`` first, then the settings."""
    config = {"wordkit": True, "kind": kind, "version": version, **settings}
    text = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
    if not is_text(text):
        text = json.dumps(config, indent=2) + "\n"  # half a surrogate pair as an escape
    (folder / CONFIG).write_text(text, encoding="utf-8")


def is_text(text: str) -> bool:
    """Whether a string can be written as UTF-8; half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_config(folder: str | Path, kind: str, version: int) -> dict[str, Any]:
    """Read the ``config.json`` of a folder that should contain a ``kind``.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    FormatError
        The folder is of another kind, of a newer version, or damaged.
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(2, "No such file or directory", str(folder))
    path = folder / CONFIG
    if not path.is_file():
        raise FormatError(f"{folder} holds no wordkit {kind}: it has no {CONFIG}")
    config = load_config(path)
    if config.get("kind") != kind:
        found = config.get("kind", "something unknown")
        raise FormatError(f"{folder} is a wordkit folder of the kind {found}, expected {kind}")
    if not isinstance(config.get("version"), int) or config["version"] > version:
        raise FormatError(
            f"{folder} ({kind}) has format version {config.get('version')}, and this wordkit "
            f"reads up to version {version}: upgrade wordkit"
        )
    return config


def load_config(path: Path) -> dict[str, Any]:
    """Read the JSON object in a file; ``FormatError`` if it is damaged."""
    with open(path, "rb") as file:
        content = file.read(_MAX_CONFIG + 1)
    if len(content) > _MAX_CONFIG:
        raise FormatError(f"{path} is damaged: it has more than {_MAX_CONFIG:,} bytes")
    try:
        config = json.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path} is damaged: {error}") from None
    if not isinstance(config, dict):
        raise FormatError(f"{path} is damaged: expected an object")
    return config
