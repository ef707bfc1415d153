"""From a line of text to its tokens.

Five tokenisers, named in ``TOKENIZERS``; in Python any callable from a string to a
list of strings will do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from wordkit.errors import CorpusError

EOS = "<eos>"
"""Ends a line or a sentence."""
UNK = "<unk>"
"""Stands for every word that the vocabulary lacks."""

Tokenizer = Callable[[str], list[str]]


@dataclass(frozen=True)
class TextOptions:
    """How text becomes tokens.

    Parameters
    ----------
    tokenizer
        ``words`` (runs of Unicode letters and digits, inner apostrophes kept),
        ``whitespace``, ``nltk`` (NLTK's word tokenizer), ``tweet`` (NLTK's), ``chars``,
        or a callable from a string to a list of strings.
    lower, normalize
        Lower-case; Unicode NFKC. Both come before the tokeniser, as ``strip_accents`` does.
    strip_accents
        Take the accents from letters, so that é is e: marks that Unicode combines with Latin,
        Greek and Cyrillic letters. Letters of their own, such as ø, stay.
    punctuation
        ``drop``, or ``split`` each mark off as a token. ``whitespace``, ``chars`` and a
        callable keep what they find.
    numbers
        ``keep``, or ``N``: each number becomes the token N, as in the Penn Treebank.
    eos
        ``line`` or ``sentence``: put ``<eos>`` after each.
    """

    tokenizer: str | Tokenizer = "words"
    lower: bool = True
    normalize: bool = True
    punctuation: str = "drop"
    numbers: str = "keep"
    eos: str | None = None
    strip_accents: bool = False

    def __post_init__(self) -> None:
        _check("tokenizer", self.tokenizer, TOKENIZERS, callable(self.tokenizer))
        _check("punctuation", self.punctuation, ("drop", "split"))
        _check("numbers", self.numbers, ("keep", "N"))
        _check("eos", self.eos, ("line", "sentence"), self.eos is None)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``config.json``; a callable is named."""
        options = asdict(self)
        if callable(self.tokenizer):
            name = getattr(self.tokenizer, "__qualname__", type(self.tokenizer).__qualname__)
            module = (
                getattr(self.tokenizer, "__module__", None) or "builtins"
            )  # str.split has none
            options["tokenizer"] = f"{module}:{name}"
        return options


def _check(name: str, value: Any, allowed: Any, also: bool = False) -> None:
    if not also and value not in allowed:
        raise CorpusError(f"unknown {name} {value!r}: expected one of {', '.join(allowed)}")


def make_tokenizer(options: TextOptions) -> Tokenizer:
    """The function from a line to its tokens, ``<eos>`` included."""
    split = options.tokenizer
    if not callable(split):
        split = TOKENIZERS[split](options.punctuation == "split")
    normalize, lower, numbers = options.normalize, options.lower, options.numbers == "N"
    strip_accents = options.strip_accents

    def tokenize(line: str) -> list[str]:
        if normalize and not line.isascii():
            line = unicodedata.normalize("NFKC", line)
        if lower:
            line = line.lower()
        if strip_accents and not line.isascii():
            line = _ACCENTS.sub("", unicodedata.normalize("NFD", line))
            line = unicodedata.normalize("NFC", line)
        if numbers:
            line = _NUMBER.sub("N", line)
        return split(line)

    if options.eos == "line":
        return lambda line: [*tokenize(line), EOS]
    if options.eos == "sentence":
        sentences = _sentence_splitter()
        return lambda line: [
            token for sentence in sentences(line) for token in [*tokenize(sentence), EOS]
        ]
    return tokenize


# --- the tokenisers: each takes whether to keep punctuation, and gives a function -------

_ACCENTS = re.compile("[\u0300-\u036f]+")
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,]\d+)*(?!\w)")


def _words(keep_punctuation: bool) -> Tokenizer:
    letter = f"[{_letters()}]"
    word = rf"{letter}+(?:['\u200c\u200d]{letter}+)*"  # joiners belong to Persian, Indic words
    find = re.compile(rf"{word}|[^\s{_letters()}]" if keep_punctuation else word).findall
    return lambda line: find(line.replace("’", "'"))


def _whitespace(keep_punctuation: bool) -> Tokenizer:
    return str.split


def _nltk(keep_punctuation: bool) -> Tokenizer:
    from nltk.tokenize import NLTKWordTokenizer

    return _without_punctuation(NLTKWordTokenizer().tokenize, keep_punctuation)


def _tweet(keep_punctuation: bool) -> Tokenizer:
    from nltk.tokenize import TweetTokenizer

    return _without_punctuation(TweetTokenizer().tokenize, keep_punctuation)


def _chars(keep_punctuation: bool) -> Tokenizer:
    return list


TOKENIZERS: dict[str, Callable[[bool], Tokenizer]] = {
    "words": _words,
    "whitespace": _whitespace,
    "nltk": _nltk,
    "tweet": _tweet,
    "chars": _chars,
}


def _without_punctuation(tokenize: Tokenizer, keep: bool) -> Tokenizer:
    if keep:
        return tokenize
    return lambda line: [token for token in tokenize(line) if any(map(str.isalnum, token))]


def _sentence_splitter() -> Tokenizer:
    """NLTK's Punkt (Kiss and Strunk 2006) with its built-in rules, which need no data."""
    from nltk.tokenize.punkt import PunktSentenceTokenizer

    return PunktSentenceTokenizer().tokenize


@cache
def _letters() -> str:
    r"""Letters, digits and combining marks, as the inside of a regular expression's [ ].

    ``\w`` lacks the marks, without which words of Hindi or Thai fall apart. Above the
    Basic Multilingual Plane whole blocks are taken: an exact list there makes the
    expression nine times slower.
    """
    ranges: list[list[int]] = []
    for code in range(0x10000):
        character = chr(code)
        if character.isalnum() or unicodedata.category(character) in ("Mn", "Mc"):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    ranges += [[0x10000, 0x1CFFF], [0x1D400, 0x1D7FF], [0x1E000, 0x1EFFF], [0x20000, 0x3FFFF]]
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
