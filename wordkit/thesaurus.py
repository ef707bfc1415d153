"""Synonyms, hypernyms and path similarity from WordNet, through NLTK (Miller 1995, CACM)."""

from __future__ import annotations

import contextlib
import difflib
import functools
import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wordkit.errors import BackendError, UnknownWordError, WordkitError

_PARTS_OF_SPEECH = {"n": "noun", "v": "verb", "a": "adjective", "s": "adjective", "r": "adverb"}
_FOLDERS = ("corpora/wordnet.zip/wordnet/", "corpora/wordnet")


@dataclass(frozen=True)
class Sense:
    """One meaning of a word; ``hypernym_path`` leads from the widest meaning down to it."""

    name: str
    part_of_speech: str
    definition: str
    synonyms: tuple[str, ...]
    hypernym_path: tuple[str, ...]


@dataclass(frozen=True)
class Similarity:
    """The path similarity of two words, and the names of the two senses that have it."""

    score: float
    senses: tuple[str, str]


def look_up(word: str) -> list[Sense]:
    """The senses of a word, the most frequent first; an inflected word counts as its base form.

    Raises
    ------
    BackendError
        WordNet's data are not on this machine; the message says how to get them.
    UnknownWordError
        WordNet does not have the word.
    """
    with _damage_named():
        return [_sense(synset, word) for synset in _synsets(word)]


def path_similarity(word: str, other: str) -> Similarity | None:
    """1 / (1 + the edges between two words in the hypernym tree), for their closest senses.

    None if no two senses are the same part of speech and joined by a path.
    Raises what ``look_up`` raises.
    """
    best = None
    with _damage_named():
        for one, two in itertools.product(_synsets(word), _synsets(other)):
            if _PARTS_OF_SPEECH[one.pos()] == _PARTS_OF_SPEECH[two.pos()]:
                score = one.path_similarity(two) or 0.0
                if score > (best.score if best else 0.0):
                    best = Similarity(score, (one.name(), two.name()))
    return best


def _sense(synset: Any, word: str) -> Sense:
    names = map(_spoken, synset.lemma_names())
    path = min(synset.hypernym_paths(), key=len)
    return Sense(
        name=synset.name(),
        part_of_speech=_PARTS_OF_SPEECH[synset.pos()],
        definition=synset.definition(),
        synonyms=tuple(name for name in names if name.lower() != word.lower()),
        hypernym_path=tuple(_spoken(step.lemma_names()[0]) for step in path),
    )


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _synsets(word: str) -> list[Any]:
    import nltk

    reader = _reader(tuple(nltk.data.path))
    written = "_".join(word.lower().split())
    synsets = reader.synsets(written)
    if not synsets:
        near = [  # difflib is too slow for all 147,000 words
            name
            for name in reader.all_lemma_names()
            if name[:1] == written[:1] and abs(len(name) - len(written)) <= 2
        ]
        close = difflib.get_close_matches(written, near, 3, 0.7)
        hint = f"; did you mean {', '.join(map(_spoken, close))}?" if close else ""
        raise UnknownWordError(f"the word {word!r} is not in WordNet{hint}")
    return synsets


@functools.lru_cache(maxsize=1)
def _reader(search_path: tuple[str, ...]) -> Any:
    """A WordNet reader; NLTK's own lazy one would never look at another search path again."""
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    root = _find(list(search_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about words in other languages
        return WordNetCorpusReader(root, None)


@contextlib.contextmanager
def _damage_named() -> Iterator[None]:
    """Any error of NLTK's reader, which does not check what it reads, says what is damaged."""
    try:
        yield
    except (WordkitError, MemoryError):
        raise
    except Exception as error:
        raise BackendError(
            f"the data of WordNet are damaged ({type(error).__name__}: {error}): delete the "
            "folder corpora/wordnet and the file corpora/wordnet.zip of NLTK's data, and get "
            "them again with `python -m nltk.downloader wordnet`"
        ) from error


def _find(search_path: list[str]) -> Any:
    import nltk

    for folder in _FOLDERS:
        with contextlib.suppress(LookupError):
            return nltk.data.find(folder, search_path)
    raise BackendError(
        "the data of WordNet are not on this machine: get them with "
        "`python -m nltk.downloader wordnet`, or name the folder that has them in $NLTK_DATA"
    )
