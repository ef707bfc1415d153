"""Collocations become words: new york becomes new_york.

A pass counts the pairs of neighbours, scores them, and joins those above a threshold,
from left to right, never across the end of a document. The next pass can join new_york
and times.

T is the number of tokens, V of words, P of different pairs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wordkit.corpus.build import Numbering, write_corpus
from wordkit.corpus.encoded import Corpus, as_corpus
from wordkit.corpus.text import EOS, UNK
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError
from wordkit.progress import progress_bar

PIECE = 1 << 22
"""Tokens that are read at once."""
PAIRS_AT_ONCE = 1 << 23
"""Pairs that are counted at once, about; they take 25 bytes each while this is done."""

THRESHOLDS = {"npmi": 0.5, "word2vec": 10.0}
MEASURES = (
    "chi_sq",
    "dice",
    "jaccard",
    "likelihood_ratio",
    "mi_like",
    "phi_sq",
    "pmi",
    "poisson_stirling",
    "student_t",
)
"""Those of NLTK's ``BigramAssocMeasures`` that serve as a score."""


class Phrase(NamedTuple):
    """Two neighbours that became one word."""

    joined: str
    count: int
    """How often they were joined."""
    score: float


def join_phrases(
    corpus: Any,
    directory: str | Path | None = None,
    *,
    score: str = "npmi",
    threshold: float | None = None,
    min_count: int = 5,
    passes: int = 2,
    delimiter: str = "_",
    progress: bool = False,
) -> tuple[Corpus, list[Phrase]]:
    """Join the collocations of a corpus into words of their own.

    Parameters
    ----------
    corpus
        A ``Corpus``, the folder of one, or texts.
    directory
        Where to put the new corpus; without it that stays in memory.
    score
        ``npmi``, normalised pointwise mutual information, from -1 to 1 (Bouma 2009).
        ``word2vec``, (count(ab) - min_count) / (count(a) count(b)) T (Mikolov et al.
        2013), T the number of tokens as in word2phrase.c; where gensim has the number of
        different words and pairs. Or one of NLTK's ``MEASURES``, by which pairs that are
        rarer than by chance are never joined.
    threshold
        Pairs with a greater score are joined; by default .5 for ``npmi``, 10 for
        ``word2vec``.
    min_count
        Rarer pairs are not joined.
    passes
        How often to begin again with what is joined: two make phrases of up to four words.

    Returns
    -------
    The new corpus, its words numbered anew by frequency, and what was joined: pass by
    pass, the most frequent first. When that is nothing, the corpus is as it was.

    Raises
    ------
    CorpusError
        A setting out of its range, or a damaged corpus.
    """
    if passes < 1:
        raise CorpusError(f"passes must be at least 1, not {passes}")
    if threshold is None:
        threshold = THRESHOLDS.get(score)
    rules = Rules(score, threshold, min_count, delimiter)
    corpus = as_corpus(corpus)
    text, found = _counted(corpus), []
    for number in range(1, passes + 1):
        with progress_bar(f"pass {number}", 2 * len(text), " words", show=progress) as bar:
            text, phrases = _join_once(text, rules, directory, bar)
        if not phrases:
            break
        found += phrases
    settings = {k: v for k, v in corpus.settings.items() if k not in ("kind", "version")}
    if found:
        settings["phrases"] = {**asdict(rules), "passes": passes}
        corpus = Corpus(text.vocabulary, text.ids, text.offsets, settings)
    if directory is not None:
        corpus = write_corpus(
            directory, corpus.vocabulary, _pieces(corpus.ids), corpus.offsets, settings
        )
    elif found:
        corpus.ids = np.array(corpus.ids)  # no longer a scratch file
    return corpus, found
