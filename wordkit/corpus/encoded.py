"""A corpus as ids: one flat array and where its documents begin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import FormatError
from wordkit.storage.config import read_config
from wordkit.storage.tensors import map_tensors

KIND, PARTS_KIND, VERSION = "corpus", "dataset", 1
VOCABULARY, IDS, OFFSETS = "vocabulary.txt", "ids.safetensors", "offsets.safetensors"


class Corpus:
    """Text as ids, memory-mapped when it was loaded.

    Attributes
    ----------
    vocabulary
        V words with their counts.
    ids
        (T,) int32: all tokens, document after document.
    offsets
        (documents + 1,) int64: document i is ``ids[offsets[i]:offsets[i + 1]]``.
    settings
        How the corpus was built.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        ids: np.ndarray,
        offsets: np.ndarray,
        settings: Mapping[str, Any] | None = None,
    ):
        self.vocabulary = vocabulary
        self.ids = ids
        self.offsets = offsets
        self.settings = dict(settings or {})

    @classmethod
    def build(cls, source: Any, directory: str | Path | None = None, **options: Any) -> Corpus:
        """Build a corpus from files or from texts; see ``wordkit.corpus.build.build``."""
        from wordkit.corpus.build import build

        return build(source, directory, **options)

    @classmethod
    def load(cls, directory: str | Path, *, verify: bool = True) -> Corpus:
        """Open a corpus folder.

        Parameters
        ----------
        verify
            Compare the ids with their checksum and with the vocabulary, for which all of them
            are read: some 2 GB a second.

        Raises
        ------
        FormatError
            It is no corpus, of a newer version, or damaged.
        """
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
                raise FormatError(
                    f"{directory} is damaged: {name} in its config.json is no object"
                )
        vocabulary = Vocabulary.load(directory / VOCABULARY)
        ids = map_tensors(directory / IDS, ["ids"], verify=verify)["ids"]
        offsets = map_tensors(directory / OFFSETS, ["offsets"])["offsets"]
        _check(directory, ids, offsets)
        if verify and len(ids) and not 0 <= ids.min() <= ids.max() < len(vocabulary):
            raise FormatError(f"{directory} is damaged: it has ids that its vocabulary lacks")
        return cls(vocabulary, ids, offsets, settings)

    @property
    def documents(self) -> int:
        """Number of documents."""
        return len(self.offsets) - 1

    def __len__(self) -> int:
        """Number of tokens."""
        return len(self.ids)

    def document(self, number: int) -> list[str]:
        """The tokens of one document."""
        start, end = self.offsets[number], self.offsets[number + 1]
        return self.vocabulary.decode(self.ids[start:end].tolist())

    def __repr__(self) -> str:
        return (
            f"Corpus({len(self):,} tokens, {len(self.vocabulary):,} words, "
            f"{self.documents:,} documents)"
        )


def _check(directory: Path, ids: np.ndarray, offsets: np.ndarray) -> None:
    if ids.ndim != 1 or ids.dtype != np.int32 or offsets.ndim != 1 or offsets.dtype != np.int64:
        raise FormatError(f"{directory} is damaged: its arrays are of the wrong type")
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != len(ids):
        raise FormatError(f"{directory} is damaged: its documents do not cover its tokens")
    if (np.diff(offsets) < 0).any():
        raise FormatError(f"{directory} is damaged: its documents are out of order")


def part_names(directory: Path) -> list[str]:
    """The corpora inside a folder that holds several, such as train, valid and test.

    Raises
    ------
    FormatError
        It does not say which.
    """
    try:
        parts = read_config(directory, PARTS_KIND, VERSION).get("parts")
    except (OSError, FormatError):
        return []  # it holds something else
    if not isinstance(parts, list) or not parts or not all(map(_is_file_name, parts)):
        raise FormatError(f"{directory} is damaged: its config.json has no list of parts")
    return parts


def _is_file_name(name: Any) -> bool:
    return isinstance(name, str) and name not in ("", ".", "..") and Path(name).name == name


def as_corpus(source: Any) -> Corpus:
    """A corpus as it is; the path of one; texts or token lists with ``build``'s defaults."""
    if isinstance(source, Corpus):
        return source
    if isinstance(source, (str, Path)):
        return Corpus.load(source)
    return Corpus.build(source)
