"""Text is tokenised once, in parallel, and becomes ids on disk.

Workers number the words of a block as they meet them; this process joins their
numberings in the order of the text, and renumbers by frequency at the end. The
result is the same for any number of workers.
"""

from __future__ import annotations

import errno
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from wordkit.backend.processes import in_processes
from wordkit.backend.threads import checked_workers
from wordkit.corpus.datasets import dataset, fetch
from wordkit.corpus.encoded import (
    IDS,
    KIND,
    OFFSETS,
    PARTS_KIND,
    VERSION,
    VOCABULARY,
    Corpus,
)
from wordkit.corpus.reader import (
    BLOCK,
    STDIN,
    Block,
    TextFormat,
    find_inputs,
    read_blocks,
    text_lines,
    total_size,
)
from wordkit.corpus.text import EOS, UNK, TextOptions, make_tokenizer
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError
from wordkit.progress import progress_bar
from wordkit.storage.config import write_config
from wordkit.storage.folders import FULL, check_replaceable, new_folder
from wordkit.storage.tensors import TensorWriter, write_tensors

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
    vocabulary: Vocabulary | None = None,
    workers: int | None = None,
    progress: bool = False,
) -> Corpus:
    """Build a corpus.

    Parameters
    ----------
    source
        A path or a list of ``pathlib.Path``: files, folders, patterns. Else an iterable
        of documents, each a string or a list of tokens (which are taken as they are).
    directory
        Where to put it; without it the corpus stays in memory.
    text, format
        How text becomes tokens, and how the lines of files become documents.
    min_count, max_vocab, unk
        Which words stay; see ``Vocabulary.from_counts``.
    vocabulary
        Use this one, and count none of the above.
    workers
        Processes that tokenise; all cores if None.

    Raises
    ------
    CorpusError
        Unreadable text, or no word left.
    """
    text, format = text or TextOptions(), format or TextFormat()
    if isinstance(source, (str, Path)):
        source = [Path(source)]
    elif not isinstance(source, Iterable):
        raise CorpusError(f"expected paths or texts, found {type(source).__name__}")
    settings: dict[str, Any] = {"text": text.to_dict(), "format": asdict(format)}
    if vocabulary is None:
        settings |= {"min_count": min_count, "max_vocab": max_vocab, "unk": unk}
    else:
        settings["vocabulary"] = "given"
    name = _name_of(source)
    blocks, size = _blocks(source, format)
    workers = checked_workers(workers)
    if directory is not None:
        check_replaceable(directory, KIND)
    encode = partial(encode_block, text=text, format=format)
    with scratch_file(directory) as raw:
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
            return Corpus(vocabulary, ids, offsets, settings)
        return write_corpus(directory, vocabulary, text_read.passes(new_ids), offsets, settings)


def write_corpus(
    directory: str | Path,
    vocabulary: Vocabulary,
    pieces: Iterable[np.ndarray],
    offsets: np.ndarray,
    settings: Mapping[str, Any],
) -> Corpus:
    """Write a corpus folder, its ids (int32) piece by piece, and open it."""
    with new_folder(directory, KIND) as folder:
        write_config(folder, KIND, VERSION, settings)
        vocabulary.save(folder / VOCABULARY)
        write_tensors(folder / OFFSETS, {"offsets": offsets})
        with open(folder / IDS, "wb") as file:
            writer = TensorWriter(file, {"ids": ((int(offsets[-1]),), np.int32)})
            for ids in pieces:
                writer.write(ids)
            writer.close()
    return Corpus.load(directory, verify=False)


def _name_of(source: Iterable[Any]) -> str:
    """What to call the input: by its name, if it is one file (or folder, or pattern)."""
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


# --- blocks of files or of texts ----------------------------------------------------


class Texts(NamedTuple):
    """A block of documents that Python already holds."""

    documents: list[str | Sequence[str]]
    size: int = 0


def _blocks(
    source: Iterable[Any], format: TextFormat
) -> tuple[Iterator[Block | Texts], int | None]:
    """All blocks, and their size in bytes if that is known."""
    documents = iter(source)
    try:
        head = next(documents)
    except StopIteration:
        raise CorpusError("the input is empty: no path and no text") from None
    if isinstance(head, Path):
        names = find_inputs([head, *documents], format.field)
        return iter(read_blocks(names, whole_lines=format.field is not None)), total_size(names)
    return _text_blocks(chain([head], documents)), None


def _text_blocks(documents: Iterable[Any]) -> Iterator[Texts]:
    block: list[str | Sequence[str]] = []
    size = 0
    for number, document in enumerate(documents):
        if not isinstance(document, str):
            if not isinstance(document, Iterable):
                raise _bad_document(number, document)
            document = list(document)
            if not all(isinstance(token, str) for token in document):
                raise _bad_document(number, document)
        block.append(document)
        size += len(document) * (1 if isinstance(document, str) else 8)
        if size >= BLOCK:
            yield Texts(block)
            block, size = [], 0
    if block:
        yield Texts(block)


