"""Every vector format: round trips, layout, and finding out which it is."""

import gzip
import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from wordkit.errors import FormatError
from wordkit.storage.config import read_config, write_config
from wordkit.storage.folders import new_folder
from wordkit.storage.tensors import write_tensors
from wordkit.storage.words import read_words, write_words
from wordkit.vectors.formats import native
from wordkit.vectors.formats.registry import FORMATS, detect
from wordkit.vectors.formats.text import trailing_numbers
from wordkit.vectors.word_vectors import WordVectors

load, save = WordVectors.load, WordVectors.save
WORDS = ["the", "of", "new york", "a\u00a0b", "\u2028", "caf\u00e9", "日本", "b\udcffd", "'s", ""]
VECTORS = np.random.default_rng(0).standard_normal((len(WORDS), 5)).astype(np.float32)


def sample(format="wordkit"):
    words = [word.replace(" ", "_") for word in WORDS] if format == "word2vec-binary" else WORDS
    return WordVectors(words, VECTORS, counts=np.arange(len(WORDS))[::-1])


def same(a, b):
    """Equal words and equal bits."""
    return a.words == b.words and np.array_equal(
        np.asarray(a.vectors).view(np.uint32), np.asarray(b.vectors).view(np.uint32)
    )


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# --- round trips --------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_saved_is_found_out_and_loaded(tmp_path, format):
    save(sample(format), tmp_path / "v", format)
    found = load(tmp_path / "v")
    assert same(found, sample(format))
    assert same(load(tmp_path / "v", format), sample(format))


@pytest.mark.parametrize("format", FORMATS)
def test_paths_may_be_strings(tmp_path, format):
    path = str(tmp_path / "v")
    save(sample(format), path, format)
    assert same(load(path), sample(format))
    assert same(load(path, format), sample(format))


@pytest.mark.parametrize("format", [name for name in FORMATS if not FORMATS[name].folder])
def test_gzip_is_written_by_name_and_read_by_content(tmp_path, format):
    for name in ("v", "v.gz"):
        save(sample(format), tmp_path / name, format)
    assert gzip.decompress((tmp_path / "v.gz").read_bytes()) == (tmp_path / "v").read_bytes()
    (tmp_path / "v.gz").rename(tmp_path / "plain")
    assert same(load(tmp_path / "plain"), sample(format))


@pytest.mark.parametrize("format", ["wordkit", "projector"])
def test_folders_keep_counts_and_replace_themselves(tmp_path, format):
    for _ in range(2):
        save(sample(), tmp_path / "v", format)
        assert load(tmp_path / "v").counts.tolist() == sample().counts.tolist()
        save(WordVectors(WORDS, VECTORS), tmp_path / "v", format)
        assert load(tmp_path / "v").counts is None
    with pytest.raises(FormatError, match="only files can end in"):
        save(sample(), tmp_path / "v.gz", format)


def text_words(forbidden: bytes):
    """Words from any bytes, UTF-8 or not, that do not end in what looks like a number."""
    word = st.binary(max_size=8).filter(lambda b: not set(b) & set(b"\n" + forbidden))
    word = word.filter(lambda b: trailing_numbers(b"x " + b) == 0)
    return word.map(lambda b: b.decode("utf-8", "surrogateescape"))


FORBIDDEN = {"word2vec-binary": b" ", "projector": b"\t\r"}


@pytest.mark.parametrize("format", FORMATS)
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_and_numbers_come_back(tmp_path, format, data):
    words = text_words(FORBIDDEN.get(format, b""))
    words = data.draw(st.lists(words, min_size=1, max_size=12, unique=True))
    size = data.draw(st.integers(2, 5))
    numbers = st.floats(width=32, allow_nan=False)
    rows = st.lists(numbers, min_size=size, max_size=size)
    rows = data.draw(st.lists(rows, min_size=len(words), max_size=len(words)))
    vectors = WordVectors(words, np.array(rows, np.float32))
    save(vectors, tmp_path / "v", format)
    assert same(load(tmp_path / "v", format), vectors)


