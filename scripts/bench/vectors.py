"""Counts to vectors: wordkit and gensim in turn, speed beside quality.

    python scripts/bench/vectors.py [build] [train] [queries] [memory]

Needs `pip install 'wordkit[bench]'`, and $WORDKIT_DATA with wiki-9m.txt.xz and eval/.
File formats have a benchmark of their own: scripts/bench/formats.py.
"""

from __future__ import annotations

import argparse
import lzma
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import wordkit
from wordkit.corpus.corpus import Corpus
from wordkit.corpus.text import TextOptions
from wordkit.vectors.evaluation.scores import evaluate
from wordkit.vectors.evaluation.sets import read_evaluation_set

DATA = Path(os.environ.get("WORDKIT_DATA", "data"))
SETS = ("ws353", "radinsky_mturk", "simlex999", "questions-words")
AZ = re.compile("[a-z]+").findall


def in_turn(
    rounds: int, ours: Callable[[], Any], theirs: Callable[[], Any]
) -> tuple[float, float]:
    """Median seconds of each, run in turns: A, B, A, B and so on."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for run, taken in zip((ours, theirs), seconds, strict=True):
            started = time.perf_counter()
            run()
            taken.append(time.perf_counter() - started)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def row(what: str, ours: float, theirs: float, unit: str = "s") -> None:
    print(f"{what:44} {ours:10.3f} {unit}  gensim {theirs:10.3f} {unit}  {theirs / ours:7.1f} x")


def reduced_text(folder: Path) -> Path:
    """wiki-9m as lower-case runs of a-z, a line an article, which both programs can read."""
    path = folder / "wiki-az.txt"
    with lzma.open(DATA / "wiki-9m.txt.xz", "rt", encoding="utf-8") as text, path.open("w") as out:
        out.writelines(" ".join(AZ(line.lower())) + "\n" for line in text)
    return path


# --- raw text to ids ----------------------------------------------------------------


def bench_build(folder: Path, rounds: int) -> None:
    from gensim.corpora import Dictionary
    from gensim.utils import simple_preprocess

    path = folder / "wiki.txt"
    path.write_bytes(lzma.decompress((DATA / "wiki-9m.txt.xz").read_bytes()))

    def ours() -> None:
        Corpus.build(path, folder / "corpus", workers=2)

    def theirs() -> None:
        with path.open(encoding="utf-8") as lines:
            Dictionary(simple_preprocess(line) for line in lines)

    seconds, gensim_seconds = in_turn(rounds, ours, theirs)
    row("raw text to ids, 2 workers", seconds, gensim_seconds)
    one, _ = in_turn(1, lambda: Corpus.build(path, folder / "corpus", workers=1), lambda: None)
    words = 9.0e6
    print(f"  words/s: {words / seconds:,.0f} (one worker {words / one:,.0f}), "
          f"gensim {words / gensim_seconds:,.0f}")  # fmt: skip


# --- ids to vectors, and what they are worth ----------------------------------------


def bench_train(folder: Path, rounds: int) -> None:
    from gensim.models import Word2Vec

    path = reduced_text(folder)
    corpus = Corpus.build(path, folder / "corpus-az", text=TextOptions(tokenizer="whitespace"))
    print(f"{corpus}")
    made: dict[str, wordkit.WordVectors] = {}

    def ours() -> None:
        made["wordkit"] = wordkit.CountVectors(workers=2).fit(corpus).vectors_

    models = []

    def theirs() -> None:
        model = models.pop()
        model.train(corpus_file=str(path), total_words=model.corpus_total_words, epochs=5)
        made["gensim"] = wordkit.WordVectors(model.wv.index_to_key, model.wv.vectors)

    for seed in range(rounds):  # its vocabulary is not part of the time, as ours is not
        models.append(Word2Vec(vector_size=100, window=5, negative=5, sg=1, workers=2, seed=seed))
        models[-1].build_vocab(corpus_file=str(path))
    ours()  # compiled kernels are cached on disk; this loads them
    seconds, gensim_seconds = in_turn(rounds, ours, theirs)
    row("ids to vectors (gensim: skip-gram)", seconds, gensim_seconds)
    for seed in range(1, 4):
        made[f"wordkit, seed {seed}"] = wordkit.CountVectors(seed=seed).fit(corpus).vectors_
    for name, vectors in made.items():
        print(f"  {name:18}", "  ".join(f"{s} {score(vectors, s):.3f}" for s in SETS))


def score(vectors: wordkit.WordVectors, name: str) -> float:
    """Spearman's rho, or the accuracy over the questions known."""
    return evaluate(vectors, read_evaluation_set(DATA / "eval" / f"{name}.txt")).score or 0.0


