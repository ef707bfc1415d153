"""Words and their vectors, and the questions one asks of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.errors import ModelError, UnknownWordError
from wordkit.vectors import search
from wordkit.vectors.formats import registry

Query = str | np.ndarray
"""A word, or a vector of shape (D,)."""


class WordVectors:
    """One vector a word.

    Parameters
    ----------
    words
        V different words, the most frequent first if that is known.
    vectors
        (V, D): a float32 array, which may be a memory map, or a SciPy sparse matrix.
    counts
        How often each word occurs, (V,), if that is known.

    Raises
    ------
    ModelError
        The sizes do not fit, or a word stands there twice.
    """

    def __init__(self, words: Sequence[str], vectors: Any, *, counts: Any = None):
        self.words = list(words)
        self.vectors = vectors if search.is_sparse(vectors) else np.asarray(vectors, np.float32)
        self.counts = None if counts is None else np.asarray(counts, np.int64)
        if self.vectors.ndim != 2 or self.vectors.shape[0] != len(self.words):
            raise ModelError(
                f"{len(self.words):,} words need as many vectors, found an array of shape "
                f"{self.vectors.shape}"
            )
        if self.counts is not None and self.counts.shape != (len(self.words),):
            raise ModelError(
                f"{len(self.words):,} words need as many counts, found {self.counts.size:,}"
            )

    @classmethod
    def load(
        cls, path: str | Path, format: str | None = None, *, verify: bool = False
    ) -> WordVectors:
        """Read vectors in any format; see ``wordkit.vectors.formats.registry.read``."""
        words, vectors, counts = registry.read(path, format, verify=verify)
        return cls(words, vectors, counts=counts)

    def save(self, path: str | Path, format: str = "wordkit") -> None:
        """Write the vectors; see ``wordkit.vectors.formats.registry`` for the formats.

        Raises
        ------
        ModelError
            A word stands there twice.
        FormatError
            The format cannot hold these vectors; see ``registry.write``.
        """
        _ = self.index  # raises if a word occurs twice
        registry.write(path, self.words, self.vectors, self.counts, format)

    # --- words and rows ---------------------------------------------------------------

    @cached_property
    def index(self) -> dict[str, int]:
        """From word to row."""
        index = dict(zip(self.words, range(len(self.words)), strict=True))
        if len(index) != len(self.words):
            twice = next(word for row, word in enumerate(self.words) if index[word] != row)
            raise ModelError(f"the word {twice!r} occurs twice in the vocabulary")
        return index

    @cached_property
    def norms(self) -> np.ndarray:
        """Euclidean length of each row, (V,) float32.

        Raises
        ------
        ModelError
            A vector holds NaN or infinity.
        """
        norms = search.row_norms(self.vectors)
        if not np.isfinite(norms).all():
            row = int(np.argmin(np.isfinite(norms)))
            raise ModelError(
                f"the vector of {self.words[row]!r} (row {row + 1}) holds NaN or infinity; "
                "remove that row or train again"
            )
        return norms

    @cached_property
    def lengths(self) -> np.ndarray:
        """What to divide rows by: their norms, and 1 for rows of zeros."""
        return np.where(self.norms, self.norms, 1)

    @property
    def vector_size(self) -> int:
        """Number of dimensions D."""
        return int(self.vectors.shape[1])

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        return f"WordVectors({len(self):,} words, {self.vector_size:,} dimensions)"

    def __contains__(self, word: object) -> bool:
        return word in self.index

    def __getitem__(self, word: str) -> np.ndarray:
        """The vector of a word, (D,)."""
        return search.dense_rows(self.vectors, [self.row(word)])[0]

    def row(self, word: str) -> int:
        """The row of a word; ``UnknownWordError`` names its closest spellings."""
        row = self.index.get(word)
        if row is None:
            close = difflib.get_close_matches(word, self._spellings_near(word), 3, 0.6)
            hint = f"; did you mean {', '.join(close)}?" if close else ""
            raise UnknownWordError(f"the word {word!r} is not in the vocabulary{hint}")
        return row

    def _spellings_near(self, word: str) -> list[str]:
        """Words that could be close: difflib is too slow for a whole vocabulary."""
        letters = set(word)
        near = [
            other
            for other in self.words
            if abs(len(other) - len(word)) <= 2 and len(letters & set(other)) * 2 >= len(letters)
        ]
        return near[:20_000]  # the most frequent ones

    def unit(self, rows: Any) -> np.ndarray:
        """Rows divided by their length, dense, (n, D); a row of zeros stays zero."""
        rows = np.asarray(rows)
        return search.dense_rows(self.vectors, rows) / self.lengths[rows][..., None]

    # --- nearest words ----------------------------------------------------------------

    def search(
        self, queries: np.ndarray, topn: int, restrict_vocab: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the rows nearest to each query by cosine.

        Parameters
        ----------
        queries
            (Q, D), of any length.
        topn
            How many to find for each; fewer if there are fewer words.
        restrict_vocab
            Look among the first rows only, that is, the most frequent words.

        Returns
        -------
        Rows (Q, topn) int64 and cosines (Q, topn) float32, the nearest first.
        """
        limit = _limit(restrict_vocab, len(self))
        _check_topn(topn)
        queries = np.atleast_2d(np.asarray(queries, np.float32))
        if queries.shape[1] != self.vector_size:
            raise ModelError(
                f"the vectors have {self.vector_size} dimensions, the query has {queries.shape[1]}"
            )
        if not np.isfinite(queries).all():
            raise ModelError("the query holds NaN or infinity")
        lengths = np.linalg.norm(queries, axis=1, keepdims=True)
        queries = queries / np.where(lengths, lengths, 1)
        return search.nearest(
            self.vectors[:limit], self.lengths[:limit], queries, min(topn, limit)
        )

    def most_similar(
        self,
        positive: Query | Iterable[Query] = (),
        negative: Query | Iterable[Query] = (),
        topn: int = 10,
        restrict_vocab: int | None = None,
        method: str = "3cosadd",
    ) -> list[tuple[str, float]]:
        """Words near the positive and far from the negative words or vectors.

        Parameters
        ----------
        method
            ``3cosadd``: the cosine with the mean of the unit vectors, negative ones
            turned round (Mikolov, Yih and Zweig 2013). ``3cosmul``: the product of the
            positive similarities over that of the negative ones, each shifted to
            (1 + cos) / 2 (Levy and Goldberg 2014).

        Returns
        -------
        (word, score) pairs, best first, without the words of the query.
        """
        plus, minus = _as_list(positive), _as_list(negative)
        if not plus and not minus:
            raise ModelError("most_similar needs at least one word or vector")
        limit = _limit(restrict_vocab, len(self))
        _check_topn(topn)
        given = {self.row(word) for word in [*plus, *minus] if isinstance(word, str)}
        units = np.stack([self._unit_query(query) for query in [*plus, *minus]])
        if method == "3cosadd":
            signs = np.array([1] * len(plus) + [-1] * len(minus), np.float32)
            rows, scores = self.search(signs @ units, topn + len(given), restrict_vocab)
            ranked = zip(rows[0].tolist(), scores[0].tolist(), strict=True)
        elif method == "3cosmul":
            cosines = search.cosines(self.vectors[:limit], self.lengths[:limit], units)
            scores = three_cos_mul(cosines, len(plus))
            rows = search.largest(scores, min(topn + len(given), limit))
            ranked = zip(rows.tolist(), scores[rows].tolist(), strict=True)
        else:
            raise ModelError(f"unknown method {method!r}: expected 3cosadd or 3cosmul")
        return [(self.words[row], score) for row, score in ranked if row not in given][:topn]

    def most_similar_batch(
        self, queries: Sequence[Query], topn: int = 10, restrict_vocab: int | None = None
    ) -> list[list[tuple[str, float]]]:
        """``most_similar`` of many single words or vectors, in one matrix product."""
        _check_topn(topn)
        if len(queries) == 0:
            return []
        own = [self.row(query) if isinstance(query, str) else -1 for query in queries]
        units = np.stack([self._unit_query(query) for query in queries])
        rows, scores = self.search(units, topn + 1, restrict_vocab)
        return [
            [(self.words[r], s) for r, s in zip(near, score, strict=True) if r != row][:topn]
            for row, near, score in zip(own, rows.tolist(), scores.tolist(), strict=True)
        ]

    def analogy(
        self,
        a: str,
        b: str,
        c: str,
        topn: int = 10,
        restrict_vocab: int | None = None,
        method: str = "3cosadd",
    ) -> list[tuple[str, float]]:
        """``a`` is to ``b`` as ``c`` is to …"""
        return self.most_similar([b, c], [a], topn, restrict_vocab, method)

    # --- pairs and groups -------------------------------------------------------------

    def similarity(self, a: str, b: str) -> float:
        """Cosine of the angle between two words."""
        one, other = self.unit([self.row(a), self.row(b)])
        return float(one @ other)

    def distances(self, word: Query, others: Iterable[str] | None = None) -> np.ndarray:
        """One minus the cosine, from a word to each of a list, or to all words."""
        query = self._unit_query(word)
        if others is not None:
            rows = np.array([self.row(other) for other in others], np.int64)
            return 1 - self.unit(rows) @ query
        return 1 - search.cosines(self.vectors, self.lengths, query[None])[0]

    def doesnt_match(self, words: Iterable[str]) -> str:
        """The word that is furthest from the mean of a group."""
        group = list(words)
        if len(group) < 3:
            raise ModelError(f"the odd one out needs at least three words, found {len(group)}")
        units = self.unit([self.row(word) for word in group])
        return group[int(np.argmin(units @ units.mean(axis=0)))]

    def _unit_query(self, query: Query) -> np.ndarray:
        if isinstance(query, str):
            return self.unit(self.row(query))
        vector = np.asarray(query, np.float32)
        if vector.shape != (self.vector_size,):
            raise ModelError(
                f"expected a vector of {self.vector_size} dimensions, found shape {vector.shape}"
            )
        if not np.isfinite(vector).all():
            raise ModelError("the query holds NaN or infinity")
        length = np.linalg.norm(vector)
        return vector / length if length else vector


def three_cos_mul(cosines: np.ndarray, positives: int, epsilon: float = 1e-3) -> np.ndarray:
    """The scores of Levy and Goldberg (2014) from cosines (terms, V), positive terms first."""
    shifted = (1 + cosines) / 2
    return shifted[:positives].prod(axis=0) / (shifted[positives:] + epsilon).prod(axis=0)


def _as_list(queries: Query | Iterable[Query]) -> list[Query]:
    if isinstance(queries, str) or (isinstance(queries, np.ndarray) and queries.ndim == 1):
        return [queries]
    return list(queries)


def _check_topn(topn: int) -> None:
    if topn < 1:
        raise ModelError(f"topn must be at least 1, not {topn}")


def _limit(restrict_vocab: int | None, size: int) -> int:
    if restrict_vocab is None:
        return size
    if restrict_vocab < 1:
        raise ModelError(f"restrict_vocab must be at least 1, not {restrict_vocab}")
    return min(restrict_vocab, size)