def _bad_document(number: int, document: Any) -> CorpusError:
    return CorpusError(
        f"document {number}: expected a string or a list of strings, found {str(document)[:60]}"
    )


# --- tokenising a block -------------------------------------------------------------


class EncodedBlock(NamedTuple):
    """A block whose words are numbered in the order in which it has them."""

    words: list[str]
    ids: np.ndarray
    boundaries: np.ndarray
    """Token numbers before which a document ends."""
    size: int


class Numbering(dict[str, int]):
    """Gives each new word the next number."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def encode_block(block: Block | Texts, text: TextOptions, format: TextFormat) -> EncodedBlock:
    """Tokenise and number one block."""
    if isinstance(block, Block) and not block.ends_line:
        text = replace(text, eos=None)  # the line goes on in the next block
    tokenize = make_tokenizer(text)
    numbering = Numbering()
    ids = array("i")
    boundaries = array("q")
    for line in _lines(block, format):
        if line is None:
            boundaries.append(len(ids))
        else:
            tokens = tokenize(line) if isinstance(line, str) else line
            ids.extend(map(numbering.__getitem__, tokens))
    return EncodedBlock(
        list(numbering), np.array(ids, np.int32), np.array(boundaries, np.int64), block.size
    )


def _lines(block: Block | Texts, format: TextFormat) -> Iterator[str | Sequence[str] | None]:
    if isinstance(block, Block):
        yield from format.lines(block)
        return
    for document in block.documents:
        if isinstance(document, str):
            yield from text_lines(document)
        else:
            yield document
            yield None


# --- joining the blocks -------------------------------------------------------------


@dataclass
class TextRead:
    """All text under one numbering, in the order of first occurrence, in a scratch file."""

    words: list[str]
    counts: np.ndarray
    boundaries: np.ndarray
    raw: IO[bytes]

    def renumbering(self, vocabulary: Vocabulary) -> np.ndarray:
        """From number to id; -1 for words that go."""
        missing = -1 if vocabulary.unk_id is None else vocabulary.unk_id
        get = vocabulary.index.get
        return np.fromiter((get(word, missing) for word in self.words), np.int32, len(self.words))

    def passes(self, new_ids: np.ndarray) -> Iterator[np.ndarray]:
        """The ids of the text under the final numbering, in pieces."""
        for piece in self._pieces():
            ids = new_ids[piece]
            yield ids[ids >= 0]

    def offsets(self, new_ids: np.ndarray) -> np.ndarray:
        """Where the documents that keep any token begin, and the end of the last."""
        start = kept = 0
        found = [np.zeros(1, np.int64)]
        for piece in self._pieces():
            before = np.concatenate([[0], np.cumsum(new_ids[piece] >= 0)])  # kept before a token
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
    """A nameless file on the disk where a corpus will stand, if it will.

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
        # ENOENT: of all folders for temporary files, none takes a byte
        full = error.errno in {*FULL, errno.ENOENT}
        if not full or error.filename is not None:  # a file that has a name is not this one
            raise
        place = parent or tempfile.tempdir or "a temporary folder"
        elsewhere = "set TMPDIR to" if parent is None else "name a place in"
        raise CorpusError(
            f"the ids of the text do not fit into {place} "
            f"({error.strerror}): make room there, or {elsewhere} another folder"
        ) from None


# --- known datasets -----------------------------------------------------------------


def build_dataset(
    name: str, directory: str | Path, workers: int | None = None, *, progress: bool = False
) -> list[tuple[str, Corpus]]:
    """Build the parts of a known dataset, with the vocabulary of the first alone.

    The text is taken as the field does: tokens split on white space, nothing changed,
    ``<eos>`` for each newline.
    """
    text = TextOptions(tokenizer="whitespace", lower=False, normalize=False, eos="line")
    parts = dataset(name).parts
    if not parts:
        raise CorpusError(f"{name} is no text to build a corpus from")
    files = dict(zip(parts, fetch(name, progress=progress), strict=True))
    vocabulary: Vocabulary | None = None
    with new_folder(directory, PARTS_KIND) as folder:
        write_config(folder, PARTS_KIND, VERSION, {"parts": parts})
        for part, file in files.items():
            built = build(
                [file],
                folder / part,
                text=text,
                min_count=1,
                vocabulary=vocabulary,
                workers=workers,
            )
            vocabulary = vocabulary or built.vocabulary
    return [(part, Corpus.load(Path(directory) / part, verify=False)) for part in parts]
