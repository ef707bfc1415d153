"""Addition, dates and translation: the table of results in the README.

    python scripts/reproduce/seq2seq.py [addition … multi30k] [-o seq2seq-runs] [--seeds 3]

Multi30k needs $WORDKIT_DATA, and is judged by the pairs that chose its weights, for there are
no others; sums and dates are judged by pairs of their own. What is trained already is not
trained again; the logs stay in the folders of the models.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from statistics import mean
from typing import NamedTuple

MULTI30K = Path(os.environ.get("WORDKIT_DATA", "data")) / "multi30k"
ADDITION = "--units chars --embedding-size 16 --hidden-size 128 --epochs 25"
DATES = "--units chars --attention dot --reverse --hidden-size 256 --lr 0.006"


class Task(NamedTuple):
    """``texts`` names the function that makes or finds them; ``published`` is what others got."""

    texts: str
    options: str
    search: str
    published: str
    seeds: bool = True


TASKS = {
    "addition": Task("addition", f"{ADDITION} --lr 0.005", "--beam 1", "10.8 % exact"),
    "addition, reversed": Task(
        "addition", f"{ADDITION} --reverse --lr 0.005", "--beam 1", "54.1 % exact"
    ),
    "addition, reversed, peeky": Task(
        "addition", f"{ADDITION} --reverse --peeky --lr 0.005", "--beam 1", "99.3 % exact"
    ),
    "addition, reversed, peeky, attention": Task(
        "addition",
        f"{ADDITION} --reverse --peeky --attention dot --lr 0.006 --clip 0.5",
        "--beam 1",
        "",
    ),
    "dates, 2 epochs": Task("dates", f"{DATES} --epochs 2", "--beam 1", "99.9 % at epoch 3"),
    "dates, 5 epochs": Task("dates", f"{DATES} --epochs 5", "--beam 1", "100 % by epoch 10"),
    "multi30k": Task(
        "multi30k",
        "--attention general --bidirectional --input-feeding --embedding-size 512 "
        "--hidden-size 512 --tie --dropout 0.4 --label-smoothing 0.1 --source-min-count 2 "
        "--target-min-count 2 --batch-size 64 --epochs 14 --max-minutes 60 --lr 0.001",
        "--beam 5",
        "",
        seeds=False,
    ),
}


def main() -> None:
    """Print a row for each task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", metavar="task", help="; ".join(TASKS))
    parser.add_argument("-o", "--output", type=Path, default=Path("seq2seq-runs"))
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    print("| task | seeds | minutes | exact | BLEU | published |\n|---|---|---|---|---|---|")
    for name in arguments.tasks or TASKS:
        task = TASKS[name]
        seeds = range(1, 1 + (arguments.seeds if task.seeds else 1))
        scores = [trained(name, task, seed, arguments.output) for seed in seeds]
        minutes, exact, bleu = (mean(column) for column in zip(*scores, strict=True))
        print(
            f"| {name} | {len(seeds)} | {minutes:.1f} | {exact:.2%} | {bleu:.1f} "
            f"| {task.published} |",
            flush=True,
        )


def trained(name: str, task: Task, seed: int, output: Path) -> tuple[float, float, float]:
    """Minutes, share of exact answers, and BLEU."""
    train, valid, judged = texts(task.texts, output)
    folder = output / f"{name.replace(', ', '-').replace(' ', '-')}-{seed}"
    if not (folder / "config.json").exists():
        again = ["--resume"] if folder.exists() else []
        wordkit("seq2seq", "train", *train, *valid, "-o", folder, "--seed", seed,
                *shlex.split(task.options), *again)  # fmt: skip
    about = json.loads(wordkit("seq2seq", "info", folder, "--json"))["training"]
    options = shlex.split(task.search)
    scores = json.loads(wordkit("seq2seq", "evaluate", folder, *judged, *options, "--json"))
    return about["seconds"] / 60, scores["exact_match"], scores["bleu"]


def texts(task: str, output: Path) -> tuple[list[object], list[object], list[object]]:
    """The arguments that name the pairs to train on, to choose by, and to judge by."""
    if task == "multi30k":
        (source, target), (valid, answers) = (
            [MULTI30K / name.format(side) for side in ("de", "en")]
            for name in ("train.{}.gz", "val.{}")
        )
        chosen = ["--valid", valid, "--valid-target", answers]
        return [source, "--target", target], chosen, [valid, "--target", answers]
    train, valid, test = (output / f"{task}-{part}.tsv" for part in ("train", "valid", "test"))
    if not train.exists():
        wordkit("corpus", "pairs", task, "-o", train, "--count", 45_000,
                "--valid", valid, "--test", test)  # fmt: skip
    return [train], ["--valid", valid], [test]


def wordkit(*arguments: object) -> str:
    """What the command line prints; its progress is seen."""
    command = [sys.executable, "-m", "wordkit", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
