"""Commands that ask vectors about words, and draw them, where some are unknown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import ok, refused, said
from wordkit.vectors.word_vectors import WordVectors

WORDS = ["the", "cat", "dog", "saw", "axe"]
NUMBERS = [[1, 1], [4, 0], [3, 4], [0, 2], [0, 1]]


@pytest.fixture(scope="module")
def vec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words") / "vec"
    WordVectors(WORDS, NUMBERS).save(path)
    return path


class TestSimilar:
    def test_an_unknown_word_among_others(self, vec: Path) -> None:
        query = "vectors", "similar", vec, "cat", "doog", "saw", "-n", 1
        assert ok(*query) == "cat\tthe\t0.7071\nsaw\taxe\t1.0000\n"
        message = "the word 'doog' is not in the vocabulary; did you mean dog?\n"
        assert said(*query) == message
        found = json.loads(ok(*query, "--json"))
        assert [each["word"] for each in found] == ["cat", "doog", "saw"]
        assert [each["similar"] and each["similar"][0]["word"] for each in found] == [
            "the", None, "axe",
        ]  # fmt: skip

    def test_no_known_word(self, vec: Path) -> None:
        message = refused("vectors", "similar", vec, "doog", "zebra")
        assert "'doog' is not in the vocabulary; did you mean dog?" in message
        assert "Error: the word 'zebra' is not" in message


class TestSimilarity:
    def test_of_two_words(self, vec: Path) -> None:
        assert ok("vectors", "similarity", vec, "cat", "dog") == "0.6000\n"

    def test_of_pairs(self, vec: Path, tmp_path: Path) -> None:
        pairs = "cat\tdog\n\nsaw axe\ncat zebra\n"
        (tmp_path / "pairs.txt").write_text(pairs)
        rows = "cat\tdog\t0.6000\nsaw\taxe\t1.0000\ncat\tzebra\t-\n"
        assert ok("vectors", "similarity", vec, "--pairs-from", tmp_path / "pairs.txt") == rows
        from_stdin = "vectors", "similarity", vec, "dog", "cat", "--pairs-from", "-"
        assert ok(*from_stdin, stdin=pairs.encode()) == "dog\tcat\t0.6000\n" + rows
        assert "'zebra' is not in the vocabulary" in said(
            "vectors", "similarity", vec, "cat", "dog", "cat", "zebra"
        )
        found = json.loads(ok(*from_stdin, "--json", stdin=pairs.encode()))
        assert found[3] == {"a": "cat", "b": "zebra", "similarity": None}
        assert found[0]["similarity"] == pytest.approx(0.6)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "name two words, or a file of pairs with --pairs-from"),
            (["cat", "dog", "saw"], "expected words in pairs, found 3"),
            (["cat", "zebra"], "no pair has two known words"),
            (["lion", "zebra"], "'zebra' is not in the vocabulary"),
            (["--pairs-from", "-"], "standard input, line 1: expected two words; found 'a b c'"),
        ],
    )
    def test_refused(self, vec: Path, arguments: list[str], message: str) -> None:
        assert message in refused("vectors", "similarity", vec, *arguments, stdin=b"a b c\n")


class TestPlot:
    @pytest.fixture(autouse=True)
    def needs_matplotlib(self) -> None:
        pytest.importorskip("matplotlib", reason="needs wordkit[plot]")

    def plot(self, vec: Path, *options: object, stdin: bytes = b"") -> list[dict]:
        output = vec.parent / "map.svg"
        raw = "--method", "raw", "--json"
        return json.loads(ok("vectors", "plot", vec, "-o", output, *options, *raw, stdin=stdin))

    def test_places_of_the_textbook(self, vec: Path) -> None:
        assert self.plot(vec, "cat", "dog") == [
            {"word": "cat", "x": 4, "y": 0},
            {"word": "dog", "x": 3, "y": 4},
        ]

    def test_around(self, vec: Path) -> None:
        drawn = self.plot(vec, "--around", "axe", "--top", 2)
        assert [each["word"] for each in drawn] == ["axe", "saw", "dog"]

    def test_no_stop_words(self, vec: Path) -> None:
        drawn = self.plot(vec, "--no-stop-words", "--top", 2)
        assert [each["word"] for each in drawn] == ["cat", "dog"]
        assert self.plot(vec, "--top", 2)[0]["word"] == "the"
        drawn = self.plot(vec, "--around", "cat", "--no-stop-words", "--top", 1)
        assert [each["word"] for each in drawn] == ["cat", "dog"]

    def test_words_of_a_file(self, vec: Path) -> None:
        drawn = self.plot(vec, "--words-from", "-", stdin=b"cat zebra\naxe\n")
        assert [each["word"] for each in drawn] == ["cat", "axe"]

    @pytest.mark.parametrize(
        "text",
        ["tool\tsaw\npet\tcat dog\ntool\taxe zebra\n", ": tool\nsaw axe\n: pet\ncat\ndog\n"],
    )
    def test_groups(self, vec: Path, tmp_path: Path, text: str) -> None:
        (tmp_path / "groups").write_text(text)
        drawn = self.plot(vec, "--groups", tmp_path / "groups")
        groups = {each["word"]: each["group"] for each in drawn}
        assert groups == {"saw": "tool", "axe": "tool", "cat": "pet", "dog": "pet"}

    @pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
    def test_formats(self, vec: Path, tmp_path: Path, ending: str) -> None:
        ok("vectors", "plot", vec, "-o", tmp_path / f"map.{ending}")
        begins = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
        assert (tmp_path / f"map.{ending}").read_bytes().startswith(begins[ending])

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["cat", "--around", "cat"], "WORD and --around exclude each other"),
            (["--words-from", "-", "--groups", "x"], "--words-from and --groups exclude"),
            (["--groups", "-"], "standard input, line 1: expected a name, a tab and words"),
            (["--words-from", "-"], "'cats' is not in the vocabulary"),
            (["--words-from", "nowhere"], "cannot read nowhere"),
        ],
    )
    def test_refused(self, vec: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
        options = "-o", tmp_path / "x.png", *arguments
        assert message in refused("vectors", "plot", vec, *options, stdin=b"cats\n")
        assert not (tmp_path / "x.png").exists()
