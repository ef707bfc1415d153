"""Whatever writes a folder for long refuses to write one that is being written."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wordkit import Corpus, SkipGram, join_phrases
from wordkit.corpus.text import TextOptions
from wordkit.errors import InUseError
from wordkit.lm.fit import fit as fit_lm
from wordkit.seq2seq.fit import fit as fit_seq2seq
from wordkit.storage.locks import locked

TEXTS = ["the cat ate the corn", "the dog saw the cat"] * 80
CORPUS = Corpus.build(TEXTS, min_count=1, text=TextOptions(eos="line"))
PAIRS = [(("one", "two"), ("1", "2")), (("two",), ("2",))]


WRITERS: dict[str, Callable[[Path], Any]] = {
    "lm": lambda path: fit_lm(CORPUS, path),
    "seq2seq": lambda path: fit_seq2seq(PAIRS, path),
    "word2vec": lambda path: SkipGram(workers=1).fit(CORPUS, checkpoints=path),
    "corpus": lambda path: Corpus.build(TEXTS, path, min_count=1),
    "phrases": lambda path: join_phrases(CORPUS, path),
    "vectors": lambda path: SkipGram(workers=1, epochs=1).fit(CORPUS).vectors_.save(path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_second_is_refused(tmp_path: Path, name: str) -> None:
    """A thread, here, in place of a process."""
    errors: list[Exception] = []

    def second() -> None:
        try:
            WRITERS[name](tmp_path / "m")
        except InUseError as error:
            errors.append(error)

    with locked(tmp_path / "m"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        assert [path.name for path in tmp_path.iterdir()] == [".m.lock"]
    assert len(errors) == 1


def test_a_corpus_is_locked_while_its_text_is_read(tmp_path: Path) -> None:
    def texts() -> Iterator[str]:
        yield TEXTS[0]
        assert (tmp_path / ".c.lock").exists()
        yield TEXTS[1]

    Corpus.build(texts(), tmp_path / "c", min_count=1)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
