"""Words and their vectors as a collection: found by word, listed, shown as tables."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from wordkit.errors import ModelError, UnknownWordError
from wordkit.tables import data_frame, html_table, text_table
from wordkit.vectors import search
from wordkit.vectors.chosen_words import words_of

if TYPE_CHECKING:
    from pandas import DataFrame

SMALL = 20
"""Words up to which a matrix of words by words shows all of its numbers."""


class VectorTable:
    """The rows of ``WordVectors``, which adds the questions one asks of them."""

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

    @cached_property
    def index(self) -> dict[str, int]:
        """Map from word to row."""
        index = dict(zip(self.words, range(len(self.words)), strict=True))
        if len(index) != len(self.words):
            twice = next(word for row, word in enumerate(self.words) if index[word] != row)
            raise ModelError(f"the word {twice!r} occurs twice in the vocabulary")
        return index

    @cached_property
    def norms(self) -> np.ndarray:
        """The Euclidean length of each row, (V,) float32.

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
        """Divisors that make rows unit vectors: their norms, and 1 for rows of zeros."""
        return np.where(self.norms, self.norms, 1)

    @property
    def vector_size(self) -> int:
        """The number of dimensions, D."""
        return int(self.vectors.shape[1])

    @property
    def columns(self) -> Sequence[str] | range:
        """What the dimensions are: words, if these are counts or PPMI, or else numbers."""
        square = search.is_sparse(self.vectors) and self.vector_size == len(self)
        return self.words if square else range(self.vector_size)

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        size = f"{type(self).__name__}({len(self):,} words, {self.vector_size:,} dimensions)"
        if self.columns is not self.words or len(self) > SMALL:
            return size
        return f"{size}\n{text_table(['', *self.words], self._rows(SMALL, SMALL))}"

    def _rows(self, rows: int, columns: int) -> list[tuple[str, ...]]:
        """The first words, and the beginnings of their vectors, as text."""
        numbers = search.dense_rows(self.vectors, np.arange(min(len(self), rows)))[:, :columns]
        form = ".0f" if search.is_sparse(self.vectors) and not (numbers % 1).any() else ".3f"
        return [
            (word, *(f"{number:{form}}" for number in row))
            for word, row in zip(self.words, numbers.tolist(), strict=False)
        ]

    def __contains__(self, word: object) -> bool:
        return word in self.index

    def __iter__(self) -> Iterator[str]:
        """The words, in their order."""
        return iter(self.words)

    def __getitem__(self, words: str | Iterable[str]) -> np.ndarray:
        """The vector of a word, (D,), or those of a list of n words, (n, D)."""
        if isinstance(words, str):
            return search.dense_rows(self.vectors, [self.row(words)])[0]
        rows = [self.row(word) for word in words_of("the index", words)]
        return search.dense_rows(self.vectors, np.array(rows, np.int64))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The vectors, (V, D), for ``np.asarray``; sparse ones become dense."""
        vectors: Any = self.vectors
        sparse = search.is_sparse(vectors)
        array = vectors.toarray() if sparse else np.asarray(vectors)
        changed = sparse or (dtype is not None and array.dtype != dtype)
        if copy is False and changed:
            raise ValueError("these vectors cannot become such an array without a copy")
        return np.array(array, dtype) if copy or changed else array

    def _repr_html_(self) -> str:
        """For notebooks: the first words, and the beginning of their vectors."""
        named = self.columns is self.words and len(self) <= SMALL
        height, width = (SMALL, SMALL) if named else (8, 6)
        more = ["…"] * (width < self.vector_size)
        rows = [(*row, *more) for row in self._rows(height, width)]
        caption = repr(self).partition("\n")[0]
        return html_table(caption, ["word", *self.columns[:width], *more], rows)

    def to_frame(self) -> DataFrame:
        """Return a pandas DataFrame: one row per word, one column per dimension.

        The columns of co-occurrence counts and of PPMI are called by their words.

        Raises
        ------
        BackendError
            pandas is not installed.
        """
        return data_frame(np.asarray(self), index=self.words, columns=list(self.columns))

    def row(self, word: str) -> int:
        """Return the row of a word; ``UnknownWordError`` suggests the closest spellings."""
        row = self.index.get(word)
        if row is None:
            close = difflib.get_close_matches(word, self._spellings_near(word), 3, 0.6)
            hint = f"; did you mean {', '.join(close)}?" if close else ""
            raise UnknownWordError(f"the word {word!r} is not in the vocabulary{hint}")
        return row

    def _spellings_near(self, word: str) -> list[str]:
        """Return candidates for difflib, which is too slow for a whole vocabulary."""
        letters = set(word)
        near = [
            other
            for other in self.words
            if abs(len(other) - len(word)) <= 2 and len(letters & set(other)) * 2 >= len(letters)
        ]
        return near[:20_000]  # the most frequent ones

    def unit(self, rows: Any) -> np.ndarray:
        """Return rows divided by their lengths, dense, (n, D); a row of zeros stays zero."""
        rows = np.asarray(rows)
        return search.dense_rows(self.vectors, rows) / self.lengths[rows][..., None]