def test_blocks_of_lines_meet_at_every_place(tmp_path, monkeypatch):
    """Many rows through small blocks, plain, packed and without a header."""
    from wordkit.vectors.formats import binary, fields, text

    monkeypatch.setattr(text, "_PRINTED", 20)
    monkeypatch.setattr(binary, "_ROWS", 3)
    monkeypatch.setattr(fields, "_CHUNK", 100)
    rng = np.random.default_rng(1)
    words = ["w" * int(n) + str(i) for i, n in enumerate(rng.integers(0, 9, 200))]
    vectors = WordVectors(words, rng.standard_normal((200, 3)).astype(np.float32))
    for format in FORMATS:
        for name in ("v", "v.gz"):
            if FORMATS[format].folder and name == "v.gz":
                continue
            save(vectors, tmp_path / format / name, format)
            for block in (1, 7, 64, 999):
                monkeypatch.setattr(text, "_BLOCK", block)
                monkeypatch.setattr(binary, "_BLOCK", block)
                assert same(load(tmp_path / format / name), vectors)


@pytest.mark.parametrize("format", FORMATS)
def test_numbers_that_are_not_finite_come_back(tmp_path, format):
    vectors = WordVectors(["a", "b"], np.array([[np.nan, 1], [np.inf, -np.inf]], np.float32))
    save(vectors, tmp_path / "v", format)
    assert np.array_equal(load(tmp_path / "v").vectors, vectors.vectors, equal_nan=True)


# --- layout -------------------------------------------------------------------------

TINY = WordVectors(
    ["a", "b c"], np.array([[1, -0.25], [1e-7, 0.1]], np.float32), counts=[9, 4]
)  # fmt: skip


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("word2vec", b"2 2\na 1.0 -0.25\nb c 1e-07 0.1\n"),
        ("glove", b"a 1.0 -0.25\nb c 1e-07 0.1\n"),
        ("fasttext", b"2 2\na 1.0 -0.25 \nb c 1e-07 0.1 \n"),
    ],
)
def test_text_layout(tmp_path, format, content):
    save(TINY, tmp_path / "v", format)
    assert (tmp_path / "v").read_bytes() == content


def test_binary_layout(tmp_path):
    save(WordVectors(["a", "é"], TINY.vectors), tmp_path / "v", "word2vec-binary")
    rows = [row.astype("<f4").tobytes() for row in TINY.vectors]
    content = b"2 2\na " + rows[0] + "é ".encode() + rows[1]
    assert (tmp_path / "v").read_bytes() == content


def test_projector_layout(tmp_path):
    save(TINY, tmp_path / "v", "projector")
    assert (tmp_path / "v/vectors.tsv").read_text() == "1.0\t-0.25\n1e-07\t0.1\n"
    assert (tmp_path / "v/metadata.tsv").read_text() == "word\tcount\na\t9\nb c\t4\n"
    save(WordVectors(TINY.words, TINY.vectors), tmp_path / "v", "projector")
    assert (tmp_path / "v/metadata.tsv").read_text() == "a\nb c\n"
    config = json.loads((tmp_path / "v/config.json").read_text())
    assert config["embeddings"] == [
        {"tensorName": "v", "tensorShape": [2, 2], "tensorPath": "vectors.tsv",
         "metadataPath": "metadata.tsv"}
    ]  # fmt: skip


def test_ours_is_mapped_and_read_only(tmp_path):
    save(TINY, tmp_path / "v")
    config = read_config(tmp_path / "v", "vectors", 1)
    assert config["words"] == config["vector_size"] == 2
    assert read_words(tmp_path / "v/vocabulary.txt")[0] == TINY.words
    assert not load(tmp_path / "v").vectors.flags.writeable


