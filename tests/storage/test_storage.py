"""Folders and files are whole or not there; arrays and words come back as they went."""

from __future__ import annotations

import errno
import json
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from wordkit.errors import FormatError
from wordkit.storage.config import read_config, write_config
from wordkit.storage.files import new_file
from wordkit.storage.folders import new_folder
from wordkit.storage.tensors import TensorWriter, map_tensors, write_tensors
from wordkit.storage.words import read_words, write_words

text = st.text(st.characters(exclude_categories=["Cs"]))
words = st.lists(text | st.binary().map(lambda b: b.decode("utf-8", "surrogateescape")))


class TestNewFolder:
    def make(self, path: Path, content: str, kind: str = "thing") -> None:
        with new_folder(path, kind) as folder:
            write_config(folder, kind, 1, {"content": content})

    def content(self, path: Path) -> str:
        return read_config(path, "thing", 1)["content"]

    def test_appears_when_the_block_ends(self, tmp_path: Path) -> None:
        with new_folder(tmp_path / "a" / "made", "thing") as folder:
            (folder / "file").write_text("x")
            assert not (tmp_path / "a" / "made").exists()
        assert (tmp_path / "a" / "made" / "file").read_text() == "x"

    @pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt(), OSError(28, "no space")])
    def test_leaves_nothing_after_an_error(self, tmp_path: Path, error: BaseException) -> None:
        with pytest.raises(type(error)), new_folder(tmp_path / "made", "thing") as folder:
            (folder / "file").write_text("x")
            raise error
        assert list(tmp_path.iterdir()) == []

    def test_replaces_its_like(self, tmp_path: Path) -> None:
        for content in "old", "new":
            self.make(tmp_path / "made", content)
        assert self.content(tmp_path / "made") == "new"
        assert [path.name for path in tmp_path.iterdir()] == ["made"]

    def test_replaces_behind_a_link(self, tmp_path: Path) -> None:
        self.make(tmp_path / "real", "old")
        (tmp_path / "link").symlink_to(tmp_path / "real")
        self.make(tmp_path / "link", "new")
        assert (tmp_path / "link").is_symlink()
        assert self.content(tmp_path / "real") == "new"

    @pytest.mark.parametrize("when", ["work", "rename"])
    def test_keeps_the_old_folder_after_an_error(
        self, tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.make(tmp_path / "made", "old")
        rename = Path.rename

        def interrupted(path: Path, target: Path) -> Path:
            if path.suffix == ".partial":
                raise KeyboardInterrupt
            return rename(path, target)

        if when == "rename":
            monkeypatch.setattr(Path, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "made", "thing"):
            if when == "work":
                raise KeyboardInterrupt
        assert self.content(tmp_path / "made") == "old"
        assert [path.name for path in tmp_path.iterdir()] == ["made"]

    @pytest.mark.parametrize("way", ["photos", "new/../photos", "letter"])
    def test_will_not_replace_what_is_not_ours(self, tmp_path: Path, way: str) -> None:
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "config.json").write_text('{"kind": "other"}')
        (tmp_path / "letter").touch()
        with pytest.raises(FormatError, match="choose another name"):
            self.make(tmp_path / way, "new")
        assert (tmp_path / "photos" / "config.json").exists()

    def test_will_not_replace_another_kind_or_what_has_more(self, tmp_path: Path) -> None:
        self.make(tmp_path / "other", "old", kind="corpus")
        with pytest.raises(FormatError, match="is a wordkit corpus, not a thing"):
            self.make(tmp_path / "other", "new")
        self.make(tmp_path / "made", "old")
        (tmp_path / "made" / "thesis.txt").touch()
        with pytest.raises(FormatError, match=r"holds thesis\.txt"):
            self.make(tmp_path / "made", "new")

    def test_will_not_replace_what_came_in_the_meantime(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError), new_folder(tmp_path / "made", "thing"):
            (tmp_path / "made").mkdir()
            (tmp_path / "made" / "thesis.txt").touch()
        assert (tmp_path / "made" / "thesis.txt").exists()


