"""A corpus: a text as ids, with what it is built from and opened by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.corpus.build import build
from wordkit.corpus.encoded import read_encoded
from wordkit.corpus.vocabulary import Vocabulary


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
        return cls(*build(source, directory, **options))

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
        return cls(*read_encoded(directory, verify=verify))

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


def as_corpus(source: Any) -> Corpus:
    """A corpus as it is; the path of one; texts or token lists with ``build``'s defaults."""
    if isinstance(source, Corpus):
        return source
    if isinstance(source, (str, Path)):
        return Corpus.load(source)
    return Corpus.build(source)
