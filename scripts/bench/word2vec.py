"""Skip-gram and CBOW: wordkit and gensim in turn, speed beside quality.

    python scripts/bench/word2vec.py [--rounds 1] [--seeds 1]

Needs `pip install 'wordkit[bench]'`, and $WORDKIT_DATA with wiki-9m.txt.xz and eval/.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from gensim.models import Word2Vec
from vectors import SETS, reduced_text, score

import wordkit
from wordkit.corpus.build import build
from wordkit.corpus.text import TextOptions

COMMON = {"vector_size": 100, "window": 5, "negative": 5, "workers": 2}
CASES: list[tuple[str, dict[str, Any]]] = [
    ("SkipGram", {"sample": 1e-3, "epochs": 5, "alpha": 0.025}),
    ("Cbow", {"sample": 1e-3, "epochs": 5, "alpha": 0.05}),
    ("SkipGram", {"sample": 1e-4, "epochs": 10, "alpha": 0.025}),
]


def main() -> None:
    """Print a line for each program and case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--cases", type=int, nargs="*", default=range(len(CASES)))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = reduced_text(Path(folder))
        corpus = build(path, Path(folder) / "c", text=TextOptions(tokenizer="whitespace"))
        wordkit.SkipGram(epochs=1, sample=0).fit(
            [["a", "b"] * 10] * 10
        )  # loads the compiled kernels
        wordkit.Cbow(epochs=1, sample=0).fit([["a", "b"] * 10] * 10)
        for number in arguments.cases:
            for seed in range(1, arguments.rounds + 1):
                run(*CASES[number], corpus, path, seed)


def run(kind: str, options: dict, corpus: wordkit.Corpus, path: Path, seed: int) -> None:
    """One case with one seed, ours and then gensim's."""
    ours = getattr(wordkit, kind)(**COMMON, **options, seed=seed)
    started = time.perf_counter()
    vectors = ours.fit(corpus).vectors_
    seconds = time.perf_counter() - started
    report(
        f"wordkit {kind} {options}", vectors, len(corpus) * options["epochs"] / seconds, seconds
    )
    theirs = Word2Vec(**COMMON, **options, sg=int(kind == "SkipGram"), seed=seed)
    theirs.build_vocab(corpus_file=str(path))
    started = time.perf_counter()
    theirs.train(
        corpus_file=str(path), total_words=theirs.corpus_total_words, epochs=options["epochs"]
    )
    taken = time.perf_counter() - started
    found = wordkit.WordVectors(theirs.wv.index_to_key, np.array(theirs.wv.vectors))
    report(f"gensim  {kind} {options}", found, len(corpus) * options["epochs"] / taken, taken)
    print(f"  {taken / seconds:.1f} x", flush=True)


def report(name: str, vectors: wordkit.WordVectors, rate: float, seconds: float) -> None:
    """Speed, and the scores on the four sets."""
    scores = "  ".join(f"{s} {score(vectors, s):.3f}" for s in SETS)
    print(f"{name}: {rate / 1e6:.2f} M words/s, {seconds:.1f} s  {scores}", flush=True)


if __name__ == "__main__":
    main()
