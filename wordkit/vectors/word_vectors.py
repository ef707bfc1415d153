"""Words and their vectors, and the questions one asks of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wordkit.errors import ModelError
from wordkit.vectors import search
from wordkit.vectors.chosen_words import choose, words_of
from wordkit.vectors.formats import registry
from wordkit.vectors.vector_table import VectorTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from wordkit.vectors.evaluation.scores import AnalogiesResult, PairsResult

Query = str | np.ndarray
"""A word, or a vector of shape (D,)."""


class WordVectors(VectorTable):
    """One vector for each word.

    Parameters
    ----------
    words
        V distinct words, the most frequent first if that is known.
    vectors
        (V, D): a float32 array, which may be a memory map, or a SciPy sparse matrix.
    counts
        How often each word occurs, (V,), if that is known.

    Raises
    ------
    ModelError
        The sizes do not match, or a word occurs twice.
    """

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
            A word occurs twice.
        FormatError
            The format cannot hold these vectors; see ``registry.write``.
        """
        _ = self.index  # raises if a word occurs twice
        registry.write(path, self.words, self.vectors, self.counts, format)

    # --- nearest words ----------------------------------------------------------------

    def search(
        self, queries: np.ndarray, topn: int, restrict_vocab: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the rows nearest to each query by cosine.

        Parameters
        ----------
        queries
            (Q, D); they need not be unit vectors.
        topn
            How many rows to find for each query; fewer if there are fewer words.
        restrict_vocab
            Search only this many first rows, that is, the most frequent words.

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
        """Return words near the positive and far from the negative words or vectors.

        Parameters
        ----------
        method
            ``3cosadd``: the cosine with the mean of the unit vectors, negative ones
            with the opposite sign (Mikolov, Yih and Zweig 2013). ``3cosmul``: the product of the
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
        if isinstance(queries, str):
            words_of("queries", queries)
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
        """Return words w such that ``a`` is to ``b`` as ``c`` is to w, with their scores."""
        return self.most_similar([b, c], [a], topn, restrict_vocab, method)

    # --- pictures and scores ----------------------------------------------------------

    def plot(
        self,
        words: Iterable[str] | None = None,
        *,
        around: str | None = None,
        groups: Mapping[str, Iterable[str]] | None = None,
        top: int | None = None,
        stop_words: bool = True,
        method: str = "pca",
        seed: int = 1,
        path: str | Path | None = None,
    ) -> Figure:
        """Draw a map of words: of some, around one, in groups, or of the most frequent ones.

        Parameters
        ----------
        words
            The words to draw.
        around
            A word: it is drawn with the ``top`` (40) nearest to it.
        groups
            ``{"name": [words]}``: each group has a colour, named in a legend.
        top
            How many, where neither ``words`` nor ``groups`` says it: 150 most frequent words.
        stop_words
            Whether these may be function words of English, or have no letter; see
            ``wordkit.corpus.stop_words.is_stop_word``.
        method, seed
            ``pca``, ``tsne`` or ``raw``; see ``wordkit.vectors.maps.map_words``.
        path
            Where to write it, as PNG, SVG or PDF; without it nothing is written.

        Raises
        ------
        UnknownWordError
            A word is not in the vocabulary.
        ModelError
            There is no word, or what is given is no list of words.
        FormatError
            The name ends in none of ``.png``, ``.svg`` and ``.pdf``.
        BackendError
            matplotlib is not installed.
        """
        from wordkit.plots.figure import check_picture
        from wordkit.plots.words import plot_words
        from wordkit.vectors.maps import map_words

        check_picture(path)
        chosen, group_of = choose(self, words, around, groups, top, stop_words)
        places = map_words(self, chosen, method=method, seed=seed)
        title = None if around is None else f"around {around}"
        return plot_words(chosen, places, path, groups=group_of, title=title)

    def evaluate(
        self,
        test_set: str | Path,
        *,
        method: str = "3cosadd",
        restrict_vocab: int | None = 30_000,
        seed: int = 1,
    ) -> PairsResult | AnalogiesResult:
        """Score the vectors on word pairs (Spearman's rho) or analogies (accuracy).

        Parameters
        ----------
        test_set
            The name of a known set, such as ``ws353``, which is downloaded if need be; or the
            ``pathlib.Path`` of a file, see ``wordkit.vectors.evaluation.sets``.
        method, restrict_vocab, seed
            See ``wordkit.vectors.evaluation.scores.evaluate``.

        Raises
        ------
        CorpusError
            There is no known set of that name, or it cannot be downloaded.
        FormatError
            The file is no evaluation set.
        ModelError
            A vector holds NaN or infinity, or a setting is out of range.
        """
        from wordkit.vectors.evaluation.scores import evaluate
        from wordkit.vectors.evaluation.sets import find_evaluation_set

        found = find_evaluation_set(test_set)
        return evaluate(self, found, method=method, restrict_vocab=restrict_vocab, seed=seed)

    # --- pairs and groups -------------------------------------------------------------

    def similarity(self, a: str, b: str) -> float:
        """Return the cosine of the angle between two words."""
        one, other = self.unit([self.row(a), self.row(b)])
        return float(one @ other)

    def distances(self, word: Query, others: Iterable[str] | None = None) -> np.ndarray:
        """Return cosine distances (1 - cosine) from a word to each of a list, or to all words."""
        query = self._unit_query(word)
        if others is not None:
            rows = np.array([self.row(other) for other in words_of("others", others)], np.int64)
            return 1 - self.unit(rows) @ query
        return 1 - search.cosines(self.vectors, self.lengths, query[None])[0]

    def doesnt_match(self, words: Iterable[str]) -> str:
        """Return the word that is furthest from the mean of a group."""
        group = words_of("words", words)
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
    """Return Levy and Goldberg's (2014) scores of cosines (terms, V), positive terms first."""
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
