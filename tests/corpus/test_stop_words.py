"""What says little by itself."""

import pytest

from wordkit.corpus.stop_words import is_stop_word


@pytest.mark.parametrize("word", ["the", "The", "it's", "don’t", "don't", "<unk>", "7", ".", "--"])
def test_stop_words(word):
    assert is_stop_word(word)


@pytest.mark.parametrize(
    "word", ["whale", "o'clock", "b2b", "猫", "<b", "rock'n'roll", "system", "fire"]
)
def test_words(word):
    assert not is_stop_word(word)
