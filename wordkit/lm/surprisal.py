"""How many bits each word of a text carries (Shannon 1948; Hale 2001 for reading)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wordkit.corpus.text import EOS, make_tokenizer
from wordkit.errors import ModelError
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.perplexity import log_probabilities
from wordkit.tables import data_frame, html_table


class WordSurprisal(NamedTuple):
    """A word as it is written, its bits, and whether the model knows it."""

    word: str
    bits: float
    known: bool


class Surprisal(Sequence[WordSurprisal]):
    """The words of a text with -log2 of their probabilities, each by all words before it.

    The bits of an unknown word are those of ``<unk>``; they are NaN if the model has none, and
    of the first word if the model does not know how a text begins.
    """

    def __init__(self, words: list[WordSurprisal]):
        self._words = words

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, index: Any) -> Any:
        """A word, or some of them as another table."""
        found = self._words[index]
        return Surprisal(found) if isinstance(index, slice) else found

    @property
    def bits(self) -> float:
        """The sum over all words that have bits."""
        return math.fsum(word.bits for word in self._words if not math.isnan(word.bits))

    def to_frame(self) -> Any:
        """A pandas ``DataFrame`` with the columns word, bits and known."""
        return data_frame(self._words, columns=list(WordSurprisal._fields))

    def plot(self, path: str | Path | None = None) -> Any:
        """A heat map of the text: a matplotlib figure, or a PNG, SVG or PDF file."""
        from wordkit.plots.text import text_map

        return text_map([w.word for w in self._words], [w.bits for w in self._words], path)

    def __repr__(self) -> str:
        width = max((len(word.word) for word in self._words), default=0)
        marks = {True: "", False: "  (unknown)"}
        lines = [f"{w.word:{width}} {w.bits:7.2f}{marks[w.known]}" for w in self._words]
        return "\n".join([*lines, f"{'':{width}} {self.bits:7.2f} bits"])

    def _repr_html_(self) -> str:
        rows = [(w.word, f"{w.bits:.2f}" + (" (unknown)" if not w.known else "")) for w in self]
        return html_table(f"{self.bits:.2f} bits", ("word", "bits"), rows)


def surprisal(model: RecurrentLanguageModel, text: str) -> Surprisal:
    """The surprisal of each word of a text.

    Where the model knows ``<eos>``, the first word is predicted from the beginning of a line.

    Raises
    ------
    ModelError
        The text has no token.
    """
    if not isinstance(text, str):
        raise ModelError(f"the text must be a string, not {type(text).__name__}")
    written = [pair for line in text.split("\n") for pair in _written(model, line)]
    if model.text.eos is not None and written and written[-1][1] == EOS:
        written.pop()  # the text need not end here
    if not written:
        raise ModelError("the text has no word")
    vocabulary = model.vocabulary
    known = [token in vocabulary for _, token in written]
    readable = [ok or vocabulary.unk_id is not None for ok in known]
    ids = vocabulary.encode(
        [token for (_, token), ok in zip(written, readable, strict=True) if ok]
    )
    bits = iter(_bits(model, ids))
    return Surprisal([
        WordSurprisal(word, next(bits) if may else math.nan, ok)
        for (word, _), ok, may in zip(written, known, readable, strict=True)
    ])  # fmt: skip


def _bits(model: RecurrentLanguageModel, ids: np.ndarray) -> list[float]:
    """Of each id; NaN for the first if there is nothing that it could follow."""
    eos = model.vocabulary.index.get(EOS)
    begun = ids if eos is None else np.concatenate([[eos], ids]).astype(ids.dtype)
    first = [math.nan] if eos is None and len(ids) else []
    if len(begun) < 2:
        return first
    found = np.concatenate(list(log_probabilities(model, begun)))
    return first + (-found / math.log(2)).tolist()


def _written(model: RecurrentLanguageModel, line: str) -> Iterator[tuple[str, str]]:
    """The tokens of a line, each after the letters that it was made of, where these are found."""
    tokens = make_tokenizer(model.text)(line)
    folded = line.lower() if model.text.lower else line
    folded = folded if len(folded) == len(line) else line
    place = 0
    for token in tokens:
        found = folded.replace("’", "'").find(token, place)
        if found < 0 or token == EOS:
            yield token, token
        else:
            place = found + len(token)
            yield line[found:place], token
