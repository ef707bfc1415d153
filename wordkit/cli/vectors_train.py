"""wordkit vectors train: from a corpus to word vectors, by any method."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from wordkit.cli.options import MethodsCommand
from wordkit.cli.output import cell, json_option, say
from wordkit.cli.overwrite import check_output, overwrite_option
from wordkit.cli.vectors import PATH, evaluation_set, written
from wordkit.errors import ModelError

METHODS = {
    "ppmi-svd": "CountVectors",
    "ppmi": "CountVectors",
    "counts": "CountVectors",
    "skipgram": "SkipGram",
    "cbow": "Cbow",
}
"""Each method and the estimator in ``wordkit`` that has it."""
RUNNING = ("sets", "checkpoint_every", "resume")
"""Options that say how to train, not what."""


def estimators() -> dict[str, Any]:
    """Each method's class."""
    import wordkit

    return {method: getattr(wordkit, name) for method, name in METHODS.items()}


class TrainCommand(MethodsCommand):
    """Has the options of all methods."""

    methods = staticmethod(estimators)
    without = ("method", "init", "progress")


@click.command(cls=TrainCommand)
@click.argument("corpus", type=PATH)
@click.option("-o", "--output", required=True, type=PATH, help="Output folder.")
@click.option(
    "--method",
    default="ppmi-svd",
    show_default=True,
    type=click.Choice(list(METHODS)),
    help="From counts: dense vectors, or the sparse rows before the SVD or before PPMI. "
    "By prediction: word2vec's two.",
)
@click.option(
    "--preset",
    type=click.Choice(["textbook"]),
    help="Other defaults. textbook, from counts: --window 1 --weighting flat --sample 0 "
    "--smoothing 1 --base 2.",
)
@click.option("--init", type=PATH, help="word2vec: vectors to start from, in any format.")
@click.option(
    "--evaluate",
    "sets",
    multiple=True,
    metavar="FILE",
    help="word2vec: score a set after each epoch. May be repeated.",
)
@click.option(
    "--checkpoint-every",
    metavar="TIME",
    help="word2vec: save the state of the training, as in 90s, 5m, 1h.",
)
@click.option(
    "--resume",
    is_flag=True,
    default=None,
    help="word2vec: continue after Ctrl-C or from a checkpoint.",
)
@overwrite_option
@json_option
def train(
    corpus: Path,
    output: Path,
    method: str,
    preset: str | None,
    overwrite: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Learn word vectors from a corpus.

    word2vec keeps the state of a training that is stopped, in a folder beside the output
    that is called OUTPUT.checkpoints.

    \b
    wordkit vectors train corpus -o vectors --vector-size 300
    wordkit vectors train corpus -o vectors --method skipgram --evaluate docstring-analogies
    """
    import wordkit
    from wordkit.embeddings.counts.count_vectors import TEXTBOOK
    from wordkit.storage.locks import locked
    from wordkit.training.runs.checkpoint import remove_checkpoints

    output = output.resolve()
    check_output(output, "vectors", overwrite)
    started = time.perf_counter()
    estimator = getattr(wordkit, METHODS[method])()
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if METHODS[method] == "CountVectors":
        given = {**(TEXTBOOK if preset else {}), **given, "method": method}
    elif preset:
        raise click.UsageError(f"--preset {preset} is no option of --method {method}")
    running: dict[str, Any] = {name: given.pop(name) for name in RUNNING if name in given}
    unknown = given.keys() - estimator.get_params().keys()
    if METHODS[method] == "CountVectors":
        unknown |= running.keys()
    for name in unknown:
        name = "evaluate" if name == "sets" else name.replace("_", "-")
        raise click.UsageError(f"--{name} is no option of --method {method}")
    text = wordkit.Corpus.load(corpus)
    estimator.set_params(**given)
    with locked(output):
        if METHODS[method] != "CountVectors":
            running = _running(output, **running)
        trained = estimator.fit(text, **running).vectors_
        trained.save(output)
        if "checkpoints" in running:
            remove_checkpoints(running["checkpoints"])
    seconds = time.perf_counter() - started
    losses = getattr(estimator, "loss_per_epoch_", None)
    extra = {} if losses is None else {"loss_per_epoch": losses}
    written(output, trained, as_json, f", in {seconds:.1f} s", seconds=seconds, **extra)


def _running(
    output: Path,
    sets: tuple[str, ...] = (),
    checkpoint_every: str | None = None,
    resume: bool = False,
) -> dict[str, Any]:
    """How a training of word2vec is run."""
    from wordkit.training.runs.checkpoint import latest_checkpoint, parse_duration

    folder = output.with_name(f"{output.name}.checkpoints")
    if latest_checkpoint(folder) and not resume:
        raise ModelError(
            f"{folder} holds a training that was stopped: continue it with --resume, or remove it"
        )
    if resume and not latest_checkpoint(folder):
        say(f"{folder} holds no checkpoint: training from the start")
    return {
        "checkpoints": folder,
        "checkpoint_every": parse_duration(checkpoint_every) if checkpoint_every else math.inf,
        "resume": resume,
        "after_epoch": _scores_of(sets) if sets else None,
    }


def _scores_of(sets: tuple[str, ...]) -> Callable[[int, float, Any], None]:
    """Says after each epoch how good the vectors are."""
    from wordkit.vectors.evaluation.scores import evaluate

    test_sets = [evaluation_set(name) for name in sets]

    def say_scores(epoch: int, loss: float, vectors: Any) -> None:
        results = [evaluate(vectors, test_set) for test_set in test_sets]
        scores = "  ".join(f"{result.name} {cell(result.score)}" for result in results)
        say(f"epoch {epoch}: loss {loss:.4f}  {scores}")

    return say_scores
