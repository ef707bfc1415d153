"""Datasets by name, as ``import wordkit`` offers them."""

from __future__ import annotations

from pathlib import Path

import pytest

import wordkit as wk
from wordkit.corpus.pair_tasks import addition_pairs, date_pairs
from wordkit.errors import CorpusError


def test_generated_pairs() -> None:
    assert list(wk.datasets.dates(50, seed=3)) == date_pairs(50, seed=3)
    assert list(wk.datasets.sums(50, digits=2, seed=3)) == addition_pairs(50, digits=2, seed=3)


def test_known_datasets() -> None:
    assert "ptb" in wk.datasets.names()
    assert wk.datasets.names("pairs") == ["dates", "sums"]
    assert wk.datasets.describe("sums").licence == "MIT, as wordkit"
    [path] = wk.datasets.files("sums")
    assert path.name == "sums.tsv"
    found = wk.datasets.pairs("sums")
    assert len(found) == 300
    assert all(sum(map(int, a.split("+"))) == int(b) for a, b in found)
    for name in "sample", "ws353":
        with pytest.raises(CorpusError, match=f"{name} is no set of pairs; those are dates, sums"):
            wk.datasets.pairs(name)


def test_a_text_in_parts(tmp_path: Path) -> None:
    parts = wk.datasets.build("sample", tmp_path / "sample", workers=1)
    assert list(parts) == ["train", "valid", "test"]
    assert len(parts["train"]) == 2000
    assert list(wk.load(tmp_path / "sample" / "valid")) == list(parts["valid"])


def test_evaluation_sets() -> None:
    by_name = wk.datasets.evaluation_set("sample-similarity")
    assert by_name.name == "sample-similarity"
    assert wk.datasets.evaluation_set(wk.datasets.files("sample-similarity")[0]) == by_name
    with pytest.raises(CorpusError, match="there is no evaluation set called 'sample'"):
        wk.datasets.evaluation_set("sample")
