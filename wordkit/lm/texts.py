"""Text for language models: read as the Penn Treebank's is, or a corpus that was built."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.reader import STDIN, StrictFormat, TextFormat, plain_lines, read_blocks
from wordkit.corpus.text import EOS, UNK, TextOptions
from wordkit.corpus.unwrap import unwrapped
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError, ModelError
from wordkit.lm.settings import LMText
from wordkit.tables import refuse_data_frame

STANDARD_INPUT = (Path(STDIN), Path("/dev/stdin"))
UNITS = {
    units: TextOptions(
        tokenizer=tokenizer, lower=False, normalize=False, punctuation="split", eos="line"
    )
    for units, tokenizer in (("words", "words"), ("chars", "chars"), ("tokens", "whitespace"))
}
"""How text is read, by ``LMText.units``; ``<eos>`` for each newline."""
_SAMPLE = 1 << 20
_MARK = re.compile(r"(\s?)[,.;:!?](?=\s)")


def text_options_for(text: LMText, sample: str) -> TextOptions:
    """How text that begins like the sample is to become tokens."""
    units = text.units or ("tokens" if is_tokenised(sample) else "words")
    return replace(
        UNITS[units],
        lower=text.lower,
        strip_accents=text.strip_accents,
        punctuation=text.punctuation,
    )


def is_tokenised(sample: str) -> bool:
    """Whether a text is in tokens already, with a space before each comma, or with ``<unk>``."""
    if f" {UNK} " in sample:
        return True
    spaces = [bool(space) for space in _MARK.findall(sample)]
    return len(spaces) >= 10 and sum(spaces) > 0.9 * len(spaces)


def beginning_of(path: Path) -> str:
    """The first characters of a file, to judge it by; of standard input, which is read once, none.

    Raises
    ------
    CorpusError
        It cannot be read.
    """
    if path in STANDARD_INPUT:
        return ""
    for block in read_blocks([str(path)], whole_lines=False):
        return block.data[:_SAMPLE].decode("utf-8", "replace")
    return ""


def text_corpus(source: Any, text: LMText, like: TextOptions | None = None) -> Corpus:
    """The corpus of a text for Python: a ``Corpus``, a ``Path``, or strings or lists of tokens.

    Parameters
    ----------
    text
        Of these, ``unwrap`` counts whether there is another text to follow or not.
    like
        How another text became tokens, which this one is to follow.

    Raises
    ------
    CorpusError
        It is something else, has no words, or cannot be read.
    """
    if isinstance(source, Corpus):
        return source
    if isinstance(source, Path):
        if source.is_dir():
            return Corpus.load(source)
        options = like or text_options_for(text, beginning_of(source))
        least = 1 if like else text.min_count
        return read_text(source, options, min_count=least, unwrap=text.unwrap)
    if isinstance(source, str) or not isinstance(source, Iterable):
        kind = "a string" if isinstance(source, str) else type(source).__name__
        raise CorpusError(
            f"expected a Corpus, a list of texts or a pathlib.Path, found {kind}: put one text in "
            "a list, or a file's name in a Path"
        )
    refuse_data_frame(source, CorpusError)
    texts = list(source)
    sample = "\n".join(each for each in texts[:1000] if isinstance(each, str))
    options = like or text_options_for(text, sample)
    documents = [each if isinstance(each, str) else [*each, EOS] for each in texts]
    least = 1 if like else text.min_count
    format = TextFormat(unwrap=text.unwrap)
    return Corpus.build(documents, text=options, format=format, min_count=least, unk=least > 1)


def read_text(
    path: str | Path,
    options: TextOptions = UNITS["tokens"],
    *,
    min_count: int = 1,
    unwrap: bool = False,
) -> Corpus:
    """A folder that holds a corpus as it is; any other file as text.

    ``-`` and ``/dev/stdin`` are standard input, which may be a pipe. Rarer words than
    ``min_count`` become ``<unk>``.

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
    path = Path(STDIN) if path in STANDARD_INPUT else path
    return Corpus.build(
        [path],
        text=options,
        format=StrictFormat(unwrap=unwrap),
        min_count=min_count,
        unk=min_count > 1,
    )


def read_lines(path: Path, *, unwrap: bool = False) -> list[str]:
    """The lines of a text file, or its paragraphs, as they are written.

    Raises
    ------
    CorpusError
        It cannot be read, or is not UTF-8.
    """
    name = STDIN if path in STANDARD_INPUT else str(path)
    lines = [
        line for block in read_blocks([name], whole_lines=True) for line in plain_lines(block)
    ]
    return [line for line in unwrapped(lines) if line] if unwrap else lines


def text_options(corpus: Corpus) -> TextOptions:
    """How the text of a corpus became tokens.

    Split on white space, if nobody knows: what was made by a callable is tokens, and only
    the callable's name is left.
    """
    values = corpus.settings.get("text")
    if values is None or (isinstance(values, Mapping) and ":" in str(values.get("tokenizer"))):
        return UNITS["tokens"]
    return options_from(values)


def options_from(values: Any) -> TextOptions:
    """``TextOptions`` from what its ``to_dict`` wrote.

    Raises
    ------
    CorpusError
        It wrote something else.
    """
    kinds = {"lower": bool, "normalize": bool, "strip_accents": bool}
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
