"""wordkit vectors train: from a corpus to word vectors, by any method."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from wordkit.cli.output import json_option, seed_range
from wordkit.cli.vectors import PATH, vectors, written

METHODS = {
    "ppmi-svd": "CountVectors",
    "ppmi": "CountVectors",
    "counts": "CountVectors",
    "skipgram": "SkipGram",
    "cbow": "Cbow",
}
"""Each method and the estimator in ``wordkit`` that has it."""


@vectors.command()
@click.argument("corpus", type=PATH)
@click.option("-o", "--output", required=True, type=PATH, help="Folder to make.")
@click.option(
    "--method",
    default="ppmi-svd",
    show_default=True,
    type=click.Choice(list(METHODS)),
    help="From counts: dense vectors, or the sparse rows before the SVD or before PPMI. "
    "By prediction: word2vec's two.",
)
@click.option("--vector-size", type=int, help="Dimensions.  [default: 100]")
@click.option(
    "--window", type=int, help="Context words on each side.  [default: 10; skipgram, cbow: 5]"
)
@click.option("--sample", type=float, help="Subsampling threshold, 0 for none.  [default: 0.0001]")
@click.option("--seed", type=seed_range, help="Seed of the randomness.  [default: 1]")
@click.option("--workers", type=click.IntRange(1), help="Cores to use.  [default: all]")
@click.option(
    "--weighting",
    type=click.Choice(["flat", "linear", "harmonic"]),
    help="Counts: what a context counts by its distance.  [default: harmonic]",
)
@click.option(
    "--context",
    type=click.Choice(["symmetric", "left", "right"]),
    help="Counts: which side counts.  [default: symmetric]",
)
@click.option("--memory-mb", type=float, help="Counts: memory for counting.  [default: 1024]")
@click.option(
    "--smoothing", type=float, help="PPMI: power of the context counts.  [default: 0.75]"
)
@click.option("--shift", type=float, help="PPMI: k of the shifted one.  [default: 1.0]")
@click.option("--power", type=float, help="SVD: power of the singular values.  [default: 0.25]")
@click.option("--add-context", is_flag=True, default=None, help="SVD: add the context vectors.")
@click.option("--epochs", type=int, help="word2vec: passes over the text.  [default: 10]")
@click.option("--negative", type=int, help="word2vec: words drawn against each.  [default: 5]")
@click.option(
    "--negatives",
    type=click.Choice(["shared", "per-pair"]),
    help="skipgram: one draw for a window, or one for each pair.  [default: shared]",
)
@click.option(
    "--ns-exponent",
    type=float,
    help="word2vec: power of the counts to draw by.  [default: 0.75]",
)
@click.option("--alpha", type=float, help="word2vec: rate at first.  [default: 0.025; cbow: 0.05]")
@click.option("--min-alpha", type=float, help="word2vec: rate at last.  [default: 0.0001]")
@click.option(
    "--mode",
    type=click.Choice(["mean", "sum", "word2vec"]),
    help="cbow: how contexts are joined.  [cbow: word2vec]",
)
@json_option
def train(corpus: Path, output: Path, method: str, as_json: bool, **options: Any) -> None:
    """Learn word vectors from a corpus.

    \b
    wordkit vectors train corpus -o vectors --vector-size 300
    wordkit vectors train corpus -o vectors --method skipgram
    """
    import wordkit
    from wordkit.storage import check_replaceable

    check_replaceable(output, "vectors")
    started = time.perf_counter()
    estimator = getattr(wordkit, METHODS[method])(verbose=True)
    given = {name: value for name, value in options.items() if value is not None}
    if METHODS[method] == "CountVectors":
        given["method"] = method
    for name in given.keys() - estimator.get_params().keys():
        raise click.UsageError(f"--{name.replace('_', '-')} is no option of --method {method}")
    text = wordkit.Corpus.load(corpus)
    trained = estimator.set_params(**given).fit(text).vectors_
    trained.save(output)
    seconds = time.perf_counter() - started
    written(output, trained, as_json, f", in {seconds:.1f} s", seconds=seconds)