class TestNewFolderBesideAnother:
    """The files of a thing, in a folder that also holds what is no part of it."""

    def make(self, path: Path, content: str) -> None:
        with new_folder(path, "thing", beside="runs") as folder:
            (folder / "a.safetensors").write_text(content)
            write_config(folder, "thing", 1, {"content": content})

    def found(self, path: Path) -> list[str]:
        """The contents of both files of the thing, and that of the other folder."""
        config = read_config(path, "thing", 1)
        runs = (path / "runs" / "notes").read_text()
        return [config["content"], (path / "a.safetensors").read_text(), runs]

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        (tmp_path / "made" / "runs").mkdir(parents=True)
        (tmp_path / "made" / "runs" / "notes").write_text("kept")
        return tmp_path / "made"

    def test_is_written_and_replaced(self, path: Path) -> None:
        for content in "old", "new":
            self.make(path, content)
            assert self.found(path) == [content, content, "kept"]
        assert [entry.name for entry in path.parent.iterdir()] == ["made"]
        self.make(path.parent / "alone", "new")
        assert read_config(path.parent / "alone", "thing", 1)["content"] == "new"

    @pytest.mark.parametrize("moved", [0, 1])
    def test_is_never_a_mixture_and_can_be_completed(
        self, path: Path, moved: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.make(path, "old")
        replace, moves = Path.replace, iter(range(10))

        def interrupted(file: Path, target: Path) -> Path:
            if next(moves) == moved:
                raise KeyboardInterrupt
            return replace(file, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", interrupted)
            with pytest.raises(KeyboardInterrupt):
                self.make(path, "new")
        with pytest.raises(FormatError, match=r"has no config\.json"):
            read_config(path, "thing", 1)
        self.make(path, "new")
        assert self.found(path) == ["new", "new", "kept"]

    def test_will_not_join_what_is_not_ours(self, path: Path) -> None:
        (path / "thesis.txt").touch()
        with pytest.raises(FormatError, match=r"holds thesis\.txt"):
            self.make(path, "new")
        (path / "config.json").write_text("{}")
        with pytest.raises(FormatError, match="a folder that wordkit did not write"):
            self.make(path, "new")


def test_new_file_writes_into_pipes_and_behind_links(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with new_file(tmp_path / "link") as file:
        file.write(b"x")
    assert (tmp_path / "real").read_bytes() == b"x"
    with new_file(os.devnull) as file:
        file.write(b"x")
    assert not Path(os.devnull).is_file()


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="the system has no /dev/fd")
def test_new_file_writes_into_a_pipe_without_a_name() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as pipe:
        with new_file(f"/dev/fd/{writing}") as file:
            file.write(b"x")
        os.close(writing)
        assert pipe.read() == b"x"


def test_errors_of_new_file_name_the_path_that_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").touch()
    with pytest.raises(FormatError, match=r"^folder is a folder"), new_file("folder"):
        pass
    with (
        pytest.raises(OSError, match=r"Not a directory|exists") as error,
        new_file("file/x"),
    ):
        pass
    assert error.value.filename == str(Path("file/x"))


def test_new_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with new_file(path) as file:
        file.write(b"one")
    with pytest.raises(ValueError, match="stop"), new_file(path) as file:
        file.write(b"two")
        raise ValueError("stop")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_is_named(tmp_path: Path, number: int) -> None:
    """What a write raises names no file."""
    path = tmp_path / "thing"
    with pytest.raises(OSError, match="full") as file, new_file(path):
        raise OSError(number, "full")
    with pytest.raises(OSError, match="full") as folder, new_folder(path, "thing"):
        raise OSError(number, "full")
    assert file.value.filename == folder.value.filename == str(path)
    with pytest.raises(FileNotFoundError) as other, new_file(path):
        open(tmp_path / "input").close()
    assert other.value.filename == str(tmp_path / "input")
    assert not list(tmp_path.iterdir())


class TestConfig:
    def test_other_kind(self, tmp_path: Path) -> None:
        write_config(tmp_path, "corpus", 1, {})
        with pytest.raises(FormatError, match="of the kind corpus, expected vectors"):
            read_config(tmp_path, "vectors", 1)

    def test_newer_version(self, tmp_path: Path) -> None:
        write_config(tmp_path, "corpus", 2, {})
        with pytest.raises(FormatError, match="upgrade wordkit"):
            read_config(tmp_path, "corpus", 1)

    @pytest.mark.parametrize(
        "damage", ["", "{", "[]", "null", "[" * 100_000, '{"kind": "corpus"}', "\xff"]
    )
    def test_damaged(self, tmp_path: Path, damage: str) -> None:
        (tmp_path / "config.json").write_bytes(damage.encode("latin-1"))
        with pytest.raises(FormatError):
            read_config(tmp_path, "corpus", 1)

    def test_bytes_that_are_not_utf8_come_back(self, tmp_path: Path) -> None:
        """As the command line gives them to us, and half a pair that JSON can spell."""
        for value in "\udcff", "\ud800", "é":
            write_config(tmp_path, "corpus", 1, {"delimiter": value})
            assert read_config(tmp_path, "corpus", 1)["delimiter"] == value

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError, match=r"holds no wordkit corpus: it has no config\.json"):
            read_config(tmp_path, "corpus", 1)
        with pytest.raises(FileNotFoundError):
            read_config(tmp_path / "nowhere", "corpus", 1)


ARRAYS = {
    "a": np.arange(6, dtype=np.int32).reshape(2, 3),
    "b": np.zeros((0, 4), np.float32),
    "c": np.array([1.5, -2], np.float64),
}


class TestTensors:
    def test_the_library_reads_ours(self, tmp_path: Path) -> None:
        write_tensors(tmp_path / "t", ARRAYS)
        for name, array in load_file(tmp_path / "t").items():
            np.testing.assert_array_equal(array, ARRAYS[name])
            assert array.dtype == ARRAYS[name].dtype

    def test_we_read_the_library(self, tmp_path: Path) -> None:
        save_file(ARRAYS, tmp_path / "t", metadata={"format": "np"})
        for name, array in map_tensors(tmp_path / "t", list(ARRAYS)).items():
            np.testing.assert_array_equal(array, ARRAYS[name])

    def test_pieces_must_add_up(self, tmp_path: Path) -> None:
        with open(tmp_path / "t", "wb") as file:
            writer = TensorWriter(file, {"a": ((3,), np.int32)})
            writer.write(np.zeros(2, np.int32))
            with pytest.raises(ValueError, match="4 bytes"):
                writer.close()

    def test_missing_name(self, tmp_path: Path) -> None:
        write_tensors(tmp_path / "t", ARRAYS)
        with pytest.raises(FormatError, match="no array named 'z'"):
            map_tensors(tmp_path / "t", ["z"])

    def test_cut_short_anywhere(self, tmp_path: Path) -> None:
        write_tensors(tmp_path / "t", ARRAYS)
        whole = (tmp_path / "t").read_bytes()
        for size in range(len(whole)):
            (tmp_path / "t").write_bytes(whole[:size])
            with pytest.raises(FormatError):
                map_tensors(tmp_path / "t", list(ARRAYS))

    @given(st.binary(max_size=64), st.binary(max_size=32))
    def test_random_bytes(
        self, tmp_path_factory: pytest.TempPathFactory, a: bytes, b: bytes
    ) -> None:
        path = tmp_path_factory.mktemp("random") / "t"
        path.write_bytes(len(a).to_bytes(8, "little") + a + b)
        with pytest.raises(FormatError):
            map_tensors(path, ["a"])

    @pytest.mark.parametrize(
        "entry",
        [
            {"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]},
            {"dtype": "F32", "shape": [1 << 62, 4], "data_offsets": [0, 0]},
            {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]},
            {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]},
            {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]},
            {"dtype": "F32", "shape": [1], "data_offsets": [0.0, 4.0]},
            {"dtype": "F32", "shape": [0, 10**30], "data_offsets": [0, 0]},
            {"dtype": "F32", "shape": [1], "data_offsets": [0]},
            {"dtype": "F32", "shape": [4] + 69 * [1], "data_offsets": [0, 16]},
            {"dtype": "F16", "shape": [8], "data_offsets": [0, 16]},
            "F32",
        ],
    )
    def test_lying_header(self, tmp_path: Path, entry: object) -> None:
        header = json.dumps({"a": entry}).encode()
        (tmp_path / "t").write_bytes(len(header).to_bytes(8, "little") + header + bytes(16))
        with pytest.raises(FormatError):
            map_tensors(tmp_path / "t", ["a"])

    @pytest.mark.parametrize("shape", [[1 << 62, 0], [0, 1 << 62, 8], [0] + 69 * [1]])
    def test_empty_array_of_an_impossible_shape(self, tmp_path: Path, shape: list[int]) -> None:
        header = json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}})
        (tmp_path / "t").write_bytes(len(header).to_bytes(8, "little") + header.encode())
        with pytest.raises(FormatError, match="is damaged: the array 'a' has the shape"):
            map_tensors(tmp_path / "t", ["a"])

    def test_header_beyond_all_sizes(self, tmp_path: Path) -> None:
        (tmp_path / "t").write_bytes((1 << 40).to_bytes(8, "little") + bytes(16))
        with pytest.raises(FormatError, match="its header would have 1,099,511,627,776 bytes"):
            map_tensors(tmp_path / "t")


