"""Texts as the field reads them, and in the ids of another vocabulary."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.text import TextOptions
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError
from wordkit.lm.settings import LMText
from wordkit.lm.texts import (
    UNITS,
    beginning_of,
    ids_in,
    is_tokenised,
    options_from,
    read_text,
    text_corpus,
    text_options,
    text_options_for,
)


def tokens(corpus: Corpus) -> list[str]:
    return corpus.vocabulary.decode(corpus.ids)


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(" A  b.\tÅ \n\nc\n".encode())
    corpus = read_text(tmp_path / "t")
    assert tokens(corpus) == ["A", "b.", "Å", "<eos>", "<eos>", "c", "<eos>"]
    assert text_options(corpus) == UNITS["tokens"]
    characters = read_text(tmp_path / "t", UNITS["chars"])
    assert "".join(tokens(characters)) == " A  b.\tÅ <eos><eos>c<eos>"


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"fine\ncaf\xe9\n")
    message = "line 2: byte 0xe9 is not UTF-8; convert the file to it$"  # and no --errors
    with pytest.raises(CorpusError, match=message):
        read_text(tmp_path / "t")


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_file_without_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "empty.txt").write_text(text)
    with pytest.raises(CorpusError, match=r"empty\.txt has no words: it is empty"):
        read_text(tmp_path / "empty.txt")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_temporary_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t").write_text("some words\n")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda dir: open("/dev/full", "wb+"))
    monkeypatch.setattr(tempfile, "tempdir", "/small")
    with pytest.raises(CorpusError, match=r"fit into /small \(No space left .* set TMPDIR"):
        read_text(tmp_path / "t")
    with pytest.raises(CorpusError, match="free disk space there, or name a place in another"):
        Corpus.build([tmp_path / "t"], tmp_path / "c", min_count=1)


def test_no_temporary_disk_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t").write_text("some words\n")
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", list)
    monkeypatch.setattr(tempfile, "tempdir", None)
    with pytest.raises(CorpusError, match=r"No usable temporary directory.* set TMPDIR"):
        read_text(tmp_path / "t")


def test_a_corpus(tmp_path: Path) -> None:
    options = TextOptions(punctuation="split")
    Corpus.build(["One, two"], tmp_path / "c", text=options, min_count=1)
    corpus = read_text(tmp_path / "c")
    assert tokens(corpus) == ["one", ",", "two"]
    assert text_options(corpus) == options


@pytest.mark.parametrize(
    "values",
    [
        None, 3, {}, {"tokenizer": "mine:split"}, {"tokenizer": "mine"}, {"tokenizer": ["chars"]},
        {"tokenizer": "chars", "lower": "no"}, {"tokenizer": "chars", "eos": "page"},
        {"tokenizer": "chars", "strip_accents": "no"},
        {"tokenizer": "chars", "eos": 1}, {"tokenizer": "chars", "colour": "red"},
    ],
)  # fmt: skip
def test_options_that_make_no_sense(values: object) -> None:
    with pytest.raises(CorpusError):
        options_from(values)


def test_options_that_nobody_knows() -> None:
    corpus = Corpus.build(["One, two"], text=TextOptions(lambda s: s.split()), min_count=1)
    assert text_options(corpus) == UNITS["tokens"]
    corpus.settings = {}
    assert text_options(corpus) == UNITS["tokens"]
    corpus.settings = {"text": {"tokenizer": "chars", "eos": "page"}}
    with pytest.raises(CorpusError, match="unknown eos 'page'"):
        text_options(corpus)


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="the system has no /dev/stdin")
@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_standard_input_may_be_a_pipe(name: str) -> None:
    code = f"from wordkit.lm.texts import read_text; print(read_text({name!r}).tokens)"
    done = subprocess.run(
        [sys.executable, "-c", code], input=b"a b\nc\n", capture_output=True, check=False
    )
    assert (done.stdout, done.returncode) == (b"5\n", 0), done.stderr


TEXT = Corpus.build([["a", "b", "x", "a", "y", "x"]], min_count=1)


def test_ids_in_another_vocabulary() -> None:
    ids, oov = ids_in(TEXT, Vocabulary(["b", "<unk>", "a"], [1, 1, 1]))
    assert (ids.tolist(), oov) == ([2, 0, 1, 2, 1, 1], 3)
    ids, oov = ids_in(TEXT, Vocabulary(["b", "a"], [1, 1]))
    assert (ids.tolist(), oov) == ([1, 0, 1], 3)
    ids, oov = ids_in(TEXT, TEXT.vocabulary)
    assert (tokens(TEXT), oov) == (TEXT.vocabulary.decode(ids), 0)


def test_unk_in_the_text_is_no_unknown_word() -> None:
    text = Corpus.build([["a", "<unk>", "q"]], min_count=1)
    ids, oov = ids_in(text, Vocabulary(["<unk>", "a"], [1, 1]))
    assert (ids.tolist(), oov) == ([1, 0, 0], 1)


def test_no_known_word() -> None:
    text = Corpus.build([["q", "<unk>", "<eos>"]], min_count=1)
    with pytest.raises(CorpusError, match=r"va\.txt has no known word"):
        ids_in(text, Vocabulary(["<unk>", "<eos>", "a"], [1, 1, 1]), "va.txt")


@pytest.mark.parametrize(
    ("sample", "tokenised"),
    [
        ("the <unk> said N\n", True),
        ("Well , she said ; it was . \n" * 5, True),
        ("Well, she said; it was.\n" * 5, False),
        ("Well , she said. \n" * 12, False),
        ("no marks at all\n", False),
        ("one , mark\n", False),
    ],
)
def test_tokenised_or_not(sample: str, tokenised: bool) -> None:
    assert is_tokenised(sample) is tokenised
    expected = "whitespace" if tokenised else "words"
    assert text_options_for(LMText(), sample).tokenizer == expected
    assert text_options_for(LMText(units="chars"), sample).tokenizer == "chars"


def test_a_file_is_judged_by_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("Well, she said; it was.\n" * 9)
    assert "," in text_corpus(path, LMText()).vocabulary
    path.write_text("Well <unk> said, it was.\n" * 9)
    assert "said," in text_corpus(path, LMText()).vocabulary
    assert "," in text_corpus(path, LMText(units="words")).vocabulary
    assert beginning_of(Path("-")) == ""
    with pytest.raises(CorpusError):
        text_corpus(tmp_path / "none", LMText())
    path.write_text("")
    with pytest.raises(CorpusError, match="has no words: it is empty"):
        text_corpus(path, LMText())


def test_rare_words(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("a a a b\n")
    assert text_corpus(path, LMText(min_count=2)).vocabulary.words == ["a", "<eos>", "<unk>"]
    like = UNITS["words"]
    assert "b" in text_corpus(path, LMText(min_count=2), like).vocabulary


def test_a_data_frame_is_no_list_of_texts() -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(CorpusError, match="found a DataFrame: choose one of its columns, 'text'"):
        text_corpus(pandas.DataFrame({"text": ["a b"]}), LMText())
