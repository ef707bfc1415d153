"""Which method for how much text? The table in the README.

    python scripts/reproduce/which_method.py [--seeds 3]

On the docstring corpus of this machine, on the Penn Treebank, and on 1, 10 and 100 % of
wiki-9m (needs $WORDKIT_DATA): scores are means over seeds.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from count_defaults import DATA, SETS, docstrings, wikipedia

import wordkit
from wordkit.corpus.text import TextOptions
from wordkit.vectors.evaluation.scores import evaluate
from wordkit.vectors.evaluation.sets import read_evaluation_set

METHODS: list[tuple[str, type, dict[str, Any]]] = [
    ("ppmi-svd", wordkit.CountVectors, {}),
    ("skipgram", wordkit.SkipGram, {}),
    ("skipgram, 50 epochs", wordkit.SkipGram, {"epochs": 50}),
    ("cbow", wordkit.Cbow, {}),
    ("cbow, 50 epochs", wordkit.Cbow, {"epochs": 50}),
]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", help="the beginning of a text's name")
    arguments = parser.parse_args()
    seeds = range(1, arguments.seeds + 1)
    sets = [read_evaluation_set(DATA / "eval" / f"{name}.txt") for name in SETS]
    print(f"| text | method | {' | '.join(SETS)} | seconds |")
    print("|---" * (len(SETS) + 3) + "|")
    for name, corpus in corpora():
        if not name.startswith(arguments.only):
            continue
        for method, estimator, options in METHODS:
            if "epochs" in options and corpus.tokens > 1_000_000:
                continue
            started = time.perf_counter()
            trained = [estimator(**options, seed=seed).fit(corpus) for seed in seeds]
            seconds = (time.perf_counter() - started) / len(seeds)
            scores = [[evaluate(t.vectors_, each).score for each in sets] for t in trained]
            means = " | ".join(f"{mean:.3f}" for mean in np.array(scores, float).mean(axis=0))
            print(f"| {name} | {method} | {means} | {seconds:.1f} |", flush=True)


def corpora() -> Iterator[tuple[str, wordkit.Corpus]]:
    """Texts, the shortest first."""
    wiki = wikipedia()
    for share in (100, 10):
        part = wordkit.Corpus.build(wiki.document(n) for n in range(0, wiki.documents, share))
        yield f"wiki-9m, {100 // share} %: {part.tokens / 1e6:.2g} M words", part
    ptb = wordkit.Corpus.build(
        DATA / "ptb" / "ptb.train.txt", text=TextOptions(tokenizer="whitespace"), min_count=1
    )
    yield f"PTB: {ptb.tokens / 1e6:.2g} M words", ptb
    with tempfile.TemporaryDirectory() as folder:
        text = docstrings(Path(folder) / "docstrings.txt")
        yield f"docstrings: {text.tokens / 1e6:.2g} M words", text
    yield f"wiki-9m: {wiki.tokens / 1e6:.2g} M words", wiki


if __name__ == "__main__":
    main()
