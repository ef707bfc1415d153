"""Files of three gigabytes in which no line, word or vector ends: an error, in little memory.

They are packed, or have holes, and so take next to nothing on the disk.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.seq2seq.small import small_model as seq2seq_model
from wordkit.corpus import reader
from wordkit.corpus.pair_files import read_pairs
from wordkit.errors import WordkitError
from wordkit.storage import lines
from wordkit.storage.lines import VARIABLE
from wordkit.vectors.formats import binary, text
from wordkit.vectors.word_vectors import WordVectors

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the memory used in /proc")

SIZE, MEMBER = 3 << 30, 1 << 24
MEMORY = 300 << 20
"""Bytes; 200 MiB are enough where the kernels are compiled already."""
COMMAND = """
import atexit, sys
def say():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(line.split()[1], file=sys.stderr)
atexit.register(say)
from wordkit.cli.main import main
main()
"""


def packed(path: Path, start: bytes = b"", letter: bytes = b"x") -> None:
    """gzip of a file that begins in some way and goes on with one letter."""
    member = gzip.compress(letter * MEMBER, 6)
    with open(path, "wb") as file:
        file.write(gzip.compress(start))
        for _ in range(SIZE // MEMBER):
            file.write(member)


def hole(path: Path, start: bytes = b"") -> None:
    """A file that begins in some way and goes on with zeros."""
    path.write_bytes(start)
    os.truncate(path, SIZE)


def projector(path: Path, *, lines: bool) -> None:
    path.mkdir()
    (path / "vectors.tsv").write_text("0.5\t1\n0.25\t2\n")
    (path / "config.json").write_text("{}")
    packed(path / "metadata.tsv", b"a\n", b"b\n" if lines else b"x")


def saved(make: Callable[[Path], object], name: str) -> Callable[[Path], None]:
    """A thing of which one file has a hole."""

    def save(path: Path) -> None:
        make(path)
        hole(path / name, (path / name).read_bytes())

    return save


def vectors(path: Path) -> None:
    WordVectors(["a", "b"], [[1, 2], [3, 4]], counts=[2, 1]).save(path)


INFO = "vectors", "info"
PAIRS = "seq2seq", "evaluate", "MODEL"
CORPUS = "corpus", "build", "-o", "OUT", "--min-count", 1
BOMBS: dict[str, tuple[Callable[[Path], None], tuple]] = {
    "word2vec, packed": (lambda path: packed(path, b"3 2\n"), INFO),
    "word2vec": (lambda path: hole(path, b"3 2\na 1 2\n"), INFO),
    "GloVe, packed": (lambda path: packed(path, b"a 1 2\nb 1 2\n"), INFO),
    "binary, packed": (lambda path: packed(path, b"3 2\n\x00"), INFO),
    "binary": (lambda path: hole(path, b"3 2\na "), INFO),
    "binary, one vector": (lambda path: packed(path, b"1 999999999\na \x00", b"\x00"), INFO),
    "projector, a word": (lambda path: projector(path, lines=False), INFO),
    "projector, words": (lambda path: projector(path, lines=True), INFO),
    "vocabulary": (saved(vectors, "vocabulary.txt"), INFO),
    "config": (saved(vectors, "config.json"), INFO),
    "tensors": (saved(vectors, "vectors.safetensors"), INFO),
    "JSON Lines": (lambda path: packed(path, b'{"text": "'), (*CORPUS, "--field", "text")),
    "TSV": (lambda path: packed(path, b"a\tb\n"), PAIRS),
    "targets": (lambda path: packed(path, b"a\n"), (*PAIRS, "--target", "SELF")),
    "texts to embed": (lambda path: packed(path), ("vectors", "embed", "VEC")),
    "evaluation set": (lambda path: hole(path, b"a\tb\t1\n"), ("vectors", "evaluate", "VEC")),
    "recipe": (
        lambda path: hole(path, b"layers = 1"),
        ("lm", "train", "--train", "MODEL", "-o", "OUT", "--recipe"),
    ),
    "lines to translate": (packed, ("seq2seq", "translate", "MODEL")),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(tmp_path: Path, name: str) -> None:
    make, command = BOMBS[name]
    make(tmp_path / "bomb")
    places = {"OUT": tmp_path / "out", "SELF": tmp_path / "bomb"}
    if "MODEL" in command:
        seq2seq_model(dtype="float32").save(tmp_path / "model")
        places["MODEL"] = tmp_path / "model"
    if "VEC" in command:
        vectors(tmp_path / "v")
        places["VEC"] = tmp_path / "v"
    arguments = [str(places.get(each, each)) for each in (*command, tmp_path / "bomb")]
    done = subprocess.run([sys.executable, "-c", COMMAND, *arguments], capture_output=True)
    *message, memory = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert message[-1].startswith("Error: ")
    assert "should not happen" not in message[-1]
    assert int(memory) * 1024 < MEMORY


@pytest.mark.parametrize("kind", ["pairs", "word2vec", "word2vec-binary", "projector"])
def test_the_limit_can_be_raised(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, or one word, is of 3,000 letters."""
    monkeypatch.setattr(reader, "BLOCK", 256)
    for module in text, binary, lines:
        monkeypatch.setattr(module, "_BLOCK", 256)
    if kind == "pairs":
        (tmp_path / "x").write_text(json.dumps(["a", "x" * 3000]))
    else:
        WordVectors(["a", "x" * 3000], [[1, 2], [3, 4]]).save(tmp_path / "x", kind)
    read = read_pairs if kind == "pairs" else WordVectors.load
    monkeypatch.setenv(VARIABLE, str(1000 / 2**20))
    with pytest.raises(WordkitError, match=f"longer than 1,000 bytes.*with {VARIABLE}"):
        read(tmp_path / "x")
    monkeypatch.setenv(VARIABLE, str(4000 / 2**20))
    read(tmp_path / "x")
