"""Choose words: those given, those near a word, or those of groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import filterfalse, islice
from typing import TYPE_CHECKING

from wordkit.corpus.stop_words import is_stop_word
from wordkit.errors import ModelError

if TYPE_CHECKING:
    from wordkit.vectors.word_vectors import WordVectors

FREQUENT, NEAR = 150, 40
"""Default numbers of words: of the most frequent ones, and of those near a word."""


def words_of(name: str, given: Iterable[str]) -> list[str]:
    """Return a list of words; a string is refused, rather than taken as a list of letters.

    Raises
    ------
    ModelError
        It is no list of strings.
    """
    if isinstance(given, str):
        raise ModelError(f"{name} must be a list of words, not a string: write [{given!r}]")
    if not isinstance(given, Iterable):
        raise ModelError(f"{name} must be a list of words, not {type(given).__name__}")
    words = list(given)
    for word in words:
        if not isinstance(word, str):
            raise ModelError(f"{name} must be a list of words, found {word!r} in it")
    return words


def choose(
    vectors: WordVectors,
    words: Iterable[str] | None = None,
    around: str | None = None,
    groups: Mapping[str, Iterable[str]] | None = None,
    top: int | None = None,
    stop_words: bool = True,
) -> tuple[list[str], list[str] | None]:
    """Return the distinct words to draw, and the group of each, if there are groups.

    See ``WordVectors.plot``. A word in two groups belongs to the first.

    Raises
    ------
    UnknownWordError
        A word is not in the vocabulary.
    ModelError
        More than one way to choose is given, or what is given is no list of words.
    """
    ways = {"words": words, "around": around, "groups": groups}
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise ModelError(f"{' and '.join(given)} exclude each other: give one of them")
    if words is not None:
        return list(dict.fromkeys(words_of("words", words))), None
    if around is not None:
        if not isinstance(around, str):
            raise ModelError(f"around must be one word, not {around!r}")
        return [around, *_near(vectors, around, NEAR if top is None else top, stop_words)], None
    if groups is not None:
        return _grouped(groups)
    frequent = iter(vectors.words) if stop_words else filterfalse(is_stop_word, vectors.words)
    count = min(FREQUENT if top is None else max(top, 0), len(vectors))
    return list(islice(frequent, count)), None


def _near(vectors: WordVectors, around: str, top: int, stop_words: bool) -> list[str]:
    passed_over = 0 if stop_words else sum(map(is_stop_word, vectors.words))
    near = [word for word, _ in vectors.most_similar(around, topn=top + passed_over)]
    return near if stop_words else list(filterfalse(is_stop_word, near))[:top]


def _grouped(groups: Mapping[str, Iterable[str]]) -> tuple[list[str], list[str]]:
    if not isinstance(groups, Mapping):
        raise ModelError(
            f'groups must be a dictionary, such as {{"ships": ["boat", "sail"]}}, '
            f"not {type(groups).__name__}"
        )
    group_of: dict[str, str] = {}
    for name, words in groups.items():
        for word in words_of(f"the group {name!r}", words):
            group_of.setdefault(word, str(name))
    return list(group_of), list(group_of.values())
