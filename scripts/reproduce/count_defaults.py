"""Which settings make the best vectors from counts? The table in the README.

    python scripts/reproduce/count_defaults.py [--seeds 3]

On wiki-9m (needs $WORDKIT_DATA) and on the docstring corpus of this machine. Each row
changes the defaults in one respect; scores are means over seeds.
"""

from __future__ import annotations

import argparse
import lzma
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import wordkit
from wordkit.corpus.docstrings import write_docstrings
from wordkit.vectors.evaluation.scores import evaluate
from wordkit.vectors.evaluation.sets import read_evaluation_set

DATA = Path(os.environ.get("WORDKIT_DATA", "data"))
SETS = ("ws353", "radinsky_mturk", "simlex999", "questions-words")
VARIANTS: list[dict[str, Any]] = [
    {},
    {"window": 2},
    {"window": 5},
    {"window": 15},
    {"weighting": "flat"},
    {"weighting": "linear"},
    {"context": "left"},
    {"sample": 0.0},
    {"sample": 1e-3},
    {"sample": 1e-5},
    {"smoothing": 1.0},
    {"smoothing": 0.5},
    {"shift": 0.5},
    {"shift": 5.0},
    {"power": 0.0},
    {"power": 0.5},
    {"power": 1.0},
    {"add_context": True},
]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(1, parser.parse_args().seeds + 1)
    sets = [read_evaluation_set(DATA / "eval" / f"{name}.txt") for name in SETS]
    with tempfile.TemporaryDirectory() as folder:
        for name, corpus in (
            ("wiki-9m", wikipedia()),
            ("docstrings", docstrings(Path(folder) / "docstrings.txt")),
        ):
            print(f"\n{name}: {corpus}\n\n| settings | {' | '.join(SETS)} | seconds |")
            print("|---" * (len(SETS) + 2) + "|")
            for variant in VARIANTS:
                started = time.perf_counter()
                trained = [wordkit.CountVectors(**variant, seed=s).fit(corpus) for s in seeds]
                seconds = (time.perf_counter() - started) / len(seeds)
                scores = [[evaluate(t.vectors_, each).score for each in sets] for t in trained]
                means = " | ".join(f"{mean:.3f}" for mean in np.array(scores, float).mean(axis=0))
                what = ", ".join(f"{k} {v}" for k, v in variant.items()) or "**defaults**"
                print(f"| {what} | {means} | {seconds:.1f} |", flush=True)


def wikipedia() -> wordkit.Corpus:
    """wiki-9m as runs of a-z."""
    text = lzma.decompress((DATA / "wiki-9m.txt.xz").read_bytes()).decode()
    find = re.compile("[a-z]+").findall
    return wordkit.Corpus.build(find(line.lower()) for line in text.splitlines())


def docstrings(path: Path) -> wordkit.Corpus:
    """The docstring corpus as ``wordkit demo`` builds it."""
    write_docstrings(path)
    return wordkit.Corpus.build(path)


if __name__ == "__main__":
    main()
