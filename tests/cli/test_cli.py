"""The command line as people and scripts use it: as a process, by its output and exit code."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from wordkit.cli.models import run_in
from wordkit.cli.output import print_json
from wordkit.interrupts import TrainingInterrupted
from wordkit.training.runs.checkpoint import CHECKPOINTS
from wordkit.vectors.word_vectors import WordVectors

TEXT = "\n".join(
    f"the {animal} eats its food\nthe {tool} cuts hard wood" for animal in ("cat", "dog", "hen")
    for tool in ("saw", "axe", "adze") for _ in range(9)
)  # fmt: skip


def wordkit(
    *arguments: object, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "wordkit", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=300,
        env={**os.environ, **environment},
    )


def ok(*arguments: object, **options: object) -> str:
    done = wordkit(*arguments, **options)  # type: ignore[arg-type]
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "surrogateescape")


def said(*arguments: object) -> str:
    """What a command that does its work says on standard error."""
    done = wordkit(*arguments)
    assert done.returncode == 0, done.stderr.decode()
    return done.stderr.decode()


def refused(*arguments: object, **options: object) -> str:
    """Run what must fail: one sentence, exit code 1 or 2, no traceback."""
    done = wordkit(*arguments, **options)  # type: ignore[arg-type]
    message = done.stderr.decode("utf-8", "replace")
    assert done.returncode in (1, 2), message
    assert "Traceback" not in message
    assert "Error: " in message
    assert done.stdout == b""
    return " ".join(message.split())


def on_a_terminal(*arguments: object) -> tuple[str, str]:
    """What a command writes to standard output, if that is a terminal, and its messages."""
    pty = pytest.importorskip("pty", reason="the system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "wordkit", *map(str, arguments)]
    done = subprocess.run(command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    written = b""
    with contextlib.suppress(OSError):  # EIO is the end
        while piece := os.read(ours, 1 << 16):
            written += piece
    os.close(ours)
    return written.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text, its corpus and its vectors."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "text.txt").write_text(TEXT)
    ok("corpus", "build", folder / "text.txt", "-o", folder / "corpus")
    ok("vectors", "train", folder / "corpus", "-o", folder / "vectors",
       "--vector-size", 5, "--sample", 0, "--seed", 3)  # fmt: skip
    return folder


class TestCorpus:
    def test_standard_input(self, tmp_path: Path) -> None:
        ok("corpus", "build", "-", "-o", tmp_path / "c", "--min-count", 1, stdin=b"a b\nb c\n")
        info = json.loads(ok("corpus", "info", tmp_path / "c", "--json"))
        assert (info["tokens"], info["words"], info["documents"]) == (4, 3, 2)
        assert info["most_frequent"] == {"b": 2, "a": 1, "c": 1}

    def test_json_lines(self, tmp_path: Path) -> None:
        lines = b'{"text": "One two"}\n{"text": "two"}\n'
        ok("corpus", "build", "-", "-o", tmp_path / "c", "--field", "text", "--min-count", 1,
           stdin=lines)  # fmt: skip
        assert "tokens\t3" in ok("corpus", "info", tmp_path / "c")

    def test_options(self, tmp_path: Path) -> None:
        ok("corpus", "build", "-", "-o", tmp_path / "c", "--min-count", 2, "--unk", "--eos",
           "--punctuation", "split", "--numbers", "N", "--no-lower",
           stdin=b"It is 5.\nIt was 7.\n")  # fmt: skip
        vocabulary = (tmp_path / "c" / "vocabulary.txt").read_text()
        assert vocabulary == ".\t2\n<eos>\t2\n<unk>\t2\nIt\t2\nN\t2\n"

    def test_books_with_broken_lines(self, tmp_path: Path) -> None:
        sentence = "It was a dark night, and the rain fell in torrents upon the old house. "
        book = "\n\n".join([textwrap.fill(4 * sentence, 62)] * 6)
        (tmp_path / "book.txt").write_text(book)
        build = "corpus", "build", tmp_path / "book.txt", "-o", tmp_path / "c", "--min-count", 1
        build += ("--overwrite",)

        def info() -> dict:
            return json.loads(ok("corpus", "info", tmp_path / "c", "--json", "-n", 50))

        assert "--unwrap joins them to paragraphs" in said(*build, "--eos-sentences")
        assert info()["most_frequent"]["<eos>"] > 24
        assert "--unwrap" not in said(*build, "--eos-sentences", "--unwrap")
        assert info()["most_frequent"]["<eos>"] == 24
        assert info()["documents"] == 6
        (tmp_path / "book.txt").write_text(book.replace("\n", "\n\n"))
        assert "--unwrap" not in said(*build)

    def test_accents(self, tmp_path: Path) -> None:
        ok("corpus", "build", "-", "-o", tmp_path / "c", "--min-count", 1, "--strip-accents",
           stdin="Le café où".encode())  # fmt: skip
        assert (tmp_path / "c" / "vocabulary.txt").read_text() == "cafe\t1\nle\t1\nou\t1\n"

    def test_vocabulary_of_another(self, folder: Path, tmp_path: Path) -> None:
        ok("corpus", "build", "-", "-o", tmp_path / "c", "--vocabulary", folder / "corpus",
           stdin=b"the new cat\n")  # fmt: skip
        assert json.loads(ok("corpus", "info", tmp_path / "c", "--json"))["tokens"] == 2

    def test_phrases(self, tmp_path: Path) -> None:
        text = b"in new york city\nto new york now\na new york man\n" * 3 + b"the old way\n" * 20
        ok("corpus", "build", "-", "-o", tmp_path / "c", "--min-count", 1, stdin=text)
        listed = ok("corpus", "phrases", tmp_path / "c", "-o", tmp_path / "p", "--passes", 1)
        assert listed.splitlines()[-1].startswith("new_york\t9\t")
        assert (
            "new_york"
            in json.loads(ok("corpus", "info", tmp_path / "p", "--json", "-n", 50))[
                "most_frequent"
            ]
        )
        assert "--threshold" in refused("corpus", "phrases", tmp_path / "c", "-o", tmp_path / "x",
                                        "--score", "likelihood_ratio")  # fmt: skip

    def test_list_of_datasets(self) -> None:
        assert "ptb" in ok("corpus", "download")
        assert "ptb" in json.loads(ok("corpus", "download", "--json"))

    def test_a_dataset_by_its_name(self, tmp_path: Path) -> None:
        ok("corpus", "build", "--dataset", "sample", "-o", tmp_path / "sample")
        ok("vectors", "train", tmp_path / "sample" / "train", "-o", tmp_path / "v",
           "--method", "ppmi")  # fmt: skip
        found = json.loads(ok("vectors", "evaluate", tmp_path / "v", "sample-analogies", "--json"))
        assert found[0]["name"] == "sample-analogies"
        assert found[0]["overall"]["all"]["accuracy"] > 0.7
        assert "neither a file nor a known evaluation set; those are sample-analogies" in refused(
            "vectors", "evaluate", tmp_path / "v", "ptb"
        )

    @pytest.mark.parametrize(
        ("arguments", "stdin", "message"),
        [
            (["nowhere.txt"], b"", "cannot read nowhere.txt: no such file or folder"),
            (["-"], b"", "the input has no words"),
            (["-"], b"a b", "no word is left: the most frequent of 2 occurs 1 times"),
            (
                ["-", "--min-count", "1"],
                b"a\n\xff\n",
                "standard input, line 2: byte 0xff is not UTF-8",
            ),
            (["-", "--field", "t"], b'{"x": 1}\n', "line 1: expected a field 't'"),
            (["-", "--tokenizer", "bpe"], b"a", "Invalid value for '--tokenizer'"),
            ([], b"", "name some INPUT, or a --dataset"),
            (["--dataset", "ptbb"], b"", "no dataset is named 'ptbb'; did you mean ptb?"),
            (["--dataset", "ptb", "--min-count", "1"], b"", "--min-count has no meaning with"),
            (["-", "--field", "x", "--document", "file"], b"", "--document has no meaning with"),
            (["-", "--min-count", "1", "--eos", "--max-vocab", "1"], b"a a", "raise max_vocab"),
        ],
    )
    def test_refused(
        self, tmp_path: Path, arguments: list[str], stdin: bytes, message: str
    ) -> None:
        assert message in refused("corpus", "build", *arguments, "-o", tmp_path / "c", stdin=stdin)
        assert list(tmp_path.iterdir()) == []

    def test_output_that_exists(self, folder: Path, tmp_path: Path) -> None:
        """Each command that writes a folder: it is replaced when it is asked for, not else."""
        corpus, vectors, text = folder / "corpus", folder / "vectors", folder / "text.txt"
        for n, arguments in enumerate((
            ("corpus", "build", text, "-o"),
            ("corpus", "phrases", corpus, "-o"),
            ("vectors", "train", corpus, "--vector-size", 3, "-o"),
            ("vectors", "convert", vectors, "--format", "wordkit"),
            ("vectors", "convert", vectors, "--format", "projector"),
        )):  # fmt: skip
            output = tmp_path / str(n)
            output.mkdir()  # one that is empty is nobody's
            ok(*arguments, output)
            before = {file: file.stat().st_mtime_ns for file in output.iterdir()}
            message = refused(*arguments, output)
            assert f"{output} exists: replace it with --overwrite, or choose another" in message
            assert {file: file.stat().st_mtime_ns for file in output.iterdir()} == before
            ok(*arguments, output, "--overwrite")
            assert {file: file.stat().st_mtime_ns for file in output.iterdir()} != before
        for target in vectors, folder:  # of another kind, or not ours
            message = refused("corpus", "build", text, "-o", target, "--overwrite")
            assert "choose another name" in message
        assert WordVectors.load(vectors).vector_size == 5

    def test_output_that_is_not_ours(self, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("x")
        message = refused("corpus", "build", "-", "-o", tmp_path / "mine", "--min-count", 1,
                          stdin=b"a b")  # fmt: skip
        assert "is a file; choose another name" in message
        assert (tmp_path / "mine").read_text() == "x"

    def test_offline(self, tmp_path: Path) -> None:
        """Says which file to put where; a proxy that is not there stands for no network."""
        message = refused(
            "corpus", "build", "--dataset", "ptb", "-o", tmp_path / "c",
            WORDKIT_DATA="", WORDKIT_CACHE=str(tmp_path / "cache"), https_proxy="http://127.0.0.1:9",
        )  # fmt: skip
        assert "put the file" in message
        assert str(tmp_path / "cache" / "ptb" / "ptb.train.txt") in message

    @pytest.mark.skipif(sys.platform == "win32", reason="no POSIX signals")
    @pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
    def test_interrupted(self, tmp_path: Path, sent: int) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "wordkit", "corpus", "build", "-", "-o", tmp_path / "c"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin
        assert process.stderr
        process.stdin.write(b"some words\n" * 1_000_000)
        process.stdin.flush()
        process.send_signal(sent)
        message = process.stderr.read().decode()
        assert process.wait(30) == 130
        assert message.startswith("interrupted; nothing unfinished was kept\n")
        assert "Traceback" not in message
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_disk_full(self, folder: Path) -> None:
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "wordkit", "corpus", "info", folder / "corpus"],
                stdout=full,
                stderr=subprocess.PIPE,
            )
        assert done.returncode == 1
        assert b"No space left on device" in done.stderr
        assert b"Traceback" not in done.stderr


class TestVectors:
    def test_similar(self, folder: Path) -> None:
        lines = ok("vectors", "similar", folder / "vectors", "cat", "-n", 2).splitlines()
        assert {line.split("\t")[0] for line in lines} == {"dog", "hen"}
        lines = ok("vectors", "similar", folder / "vectors", "cat", "saw", "-n", 1).splitlines()
        assert [line.split("\t")[0] for line in lines] == ["cat", "saw"]
        found = json.loads(ok("vectors", "similar", folder / "vectors", "cat", "--json"))
        assert found[0]["word"] == "cat"
        assert found[0]["similar"][0]["word"] in ("dog", "hen")

    def test_analogy_and_odd(self, folder: Path) -> None:
        answer = ok("vectors", "analogy", folder / "vectors", "cat", "dog", "saw", "-n", 1)
        assert answer.split("\t")[0] in ("axe", "adze")
        query = ("analogy", folder / "vectors", "cat", "dog", "saw", "--method", "3cosmul")
        found = json.loads(ok("vectors", *query, "--json"))
        assert found["answers"][0]["word"] in ("axe", "adze")
        assert ok("vectors", "odd", folder / "vectors", "cat", "dog", "saw", "hen") == "saw\n"

    @pytest.mark.parametrize("method", ["ppmi", "counts"])
    def test_sparse_methods(self, folder: Path, tmp_path: Path, method: str) -> None:
        ok("vectors", "train", folder / "corpus", "-o", tmp_path / "v", "--method", method,
           "--sample", 0)  # fmt: skip
        lines = ok("vectors", "similar", tmp_path / "v", "cat", "-n", 2).splitlines()
        assert {line.split("\t")[0] for line in lines} == {"dog", "hen"}
        assert "kind\tsparse" in ok("vectors", "info", tmp_path / "v")
        assert "sparse" in refused("vectors", "convert", tmp_path / "v", tmp_path / "x",
                                   "--format", "glove")  # fmt: skip

    @pytest.mark.parametrize("method", ["skipgram", "cbow"])
    def test_word2vec(self, folder: Path, tmp_path: Path, method: str) -> None:
        ok("vectors", "train", folder / "corpus", "-o", tmp_path / "v", "--method", method,
           "--sample", 0, "--epochs", 60, "--vector-size", 10, "--workers", 1)  # fmt: skip
        lines = ok("vectors", "similar", tmp_path / "v", "cat", "-n", 2).splitlines()
        assert {line.split("\t")[0] for line in lines} == {"dog", "hen"}

    def test_embed(self, folder: Path) -> None:
        text = b"The cat eats\nunknown\n"
        lines = ok("vectors", "embed", folder / "vectors", stdin=text).splitlines()
        assert [len(line.split("\t")) for line in lines] == [5, 5]
        assert set(lines[1].split("\t")) == {"0.0"}
        rows = json.loads(ok("vectors", "embed", folder / "vectors", "-", "--json", stdin=text))
        np.testing.assert_allclose(rows[0], [float(x) for x in lines[0].split("\t")])

    def test_one_seed_one_result(self, folder: Path, tmp_path: Path) -> None:
        for workers in 1, 2:
            ok("vectors", "train", folder / "corpus", "-o", tmp_path / str(workers), "--sample", 0,
               "--vector-size", 5, "--seed", 3, "--workers", workers)  # fmt: skip
        for name in "vectors.safetensors", "vocabulary.txt":
            made = [(f / name).read_bytes() for f in (tmp_path / "1", tmp_path / "2")]
            assert made[0] == made[1] == (folder / "vectors" / name).read_bytes()

    @pytest.mark.parametrize(
        "format", ["word2vec", "word2vec-binary", "glove", "fasttext", "projector", "wordkit"]
    )
    def test_there_and_back(self, folder: Path, tmp_path: Path, format: str) -> None:
        ok("vectors", "convert", folder / "vectors", tmp_path / "out", "--format", format)
        ok("vectors", "convert", tmp_path / "out", tmp_path / "back", "--format", "wordkit")
        one, other = WordVectors.load(folder / "vectors"), WordVectors.load(tmp_path / "back")
        assert one.words == other.words
        np.testing.assert_array_equal(one.vectors, other.vectors)

    def test_evaluate(self, folder: Path, tmp_path: Path) -> None:
        pairs, analogies = tmp_path / "pairs.txt", tmp_path / "analogies.txt"
        pairs.write_text("cat\tdog\t9\ncat\tsaw\t1\nsaw\taxe\t8\nhen\taxe\t2\ncat\tunicorn\t5\n")
        analogies.write_text(": tools\ncat dog saw axe\ncat dog unicorn axe\n")
        table = ok("vectors", "evaluate", folder / "vectors", pairs, analogies)
        assert "pairs" in table
        assert "tools" in table
        found = json.loads(
            ok("vectors", "evaluate", folder / "vectors", pairs, analogies, "--json")
        )
        assert found[0]["known"]["used"] == 4
        assert found[0]["known"]["rho"] > 0.5
        assert found[1]["overall"]["all"]["used"] == 2
        twice = (folder / "vectors", pairs, "--against", folder / "vectors")
        against = json.loads(ok("vectors", "evaluate", *twice, "--json"))
        assert against["comparisons"][0]["difference"] == 0

    def test_plot(self, folder: Path, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib", reason="needs wordkit[plot]")
        ok("vectors", "plot", folder / "vectors", "cat", "dog", "saw", "-o", tmp_path / "map.png")
        assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")

    @pytest.mark.parametrize(("kind", "file"), [("vectors", "vectors"), ("corpus", "ids")])
    def test_info_verifies_where_it_is_asked_to(
        self, folder: Path, tmp_path: Path, kind: str, file: str
    ) -> None:
        shutil.copytree(folder / kind, tmp_path / "x")
        ok(kind, "info", tmp_path / "x", "--verify")
        path = tmp_path / "x" / f"{file}.safetensors"
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        ok(kind, "info", tmp_path / "x")
        assert "its arrays have changed" in refused(kind, "info", tmp_path / "x", "--verify")

    def test_words_that_are_not_utf8(self, tmp_path: Path) -> None:
        (tmp_path / "v.txt").write_bytes(b"2 2\ncaf\xe9 1 0\nbar 0.5 1\n")
        assert ok("vectors", "similar", tmp_path / "v.txt", "bar").startswith("caf\udce9\t")

    def test_refused(self, folder: Path, tmp_path: Path) -> None:
        vectors = folder / "vectors"
        (tmp_path / "nan.txt").write_text("2 2\na 1 nan\nb 1 2\n")
        (tmp_path / "cut.txt").write_text("3 2\na 1 2\nb 1\n")
        (tmp_path / "empty").touch()
        pairs = tmp_path / "pairs.txt"
        pairs.write_text("cat\tdog\t9\n")
        wide = tmp_path / "wide.txt"
        wide.write_text("2 6\ncat 1 2 3 4 5 6\ndog 1 2 3 4 5 7\n")
        for arguments, message in (
            (["similar", vectors, "kat"], "'kat' is not in the vocabulary; did you mean cat?"),
            (["similar", tmp_path / "nowhere", "cat"], "nowhere"),
            (["similar", folder / "corpus", "cat"], "of the kind corpus, expected vectors"),
            (["similar", tmp_path / "nan.txt", "b"], "the vector of 'a' (row 1) holds NaN"),
            (["similar", tmp_path / "cut.txt", "a"], "cut.txt"),
            (["similar", tmp_path / "empty", "a"], "empty"),
            (["similar", vectors], "Missing argument"),
            (["convert", tmp_path / "nan.txt", tmp_path / "x", "--format", "glove"], "holds NaN"),
            (
                ["train", folder / "corpus", "-o", tmp_path / "x", "--power", "nan"],
                "must be a number",
            ),
            (["train", folder / "corpus", "-o", tmp_path / "x", "--seed", -1], "'--seed'"),
            (["train", folder / "corpus", "-o", folder / "corpus"], "is a wordkit corpus, not"),
            (["similar", vectors, "cat", "-n", 0], "Invalid value for '-n'"),
            (["train", vectors, "-o", tmp_path / "x"], "of the kind vectors, expected corpus"),
            (["train", tmp_path, "-o", tmp_path / "x"], "holds no wordkit corpus"),
            (
                ["train", folder / "corpus", "-o", tmp_path / "x", "--window", 0],
                "must be a whole",
            ),
            (["train", folder / "corpus", "-o", tmp_path / "empty"], "choose another name"),
            (
                [
                    "train",
                    folder / "corpus",
                    "-o",
                    tmp_path / "x",
                    "--method",
                    "cbow",
                    "--shift",
                    2,
                ],
                "--shift is no option of --method cbow",
            ),
            (
                [
                    "train",
                    folder / "corpus",
                    "-o",
                    tmp_path / "x",
                    "--method",
                    "cbow",
                    "--epochs",
                    0,
                ],
                "must be a whole",
            ),
            (["evaluate", vectors, tmp_path / "nowhere"], "nowhere"),
            (["evaluate", vectors, tmp_path / "empty"], "empty"),
            (["evaluate", vectors, pairs, "--against", wide], "5 and 6 dimensions"),
            (["odd", vectors, "cat", "dog"], "at least three words"),
        ):
            assert message in refused("vectors", *arguments)
        assert not (tmp_path / "x").exists()

    def test_json_of_what_writes(self, folder: Path, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib", reason="needs wordkit[plot]")
        for arguments in (
            ("corpus", "build", folder / "text.txt", "-o", tmp_path / "c"),
            ("vectors", "train", folder / "corpus", "-o", tmp_path / "v", "--vector-size", 3),
            ("vectors", "convert", folder / "vectors", tmp_path / "g", "--format", "glove"),
            ("vectors", "plot", folder / "vectors", "-o", tmp_path / "p.svg"),
        ):
            assert json.loads(ok(*arguments, "--json"))

    def test_a_word_with_a_line_end_stays_on_its_line(self, tmp_path: Path) -> None:
        WordVectors(["a", "b\n\tc"], [[1, 0], [1, 1]]).save(tmp_path / "v")
        assert ok("vectors", "similar", tmp_path / "v", "a") == "b\\n\\tc\t0.7071\n"

    def test_newer_version(self, folder: Path, tmp_path: Path) -> None:
        ok("vectors", "convert", folder / "vectors", tmp_path / "v", "--format", "wordkit")
        config = tmp_path / "v" / "config.json"
        config.write_text(config.read_text().replace('"version": 1', '"version": 99'))
        assert "upgrade wordkit" in refused("vectors", "similar", tmp_path / "v", "cat")

    def test_a_reader_that_has_had_enough(self, folder: Path) -> None:
        command = (
            f"{sys.executable} -m wordkit vectors similar {folder / 'vectors'} cat dog | head -1"
        )
        done = subprocess.run(["bash", "-c", command], capture_output=True)
        assert done.stdout.count(b"\n") == 1
        assert done.stderr == b""


def test_thesaurus_without_data(tmp_path: Path) -> None:
    message = refused("thesaurus", "car", NLTK_DATA=str(tmp_path), HOME=str(tmp_path))
    assert "python -m nltk.downloader wordnet" in message


def test_version() -> None:
    import wordkit as package

    assert ok("--version") == f"wordkit, version {package.__version__}\n"


def test_json_has_no_infinity(capsys: pytest.CaptureFixture[str]) -> None:
    data = {"perplexity": np.float32(np.inf), "rows": [(1, math.nan, True, None, "a")], "n": 2.5}
    print_json(data)
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found == {"perplexity": None, "rows": [[1, None, True, None, "a"]], "n": 2.5}


def test_ctrl_c_outside_of_the_steps_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt) as nothing, run_in(tmp_path):
        raise KeyboardInterrupt
    assert not isinstance(nothing.value, TrainingInterrupted)
    (tmp_path / CHECKPOINTS / "step-000000007").mkdir(parents=True)
    with (
        pytest.raises(TrainingInterrupted, match=r"step-000000007: .* with --resume\)"),
        run_in(tmp_path),
    ):
        raise KeyboardInterrupt


class TestWhatSteersATerminal:
    """A vocabulary with an escape sequence, in two ways to write one, and text turned round."""

    RED, TURNED = "\x1b[31mred", "\u202etxt.exe"
    WORDS: ClassVar = [RED, "red", "\x9b31mred", TURNED, "\x7f", "caf\udce9"]

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        vectors = np.random.default_rng(1).random((len(self.WORDS), 3), np.float32)
        WordVectors(self.WORDS, vectors).save(tmp_path / "v")
        return tmp_path / "v"

    @pytest.mark.parametrize(
        ("arguments", "shown"),
        [
            (["similar", "VEC", "31mred"], r"did you mean \x9b31mred, \x1b[31mred?"),
            (["similar", "VEC", RED + "!"], r"'\x1b[31mred!' is not in the vocabulary"),
            (["similar", "VEC", "\x7f\x7f"], r"the word '\x7f\x7f' is not"),
            (["similar", RED, "x"], r"\x1b[31mred"),
            (["info", "VEC", "-n", "\x1b"], r"'\x1b' is not a valid integer"),
            (["\x1b[31m"], r"No such command '\x1b[31m'"),
        ],
    )
    def test_messages_are_cleaned(self, path: Path, arguments: list[str], shown: str) -> None:
        given = [str(path) if each == "VEC" else each for each in arguments]
        for message in refused("vectors", *given), on_a_terminal("vectors", *given)[1]:
            assert shown.replace(" ", "") in "".join(message.split())
            assert not set(message) & set("\x1b\x9b\x7f\u202e")

    def test_warnings_are_cleaned(self, tmp_path: Path) -> None:
        path = tmp_path / f"{self.RED}.txt"
        path.write_text("2 1\na 1\na 2\n")
        done = wordkit("vectors", "info", path)
        assert b"Warning: " in done.stderr
        assert b"\\x1b[31mred.txt: 1 vectors repeat the word" in done.stderr
        assert b"\x1b" not in done.stderr

    def test_options_before_the_command(self) -> None:
        message = refused("--\x1b[31m")
        assert "No such option" in message
        assert r"--\x1b[31m" in message

    def test_rows_and_tables_on_a_terminal(self, path: Path) -> None:
        written, _ = on_a_terminal("vectors", "similar", path, "red", "-n", 5)
        assert not set(written) & set("\x1b\x9b\x7f\u202e\udce9")
        words = {line.split("\t")[0] for line in written.splitlines()}
        assert words == {r"\x1b[31mred", r"\x9b31mred", r"\u202etxt.exe", r"\x7f", r"caf\xe9"}

    def test_data_in_a_pipe_are_as_they_are(self, path: Path) -> None:
        lines = ok("vectors", "similar", path, "red", "-n", 5).splitlines()
        words = {line.split("\t")[0] for line in lines}
        assert words == {r"\x1b[31mred", *self.WORDS[2:]}

    def test_long_messages_are_shortened(self, path: Path) -> None:
        message = refused("vectors", "similar", path, "x" * 100_000)
        assert len(message) < 2100
        assert message.endswith("x ...")


class TestEnvironment:
    """What a container, a system user or a shell may have."""

    def test_no_folder_for_compiled_kernels(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        (tmp_path / "temporary").mkdir()
        options = {"WORDKIT_CACHE": str(tmp_path / "file" / "cache")}
        options |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(tmp_path / "temporary"))
        convert = ("vectors", "convert", folder / "vectors", tmp_path / "v.txt")
        done = wordkit(*convert, "--format", "glove", **options)
        message = done.stderr.decode()
        assert done.returncode == 0, message
        assert message.count("Warning: ") == 1
        assert str(tmp_path / "file" / "cache") in message
        assert "compiled kernels are kept in " + str(tmp_path / "temporary") in message
        assert "set WORDKIT_CACHE to a folder that can be written" in message
        again = wordkit(*convert, "--format", "glove", **options)
        assert again.returncode == 0
        assert b"Warning: " not in again.stderr, "they are there"

    def test_variables_that_make_no_sense(self, folder: Path) -> None:
        message = refused("vectors", "info", folder / "vectors", NUMBA_NUM_THREADS="-1")
        assert "NUMBA_NUM_THREADS must be a whole number from 1, not '-1'" in message

    def test_variables_that_numba_cannot_read(self, folder: Path, tmp_path: Path) -> None:
        done = wordkit("vectors", "convert", folder / "vectors", tmp_path / "v.txt",
                       "--format", "glove", NUMBA_DEBUG_CACHE="yes")  # fmt: skip
        message = done.stderr.decode()
        assert done.returncode == 0
        assert "'NUMBA_DEBUG_CACHE' is defined but its associated value 'yes'" in message
        assert "Traceback" not in message