class TestChecksum:
    def test_is_that_of_the_arrays(self, tmp_path: Path) -> None:
        write_tensors(tmp_path / "t", ARRAYS)
        data = b"".join(array.tobytes() for array in ARRAYS.values())
        with safe_open(tmp_path / "t", "np") as file:
            assert file.metadata() == {"crc32": f"{zlib.crc32(data):08x}"}

    def test_every_changed_bit_is_noticed(self, tmp_path: Path) -> None:
        write_tensors(tmp_path / "t", ARRAYS)
        whole = (tmp_path / "t").read_bytes()
        size = sum(array.nbytes for array in ARRAYS.values())
        for bit in range(8 * size):
            changed = bytearray(whole)
            changed[len(whole) - size + bit // 8] ^= 1 << bit % 8
            (tmp_path / "t").write_bytes(changed)
            with pytest.raises(FormatError, match="its arrays have changed since it was written"):
                map_tensors(tmp_path / "t")
            assert map_tensors(tmp_path / "t", verify=False).keys() == ARRAYS.keys()

    def test_earlier_files_have_none(self, tmp_path: Path) -> None:
        save_file(ARRAYS, tmp_path / "t")
        np.testing.assert_array_equal(map_tensors(tmp_path / "t")["a"], ARRAYS["a"])

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
    def test_a_pipe_gets_none(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with ThreadPoolExecutor() as pool:
            piped = pool.submit((tmp_path / "pipe").read_bytes)
            write_tensors(tmp_path / "pipe", ARRAYS)
        (tmp_path / "t").write_bytes(piped.result())
        with safe_open(tmp_path / "t", "np") as file:
            assert file.metadata() is None
        np.testing.assert_array_equal(map_tensors(tmp_path / "t")["a"], ARRAYS["a"])


@given(words, st.booleans())
def test_words_come_back(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], counted: bool
) -> None:
    path = tmp_path_factory.mktemp("words") / "vocabulary.txt"
    counts = list(range(len(words))) if counted and words else None
    write_words(path, words, counts)
    read, read_counts = read_words(path)
    assert read == words
    assert (None if read_counts is None else read_counts.tolist()) == counts


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a\t1\nb\n", 2),
        ("a\tx\n", 1),
        ("a\t1\nb\t2\t3\n", 2),
        ("a\t99999999999999999999\n", 1),
        ("a\t" + "9" * 5000 + "\n", 1),
        ("a\t-1\n", 1),
    ],
)
def test_bad_vocabulary_line(tmp_path: Path, content: str, line: int) -> None:
    (tmp_path / "vocabulary.txt").write_text(content)
    with pytest.raises(FormatError, match=f"line {line}"):
        read_words(tmp_path / "vocabulary.txt")


def test_a_word_without_utf8_form(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"the character '\\ud800', which has no UTF-8 form"):
        write_words(tmp_path / "vocabulary.txt", ["a", "b\ud800"])


def test_vocabulary_cut_short(tmp_path: Path) -> None:
    (tmp_path / "vocabulary.txt").write_text("a\t12\nb\t1")
    with pytest.raises(FormatError, match="cut short"):
        read_words(tmp_path / "vocabulary.txt")
