"""How many bits each word of a text carries (Shannon 1948; Hale 2001 for reading)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.text import EOS, UNK, make_tokenizer
from wordkit.errors import CorpusError
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.perplexity import log_probabilities
from wordkit.tables import data_frame


class WordSurprisal(NamedTuple):
    """A word as it is written: its bits, whether the model knows it, and its line, from 1."""

    word: str
    bits: float
    known: bool
    line: int

    @property
    def log_probability(self) -> float:
        """The natural logarithm of its probability."""
        return -self.bits * math.log(2)


class LineSurprisal(NamedTuple):
    """A line: its number, its bits, its words that have bits, and how many have none."""

    line: int
    bits: float
    words: int
    without: int


class Surprisal(Sequence[WordSurprisal]):
    """The words of a text with -log2 of their probabilities, each by all words before it.

    Attributes
    ----------
    unknown
        How many different words of the text the model does not know. They share the
        probability of ``<unk>`` in equal parts; if the model has none, their bits are NaN. So
        are those of the first word, if the model does not know how a text begins.
    """

    def __init__(self, words: Sequence[WordSurprisal], unknown: int):
        self._words, self.unknown = list(words), unknown

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, index: Any) -> Any:
        """A word, or some of them as another table."""
        found = self._words[index]
        return Surprisal(found, self.unknown) if isinstance(index, slice) else found

    @property
    def bits(self) -> float:
        """The sum over all words that have bits."""
        return math.fsum(word.bits for word in self._words if not math.isnan(word.bits))

    def lines(self) -> list[LineSurprisal]:
        """The sum of each line that has words."""
        found = []
        for line, group in groupby(self._words, key=lambda word: word.line):
            bits = [word.bits for word in group]
            own = [each for each in bits if not math.isnan(each)]
            found.append(LineSurprisal(line, math.fsum(own), len(own), len(bits) - len(own)))
        return found

    def to_frame(self) -> Any:
        """A pandas ``DataFrame`` with the columns word, bits, known and line."""
        return data_frame(self._words, columns=list(WordSurprisal._fields))

    def plot(self, path: str | Path | None = None) -> Any:
        """A heat map of the text: a matplotlib figure, or a PNG, SVG or PDF file."""
        from wordkit.plots.text import text_map

        return text_map([w.word for w in self._words], [w.bits for w in self._words], path)

    def to_html(self) -> str:
        """A heat map of the text, as an HTML element."""
        most = max((w.bits for w in self._words if not math.isnan(w.bits)), default=0) or 1
        paragraphs = (
            " ".join(_html_word(word, most) for word in group)
            for _, group in groupby(self._words, key=lambda word: word.line)
        )
        body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        return f'<div style="line-height: 1.8">{body}<p>{self.bits:,.2f} bits</p></div>'

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        width = max((len(word.word) for word in self._words), default=0)
        marks = {True: "", False: "  (unknown)"}
        lines = [f"{w.word:{width}} {w.bits:7.2f}{marks[w.known]}" for w in self._words]
        return "\n".join([*lines, f"{'':{width}} {self.bits:7.2f} bits"])


def _html_word(word: WordSurprisal, most: float) -> str:
    share = 0 if math.isnan(word.bits) else word.bits / most
    color = ",".join(str(round(255 + share * (end - 255))) for end in (8, 81, 156))
    title = "unknown, " * (not word.known) + f"{word.bits:.2f} bits"
    return (
        f'<span title="{title}" style="padding: 2px; background: rgb({color}); '
        f'color: {"white" if share > 0.6 else "black"}">{escape(word.word)}</span>'
    )


class _Written(NamedTuple):
    """A word as it is written, the token that it became, and its line."""

    word: str
    token: str
    line: int


def surprisal(
    model: RecurrentLanguageModel, text: str | Corpus, name: str = "the text"
) -> Surprisal:
    """The surprisal of each word of a text.

    Where the model knows ``<eos>``, the first word is predicted from the beginning of a line.
    A corpus has its tokens in place of words, and its documents in place of lines.

    Raises
    ------
    CorpusError
        The text, which is called ``name``, has no known word, or is no text.
    """
    if isinstance(text, Corpus):
        documents = range(text.documents)
        written = [_Written(t, t, n + 1) for n in documents for t in text.document(n)]
    elif isinstance(text, str):
        lines = enumerate(text.split("\n"), 1)
        written = [each for number, line in lines for each in _written(model, line, number)]
        if model.text.eos is not None and written and written[-1].token == EOS:
            written.pop()  # the text need not end here
    else:
        raise CorpusError(f"{name} must be a string or a Corpus, not {type(text).__name__}")
    vocabulary = model.vocabulary
    if not any(token in vocabulary and token not in (EOS, UNK) for _, token, _ in written):
        raise CorpusError(f"{name} has no {'known word' if written else 'words'}")
    unknown = len({each.token for each in written} - vocabulary.index.keys())
    bits = iter(_bits(model, vocabulary.encode([each.token for each in written])))
    found = []
    for word, token, line in written:
        known = token in vocabulary
        own = next(bits) if known or vocabulary.unk_id is not None else math.nan
        found.append(WordSurprisal(word, own + (0 if known else math.log2(unknown)), known, line))
    return Surprisal(found, unknown)


def _bits(model: RecurrentLanguageModel, ids: np.ndarray) -> list[float]:
    """Of each id; NaN for the first if there is nothing that it could follow."""
    eos = model.vocabulary.index.get(EOS)
    begun = ids if eos is None else np.concatenate([[eos], ids]).astype(ids.dtype)
    first = [math.nan] if eos is None and len(ids) else []
    if len(begun) < 2:
        return first
    found = np.concatenate(list(log_probabilities(model, begun)))
    return first + (-found / math.log(2)).tolist()


def _written(model: RecurrentLanguageModel, line: str, number: int) -> Iterator[_Written]:
    """The tokens of a line, each with the letters that it was made of, where these are found."""
    tokens = make_tokenizer(model.text)(line)
    folded = line.lower() if model.text.lower else line
    folded = (folded if len(folded) == len(line) else line).replace("’", "'")
    place = 0
    for token in tokens:
        found = folded.find(token, place)
        if found < 0 or token == EOS:
            yield _Written(token, token, number)
        else:
            place = found + len(token)
            yield _Written(line[found:place], token, number)