def test_ours_is_loaded_without_the_compiler(tmp_path):
    """It would take longer to start than to answer a query."""
    save(TINY, tmp_path / "v")
    code = (
        "import sys, wordkit; wordkit.WordVectors.load(sys.argv[1]); print('numba' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "v")]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "False\n"


def test_saving_over_the_map_one_has_loaded(tmp_path):
    save(TINY, tmp_path / "v")
    mapped = load(tmp_path / "v")
    save(mapped, tmp_path / "v")
    assert same(load(tmp_path / "v"), TINY)
    assert same(mapped, TINY)


# --- sparse -------------------------------------------------------------------------


def test_sparse_vectors_are_kept_by_ours_alone(tmp_path):
    numbers = np.random.default_rng(0).random((30, 30))
    matrix = csr_array(np.where(numbers < 0.2, numbers, 0))
    vectors = WordVectors([f"w{i}" for i in range(30)], matrix.astype(np.float32))
    save(vectors, tmp_path / "v")
    found = load(tmp_path / "v")
    assert found.words == vectors.words
    assert np.array_equal(found.vectors.toarray(), vectors.vectors.toarray())
    for format in set(FORMATS) - {"wordkit"}:
        with pytest.raises(FormatError, match=r"sparse.*dense"):
            save(vectors, tmp_path / "other", format)
        assert not (tmp_path / "other").exists()


def test_damaged_sparse_indices_are_refused(tmp_path):
    for indices, indptr in [([0, 7], [0, 1, 2]), ([0, 1], [0, 9, 2]), ([0, -1], [0, 1, 2])]:
        with new_folder(tmp_path / "v", "vectors") as folder:
            settings = {"words": 2, "vector_size": 2, "sparse": True}
            write_config(folder, "vectors", 1, settings)
            write_words(folder / "vocabulary.txt", ["a", "b"])
            arrays = {
                "data": np.ones(2, np.float32),
                "indices": np.array(indices, np.int32),
                "indptr": np.array(indptr, np.int32),
            }
            write_tensors(folder / "vectors.safetensors", arrays)
        with pytest.raises(FormatError, match="damaged"):
            load(tmp_path / "v")


CSR = {
    "rows": 2,
    "columns": 3,
    "data": np.ones(3, np.float32),
    "indices": np.array([0, 2, 1]),
    "indptr": np.array([0, 2, 3]),
}


@pytest.mark.parametrize(
    "change",
    [
        {"data": np.ones(3)},
        {"data": np.ones(2, np.float32)},
        {"data": np.ones((3, 1), np.float32)},
        {"indices": np.array([0.0, 2, 1])},
        {"indices": np.array([[0], [2], [1]])},
        {"indices": np.array([0, 2, 1, 1])},
        {"indices": np.array([0, 3, 1])},
        {"indices": np.array([0, -1, 1])},
        {"indptr": np.array([0.0, 2, 3])},
        {"indptr": np.array([[0], [2], [3]])},
        {"indptr": np.array([0, 3])},
        {"indptr": np.array([0, 2, 3, 3])},
        {"indptr": np.array([1, 2, 3])},
        {"indptr": np.array([0, 2, 2])},
        {"indptr": np.array([0, 4, 3])},
        {"columns": 2},
        {"rows": 3},
    ],
)
def test_arrays_that_are_no_sparse_matrix(change):
    assert not native._is_csr(**{**CSR, **change})


def test_arrays_that_are_a_sparse_matrix():
    empty = {"data": CSR["data"][:0], "indices": CSR["indices"][:0], "indptr": np.zeros(3, int)}
    for change in {}, {"columns": 9}, {"indptr": np.array([0, 0, 3])}, empty:
        assert native._is_csr(**{**CSR, **change})


@pytest.mark.parametrize(
    ("columns", "indptr"),
    [
        (2, [0, 2**31 - 1, -(2**31), 2]),  # of which the differences overflow to 0 and 1
        (10**11, [0, 1, 1, 2]),
        (1e308, [0, 1, 1, 2]),
        (True, [0, 1, 1, 2]),
        (None, [0, 1, 1, 2]),
        (-1, [0, 1, 1, 2]),
    ],
)
def test_sizes_of_sparse_vectors_that_cannot_be(tmp_path, columns, indptr):
    with new_folder(tmp_path / "v", "vectors") as folder:
        write_config(folder, "vectors", 1, {"words": 3, "vector_size": columns, "sparse": True})
        write_words(folder / "vocabulary.txt", ["a", "b", "c"])
        arrays = {
            "data": np.ones(2, np.float32),
            "indices": np.array([0, 0], np.int32),
            "indptr": np.array(indptr, np.int32),
        }
        write_tensors(folder / "vectors.safetensors", arrays)
    with pytest.raises(FormatError, match="damaged"):
        load(tmp_path / "v")


# --- finding out --------------------------------------------------------------------

BINARY = b"2 2\na " + TINY.vectors[0].tobytes() + b"b " + TINY.vectors[1].tobytes()


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("v.txt", b"2 2\na 1 2\nb 3 4\n", "word2vec"),
        ("v.bin", b"2 2\na 1 2\nb 3 4\n", "word2vec"),
        ("v.vec", b"2 2\na 1 2\nb 3 4\n", "fasttext"),
        ("v.txt", b"\xef\xbb\xbf2 2\r\na 1 2\r\nb 3 4\r\n", "word2vec"),
        ("v.txt", b"2\t2\na\t1\t2\nb\t3\t4\n", "word2vec"),
        ("v.txt", BINARY, "word2vec-binary"),
        ("v.bin", BINARY, "word2vec-binary"),
        ("v.bin", b"1 1\na AAAA", "word2vec-binary"),
        ("v.txt", b"a 1 2\nb 3 4\n", "glove"),
        ("v.txt", b"1990 1 2\nb 3 4\n", "glove"),
        ("v.txt", b"1990\t1\t2\nb\t3\t4\n", "glove"),
        ("v.txt", b"5 3\n6 2\n7 1\n", "glove"),
        ("v.txt", b"5 1\na 2\nb 3\n", "word2vec"),
        ("glove.txt", b"5 1\na 2\nb 3\n", "glove"),
        ("v.txt", b"1\t2\n3\t4\n", "projector"),
        ("v.tsv", b"1\n3\n", "projector"),
    ],
)
def test_a_format_is_found_out(tmp_path, name, content, format):
    assert detect(write(tmp_path / name, content)) == format
    assert detect(write(tmp_path / f"{name}.gz", gzip.compress(content))) == format


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"PK\x03\x04....", "zip archive"),
        (b"\x80\x04\x95", "pickle"),
        (b"\xba\x16\x4f\x2f\x0c", "whole fastText model"),
        (b"once upon a time\n", "is not a vector file known"),
        (gzip.compress(b"2 2\na 1 2\nb 3 4\n" * 99)[:60], "cut short"),
        (b"\x1f\x8b\x08\x00garbage....", "damaged"),
    ],
)
def test_what_is_no_vector_file_is_refused(tmp_path, content, message):
    with pytest.raises(FormatError, match=message):
        load(write(tmp_path / "v", content))


