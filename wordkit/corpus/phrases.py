"""Join collocations into words: new york becomes new_york.

A pass finds the collocations and joins them from left to right, never across the end of
a document. The next pass can join new_york and times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.corpus import collocations
from wordkit.corpus.blocks import Numbering
from wordkit.corpus.build import scratch_file
from wordkit.corpus.corpus import Corpus, corpus_of
from wordkit.corpus.encoded import KIND, write_encoded
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError
from wordkit.progress import progress_bar
from wordkit.storage.folders import check_replaceable
from wordkit.storage.locks import locked


@dataclass(frozen=True)
class Phrase:
    """Two neighbours that were joined into one word."""

    joined: str
    count: int
    """The number of times they were joined."""
    score: float


def join_phrases(
    corpus: Any,
    directory: str | Path | None = None,
    *,
    score: str = "npmi",
    threshold: float | None = None,
    min_count: int = 5,
    passes: int = 2,
    connectors: Iterable[str] = collocations.CONNECTORS,
    stop_words: bool = False,
    delimiter: str = "_",
    progress: bool = False,
) -> tuple[Corpus, list[Phrase]]:
    """Join the collocations of a corpus into words of their own.

    Parameters
    ----------
    corpus
        A ``Corpus``, a ``pathlib.Path`` of one or of files of text, or texts.
    directory
        Where to put the new corpus; without it that stays in memory.
    score
        ``npmi``, normalised pointwise mutual information, from -1 to 1 (Bouma 2009).
        ``word2vec``, (count(ab) - min_count) / (count(a) count(b)) times the number of
        different words and pairs (Mikolov et al. 2013; the factor is gensim's, word2phrase.c
        has the number of tokens). Or one of NLTK's association measures, see
        ``wordkit.corpus.collocations.MEASURES``; with these, pairs rarer than by chance are
        never joined.
    threshold
        Pairs with a higher score are joined; by default .5 for ``npmi``, 10 for
        ``word2vec``.
    min_count
        Rarer pairs are not joined.
    connectors
        Words that may stand inside a phrase, but neither begin nor end it, as in
        ``bank_of_america`` (gensim's idea); two at most between two others. The default is
        gensim's list for English.
    stop_words
        Whether phrases may begin or end with a function word of English, see
        ``wordkit.corpus.stop_words.is_function_word``: ``has_been``, ``this_movie``.
    passes
        How many times to join, each on the result before: two make phrases of up to four words.

    Notes
    -----
    The defaults were chosen on the Penn Treebank (890,000 tokens) and on articles of Wikipedia
    (1.9 million, and 270,000 of these). Without ``connectors`` and with ``stop_words=True``,
    a fifth to a quarter of all joined pairs are such as ``has_been`` and ``this_year``; with
    the defaults none is. A threshold of .4 adds many such as ``first_time`` and ``two_goals``;
    .6 loses ``common_stock`` and ``northern_ireland``.

    Returns
    -------
    The new corpus, its words numbered anew by frequency, and what was joined: pass by
    pass, the most frequent first (equally frequent ones by spelling, then by score: a_b and
    c, a and b_c make the same word). When that is nothing, the corpus is as it was.

    Raises
    ------
    CorpusError
        A setting is out of range, or the corpus is damaged.
    FormatError
        Something else exists at the directory.
    InUseError
        Another process is writing it.
    """
    threshold = collocations.check(score, threshold, min_count)
    if isinstance(connectors, str):
        raise CorpusError(f"connectors must be a list of words, not a string: [{connectors!r}]")
    connectors = list(connectors)
    if passes < 1:
        raise CorpusError(f"passes must be at least 1, not {passes}")
    corpus = corpus_of(corpus)
    if directory is not None:
        check_replaceable(directory, KIND)
    with locked(directory):
        text, found = _counted(corpus), []
        for number in range(1, passes + 1):
            with progress_bar(f"pass {number}", 2 * text.tokens, " words", show=progress) as bar:
                between = collocations.Connectors(connectors, text.vocabulary)
                pairs = collocations.find(
                    text, score, threshold, min_count, between, stop_words, bar
                )
                if not len(pairs.first):
                    break
                text, phrases = _join(text, pairs, between, delimiter, directory, bar)
            found += sorted(phrases, key=lambda each: (-each.count, each.joined, -each.score))
        settings = {k: v for k, v in corpus.settings.items() if k not in ("kind", "version")}
        if found:
            settings["phrases"] = {
                "score": score,
                "threshold": threshold,
                "min_count": min_count,
                "passes": passes,
                "connectors": connectors,
                "stop_words": stop_words,
                "delimiter": delimiter,
            }
            corpus = Corpus(text.vocabulary, text.ids, text.offsets, settings)
        if directory is not None:
            pieces = _pieces(corpus.ids)
            write_encoded(directory, corpus.vocabulary, pieces, corpus.offsets, settings)
            corpus = Corpus.load(directory, verify=False)
        elif found:
            corpus.ids = np.array(corpus.ids)  # no longer in a scratch file
    return corpus, found


def _counted(corpus: Corpus) -> Corpus:
    """Return the corpus with counts of its own text; its vocabulary may be of another text."""
    size = len(corpus.vocabulary)
    counts = np.zeros(size, np.int64)
    for piece in _pieces(corpus.ids):
        if piece.min() < 0 or piece.max() >= size:
            raise CorpusError("the corpus is damaged: it has ids that its vocabulary lacks")
        counts += np.bincount(piece, minlength=size)
    return Corpus(Vocabulary(corpus.vocabulary.words, counts), corpus.ids, corpus.offsets)


def _pieces(ids: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(ids), collocations.PIECE):
        yield ids[start : start + collocations.PIECE]


def _join(
    corpus: Corpus,
    pairs: collocations.Collocations,
    connectors: collocations.Connectors,
    delimiter: str,
    directory: str | Path | None,
    bar: Any,
) -> tuple[Corpus, list[Phrase]]:
    """One pass: the corpus with the pairs joined, in a scratch file, and what was joined."""
    words = corpus.vocabulary.words
    inside = [connectors.inside(run) for run in pairs.run.tolist()]
    names = [
        delimiter.join([words[a], *(words[each] for each in between), words[b]])
        for a, between, b in zip(pairs.first.tolist(), inside, pairs.second.tolist(), strict=True)
    ]
    numbering = Numbering(corpus.vocabulary.index)  # a joined name may already be a word
    new_ids = np.array([numbering[name] for name in names], np.int32)
    offsets = np.zeros_like(corpus.offsets)
    with scratch_file(directory) as scratch:
        times = _write_joined(corpus, pairs, connectors, new_ids, scratch, offsets, bar)
        scratch.flush()
        ids = np.memmap(scratch, np.int32, "r+").view(np.ndarray)
    counts = np.zeros(len(numbering), np.int64)
    counts[: len(words)] = corpus.vocabulary.counts
    for some, change in (pairs.first, -times), (pairs.second, -times), (new_ids, times):
        np.add.at(counts, some, change)
    for between, less in zip(inside, times.tolist(), strict=True):
        for word in between:
            counts[word] -= less
    joined = zip(names, times.tolist(), pairs.scores.tolist(), strict=True)
    phrases = [Phrase(*phrase) for phrase in joined if phrase[1]]
    return _renumbered(list(numbering), counts, ids, offsets), phrases


def _write_joined(
    corpus: Corpus,
    pairs: collocations.Collocations,
    connectors: collocations.Connectors,
    new_ids: np.ndarray,
    file: Any,
    offsets: np.ndarray,
    bar: Any,
) -> np.ndarray:
    """Write the ids, joined, to a file, and where its documents begin to ``offsets``.

    Returns how often each pair was joined, (P,).
    """
    wanted = pairs.first * len(corpus.vocabulary) + pairs.second
    wanted = wanted * connectors.runs + pairs.run
    times = np.zeros(len(wanted), np.int64)
    start = length = 0
    while start < corpus.tokens:
        keys, lengths = collocations.pair_keys(corpus, start, connectors)
        slots = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
        places = np.flatnonzero(wanted[slots] == keys)
        places = apart(places, lengths[places])
        slots, lengths = slots[places], lengths[places]
        end = min(start + collocations.PIECE, corpus.tokens)
        if len(places):  # the last pair may include the first words of the next piece
            end = max(end, start + int(places[-1] + lengths[-1]))
        piece, kept = np.array(corpus.ids[start:end], np.int32), np.ones(end - start, bool)
        piece[places] = new_ids[slots]
        for within in range(1, collocations.MOST_CONNECTORS + 2):
            kept[places[lengths > within] + within] = False
        file.write(piece[kept].data)
        times += np.bincount(slots, minlength=len(wanted))
        before = np.concatenate([[0], np.cumsum(kept)])  # tokens kept before each token
        first, last = np.searchsorted(corpus.offsets, [start, end])
        offsets[first:last] = length + before[corpus.offsets[first:last] - start]
        start, length = end, length + int(before[-1])
        bar.update(len(piece))
    offsets[corpus.offsets == corpus.tokens] = length
    return times


def apart(places: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Of pairs at these places (ascending), of these lengths, those that no other takes a word of.

    A pair can share a word with the next one: its last. From left to right, of each run of such
    pairs the first is taken, the third, and so on.
    """
    begins = np.ones(len(places), bool)
    begins[1:] = places[1:] != places[:-1] + lengths[:-1] - 1
    number = np.arange(len(places))
    run = np.maximum.accumulate(np.where(begins, number, 0))
    return places[(number - run) % 2 == 0]


def _renumbered(
    words: list[str], counts: np.ndarray, ids: np.ndarray, offsets: np.ndarray
) -> Corpus:
    """Make a corpus of words and ids in any order; the ids are changed in place."""
    vocabulary = Vocabulary.from_counts(words, counts)
    get = vocabulary.index.get
    ranks = np.fromiter((get(word, -1) for word in words), np.int32, len(words))
    for piece in _pieces(ids):
        piece[:] = ranks[piece]
    return Corpus(vocabulary, ids, offsets)
