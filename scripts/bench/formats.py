"""Time vector files against gensim, the two in turn in one run.

    python scripts/bench/formats.py --rows 400000 --size 300

Needs the extra ``bench``, and disk for four files: 3.7 GB at 400,000 x 300.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from wordkit import WordVectors


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes, once the disk is done with what the last one left to it."""
    os.sync()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare(vectors: WordVectors, folder: Path) -> dict[str, tuple[float, float]]:
    """What was timed: seconds of wordkit, seconds of gensim.

    Each saves its own file; both load the file that wordkit saved.

    Raises
    ------
    AssertionError
        The two programs wrote different bytes.
    """
    from gensim.models import KeyedVectors

    peer = KeyedVectors(vectors.vector_size)
    peer.add_vectors(vectors.words, vectors.vectors)
    timed = {}
    for name, format, binary in [("text", "word2vec", False), ("binary", "word2vec-binary", True)]:
        ours, theirs = folder / f"ours.{name}", folder / f"theirs.{name}"
        timed[f"save {name}"] = (
            seconds(lambda: vectors.save(ours, format)),  # noqa: B023
            seconds(lambda: peer.save_word2vec_format(str(theirs), binary=binary)),  # noqa: B023
        )
        if not same_bytes(ours, theirs):
            raise AssertionError(f"{ours} and {theirs} differ")
        timed[f"load {name}"] = (
            seconds(lambda: WordVectors.load(ours)),  # noqa: B023
            seconds(lambda: KeyedVectors.load_word2vec_format(str(ours), binary=binary)),  # noqa: B023
        )
        ours.unlink()
        theirs.unlink()
    return timed


def same_bytes(a: Path, b: Path) -> bool:
    """Whether two files hold the same, compared piece by piece."""
    with a.open("rb") as one, b.open("rb") as other:
        while piece := one.read(1 << 24):
            if piece != other.read(1 << 24):
                return False
        return not other.read(1)


def random_vectors(rows: int, size: int) -> WordVectors:
    """Words w0, w1, … with vectors that look like trained ones."""
    vectors = np.random.default_rng(0).standard_normal((rows, size), np.float32) / 10
    return WordVectors([f"w{row}" for row in range(rows)], vectors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=2, help="the best of so many is shown")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(random_vectors(10, 3), Path(folder))  # compiles the kernels
        vectors = random_vectors(options.rows, options.size)
        rounds = [compare(vectors, Path(folder)) for _ in range(options.rounds)]
    print(f"{'what':<12} | wordkit s | gensim s | ratio   ({options.rows:,} x {options.size})")
    for what in rounds[0]:
        ours, theirs = (
            min(times) for times in zip(*(timed[what] for timed in rounds), strict=True)
        )
        print(f"{what:<12} | {ours:9.2f} | {theirs:8.2f} | {theirs / ours:5.1f}")


if __name__ == "__main__":
    main()