def test_names_that_are_wrong(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")
    with pytest.raises(FormatError, match="choose from wordkit, word2vec"):
        load(write(tmp_path / "v", b"a 1\n"), "text")
    with pytest.raises(FormatError, match="is a folder"):
        load(tmp_path, "glove")
    with pytest.raises(FormatError, match="holds no wordkit vectors: it has no"):
        load(tmp_path)
    with pytest.raises(FormatError, match="did not write"):
        save(TINY, tmp_path)
    assert (tmp_path / "v").read_bytes() == b"a 1\n"


# --- what cannot be written ---------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "word"),
    [("word2vec-binary", "new york"), ("projector", "a\tb"), ("projector", "a\rb")]
    + [(format, "a\nb") for format in FORMATS if format != "wordkit"],
)
def test_words_that_a_format_cannot_hold(tmp_path, format, word):
    with pytest.raises(FormatError, match="cannot hold") as error:
        save(WordVectors(["x", word], TINY.vectors), tmp_path / "v", format)
    assert repr(word) in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
def test_a_word_that_is_no_text_is_refused(tmp_path, format):
    with pytest.raises(FormatError, match="no UTF-8 form"):
        save(WordVectors(["x", "\ud800"], TINY.vectors), tmp_path / "v", format)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_is_not_written(tmp_path, format):
    with pytest.raises(FormatError, match="no vectors to write"):
        save(WordVectors([], np.empty((0, 3), np.float32)), tmp_path / "v", format)


# --- projector files of others ------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "counts"),
    [
        (b"a\nb\n", None),
        (b"a\r\nb\r\n", None),
        (b"a\nb", None),
        (b"Word\tKind\na\tx\nb\ty\n", None),
        (b"Id\tWord\tCount\n0\ta\t7\n1\tb\t5\n", [7, 5]),
        (b"Word\tCount\na\t7\nb\tmany\n", None),
    ],
)
def test_projector_tables_of_others(tmp_path, metadata, counts):
    write(tmp_path / "w2v_tensor.tsv", b"1\t2\n3\t4\n")
    write(tmp_path / "w2v_metadata.tsv", metadata)
    for path in (tmp_path, tmp_path / "w2v_tensor.tsv"):
        found = load(path)
        assert found.words == ["a", "b"]
        assert found.vectors.tolist() == [[1, 2], [3, 4]]
        assert (None if found.counts is None else found.counts.tolist()) == counts


