"""From text to ids: the same for any number of workers, and whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wordkit.corpus.build as build_module
from wordkit.corpus import blocks, encoded, parts, reader
from wordkit.corpus.corpus import Corpus
from wordkit.corpus.encoded import part_names
from wordkit.corpus.reader import TextFormat
from wordkit.corpus.text import TextOptions
from wordkit.errors import CorpusError, FormatError, ModelError, WordkitError
from wordkit.storage.config import write_config
from wordkit.storage.tensors import write_tensors

build = Corpus.build
HELLO = "You say goodbye and I say hello."


def test_hello() -> None:
    corpus = Corpus.build([HELLO], min_count=1)
    assert corpus.vocabulary.words == ["say", "and", "goodbye", "hello", "i", "you"]
    assert corpus.ids.tolist() == [5, 0, 2, 1, 4, 0, 3]
    assert corpus.document(0) == HELLO.lower().rstrip(".").split()


def test_documents_are_kept_apart() -> None:
    corpus = Corpus.build(["a b", "", "c", ["a", "c c"]], min_count=1)
    assert corpus.offsets.tolist() == [0, 2, 3, 5]
    assert [corpus.document(n) for n in range(3)] == [["a", "b"], ["c"], ["a", "c c"]]


def test_a_document_without_words_left_goes() -> None:
    corpus = Corpus.build(["a a", "b", "a"], min_count=2)
    assert corpus.offsets.tolist() == [0, 2, 3]


tokens = st.text("abcde", min_size=1, max_size=2)


@given(
    st.lists(st.lists(tokens, max_size=8), min_size=1, max_size=12),
    st.integers(1, 3),
    st.booleans(),
    st.integers(1, 7),
    st.integers(1, 50),
)
@settings(max_examples=200)
def test_against_plain_python(
    documents: list[list[str]], min_count: int, unk: bool, ids_per_pass: int, block: int
) -> None:
    """The whole build, in blocks and passes of any size, against its definition."""
    counts = Counter(token for document in documents for token in document)
    kept = {word for word, n in counts.items() if n >= min_count}
    expected = [
        [token if token in kept else "<unk>" for token in document if unk or token in kept]
        for document in documents
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_module, "IDS_PER_PASS", ids_per_pass)
        patch.setattr(blocks, "BLOCK", block)
        if not kept:
            with pytest.raises(CorpusError, match=r"no word is left|no words"):
                build(documents, min_count=min_count, unk=unk)
            return
        corpus = build(documents, min_count=min_count, unk=unk)
    found = [corpus.document(n) for n in range(corpus.documents)]
    assert found == [document for document in expected if document]
    total = Counter(token for document in expected for token in document)
    assert dict(zip(corpus.vocabulary.words, corpus.vocabulary.counts, strict=True)) == total


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    rng = random.Random(1)
    words = [f"word{n}" for n in range(300)] + ["naïve", "don't"]
    lines = (" ".join(rng.choices(words, k=rng.randrange(12))) for _ in range(3000))
    path = tmp_path / "text.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def digest(folder: Path) -> dict[str, str]:
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.iterdir())}


@pytest.mark.parametrize("document", ["line", "file", "blank-line"])
def test_workers_change_no_byte(
    tmp_path: Path, text_file: Path, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BLOCK", 10_000)
    monkeypatch.setattr(blocks, "BLOCK", 10_000)
    format = TextFormat(document=document)
    for workers in 1, 2, 3:
        build(text_file, tmp_path / str(workers), format=format, workers=workers)
    assert digest(tmp_path / "1") == digest(tmp_path / "2") == digest(tmp_path / "3")
    assert len(digest(tmp_path / "1")) == 4


def test_on_disk_as_in_memory(tmp_path: Path, text_file: Path) -> None:
    on_disk, in_memory = build(text_file, tmp_path / "corpus"), build(text_file)
    np.testing.assert_array_equal(on_disk.ids, in_memory.ids)
    np.testing.assert_array_equal(on_disk.offsets, in_memory.offsets)
    assert on_disk.vocabulary.words == in_memory.vocabulary.words
    assert on_disk.ids.dtype == np.int32
    assert not on_disk.ids.flags.owndata


def test_a_lambda_may_tokenise_in_processes(
    text_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 10_000)
    text = TextOptions(tokenizer=lambda line: line.split("d"))
    assert build(text_file, text=text, workers=2).ids.tolist() == (
        build(text_file, text=text, workers=1).ids.tolist()
    )


def test_an_error_in_a_worker_is_one_sentence(
    text_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reader, "BLOCK", 10_000)
    monkeypatch.setattr(blocks, "BLOCK", 10_000)
    text_file.write_bytes(text_file.read_bytes() + b"\n\xff\n")
    with pytest.raises(CorpusError, match="line 3001: byte 0xff"):
        build(text_file, tmp_path / "corpus", workers=2)
    assert list(tmp_path.iterdir()) == [text_file]


def test_eos_of_a_line_that_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BLOCK", 16)
    (tmp_path / "long").write_text("word " * 20 + "\nnext\n")
    corpus = build(tmp_path / "long", text=TextOptions(eos="line"), min_count=1)
    assert corpus.document(0) == ["word"] * 20 + ["<eos>"]
    assert corpus.document(1) == ["next", "<eos>"]


def test_vocabulary_of_another_corpus() -> None:
    train = build(["a a b", "b c"], min_count=2)
    valid = build(["b x a"], vocabulary=train.vocabulary)
    assert valid.document(0) == ["b", "a"]
    with pytest.raises(CorpusError, match="no word of the given vocabulary"):
        build(["x"], vocabulary=train.vocabulary)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "the input is empty"),
        ([""], "the input has no words"),
        (["... !"], "the input has no words"),
        (["a b a"], "the most frequent of 2 occurs 2 times, and min_count is 5"),
        (5, r"expected a list of pathlib\.Path or of texts, found int"),
        ("a b", r"expected a list of pathlib\.Path or of texts, found str"),
        ([5], "document 0: expected a string or a list of strings, found 5"),
        (["a", ["b", None]], "document 1: expected a string or a list of strings"),
    ],
)
def test_nothing_to_build(source: object, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        build(source)


def test_workers_that_make_no_sense() -> None:
    for workers in 0, -2, 1.5:
        with pytest.raises(ModelError, match="workers must be"):
            build(["a"], min_count=1, workers=workers)  # type: ignore[arg-type]


def test_only_eos_is_nothing() -> None:
    with pytest.raises(CorpusError, match="no word is left"):
        build(["a b"], text=TextOptions(eos="line"))


def test_interrupted(tmp_path: Path, text_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(encoded, "write_config", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(text_file, tmp_path / "corpus")
    assert list(tmp_path.iterdir()) == [text_file]


class TestLoad:
    @pytest.fixture
    def folder(self, tmp_path: Path, text_file: Path) -> Path:
        build(text_file, tmp_path / "corpus")
        return tmp_path / "corpus"

    def test_every_file_cut_short(self, folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            whole = path.read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
            with pytest.raises(WordkitError):
                Corpus.load(folder)
            path.write_bytes(whole)
        assert Corpus.load(folder).tokens > 0

    def test_ids_of_another_corpus(self, folder: Path, tmp_path: Path) -> None:
        build(["a"], tmp_path / "small", min_count=1)
        (folder / "ids.safetensors").write_bytes((tmp_path / "small/ids.safetensors").read_bytes())
        with pytest.raises(FormatError, match="do not cover"):
            Corpus.load(folder)

    @pytest.mark.parametrize(
        ("name", "array"),
        [
            ("offsets", np.array([0, 5, 3, 10_000])),
            ("offsets", np.zeros((1, 2), np.int64)),
            ("offsets", np.zeros(0, np.int64)),
            ("ids", np.zeros(10, np.float32)),
            ("ids", np.full((2, 5), 0, np.int32)),
        ],
    )
    def test_arrays_that_make_no_sense(self, folder: Path, name: str, array: np.ndarray) -> None:
        if array.size == 4:
            array[-1] = Corpus.load(folder).tokens
        write_tensors(folder / f"{name}.safetensors", {name: array})
        with pytest.raises(FormatError, match="is damaged"):
            Corpus.load(folder)

    @pytest.mark.parametrize("id", [-1, 10**6])
    def test_ids_without_a_word(self, folder: Path, id: int) -> None:
        ids = np.array(Corpus.load(folder).ids)
        ids[3] = id
        write_tensors(folder / "ids.safetensors", {"ids": ids})
        with pytest.raises(FormatError, match="has ids that its vocabulary lacks"):
            Corpus.load(folder)

    @pytest.mark.parametrize("name", ["text", "format"])
    @pytest.mark.parametrize("value", [None, 7, [], ["a"], "words"])
    def test_settings_that_are_no_object(self, folder: Path, name: str, value: Any) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, name: value}))
        with pytest.raises(FormatError, match=f"{name} in its config.json is no object"):
            Corpus.load(folder)

    def test_a_word_that_stands_twice(self, folder: Path) -> None:
        lines = (folder / "vocabulary.txt").read_text("utf-8").splitlines()
        text = "\n".join([*lines[:-1], lines[0], ""])
        (folder / "vocabulary.txt").write_text(text, encoding="utf-8")
        with pytest.raises(FormatError, match="occurs twice"):
            Corpus.load(folder)


class TestDataset:
    def test_not_a_text(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"ws353 is no text .* are sample, ptb$"):
            parts.build_dataset("ws353", tmp_path / "corpus")

    def test_parts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        texts = {"train": "a b\nb\n", "valid": "b x\n"}
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
        files = [tmp_path / name for name in texts]
        known = SimpleNamespace(parts=list(texts))
        monkeypatch.setattr(parts, "dataset", lambda name: known)
        monkeypatch.setattr(parts, "fetch", lambda name, progress: files)
        for _ in range(2):  # the second replaces the first
            built = dict(parts.build_dataset("ptb", tmp_path / "ptb"))
        assert built["train"].vocabulary.words == ["<eos>", "b", "a"]
        assert built["valid"].document(0) == ["b", "<eos>"]
        with pytest.raises(FormatError, match=r"holds the corpora train, valid; .*ptb/train"):
            Corpus.load(tmp_path / "ptb")

    @pytest.mark.parametrize(
        "parts", [None, 7, "train", {}, [], [7], [None], [""], ["../ptb"], ["."], ["/etc"]]
    )
    def test_parts_that_are_none(self, tmp_path: Path, parts: Any) -> None:
        write_config(tmp_path, "dataset", 1, {"parts": parts})
        for read in Corpus.load, part_names:
            with pytest.raises(FormatError, match=r"its config\.json has no list of parts"):
                read(tmp_path)

    @pytest.mark.skipif("WORDKIT_DATA" not in os.environ, reason="needs the PTB in $WORDKIT_DATA")
    def test_ptb(self, tmp_path: Path) -> None:
        built = dict(parts.build_dataset("ptb", tmp_path / "ptb"))
        assert {name: part.tokens for name, part in built.items()} == {
            "train": 929_589,
            "valid": 73_760,
            "test": 82_430,
        }
        assert all(len(part.vocabulary) == 10_000 for part in built.values())
        assert built["valid"].vocabulary.words == built["train"].vocabulary.words
        newlines = built["test"].vocabulary.index["<eos>"]
        assert (built["test"].ids == newlines).sum() == built["test"].documents == 3_761
