"""Build a corpus: text is tokenised once, in parallel, and becomes ids on disk.

Workers number the words of a block in the order of first occurrence; this process merges the
numberings in the order of the text, and finally renumbers by frequency. The result is the same
for any number of workers.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from wordkit.backend.processes import in_processes
from wordkit.backend.threads import checked_workers
from wordkit.corpus.blocks import EncodedBlock, Numbering, blocks_of, encode_block
from wordkit.corpus.encoded import KIND, Encoded, read_encoded, write_encoded
from wordkit.corpus.reader import STDIN, TextFormat
from wordkit.corpus.text import EOS, UNK, TextOptions
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError
from wordkit.progress import progress_bar
from wordkit.storage.folders import check_replaceable
from wordkit.storage.locks import locked
from wordkit.storage.paths import FULL

IDS_PER_PASS = 1 << 22


def build(
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
) -> Encoded:
    """Build a corpus; see ``Corpus.from_files`` and ``Corpus.from_texts``.

    Parameters
    ----------
    source
        A ``pathlib.Path`` or a list of them: files, folders, patterns. Else an iterable
        of documents, each a string or a list of tokens (which are taken as they are).
    directory
        Where to put it; without it the corpus stays in memory.
    text, format
        How text becomes tokens, and how the lines of files become documents.
    min_count, max_vocab, unk, order
        Which words stay, and their order; see ``Vocabulary.from_counts``.
    vocabulary
        Use this vocabulary, rather than choosing words by the parameters above.
    workers
        Processes that tokenise; all cores if None.

    Raises
    ------
    CorpusError
        The text is unreadable, or no words are left.
    FormatError
        Something else exists at the directory.
    InUseError
        Another process is writing it.
    """
    text, format = text or TextOptions(), format or TextFormat()
    if isinstance(source, Path):
        source = [source]
    elif isinstance(source, str) or not isinstance(source, Iterable):
        raise CorpusError(
            f"expected a list of pathlib.Path or of texts, found {type(source).__name__}"
        )
    settings: dict[str, Any] = {"text": text.to_dict(), "format": asdict(format)}
    if vocabulary is None:
        settings |= {"min_count": min_count, "max_vocab": max_vocab, "unk": unk, "order": order}
    else:
        settings["vocabulary"] = "given"
    name = _name_of(source)
    blocks, size = blocks_of(source, format)
    workers = checked_workers(workers)
    if directory is not None:
        check_replaceable(directory, KIND)
    encode = partial(encode_block, text=text, format=format)
    with locked(directory), scratch_file(directory) as raw:
        with progress_bar("tokenising", size, "B", show=progress) as bar:
            encoded = in_processes(encode, blocks, workers)
            text_read = _read(encoded, raw, bar)
        if vocabulary is None:
            vocabulary = Vocabulary.from_counts(
                text_read.words,
                text_read.counts,
                min_count=min_count,
                max_vocab=max_vocab,
                unk=unk,
                order=order,
                always=[EOS] if text.eos else [],
            )
            _check_not_empty(name, vocabulary, text_read, min_count, max_vocab)
        new_ids = text_read.renumbering(vocabulary)
        tokens = int(text_read.counts[new_ids >= 0].sum())
        if not tokens:
            raise CorpusError(f"{name} has no word of the given vocabulary")
        offsets = text_read.offsets(new_ids)
        if directory is None:
            ids = np.concatenate(list(text_read.passes(new_ids)))
            return Encoded(vocabulary, ids, offsets, settings)
        write_encoded(directory, vocabulary, text_read.passes(new_ids), offsets, settings)
        return read_encoded(directory, verify=False)


def _name_of(source: Iterable[Any]) -> str:
    """Return a name for the input: its own, if it is one file, folder or pattern."""
    only = source[0] if isinstance(source, list) and len(source) == 1 else None
    return str(only) if isinstance(only, Path) and str(only) != STDIN else "the input"


def _check_not_empty(
    name: str,
    vocabulary: Vocabulary,
    text_read: TextRead,
    min_count: int,
    max_vocab: int | None,
) -> None:
    own = [n for n, word in enumerate(text_read.words) if word not in (EOS, UNK)]
    if not own:
        raise CorpusError(f"{name} has no words: it is empty, or the tokenizer keeps nothing")
    if not set(vocabulary.words) - {EOS, UNK}:
        raise CorpusError(
            f"no word is left: the most frequent of {len(own):,} occurs "
            f"{text_read.counts[own].max():,} times, and min_count is {min_count}; lower it "
            "(--min-count)" + (f", or raise max_vocab, which is {max_vocab}" if max_vocab else "")
        )


# --- joining the blocks -------------------------------------------------------------


@dataclass
class TextRead:
    """All text under one numbering, by first occurrence, in a scratch file."""

    words: list[str]
    counts: np.ndarray
    boundaries: np.ndarray
    raw: IO[bytes]

    def renumbering(self, vocabulary: Vocabulary) -> np.ndarray:
        """Map numbers to ids; -1 for words that are dropped."""
        missing = -1 if vocabulary.unk_id is None else vocabulary.unk_id
        get = vocabulary.index.get
        return np.fromiter((get(word, missing) for word in self.words), np.int32, len(self.words))

    def passes(self, new_ids: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the ids of the text under the final numbering, in pieces."""
        for piece in self._pieces():
            ids = new_ids[piece]
            yield ids[ids >= 0]

    def offsets(self, new_ids: np.ndarray) -> np.ndarray:
        """Return the starts of the documents that keep any token, and the end of the last."""
        start = kept = 0
        found = [np.zeros(1, np.int64)]
        for piece in self._pieces():
            # tokens kept before each token
            before = np.concatenate([[0], np.cumsum(new_ids[piece] >= 0)])
            first, last = np.searchsorted(self.boundaries, [start, start + len(piece)])
            found.append(kept + before[self.boundaries[first:last] - start])
            start, kept = start + len(piece), kept + int(before[-1])
        return np.unique(np.concatenate([*found, [kept]])).astype(np.int64)

    def _pieces(self) -> Iterator[np.ndarray]:
        self.raw.seek(0)
        while data := self.raw.read(4 * IDS_PER_PASS):
            yield np.frombuffer(data, np.int32)


