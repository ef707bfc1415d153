"""Skip-gram and CBOW: wordkit and gensim in turn, speed beside quality.

    python scripts/bench/word2vec.py [skipgram cbow large best alone threads memory compile]

Needs `pip install 'wordkit[bench]'`, and $WORDKIT_DATA with wiki-9m.txt.xz and eval/.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from vectors import SETS, reduced_text, score

import wordkit
from wordkit.corpus.corpus import Corpus
from wordkit.corpus.text import TextOptions

COMMON = {"vector_size": 100, "window": 5, "negative": 5, "workers": 2}
TABLE = {**COMMON, "sample": 1e-3, "epochs": 5}
LARGE = {"vector_size": 300, "negative": 10, "window": 10, "epochs": 1}
WARM = [["a", "b"] * 10] * 10


def main() -> None:
    """Print a line for each program and case."""
    cases: dict[str, Callable[[Bench], None]] = {
        "skipgram": lambda b: b.in_turn("SkipGram", TABLE),
        "cbow": lambda b: b.in_turn("Cbow", TABLE, {"alpha": 0.065}, {"alpha": 0.05}),
        "large": lambda b: b.in_turn("SkipGram", {**TABLE, **LARGE}),
        "best": lambda b: b.in_turn("SkipGram", {**COMMON, "sample": 1e-4, "epochs": 10}),
        "alone": lambda b: b.alone(),
        "threads": lambda b: b.threads(),
        "memory": lambda b: b.memory(),
        "compile": lambda b: compilation(),
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", default=list(cases), choices=[*cases, []])
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), arguments.seeds)
        for name in arguments.cases:
            cases[name](bench)


class Bench:
    """The text and its corpus, and what is measured on them."""

    def __init__(self, folder: Path, seeds: int):
        self.path, self.folder, self.seeds = reduced_text(folder), folder / "corpus", seeds
        self.corpus = Corpus.build(
            self.path, self.folder, text=TextOptions(tokenizer="whitespace")
        )
        for reproducible in False, True:  # loads the compiled kernels
            wordkit.SkipGram(epochs=1, sample=0, reproducible=reproducible).fit(WARM)

    def in_turn(
        self,
        kind: str,
        options: dict[str, Any],
        own: dict[str, Any] = {"alpha": 0.025},  # noqa: B006
        their: dict[str, Any] = {"alpha": 0.025},  # noqa: B006
    ) -> None:
        """Both programs with each seed, ours first."""
        print(f"{kind} {options}, wordkit {own}, gensim {their}", flush=True)
        results = [
            (
                self.ours(kind, {**options, **own, "seed": seed}),
                self.theirs(kind, {**options, **their, "seed": seed}),
            )
            for seed in range(1, self.seeds + 1)
        ]
        words = len(self.corpus) * options["epochs"]
        for program, rows in zip(("wordkit", "gensim"), zip(*results, strict=True), strict=True):
            print(f"  {program}, mean: {report(np.mean(rows, axis=0), words)}")
        ratios = [gensim[0] / wordkit[0] for wordkit, gensim in results]
        print(f"  ratios: {'  '.join(f'{ratio:.1f} x' for ratio in ratios)}", flush=True)

    def ours(self, kind: str, options: dict[str, Any]) -> list[float]:
        """Seconds, and the scores on the four sets."""
        started = time.perf_counter()
        vectors = getattr(wordkit, kind)(**options).fit(self.corpus).vectors_
        seconds = time.perf_counter() - started
        return [seconds, *(score(vectors, name) for name in SETS)]

    def theirs(self, kind: str, options: dict[str, Any]) -> list[float]:
        """The same of gensim, its training only."""
        from gensim.models import Word2Vec

        model = Word2Vec(**options, sg=int(kind == "SkipGram"))
        model.build_vocab(corpus_file=str(self.path))
        started = time.perf_counter()
        model.train(
            corpus_file=str(self.path),
            total_words=model.corpus_total_words,
            epochs=options["epochs"],
        )
        seconds = time.perf_counter() - started
        vectors = wordkit.WordVectors(model.wv.index_to_key, np.array(model.wv.vectors))
        return [seconds, *(score(vectors, name) for name in SETS)]

    def alone(self) -> None:
        """Settings that gensim does not have, or not in a comparable way."""
        for kind, options in (
            ("SkipGram", {**TABLE}),
            ("SkipGram", {**TABLE, "reproducible": True}),
            ("SkipGram", {**TABLE, "negatives": "per-pair"}),
            ("SkipGram", {**TABLE, "loss": "hs"}),
            ("Cbow", {**TABLE}),
            ("Cbow", {**TABLE, "reproducible": True}),
            ("Cbow", {**TABLE, "loss": "hs"}),
        ):
            what = {k: v for k, v in options.items() if k not in TABLE}
            words = len(self.corpus) * options["epochs"]
            print(f"{kind} {what}: {report(self.ours(kind, options), words)}", flush=True)

    def threads(self) -> None:
        """Two threads against one."""
        for kind in "SkipGram", "Cbow":
            for reproducible in False, True:
                options = {**TABLE, "epochs": 2, "reproducible": reproducible}
                one, two = (
                    min(self.ours(kind, {**options, "workers": n})[0] for _ in range(2))
                    for n in (1, 2)
                )
                print(f"{kind} reproducible={reproducible}: two threads {one / two:.2f} x one")

    def memory(self) -> None:
        """Peak of a process that only trains."""
        program = (
            "import resource, sys, wordkit\n"
            "corpus = wordkit.Corpus.load(sys.argv[1])\n"
            "kilobytes = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "wordkit.SkipGram(epochs=1, sample=0).fit([['a', 'b'] * 10] * 10)\n"
            "before = kilobytes()\n"
            "model = wordkit.SkipGram(epochs=1, workers=2).fit(corpus)\n"
            "size = 2 * model.vectors_.vectors.nbytes + corpus.ids.nbytes\n"
            "print(f'peak {kilobytes() / 1024:.0f} MB, {before / 1024:.0f} MB of it before the '\n"
            "      f'training; two matrices and the ids {size / 2**20:.0f} MB')\n"
        )
        subprocess.run([sys.executable, "-c", program, self.folder], check=True)


def compilation() -> None:
    """The first call on a machine, and the first of a process."""
    program = (
        "import time, wordkit\n"
        "wordkit.Corpus.build([['a', 'b'] * 10] * 10)\n"
        "from wordkit.embeddings.word2vec.training_kernels import train\n"
        "started = time.perf_counter()\n"
        "wordkit.SkipGram(epochs=1, sample=0).fit([['a', 'b'] * 10] * 10)\n"
        "print(f'{time.perf_counter() - started:.2f} s')\n"
    )
    with tempfile.TemporaryDirectory() as cache:
        for what in "compiled", "from the cache":
            print(f"first call, {what}: ", end="", flush=True)
            environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
            subprocess.run([sys.executable, "-c", program], env=environment, check=True)


def report(row: Any, words: int) -> str:
    """Speed, and the scores."""
    seconds, *scores = row
    return f"{words / seconds / 1e6:.2f} M words/s, {seconds:.1f} s  " + "  ".join(
        f"{name} {value:.3f}" for name, value in zip(SETS, scores, strict=True)
    )


if __name__ == "__main__":
    main()
