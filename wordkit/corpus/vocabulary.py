"""Words and their ids: the most frequent word is 0, equally frequent ones by spelling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from wordkit.corpus.text import UNK
from wordkit.errors import CorpusError, FormatError
from wordkit.storage.words import read_words, write_words

ORDERS = ("frequency", "appearance")


class Vocabulary:
    """V words with their counts, in id order."""

    def __init__(self, words: Sequence[str], counts: Iterable[int] | np.ndarray):
        self.words = list(words)
        self.counts = np.asarray(counts, np.int64)
        if len(self.words) != len(self.counts):
            raise CorpusError(f"{len(self.words)} words came with {len(self.counts)} counts")

    @classmethod
    def from_counts(
        cls,
        words: Sequence[str],
        counts: np.ndarray,
        *,
        min_count: int = 1,
        max_vocab: int | None = None,
        unk: bool = False,
        order: str = "frequency",
        always: Iterable[str] = (),
    ) -> Vocabulary:
        """Choose the words that stay.

        Parameters
        ----------
        min_count
            Rarer words go.
        max_vocab
            At most so many words stay, ``<unk>`` among them.
        unk
            What goes is counted as ``<unk>``.
        order
            How the words that stay are numbered: by ``frequency``, or in the order in which they
            are given, ``appearance``; ``<unk>`` comes last then.
        always
            Words that stay however rare they are.

        Raises
        ------
        CorpusError
            A setting is out of range.
        """
        if order not in ORDERS:
            raise CorpusError(f"unknown order {order!r}: expected one of {', '.join(ORDERS)}")
        if min_count < 1 or (max_vocab is not None and max_vocab < 1):
            raise CorpusError("min_count and max_vocab must be at least 1")
        counted = dict(zip(words, counts.tolist(), strict=True))
        always = set(always)
        known = counted.pop(UNK, 0) if unk else 0
        ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        places = len(ranked) if max_vocab is None else max(0, max_vocab - unk)
        kept = [(w, n) for w, n in ranked if w in always]
        kept += [(w, n) for w, n in ranked if n >= min_count and w not in always][
            : max(0, places - len(kept))
        ]
        gone = sum(counted.values()) - sum(n for _, n in kept) + known
        if gone and unk:
            kept.append((UNK, gone))
        if order == "appearance":
            place = {word: number for number, word in enumerate(words)}
            kept.sort(key=lambda item: (item[0] == UNK, place.get(item[0], -1)))
        else:
            kept.sort(key=lambda item: (-item[1], item[0]))
        return cls([w for w, _ in kept], np.array([n for _, n in kept], np.int64))

    @cached_property
    def index(self) -> dict[str, int]:
        """From word to id."""
        return dict(zip(self.words, range(len(self.words)), strict=True))

    @property
    def unk_id(self) -> int | None:
        """The id of ``<unk>``, if it is there."""
        return self.index.get(UNK)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    def encode(self, tokens: Sequence[str]) -> np.ndarray:
        """Ids of tokens, int32; unknown ones become ``<unk>``, or go if there is none."""
        unk = -1 if self.unk_id is None else self.unk_id
        get = self.index.get
        ids = np.fromiter((get(token, unk) for token in tokens), np.int32, len(tokens))
        return ids[ids >= 0]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The words behind ids."""
        return [self.words[i] for i in ids]

    def save(self, path: Path) -> None:
        """Write one word and its count a line."""
        write_words(path, self.words, self.counts.tolist())

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Read what ``save`` wrote."""
        words, counts = read_words(path)
        if counts is None:
            raise FormatError(f"{path}, line 1: expected a word, a tab and its count")
        vocabulary = cls(words, counts)
        if len(vocabulary.index) < len(words):
            twice = next(w for n, w in enumerate(words) if vocabulary.index[w] != n)
            raise FormatError(f"{path} is damaged: the word {twice!r} occurs twice")
        return vocabulary
