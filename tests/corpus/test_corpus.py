"""A corpus from files and from texts, as a collection of documents, and in parts."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wordkit.corpus.corpus import Corpus, corpus_of
from wordkit.corpus.reader import TextFormat
from wordkit.corpus.text import TextOptions
from wordkit.errors import CorpusError, FormatError

TEXTS = ["Call me Ishmael.", "Some years ago", "never mind how long", "call me years ago"]
DOCUMENTS = [text.lower().rstrip(".").split() for text in TEXTS]


def corpus_of_texts() -> Corpus:
    return Corpus.from_texts(TEXTS, min_count=1)


# --- from files and from texts --------------------------------------------------------


@pytest.mark.parametrize("build", [Corpus.from_files, Corpus.from_texts])
def test_the_options_are_those_of_text_and_format(build: types.MethodType) -> None:
    """Written out in the signatures, so that help and completion know them."""
    found = inspect.signature(build).parameters
    fields = {f.name: f.default for f in dataclasses.fields(TextOptions)}
    formats = {f.name: f.default for f in dataclasses.fields(TextFormat)}
    if build == Corpus.from_texts:
        formats = {"unwrap": False}
    built = inspect.signature(Corpus.build).parameters
    others = {
        name: built[name].default
        for name in (
            "min_count",
            "max_vocab",
            "unk",
            "order",
            "vocabulary",
            "workers",
            "progress",
        )
    }
    expected = {"directory": None, **formats, **fields, **others}
    assert {name: p.default for name, p in list(found.items())[1:]} == expected
    assert all(p.kind == p.KEYWORD_ONLY for p in list(found.values())[1:])


def test_every_option_arrives(tmp_path: Path) -> None:
    text = {
        "tokenizer": "whitespace", "lower": False, "normalize": False, "punctuation": "split",
        "numbers": "N", "eos": "line", "strip_accents": True,
    }  # fmt: skip
    format = {"document": "file", "field": None, "errors": "replace", "unwrap": True}
    counts = {"min_count": 2, "max_vocab": 7, "unk": True, "order": "appearance"}
    path = tmp_path / "text.txt"
    path.write_text("Été 7 Été\n" * 3)
    corpus = Corpus.from_files(path, **text, **format, **counts)  # type: ignore[arg-type]
    assert corpus.settings == {"text": text, "format": format, **counts}
    corpus = Corpus.from_texts(["Été Été"], unwrap=True, **text, **counts)  # type: ignore[arg-type]
    assert corpus.settings["text"] == text
    assert corpus.settings["format"]["unwrap"]
    assert {name: corpus.settings[name] for name in counts} == counts


def test_strings_are_paths_for_files_and_texts_for_texts(tmp_path: Path) -> None:
    for n, text in enumerate(TEXTS):
        (tmp_path / f"{n}.txt").write_text(text)
    files = [tmp_path / f"{n}.txt" for n in range(len(TEXTS))]
    for source in (tmp_path, str(tmp_path), str(tmp_path / "*.txt"), files, map(str, files)):
        assert list(Corpus.from_files(source, min_count=1)) == DOCUMENTS
    named = [str(path) for path in files]
    assert Corpus.from_texts(named, min_count=1).document(0)[-1] == "txt"


def test_any_iterable_of_texts() -> None:
    for source in (TEXTS, iter(TEXTS), (t for t in TEXTS), np.array(TEXTS), DOCUMENTS):
        assert list(Corpus.from_texts(source, min_count=1)) == DOCUMENTS
    assert list(Corpus.from_texts(corpus_of_texts(), min_count=1)) == DOCUMENTS


def test_wrapped_texts_become_paragraphs() -> None:
    line = "and so it went on for a long time, until everybody was tired of"
    corpus = Corpus.from_texts([f"{line}\n{line}\n\n{line}"], unwrap=True, eos="line", min_count=1)
    assert corpus.document(0).count("<eos>") == 2


def test_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": TEXTS, "label": [0, 1, 0, 1]})
    assert list(Corpus.from_texts(frame["text"], min_count=1)) == DOCUMENTS
    with pytest.raises(CorpusError, match="choose one of its columns, 'text', 'label', such as"):
        Corpus.from_texts(frame)
    with pytest.raises(CorpusError, match=r"document 1: expected a string .* found nan"):
        Corpus.from_texts(pandas.Series(["a", float("nan")]))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("a b", r"expected a list of texts, found one string, 'a b': a text is given as \[text\]"),
        (b"a b", r"found one string, b'a b'"),
        (Path("books"), "found one path.*Corpus.from_files"),
        ([Path("books")], "found the path books: see Corpus.from_files"),
        (["a", Path("books")], "found the path books"),
        ({"a": "b"}, "expected a list of texts, found dict"),
        (3, "expected a list of texts, found int"),
    ],
)
def test_what_is_no_list_of_texts(texts: object, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        Corpus.from_texts(texts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("It was a dark night.\nIt rained.", "found a text of 31 characters, 'It was a dark"),
        (["It was a dark night.\nIt rained."], "texts go to Corpus.from_texts, as a list"),
        ("It was a dark night. " * 500, "found a text of 10,500 characters, 'It was a dark"),
        ("no-such-folder", "cannot read no-such-folder: no such file or folder"),
        ([["a", "b"]], "expected the name of a file, a folder or a pattern, found list"),
        (3, "expected the name of a file, a folder or a pattern, found int"),
    ],
)
def test_what_is_no_path(source: object, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        Corpus.from_files(source)  # type: ignore[arg-type]


def test_estimators_take_a_corpus_a_path_or_texts(tmp_path: Path) -> None:
    corpus = corpus_of_texts()
    assert corpus_of(corpus) is corpus
    corpus.save(tmp_path / "corpus")
    assert list(corpus_of(tmp_path / "corpus")) == DOCUMENTS
    (tmp_path / "text.txt").write_text("\n".join(TEXTS * 5))
    assert list(corpus_of(tmp_path / "text.txt")) == DOCUMENTS * 5
    assert list(corpus_of(TEXTS * 5)) == DOCUMENTS * 5
    with pytest.raises(CorpusError, match=r"found one string, .*a file as\s+pathlib.Path"):
        corpus_of(str(tmp_path / "corpus"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text('{"wordkit": true, "kind": "vectors"}')
    with pytest.raises(FormatError):
        corpus_of(tmp_path / "other")


# --- a collection of documents --------------------------------------------------------


def test_a_collection_of_documents() -> None:
    corpus = corpus_of_texts()
    assert len(corpus) == corpus.documents == 4
    assert corpus.tokens == 14
    assert list(corpus) == DOCUMENTS
    assert [corpus[n] for n in range(-4, 4)] == DOCUMENTS * 2
    assert corpus[np.int64(1)] == DOCUMENTS[1]
    for number in 4, -5:
        with pytest.raises(IndexError):
            corpus[number]
    assert "ishmael" in corpus
    assert "whale" not in corpus
    assert 3 not in corpus


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (slice(1, 3), [1, 2]), (slice(None), [0, 1, 2, 3]), (slice(-1, None), [3]),
        (slice(None, None, 2), [0, 2]), ([3, 0], [0, 3]), (np.array([2]), [2]), (slice(0), []),
    ],
)  # fmt: skip
def test_slices_are_corpora(place: slice | list[int], expected: list[int]) -> None:
    whole = corpus_of_texts()
    corpus = whole[place]
    assert isinstance(corpus, Corpus)
    assert list(corpus) == [DOCUMENTS[n] for n in expected]
    assert corpus.vocabulary.words == whole.vocabulary.words
    counts = Counter(word for document in corpus for word in document)
    assert corpus.vocabulary.counts.tolist() == [counts[word] for word in corpus.vocabulary.words]
    assert corpus.settings == whole.settings


def test_saved_and_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["wordkit.corpus.corpus"], "PIECE", 3)
    part = corpus_of_texts()[1:3]
    part.save(tmp_path / "part")
    loaded = Corpus.load(tmp_path / "part")
    loaded.save(tmp_path / "again")
    again = Corpus.load(tmp_path / "again")
    for found in loaded, again:
        assert list(found) == list(part)
        assert found.vocabulary.words == part.vocabulary.words
        np.testing.assert_array_equal(found.vocabulary.counts, part.vocabulary.counts)
        assert found.settings["text"] == part.settings["text"]
    assert again.settings == loaded.settings


def test_how_it_shows_itself() -> None:
    corpus = Corpus.from_texts([["<b>"] * 25, *DOCUMENTS * 2], min_count=1)
    assert repr(corpus) == "Corpus(53 tokens, 11 words, 9 documents)"
    html = corpus._repr_html_()
    assert html.count("<tr>") == 6
    assert f"<td>0</td><td>25</td><td>{'&lt;b&gt; ' * 20}…</td>" in html
    assert "<td>1</td><td>3</td><td>call me ishmael</td>" in html


# --- in parts -------------------------------------------------------------------------


def numbered(documents: int) -> Corpus:
    return Corpus.from_texts([[f"w{n}", "x"] for n in range(documents)], min_count=1)


@given(
    documents=st.integers(3, 60),
    shares=st.lists(st.floats(0.01, 1), min_size=1, max_size=3),
    seed=st.integers(0, 9),
)
def test_parts_share_documents_out(documents: int, shares: list[float], seed: int) -> None:
    shares = [share / max(1, sum(shares)) for share in shares]
    whole = numbered(documents)
    assume((np.diff(np.round(np.cumsum(shares) * 2 * documents), prepend=0) > 0).all())
    parts = whole.split(*shares, seed=seed)
    assert len(parts) == len(shares)
    found = [[document[0] for document in part if document[0] != "x"] for part in parts]
    assert all(names == sorted(names, key=lambda name: int(name[1:])) for names in found)
    everything = [name for names in found for name in names]
    assert len(everything) == len(set(everything))
    ends = np.round(np.cumsum(shares) * documents)
    if (np.diff(ends, prepend=0) > 0).all():
        assert [len(part) for part in parts] == np.diff(ends, prepend=0).tolist()
        assert all(part[n] in list(whole) for part in parts for n in range(len(part)))
    for part in parts:
        assert part.vocabulary.words == whole.vocabulary.words
        np.testing.assert_array_equal(
            part.vocabulary.counts, np.bincount(part.ids, minlength=len(whole.vocabulary))
        )


def test_the_seed_makes_the_parts() -> None:
    whole = numbered(100)
    one, again, other = (whole.split(0.5, 0.5, seed=seed)[0] for seed in (1, 1, 2))
    assert list(one) == list(again) != list(other)
    assert list(one) != list(whole)[:50]
    assert one.settings["split"] == {"shares": (0.5, 0.5), "part": 0, "seed": 1}


def test_one_document_is_cut_into_pieces() -> None:
    words = [f"w{n:02}" for n in range(100)]
    whole = Corpus.from_texts([words], min_count=1)
    train, valid, test = whole.split(0.8, 0.1, 0.1)
    assert [train[0], valid[0], test[0]] == [words[:80], words[80:90], words[90:]]
    assert [len(part) for part in (train, valid, test)] == [1, 1, 1]


def test_too_few_documents_are_cut_into_pieces_with_their_ends() -> None:
    whole = Corpus.from_texts([["a"] * 10, ["b"] * 10], min_count=1)
    one, other, last = whole.split(0.25, 0.5, 0.25)
    assert list(one) == [["a"] * 5]
    assert list(other) == [["a"] * 5, ["b"] * 5]
    assert list(last) == [["b"] * 5]


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ((), "expected the shares of the parts, such as 0.8, 0.1, 0.1; found none"),
        ((0.8, 0.3), "the shares 0.8, 0.3 sum to 1.1: expected 1 or less"),
        ((0.5, 0), "a share must be a number above 0 and at most 1, not 0"),
        ((0.5, "x"), "a share must be a number above 0 and at most 1, not 'x'"),
        ((80, 10, 10), "a share must be a number above 0 and at most 1, not 80"),
    ],
)
def test_shares_that_make_no_sense(shares: tuple, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        corpus_of_texts().split(*shares)


def test_too_little_text() -> None:
    with pytest.raises(CorpusError, match="a corpus of 2 tokens has too little text for 3 parts"):
        Corpus.from_texts(["a b"], min_count=1).split(0.4, 0.3, 0.3)


def test_a_part_of_a_saved_corpus_can_be_saved(tmp_path: Path) -> None:
    numbered(10).save(tmp_path / "whole")
    train, _ = Corpus.load(tmp_path / "whole").split(0.5, 0.5)
    train.save(tmp_path / "train")
    assert list(Corpus.load(tmp_path / "train")) == list(train)
    assert Corpus.load(tmp_path / "train").settings["split"]["shares"] == [0.5, 0.5]