def test_metadata_that_a_table_of_another_name_lacks(tmp_path):
    with pytest.raises(FormatError, match=r"expected w2v_metadata.tsv beside it"):
        load(write(tmp_path / "w2v_tensor.tsv", b"1\t2\n"))
    with pytest.raises(FormatError, match=r"expected metadata.tsv beside it"):
        load(write(tmp_path / "table.tsv", b"1\t2\n"))


def test_projector_tables_that_do_not_fit(tmp_path):
    vectors = write(tmp_path / "vectors.tsv", b"1\t2\n3\t4\n")
    with pytest.raises(FormatError, match=r"expected metadata.tsv beside it"):
        load(vectors)
    write(tmp_path / "metadata.tsv", b"word\na\nb\n")
    with pytest.raises(FormatError, match=r"2 vectors.*3 words"):
        load(vectors)
    write(tmp_path / "metadata.tsv", b"word\tcount\na\nb\t2\n")
    with pytest.raises(FormatError, match=r"metadata.tsv, line 2: expected 2 columns"):
        load(vectors)
    write(tmp_path / "vectors.tsv", b"1\t2\n3\n")
    with pytest.raises(FormatError, match=r"vectors.tsv, line 2: expected 2 numbers, found 1"):
        load(vectors)
    write(tmp_path / "tensors_b.tsv", b"1\t2\n")
    (tmp_path / "vectors.tsv").rename(tmp_path / "tensors_a.tsv")
    with pytest.raises(FormatError, match="2 files named like"):
        load(tmp_path)


def test_projector_keeps_the_count_of_the_first_of_equal_words(tmp_path):
    write(tmp_path / "vectors.tsv", b"1\t2\n3\t4\n5\t6\n")
    write(tmp_path / "metadata.tsv", b"word\tcount\na\t9\na\t8\nb\t7\n")
    with pytest.warns(UserWarning, match="1 vectors repeat.*'a'"):
        found = load(tmp_path)
    assert (found.words, found.counts.tolist()) == (["a", "b"], [9, 7])
    assert found.vectors.tolist() == [[1, 2], [5, 6]]


# --- any bytes ----------------------------------------------------------------------

PIECES = st.sampled_from(
    [b"2 2\n", b"-1 5\n", b"9 99999999999\n", b"a", b" ", b"1", b"0.5", b"-1e9", b"nan", b"\n",
     b"\r\n", b"\t", b"\x00", b"\xff", b"\x1f\x8b", TINY.vectors[0].tobytes()]
)  # fmt: skip


@given(
    content=st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=25).map(b"".join)),
    format=st.sampled_from([None, *FORMATS]),
    name=st.sampled_from(["v", "v.tsv", "v.bin", "v.vec"]),
    packed=st.booleans(),
)
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_vectors_or_a_format_error(tmp_path, content, format, name, packed):
    path = write(tmp_path / name, gzip.compress(content) if packed else content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = load(path, format)
        except FormatError as error:
            assert str(path) in str(error) or str(tmp_path) in str(error)  # noqa: PT017
        else:
            assert len(found.words) == len(set(found.words)) == found.vectors.shape[0] > 0


def test_words_that_all_end_in_numbers(tmp_path):
    words = ["in 1984", "part 2", "5 6"]
    vectors = WordVectors(words, np.arange(12).reshape(3, 4))
    vectors.save(tmp_path / "v.txt", "word2vec")
    assert WordVectors.load(tmp_path / "v.txt").words == words


@pytest.mark.parametrize("format", ["glove", "fasttext", "word2vec", "projector"])
def test_words_that_begin_like_gzip(tmp_path, format):
    words = ["\x1f\udc8b", "\x1f\udc8b\x08", "b"]
    for first in (0, 1):
        vectors = WordVectors([words[first], *words[2:]], [[0, 1], [1, 2]])
        vectors.save(tmp_path / "v", format)
        assert WordVectors.load(tmp_path / "v", format).words == vectors.words
