"""A corpus: a text as ids, with what it is built from and opened by."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, cast, overload

import numpy as np

from wordkit.corpus.build import build
from wordkit.corpus.encoded import read_encoded, write_encoded
from wordkit.corpus.reader import TextFormat
from wordkit.corpus.split import part_of, shares_of
from wordkit.corpus.text import TextOptions, Tokenizer
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError
from wordkit.storage.config import CONFIG
from wordkit.tables import html_table, refuse_data_frame

TEXTBOOK: dict[str, Any] = {"punctuation": "split", "min_count": 1, "order": "appearance"}
"""Options under which a sentence has the ids of "Deep Learning from Scratch 2", chapter 2."""
PIECE = 1 << 20
"""Ids written at a time: 4 MB."""
_LONGEST_NAME, _LONGEST_PATH = 255, 4095  # bytes, on most systems


class Corpus:
    """Text as ids, memory-mapped when it was loaded: a collection of documents.

    It has a length, can be indexed and iterated over, as a list of documents, each a list of
    words; a slice, or a list of numbers, gives a corpus of some documents. ``in`` asks for a
    word. See ``from_files`` and ``from_texts`` for how to build one.

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
    def from_files(
        cls,
        source: str | PathLike[str] | Iterable[str | PathLike[str]],
        *,
        directory: str | Path | None = None,
        document: str = "line",
        field: str | None = None,
        errors: str = "strict",
        unwrap: bool = False,
        tokenizer: str | Tokenizer = "words",
        lower: bool = True,
        normalize: bool = True,
        strip_accents: bool = False,
        punctuation: str = "drop",
        numbers: str = "keep",
        eos: str | None = None,
        min_count: int = 5,
        max_vocab: int | None = None,
        unk: bool = False,
        order: str = "frequency",
        vocabulary: Vocabulary | None = None,
        workers: int | None = None,
        progress: bool = False,
    ) -> Corpus:
        """Build a corpus from files of text, plain or .gz, .bz2, .xz, .zip.

        Parameters
        ----------
        source
            A file, a folder, a pattern such as ``"books/*.txt"``, or a list of these; strings
            are paths.
        directory
            Where to put the corpus; without it, it stays in memory.
        document, field, errors, unwrap
            How the lines of files become documents: see ``wordkit.corpus.reader.TextFormat``.
            ``unwrap=True`` joins the lines of a book to paragraphs.
        tokenizer, lower, normalize, strip_accents, punctuation, numbers, eos
            How text becomes tokens: see ``TextOptions``.
        min_count, max_vocab, unk
            Drop rarer words; keep at most this many words; replace dropped words by ``<unk>``.
        order
            Number the words by ``frequency``, or by ``appearance`` in the text.
        vocabulary
            Use the words of this vocabulary, however rare they are.
        workers
            Processes that tokenise; all cores if None.
        progress
            Show a progress bar.

        Raises
        ------
        CorpusError
            A file does not exist or cannot be read, or no words are left.
        FormatError
            Something else stands in the place of the directory.
        InUseError
            Another process is writing it.
        """
        several = isinstance(source, Iterable) and not isinstance(source, (str, PathLike))
        given: list[Any] = list(cast(Any, source)) if several else [source]
        format = TextFormat(document, field, errors, unwrap)
        text = TextOptions(tokenizer, lower, normalize, punctuation, numbers, eos, strip_accents)
        return cls.build(
            [_path(each) for each in given], directory, text=text, format=format,
            min_count=min_count, max_vocab=max_vocab, unk=unk, order=order, vocabulary=vocabulary,
            workers=workers, progress=progress,
        )  # fmt: skip

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[str | Sequence[str]],
        *,
        directory: str | Path | None = None,
        unwrap: bool = False,
        tokenizer: str | Tokenizer = "words",
        lower: bool = True,
        normalize: bool = True,
        strip_accents: bool = False,
        punctuation: str = "drop",
        numbers: str = "keep",
        eos: str | None = None,
        min_count: int = 5,
        max_vocab: int | None = None,
        unk: bool = False,
        order: str = "frequency",
        vocabulary: Vocabulary | None = None,
        workers: int | None = None,
        progress: bool = False,
    ) -> Corpus:
        """Build a corpus from texts, each a document.

        Parameters
        ----------
        texts
            A list, a generator or a pandas Series of strings, or of lists of tokens, which are
            taken as they are.

        The others, and the errors, are as in ``from_files``.
        """
        text = TextOptions(tokenizer, lower, normalize, punctuation, numbers, eos, strip_accents)
        return cls.build(
            _documents(texts), directory, text=text, format=TextFormat(unwrap=unwrap),
            min_count=min_count, max_vocab=max_vocab, unk=unk, order=order, vocabulary=vocabulary,
            workers=workers, progress=progress,
        )  # fmt: skip

    @classmethod
    def textbook(cls, *texts: str) -> Corpus:
        """Build a corpus as textbooks do: all words, numbered as they appear, and punctuation.

        It is ``from_texts`` with the options of ``TEXTBOOK``.

        Examples
        --------
        >>> corpus = Corpus.textbook("You say goodbye and I say hello.")
        >>> corpus.vocabulary.words
        ['you', 'say', 'goodbye', 'and', 'i', 'hello', '.']
        >>> corpus.ids.tolist()
        [0, 1, 2, 3, 4, 1, 5, 6]
        """
        return cls.from_texts(texts, **TEXTBOOK)

    @classmethod
    def build(
        cls,
        source: Any,
        directory: str | Path | None = None,
        *,
        text: TextOptions | None = None,
        format: TextFormat | None = None,
        min_count: int = 5,
        max_vocab: int | None = None,
        unk: bool = False,
        order: str = "frequency",
        vocabulary: Vocabulary | None = None,
        workers: int | None = None,
        progress: bool = False,
    ) -> Corpus:
        """Build a corpus from paths or texts, with ``TextOptions`` and a ``TextFormat``.

        It is what ``from_files`` and ``from_texts`` call; see ``wordkit.corpus.build.build``.
        """
        return cls(*build(
            source, directory, text=text, format=format, min_count=min_count,
            max_vocab=max_vocab, unk=unk, order=order, vocabulary=vocabulary, workers=workers,
            progress=progress,
        ))  # fmt: skip

    @classmethod
    def load(cls, directory: str | Path, *, verify: bool = True) -> Corpus:
        """Open a corpus folder.

        Parameters
        ----------
        verify
            Compare the ids with their checksum and with the vocabulary; this reads all of them,
            at about 2 GB per second.

        Raises
        ------
        FormatError
            It is not a corpus, of a newer version, or damaged.
        """
        return cls(*read_encoded(directory, verify=verify))

    def save(self, directory: str | Path) -> None:
        """Write a corpus folder.

        Raises
        ------
        FormatError
            Something else exists there.
        """
        pieces = (self.ids[start : start + PIECE] for start in range(0, self.tokens, PIECE))
        write_encoded(directory, self.vocabulary, pieces, self.offsets, self._own_settings())

    def _own_settings(self) -> dict[str, Any]:
        """The settings without kind and version of the folder."""
        about = "wordkit", "kind", "version"
        return {name: value for name, value in self.settings.items() if name not in about}

    # --- a collection of documents ----------------------------------------------------

    @property
    def tokens(self) -> int:
        """The number of tokens, T."""
        return len(self.ids)

    @property
    def documents(self) -> int:
        """Number of documents."""
        return len(self.offsets) - 1

    def __len__(self) -> int:
        """Number of documents."""
        return self.documents

    def __contains__(self, word: object) -> bool:
        """Whether the vocabulary has a word."""
        return isinstance(word, str) and word in self.vocabulary

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the words of each document."""
        return map(self.document, range(self.documents))

    @overload
    def __getitem__(self, place: int) -> list[str]: ...

    @overload
    def __getitem__(self, place: slice | Sequence[int] | np.ndarray) -> Corpus: ...

    def __getitem__(self, place: int | slice | Sequence[int] | np.ndarray) -> Any:
        """Return the words of a document, or, for a slice or a list of numbers, a corpus.

        Documents keep their order; the vocabulary keeps its words, with counts of the new text.
        """
        if isinstance(place, (int, np.integer)):
            return self.document(range(self.documents)[place])  # IndexError if there is none
        chosen = np.zeros(self.documents, bool)
        chosen[place] = True
        return Corpus(*part_of(self, chosen), self._own_settings())

    def document(self, number: int) -> list[str]:
        """Return the tokens of one document."""
        start, end = self.offsets[number], self.offsets[number + 1]
        return self.vocabulary.decode(self.ids[start:end].tolist())

    def split(self, *shares: float, seed: int = 1) -> list[Corpus]:
        """Cut the corpus into parts, such as for training, validation and test.

        Documents are drawn at random and keep their order. If there are too few for each part
        to get one, as with a single long document, the text is cut into consecutive pieces
        instead. All parts have the words of the whole, with counts of their own text, and are
        in memory.

        Parameters
        ----------
        shares
            The share of the documents for each part; together at most 1.
        seed
            Seed of the draw.

        Raises
        ------
        CorpusError
            A share is not above 0, they sum to more than 1, or there is too little text.

        Examples
        --------
        >>> corpus = Corpus.from_texts(["a b", "b a", "a a", "b b"], min_count=1)
        >>> train, test = corpus.split(0.75, 0.25, seed=1)
        >>> len(train), len(test)
        (3, 1)
        """
        settings = self._own_settings()
        return [
            Corpus(*part, {**settings, "split": {"shares": shares, "part": n, "seed": seed}})
            for n, part in enumerate(shares_of(self, shares, seed))
        ]

    def __repr__(self) -> str:
        return (
            f"Corpus({self.tokens:,} tokens, {len(self.vocabulary):,} words, "
            f"{self.documents:,} documents)"
        )

    def _repr_html_(self) -> str:
        """For notebooks: the beginnings of the first documents."""
        rows = []
        for number in range(min(self.documents, 5)):
            ids = self.ids[self.offsets[number] : self.offsets[number + 1]]
            text = " ".join(self.vocabulary.decode(ids[:20].tolist()))
            rows.append((number, f"{len(ids):,}", text + " …" * (len(ids) > 20)))
        return html_table(repr(self), ("document", "tokens", "text"), rows)


def corpus_of(source: Any, vocabulary: Vocabulary | None = None) -> Corpus:
    """A corpus from what estimators take: a corpus, a path, or texts, with the usual options.

    Parameters
    ----------
    source
        A ``Corpus``; the ``pathlib.Path`` of a corpus folder, or of files of text; or texts,
        as ``Corpus.from_texts`` takes them. A string is none of these.
    vocabulary
        For a corpus that is built: keep its words.

    Raises
    ------
    CorpusError, FormatError
        As ``Corpus.load``, ``Corpus.from_files`` and ``Corpus.from_texts``.
    """
    if isinstance(source, Corpus):
        return source
    if isinstance(source, Path):
        holds_corpus = (source / CONFIG).exists()
        if holds_corpus:
            return Corpus.load(source)
        return Corpus.from_files(source, vocabulary=vocabulary)
    return Corpus.from_texts(source, vocabulary=vocabulary)


def _path(given: Any) -> Path:
    if not isinstance(given, (str, PathLike)):
        raise CorpusError(
            f"expected the name of a file, a folder or a pattern, found {type(given).__name__}; "
            "texts go to Corpus.from_texts"
        )
    name = os.fspath(given)
    too_long = max(map(len, name.split("/"))) > _LONGEST_NAME or len(name) > _LONGEST_PATH
    if too_long or ("\n" in name and not Path(name).exists()):
        raise CorpusError(
            f"expected the name of a file, found a text of {len(name):,} characters, "
            f"{name[:30]!r}...; texts go to Corpus.from_texts, as a list"
        )
    return Path(name)


def _documents(texts: Any) -> Iterator[Any]:
    """Texts one by one, if they are any."""
    if isinstance(texts, (str, bytes, PathLike)):
        what = "one path" if isinstance(texts, PathLike) else f"one string, {texts[:30]!r}"
        raise CorpusError(
            f"expected a list of texts, found {what}: a text is given as [text], a file as "
            "pathlib.Path(...), or to Corpus.from_files"
        )
    refuse_data_frame(texts, CorpusError)
    if isinstance(texts, Mapping) or not isinstance(texts, Iterable):
        raise CorpusError(f"expected a list of texts, found {type(texts).__name__}")
    return map(_text, texts)


def _text(document: Any) -> Any:
    if isinstance(document, PathLike):
        raise CorpusError(f"expected a text, found the path {document}: see Corpus.from_files")
    return document
