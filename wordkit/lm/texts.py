"""Text for language models: read as the Penn Treebank's is, or a corpus that was built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.reader import STDIN, StrictFormat
from wordkit.corpus.text import EOS, UNK, TextOptions
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError, ModelError

UNITS = {
    "words": TextOptions(tokenizer="whitespace", lower=False, normalize=False, eos="line"),
    "chars": TextOptions(tokenizer="chars", lower=False, normalize=False, eos="line"),
}
"""How a file is read: split on white space, or into characters; ``<eos>`` for each newline."""


def read_text(path: str | Path, options: TextOptions = UNITS["words"]) -> Corpus:
    """A folder that holds a corpus as it is; any other file as text, with all its words.

    ``-`` and ``/dev/stdin`` are standard input, which may be a pipe.

    Raises
    ------
    CorpusError
        It cannot be read, is not UTF-8, or has no words.
    FormatError
        The folder holds no corpus, or a damaged one.
    """
    path = Path(path)
    if path.is_dir():
        return Corpus.load(path)
    # its own name for it reads it without looking back
    path = Path(STDIN) if path == Path("/dev/stdin") else path
    return Corpus.build([path], text=options, format=StrictFormat(), min_count=1)


def text_options(corpus: Corpus) -> TextOptions:
    """How the text of a corpus became tokens.

    Split on white space, if nobody knows: what was made by a callable is tokens, and only
    the callable's name is left.
    """
    values = corpus.settings.get("text")
    if values is None or (isinstance(values, Mapping) and ":" in str(values.get("tokenizer"))):
        return UNITS["words"]
    return options_from(values)


def options_from(values: Any) -> TextOptions:
    """``TextOptions`` from what its ``to_dict`` wrote.

    Raises
    ------
    CorpusError
        It wrote something else.
    """
    kinds = {"lower": bool, "normalize": bool}
    known = {field.name for field in fields(TextOptions)}
    if not isinstance(values, Mapping) or not {"tokenizer"} <= values.keys() <= known:
        raise CorpusError(f"expected the text options {', '.join(sorted(known))}, found {values}")
    for name, value in values.items():
        if not isinstance(value, kinds.get(name, str)) and not (name == "eos" and value is None):
            raise CorpusError(f"the text option {name} is {value!r}")
    return TextOptions(**values)


def check_ids(ids: np.ndarray, words: int) -> None:
    """``ModelError`` if one is not the id of any of so many words."""
    if ids.dtype.kind not in "iu" or (ids.size and not 0 <= ids.min() <= ids.max() < words):
        raise ModelError(
            f"ids must be whole numbers from 0 to {words - 1}, found {ids.dtype} "
            + (f"from {ids.min()} to {ids.max()}" if ids.size else "")
        )


def ids_in(
    corpus: Corpus, vocabulary: Vocabulary, name: str | Path = "the text"
) -> tuple[np.ndarray, int]:
    """The text of a corpus in the ids of another vocabulary, and how many words that lacks.

    These become ``<unk>``; where there is none, they are left out.

    Raises
    ------
    CorpusError
        The vocabulary has no word of the text, which is called ``name``.
    """
    words = corpus.vocabulary.words
    if words == vocabulary.words:
        return corpus.ids, 0
    index = vocabulary.index
    counts = np.bincount(corpus.ids, minlength=len(words))
    known = np.array([word in index for word in words], bool)
    own = np.array([word not in (EOS, UNK) for word in words], bool)
    if not counts[known & own].any():
        raise CorpusError(
            f"{name} has no known word: it is not of the language, or not written in the way, "
            "that the model learnt (lower case? characters?)"
        )
    unk = -1 if vocabulary.unk_id is None else vocabulary.unk_id
    ids = np.array([index.get(word, unk) for word in words], np.int32)[corpus.ids]
    return ids[ids >= 0], int(counts[~known].sum())