def _read(encoded: Iterable[EncodedBlock], raw: IO[bytes], bar: Any) -> TextRead:
    numbering = Numbering()
    counts = np.zeros(0, np.int64)
    boundaries = [np.zeros(0, np.int64)]
    tokens = 0
    for block in encoded:
        numbers = np.fromiter(map(numbering.__getitem__, block.words), np.int32, len(block.words))
        if len(numbering) > len(counts):
            counts = np.concatenate([counts, np.zeros(len(numbering), np.int64)])
        counts[numbers] += np.bincount(block.ids, minlength=len(numbers))
        boundaries.append(block.boundaries + tokens)
        raw.write(numbers[block.ids].data)
        tokens += len(block.ids)
        bar.update(block.size)
    return TextRead(list(numbering), counts[: len(numbering)], np.concatenate(boundaries), raw)


@contextmanager
def scratch_file(directory: str | Path | None) -> Iterator[IO[bytes]]:
    """Open an unnamed file, on the disk where the corpus will be written, if it will be.

    Raises
    ------
    CorpusError
        The disk is full.
    """
    parent = None if directory is None else Path(directory).absolute().parent
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=parent) as file:
            yield file
    except OSError as error:
        # ENOENT: none of the folders for temporary files can be written
        full = error.errno in {*FULL, errno.ENOENT}
        if not full or error.filename is not None:  # the error of some named file
            raise
        place = parent or tempfile.tempdir or "a temporary folder"
        elsewhere = "set TMPDIR to" if parent is None else "name a place in"
        raise CorpusError(
            f"the ids of the text do not fit into {place} "
            f"({error.strerror}): free disk space there, or {elsewhere} another folder"
        ) from None
