"""A corpus in parts: some of its documents, or pieces of its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from wordkit.checks import Interval, Parameter
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError
from wordkit.random_streams import stream


class Text(Protocol):
    """What these functions need of a corpus."""

    vocabulary: Vocabulary
    ids: np.ndarray
    offsets: np.ndarray


class Part(NamedTuple):
    """The data of a part; see ``wordkit.corpus.corpus.Corpus``."""

    vocabulary: Vocabulary
    ids: np.ndarray
    offsets: np.ndarray


def sizes_of(shares: Sequence[float], total: int) -> np.ndarray:
    """Return the ends of the parts of a whole, rounded; each begins where the last ends.

    Raises
    ------
    CorpusError
        A share is not above 0, or they sum to more than 1.
    """
    if not shares:
        raise CorpusError("expected the shares of the parts, such as 0.8, 0.1, 0.1; found none")
    for share in shares:
        Parameter(Interval(above=0, high=1), kind="float").check("a share", share, CorpusError)
    if sum(shares) > 1 + 1e-9:
        raise CorpusError(
            f"the shares {', '.join(map(str, shares))} sum to {sum(shares):.12g}: expected 1 or "
            "less"
        )
    return np.round(np.cumsum(shares) * total).astype(np.int64)


def drawn(shares: Sequence[float], total: int, seed: int) -> list[np.ndarray]:
    """Draw the indices of each part of a whole, ascending.

    Raises
    ------
    CorpusError
        As ``sizes_of``.
    """
    order = stream(seed, "split").permutation(total)
    ends = sizes_of(shares, total)
    return [np.sort(part) for part in np.split(order, ends)[: len(ends)]]


def shares_of(corpus: Text, shares: Sequence[float], seed: int) -> Iterator[Part]:
    """Return the parts of a corpus; see ``Corpus.split``."""
    documents = len(corpus.offsets) - 1
    parts = drawn(shares, documents, seed)
    if all(len(part) for part in parts):
        for part in parts:
            chosen = np.zeros(documents, bool)
            chosen[part] = True
            yield part_of(corpus, chosen)
        return
    ends = sizes_of(shares, len(corpus.ids))
    starts = np.concatenate([[0], ends[:-1]])
    if (starts == ends).any():
        raise CorpusError(
            f"a corpus of {len(corpus.ids):,} tokens has too little text for {len(shares)} parts"
        )
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield _piece_of(corpus, start, end)


def part_of(corpus: Text, chosen: np.ndarray) -> Part:
    """Return the documents where ``chosen`` (documents,) is true."""
    lengths = np.diff(corpus.offsets)
    ids = corpus.ids[np.repeat(chosen, lengths)]
    offsets = np.concatenate([[0], np.cumsum(lengths[chosen])])
    return _counted(corpus.vocabulary, ids, offsets)


def _piece_of(corpus: Text, start: int, end: int) -> Part:
    """Return the tokens [start, end), with the document boundaries among them."""
    inner = corpus.offsets[(corpus.offsets > start) & (corpus.offsets < end)]
    offsets = np.concatenate([[start], inner, [end]]) - start
    return _counted(corpus.vocabulary, np.array(corpus.ids[start:end]), offsets)


def _counted(vocabulary: Vocabulary, ids: np.ndarray, offsets: np.ndarray) -> Part:
    counts = np.bincount(ids, minlength=len(vocabulary))
    return Part(Vocabulary(vocabulary.words, counts), ids, offsets.astype(np.int64))
