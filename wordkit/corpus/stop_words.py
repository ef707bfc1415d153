"""Words that say little by themselves: function words, and what is no word at all."""

from __future__ import annotations

from functools import cache

_CONTENT = frozenset(
    """amount bill bottom call computer con cry de describe detail empty fill find fire first
    front full interest last mill mine name next part serious show side sincere system thick thin
    third top two three four five six eight nine ten eleven twelve fifteen twenty forty fifty
    sixty hundred""".split()  # noqa: SIM905
)
"""Words that scikit-learn's list has and that say something."""


def is_stop_word(word: str) -> bool:
    """Say whether a token is a function word of English, is ``<unk>`` or so, or has no letter."""
    mark = word.startswith("<") and word.endswith(">")
    return mark or is_function_word(word) or not any(map(str.isalpha, word))


def is_function_word(word: str) -> bool:
    """Say whether a word is a function word of English, or a contraction of one.

    The list is scikit-learn's ``ENGLISH_STOP_WORDS`` without nouns, verbs and numbers that have
    come into it, such as ``system``, ``fire`` and ``first``. Contractions are ``it's``, ``don't``.
    """
    word = word.lower().replace("’", "'")
    head, apostrophe, tail = word.partition("'")
    listed = _function_words()
    return word in listed or (bool(apostrophe) and (head in listed or tail == "t"))


@cache
def _function_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS - _CONTENT)
