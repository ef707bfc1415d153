"""Skip-gram and CBOW: wordkit and gensim alternating, speed beside quality.

    python scripts/bench/word2vec.py [skipgram cbow large best alone threads memory compile]
                                     [--seeds 3] [--epochs N] [--workers 2]

With WORDKIT_INSTRUCTIONS=avx2, both programs go without AVX-512. One row, such as ``cbow
--seeds 1``, takes one to four minutes; with ``--epochs 1`` a fifth of that, for the speed alone.

Each training is a process of its own. ``whole`` is all of that process: Python starts, the
libraries are imported, ids or text are read, it trains, and the vectors are saved; ``training``
is the training only, and what it says of words per second. CPU seconds are those of the whole
process; on a machine that does something else as well they are the ones to look at.

Needs `pip install 'wordkit[bench]'`, and $WORDKIT_DATA with wiki-9m.txt.xz and eval/.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

PROGRAMS = ("wordkit", "gensim")
COMMON = {"vector_size": 100, "window": 5, "negative": 5}
TABLE = {**COMMON, "sample": 1e-3, "epochs": 5}
LARGE = {"vector_size": 300, "negative": 10, "window": 10, "epochs": 1}


class Case(NamedTuple):
    """An estimator, its options, and the rates that suit wordkit and gensim."""

    kind: str
    options: dict[str, Any]
    alphas: tuple[float, float] = (0.025, 0.025)


CASES = {
    "skipgram": Case("SkipGram", TABLE),
    "cbow": Case("Cbow", TABLE, (0.065, 0.05)),
    "large": Case("SkipGram", {**TABLE, **LARGE}),
    "best": Case("SkipGram", {**COMMON, "sample": 1e-4, "epochs": 10}),
}
ALONE = {
    "SkipGram": [{}, {"reproducible": True}, {"negatives": "per-pair"}, {"loss": "hs"}],
    "Cbow": [{}, {"reproducible": True}, {"loss": "hs"}],
}
"""What gensim does not have, or not in a comparable way."""
WARM = [["a", "b"] * 10] * 10


class Result(NamedTuple):
    """Seconds of a process, its CPU seconds, seconds of its training, and the scores."""

    whole: float
    cpu: float
    training: float
    scores: tuple[float, ...]


def main() -> None:
    """Print a line for each program and case."""
    others: dict[str, Callable[[Bench], None]] = {
        "alone": Bench.alone,
        "threads": Bench.threads,
        "memory": Bench.memory,
        "compile": lambda bench: compilation(),
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [*CASES, *others]
    parser.add_argument("cases", nargs="*", metavar="case", help=f"of {', '.join(names)}")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="in place of those of the case")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        train(*arguments.only)
        return
    from wordkit.backend.instructions import instruction_set

    print(f"instructions: {instruction_set()}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), arguments.seeds, arguments.epochs, arguments.workers)
        for name in arguments.cases or names:
            if name in CASES:
                bench.alternating(name)
            else:
                others[name](bench)


# --- one process ----------------------------------------------------------------------


def train(program: str, kind: str, options: str, folder: str) -> None:
    """Train, save the vectors, and print the seconds of the training only."""
    import json

    programs = {"wordkit": train_wordkit, "gensim": train_gensim}
    print(programs[program](kind, json.loads(options), Path(folder)))


def train_wordkit(kind: str, options: dict[str, Any], folder: Path) -> float:
    """From a corpus of ids."""
    import wordkit

    corpus = wordkit.Corpus.load(folder / "corpus")
    started = time.perf_counter()
    model = getattr(wordkit, kind)(**options).fit(corpus)
    seconds = time.perf_counter() - started
    model.vectors_.save(folder / "wordkit")
    return seconds


def train_gensim(kind: str, options: dict[str, Any], folder: Path) -> float:
    """From a text file, which is what it is fastest with; its vocabulary is not timed."""
    from gensim.models import Word2Vec

    text = str(folder / "wiki-az.txt")
    model = Word2Vec(**options, sg=int(kind == "SkipGram"))
    model.build_vocab(corpus_file=text)
    started = time.perf_counter()
    model.train(corpus_file=text, total_words=model.corpus_total_words, epochs=options["epochs"])
    seconds = time.perf_counter() - started
    model.wv.save_word2vec_format(str(folder / "gensim.bin"), binary=True)
    return seconds


# --- many -----------------------------------------------------------------------------


class Bench:
    """The text and its corpus, and what is measured on them."""

    def __init__(self, folder: Path, seeds: int, epochs: int | None, workers: int):
        from vectors import reduced_text

        from wordkit.corpus.corpus import Corpus
        from wordkit.corpus.text import TextOptions

        self.folder, self.seeds, self.epochs, self.workers = folder, seeds, epochs, workers
        text = TextOptions(tokenizer="whitespace")
        self.corpus = Corpus.build(reduced_text(folder), folder / "corpus", text=text)
        warm_up()

    def alternating(self, name: str) -> None:
        """Both programs with each seed, ours first."""
        case = CASES[name]
        epochs = self.epochs or case.options["epochs"]
        print(f"{name}: {case.kind} {case.options}, {epochs} epochs, alpha {case.alphas}")
        results: dict[str, list[Result]] = {program: [] for program in PROGRAMS}
        for seed in range(1, self.seeds + 1):
            for program, alpha in zip(PROGRAMS, case.alphas, strict=True):
                options = {**case.options, "epochs": epochs, "alpha": alpha, "seed": seed}
                results[program].append(self.run(program, case.kind, options))
        for program, found in results.items():
            print(f"  {program:8} {self.report(mean(found), epochs)}")
        ours, theirs = results.values()
        for what in ("whole", "training", "cpu"):
            pairs = zip(ours, theirs, strict=True)
            ratios = (getattr(theirs, what) / getattr(ours, what) for ours, theirs in pairs)
            print(f"  {what:8} {'  '.join(f'{ratio:.1f} x' for ratio in ratios)}", flush=True)

    def run(self, program: str, kind: str, options: dict[str, Any]) -> Result:
        """One training, and its scores."""
        import json

        from peers import environment
        from vectors import SETS, score

        from wordkit.vectors.word_vectors import WordVectors

        options = {"workers": self.workers, **options}
        only = ["--only", program, kind, json.dumps(options), str(self.folder)]
        before, started = cpu_seconds(), time.perf_counter()
        ran = subprocess.run(
            [sys.executable, __file__, *only],
            env=environment(),
            stdout=subprocess.PIPE,
            check=True,
        )
        whole = time.perf_counter() - started
        saved = self.folder / ("wordkit" if program == "wordkit" else "gensim.bin")
        vectors = WordVectors.load(saved)
        scores = tuple(score(vectors, name) for name in SETS)
        return Result(whole, cpu_seconds() - before, float(ran.stdout), scores)

    def report(self, result: Result, epochs: int) -> str:
        """Speed, and the scores."""
        from vectors import SETS

        speed = self.corpus.tokens * epochs / result.training / 1e6
        scores = "  ".join(f"{n} {s:.3f}" for n, s in zip(SETS, result.scores, strict=True))
        return (
            f"whole {result.whole:.1f} s, {result.cpu:.1f} s of CPU; training "
            f"{result.training:.1f} s, {speed:.2f} M words/s; {scores}"
        )

    def alone(self) -> None:
        """What gensim does not have."""
        for kind, all_options in ALONE.items():
            for options in all_options:
                epochs = self.epochs or TABLE["epochs"]
                result = self.run("wordkit", kind, {**TABLE, "epochs": epochs, **options})
                print(f"{kind} {options}: {self.report(result, epochs)}", flush=True)

    def threads(self) -> None:
        """Two threads against one."""
        for kind in "SkipGram", "Cbow":
            for reproducible in False, True:
                options = {**TABLE, "epochs": 2, "reproducible": reproducible}
                one, two = (
                    min(self.run("wordkit", kind, {**options, "workers": n}).training
                        for _ in range(2))
                    for n in (1, 2)
                )  # fmt: skip
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
        subprocess.run([sys.executable, "-c", program, self.folder / "corpus"], check=True)


def mean(results: list[Result]) -> Result:
    """Of each number."""
    *seconds, scores = zip(*results, strict=True)
    means = [sum(values) / len(results) for values in seconds]
    return Result(*means, tuple(sum(s) / len(results) for s in zip(*scores, strict=True)))


def cpu_seconds() -> float:
    """Of all child processes so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def warm_up() -> None:
    """Compile the kernels, which are then on disk."""
    import wordkit

    for reproducible in False, True:
        wordkit.SkipGram(epochs=1, sample=0, reproducible=reproducible).fit(WARM)


def compilation() -> None:
    """The first training on a machine, and the first of a process: CPU seconds."""
    program = (
        "import time, wordkit\n"
        "wordkit.SkipGram(epochs=1, sample=0, workers=1).fit([['a', 'b'] * 10] * 10)\n"
        "print(f'{time.process_time():.2f} s of CPU')\n"
    )
    with tempfile.TemporaryDirectory() as cache:
        for what in "compiled", "from the cache":
            print(f"first training, {what}: ", end="", flush=True)
            environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
            subprocess.run([sys.executable, "-c", program], env=environment, check=True)


if __name__ == "__main__":
    main()
