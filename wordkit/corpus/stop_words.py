"""Words that say little by themselves: function words, and what is no word at all."""

from __future__ import annotations

from functools import cache


def is_stop_word(word: str) -> bool:
    """Say whether a token is a function word of English, or holds no letter.

    The list is scikit-learn's ``ENGLISH_STOP_WORDS``; contractions of its words, such as
    ``it's`` and ``don't``, belong to it, and so do ``<unk>`` and ``<eos>``.
    """
    word = word.lower().replace("’", "'")
    head, apostrophe, tail = word.partition("'")
    return (
        word in _stop_words()
        or (bool(apostrophe) and (head in _stop_words() or tail == "t"))
        or (word.startswith("<") and word.endswith(">"))
        or not any(map(str.isalpha, word))
    )


@cache
def _stop_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return ENGLISH_STOP_WORDS