# --- queries ------------------------------------------------------------------------


def bench_queries(folder: Path, rounds: int) -> None:
    from gensim.models import KeyedVectors

    rng = np.random.default_rng(0)
    words = [f"word{n}" for n in range(400_000)]
    matrix = rng.normal(size=(400_000, 300)).astype(np.float32)
    ours, theirs = wordkit.WordVectors(words, matrix), KeyedVectors(300)
    theirs.add_vectors(words, matrix)
    theirs.fill_norms()
    asked = words[:1000]
    for each in (ours, theirs):
        each.most_similar("word7")
    ours.most_similar_batch(asked[:2])
    one = in_turn(
        20 * rounds, lambda: ours.most_similar("word5"), lambda: theirs.most_similar("word5")
    )
    row("one query over 400,000 x 300, ms", one[0] * 1000, one[1] * 1000, "ms")
    many = in_turn(
        rounds,
        lambda: ours.most_similar_batch(asked),
        lambda: [theirs.most_similar(word) for word in asked],
    )
    row("1,000 queries in one batch", *many)
    left = np.random.default_rng(1).normal(size=(1000, 300)).astype(np.float32)
    left @ matrix[:1000].T
    product, _ = in_turn(rounds, lambda: [left @ b.T for b in np.split(matrix, 40)], lambda: None)
    print(f"  the product alone {product:.3f} s, {240 / product:,.0f} GFLOP/s")
    same = [w for w, _ in ours.most_similar("word5")] == [
        w for w, _ in theirs.most_similar("word5")
    ]
    print(f"  same answers: {same}")
    ours.save(folder / "big")
    command = [sys.executable, "-m", "wordkit", "vectors", "similar", str(folder / "big"), "word5"]
    cold, _ = in_turn(
        5, lambda: subprocess.run(command, check=True, capture_output=True), lambda: None
    )
    print(f"vectors similar on 400,000 x 300, cold process   {cold:.3f} s")


# --- memory -------------------------------------------------------------------------


def bench_memory(folder: Path, rounds: int) -> None:
    """Memory of a build, over all its processes, as the text grows."""
    text = lzma.decompress((DATA / "wiki-9m.txt.xz").read_bytes())
    path = folder / "large.txt"
    for megabytes in (250, 1000):
        with path.open("wb") as out:
            while out.tell() < megabytes * 1_000_000:
                out.write(text)
        command = [sys.executable, "-m", "wordkit", "corpus", "build", str(path), "--workers", "2",
                   "-o", str(folder / "large"), "--overwrite"]  # fmt: skip
        started = time.perf_counter()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        peak = largest = 0.0
        while process.poll() is None:
            each = [memory(pid) for pid in tree(process.pid)]
            peak, largest = max(peak, sum(each)), max(largest, *each, 0)
            time.sleep(0.05)
        seconds = time.perf_counter() - started
        print(
            f"build of {path.stat().st_size / 1e6:,.0f} MB in {seconds:.1f} s: {peak:,.0f} MB "
            f"over all processes, {largest:,.0f} MB in the largest"
        )


def tree(pid: int) -> list[int]:
    """A process and its descendants (Linux)."""
    found = [pid]
    for parent in found:
        try:
            found += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
        except OSError:
            continue
    return found


def memory(pid: int) -> float:
    """Proportional set size in MB: shared pages are counted once."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^Pss: +(\d+)", rollup, re.MULTILINE)
    return int(found[1]) / 1000 if found else 0.0


BENCHES = {
    "build": bench_build,
    "train": bench_train,
    "queries": bench_queries,
    "memory": bench_memory,
}


def main() -> None:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="|".join(BENCHES))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    for name in arguments.names or BENCHES:
        with tempfile.TemporaryDirectory() as folder:
            BENCHES[name](Path(folder), arguments.rounds)


if __name__ == "__main__":
    main()
