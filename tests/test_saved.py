"""``wordkit.load``: whatever the folder holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import wordkit
from wordkit import Corpus, LanguageModel, Seq2Seq, WordVectors
from wordkit.errors import WordkitError

TEXTS = [["a", "b", "c"]] * 20


def test_whatever_it_is(tmp_path: Path) -> None:
    Corpus.build(TEXTS, tmp_path / "corpus", min_count=1)
    WordVectors(["a", "b"], np.eye(2)).save(tmp_path / "vectors")
    WordVectors(["a", "b"], np.eye(2)).save(tmp_path / "vectors.txt", format="glove")
    small = {"hidden_size": 4, "epochs": 1, "batch_size": 2, "progress": False}
    LanguageModel(**small).fit(TEXTS).save(tmp_path / "lm")  # type: ignore[arg-type]
    Seq2Seq(**small).fit([("a", "b")], folder=tmp_path / "s")  # type: ignore[arg-type]
    kinds = {name: type(wordkit.load(tmp_path / name)) for name in ("corpus", "vectors", "lm")}
    assert kinds == {"corpus": Corpus, "vectors": WordVectors, "lm": LanguageModel}
    assert isinstance(wordkit.load(str(tmp_path / "s")), Seq2Seq)
    assert isinstance(wordkit.load(tmp_path / "vectors.txt"), WordVectors)


@pytest.mark.parametrize("config", ["{", '{"kind": "car"}', "[]", "3", '{"kind": []}'])
def test_what_is_nothing_of_ours(tmp_path: Path, config: str) -> None:
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(WordkitError):
        wordkit.load(tmp_path)


def test_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        wordkit.load(tmp_path / "none")
