"""Text as ids, in memory or in a folder: one flat array, and where documents begin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import FormatError
from wordkit.storage.config import read_config, write_config
from wordkit.storage.folders import new_folder
from wordkit.storage.tensors import TensorWriter, map_tensors, write_tensors

KIND, PARTS_KIND, VERSION = "corpus", "dataset", 1
VOCABULARY, IDS, OFFSETS = "vocabulary.txt", "ids.safetensors", "offsets.safetensors"


class Encoded(NamedTuple):
    """The data of a corpus; see ``wordkit.corpus.corpus.Corpus``."""

    vocabulary: Vocabulary
    ids: np.ndarray
    """(T,) int32."""
    offsets: np.ndarray
    """(documents + 1,) int64."""
    settings: Mapping[str, Any]


def write_encoded(
    directory: str | Path,
    vocabulary: Vocabulary,
    pieces: Iterable[np.ndarray],
    offsets: np.ndarray,
    settings: Mapping[str, Any],
) -> None:
    """Write a corpus folder, its ids (int32) piece by piece."""
    with new_folder(directory, KIND) as folder:
        write_config(folder, KIND, VERSION, settings)
        vocabulary.save(folder / VOCABULARY)
        write_tensors(folder / OFFSETS, {"offsets": offsets})
        with open(folder / IDS, "wb") as file:
            writer = TensorWriter(file, {"ids": ((int(offsets[-1]),), np.int32)})
            for ids in pieces:
                writer.write(ids)
            writer.close()


def read_encoded(directory: str | Path, *, verify: bool) -> Encoded:
    """Open a corpus folder, its ids memory-mapped; see ``Corpus.load``."""
    directory = Path(directory)
    parts = part_names(directory)
    if parts:
        raise FormatError(
            f"{directory} holds the corpora {', '.join(parts)}; name one, such as "
            f"{directory / parts[0]}"
        )
    settings = read_config(directory, KIND, VERSION)
    for name in "text", "format":
        if not isinstance(settings.get(name, {}), dict):
            raise FormatError(f"{directory} is damaged: {name} in its config.json is no object")
    vocabulary = Vocabulary.load(directory / VOCABULARY)
    ids = map_tensors(directory / IDS, ["ids"], verify=verify)["ids"]
    offsets = map_tensors(directory / OFFSETS, ["offsets"])["offsets"]
    _check(directory, ids, offsets)
    if verify and len(ids) and not 0 <= ids.min() <= ids.max() < len(vocabulary):
        raise FormatError(f"{directory} is damaged: it has ids that its vocabulary lacks")
    return Encoded(vocabulary, ids, offsets, settings)


def _check(directory: Path, ids: np.ndarray, offsets: np.ndarray) -> None:
    if ids.ndim != 1 or ids.dtype != np.int32 or offsets.ndim != 1 or offsets.dtype != np.int64:
        raise FormatError(f"{directory} is damaged: its arrays are of the wrong type")
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != len(ids):
        raise FormatError(f"{directory} is damaged: its documents do not cover its tokens")
    if (np.diff(offsets) < 0).any():
        raise FormatError(f"{directory} is damaged: its documents are out of order")


def part_names(directory: Path) -> list[str]:
    """Return the names of the corpora in a folder of several, such as train, valid, test.

    Raises
    ------
    FormatError
        Its configuration does not name them.
    """
    try:
        parts = read_config(directory, PARTS_KIND, VERSION).get("parts")
    except (OSError, FormatError):
        return []  # the folder is of another kind
    if not isinstance(parts, list) or not parts or not all(map(_is_file_name, parts)):
        raise FormatError(f"{directory} is damaged: its config.json has no list of parts")
    return parts


def _is_file_name(name: Any) -> bool:
    return isinstance(name, str) and name not in ("", ".", "..") and Path(name).name == name
