"""What is on disk says which version of its format it is, so that later ones can read it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.lm.small import LINES, corpus
from tests.seq2seq.small import small_model
from wordkit.corpus.build import build
from wordkit.lm.fit import fit
from wordkit.lm.settings import LMSettings, LMTraining
from wordkit.vectors.word_vectors import WordVectors


def test_versions(tmp_path: Path) -> None:
    """A format that changes has a new number, and is still read under the old one."""
    build(LINES, tmp_path / "corpus")
    vectors = WordVectors(["a", "b"], [[1, 0], [1, 1]])
    vectors.save(tmp_path / "vectors")
    vectors.save(tmp_path / "projector", format="projector")
    small_model(dtype="f4").save(tmp_path / "seq2seq")
    training = LMTraining(batch_size=2, bptt=5, epochs=1)
    fit(corpus(times=4), tmp_path / "lm", settings=LMSettings(), training=training)
    configs = [json.loads(path.read_text()) for path in tmp_path.rglob("config.json")]
    assert {config["kind"]: config["version"] for config in configs} == {
        "corpus": 1,
        "vectors": 1,
        "projector": 1,
        "language-model": 1,
        "training run": 1,
        "training checkpoint": 1,
        "seq2seq": 1,
    }
