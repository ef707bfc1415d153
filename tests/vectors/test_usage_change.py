"""Usage change against its definition in plain Python, and on a change that is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from wordkit import WordVectors, usage_changes
from wordkit.cli.commands import cli
from wordkit.errors import ModelError
from wordkit.vectors import usage_change

GROUPS = {"animal": 12, "tool": 12, "sport": 12}
WORDS = [f"{name}{n}" for name, size in GROUPS.items() for n in range(size)]


def space(seed: int, dimensions: int, *, bat: str) -> WordVectors:
    """Words near the centres of their groups; ``bat`` belongs to the one that is named."""
    rng = np.random.default_rng(seed)
    centres = {name: rng.normal(size=dimensions) for name in GROUPS}
    noise = rng.normal(size=(len(WORDS) + 1, dimensions)) * 0.1
    groups = [word.rstrip("0123456789") for word in WORDS] + [bat]
    numbers = np.array([centres[group] for group in groups]) + noise
    order = rng.permutation(len(groups))
    words = [[*WORDS, "bat"][place] for place in order]
    return WordVectors(words, numbers[order], counts=np.full(len(words), 100))


def twin(first: WordVectors, second: WordVectors, k: int) -> dict[str, float]:
    overlaps = {}
    for word in first:
        near = [{w for w, _ in each.most_similar(word, topn=k)} for each in (first, second)]
        overlaps[word] = len(near[0] & near[1]) / k
    return overlaps


@pytest.mark.parametrize("block", [5, 1000])
def test_against_the_definition(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(usage_change, "BLOCK", block)
    first, second = space(1, 8, bat="animal"), space(2, 5, bat="sport")
    found = usage_changes(first, second, topn=99, neighbours=10)
    overlaps = twin(first, second, 10)
    assert {change.word: change.overlap for change in found} == overlaps
    assert [c.word for c in found] == sorted(first, key=lambda word: overlaps[word])


def test_a_word_that_changed_comes_first_and_says_how() -> None:
    first, second = space(1, 8, bat="animal"), space(2, 5, bat="sport")
    change, *others = usage_changes(first, second, topn=3, neighbours=10)
    assert (change.word, change.overlap) == ("bat", 0)
    assert {word[:-1].rstrip("1") for word in change.first} == {"animal"}
    assert {word[:-1].rstrip("1") for word in change.second} == {"sport"}
    assert len(change.first) == len(change.second) == 5
    assert len(others) == 2
    assert min(other.overlap for other in others) > 0.3


def test_rare_words_and_words_of_one_corpus_do_not_count() -> None:
    first, second = space(1, 8, bat="animal"), space(2, 5, bat="sport")
    second.counts[second.row("bat")] = 99
    extra = WordVectors([*first.words, "new"], np.vstack([first.vectors, first.vectors[:1]]))
    for one, other in ((first, second), (second, first), (extra, second)):
        found = usage_changes(one, other, topn=99)
        assert len(found) == len(WORDS)
        seen = {word for c in found for word in (c.word, *c.first, *c.second)}
        assert seen <= set(WORDS)
    assert usage_changes(first, second, topn=1, neighbours=10, min_count=99)[0].word == "bat"


def test_words_with_the_same_vector() -> None:
    """A word may not be among its own nearest, if others are as near."""
    same = WordVectors(list("abcdef"), np.ones((6, 2)))
    assert [c.overlap for c in usage_changes(same, same, neighbours=2)] == [1] * 6


def test_refused() -> None:
    first = space(1, 8, bat="animal")
    with pytest.raises(ModelError, match=r"0 words occur in both at least 101 times, .*lower min"):
        usage_changes(first, first, min_count=101)
    for name in "topn", "neighbours", "min_count":
        with pytest.raises(ModelError, match=f"{name} must be at least 1, not 0"):
            usage_changes(first, first, **{name: 0})


def test_on_the_command_line(tmp_path: Path) -> None:
    space(1, 8, bat="animal").save(tmp_path / "a")
    space(2, 5, bat="sport").save(tmp_path / "b")
    command = ["vectors", "changes", str(tmp_path / "a"), str(tmp_path / "b"), "-n", "1"]
    command += ["--neighbours", "10"]
    table = CliRunner().invoke(cli, command).stdout.splitlines()
    assert table[0].split()[:2] == ["word", "overlap"]
    assert table[2].split()[0] == "bat"
    found = json.loads(CliRunner().invoke(cli, [*command, "--json"]).stdout)
    assert found[0]["word"] == "bat"
    assert found[0]["overlap"] == 0
    assert found[0]["second"][0].startswith("sport")
