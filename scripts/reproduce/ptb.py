"""Test perplexity on the Penn Treebank: the table of results in the README.

    python scripts/reproduce/ptb.py [ptb-textbook ptb-small ptb-hour] [-o ptb-runs] [--seed 1]

Needs $WORDKIT_DATA with ptb/. Trains each recipe, from `wordkit lm train --recipe`, if its
model is not there yet, or goes on with it; then looks at the test text, once. The logs stay
in the folders of the models.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

TEXTS = Path(os.environ.get("WORDKIT_DATA", "data")) / "ptb"
PUBLISHED = {
    "kneser-ney": "141.2, 5-gram",
    "ptb-textbook": "136, LSTM 1x100, 4 epochs",
    "ptb-small": "115.9, LSTM 2x200, 13 epochs (Zaremba et al. 2014)",
    "ptb-hour": "82.1, LSTM 2x650, 39 epochs (Zaremba et al. 2014)",
}


def main() -> None:
    """Print a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="*", metavar="recipe", help=", ".join(PUBLISHED))
    parser.add_argument("-o", "--output", type=Path, default=Path("ptb-runs"))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for part in ("train", "valid", "test"):
        if not (TEXTS / f"ptb.{part}.txt").is_file():
            raise SystemExit(f"{TEXTS} has no ptb.{part}.txt: point $WORDKIT_DATA at its parent")
    print("| model | seed | minutes | valid | test | published |\n|---|---|---|---|---|---|")
    for recipe in arguments.recipes or PUBLISHED:
        row = kneser_ney() if recipe == "kneser-ney" else trained(recipe, arguments)
        print(f"| {row} | {PUBLISHED.get(recipe, '')} |", flush=True)


def trained(recipe: str, arguments: argparse.Namespace) -> str:
    """A row for a recipe."""
    folder = arguments.output / f"{recipe}-{arguments.seed}"
    if not (folder / "config.json").exists():
        texts = ("--train", TEXTS / "ptb.train.txt", "--valid", TEXTS / "ptb.valid.txt")
        again = ["--resume"] if folder.exists() else []
        wordkit("lm", "train", "--recipe", recipe, *texts, "-o", folder,
                "--seed", arguments.seed, *again)  # fmt: skip
    about = json.loads(wordkit("lm", "info", folder, "--json"))["training"]
    test = json.loads(wordkit("lm", "perplexity", folder, TEXTS / "ptb.test.txt", "--json"))
    return (
        f"`--recipe {recipe}` | {arguments.seed} | {about['seconds'] / 60:.1f} | "
        f"{about['validation_perplexity']:.1f} | {test['perplexity']:.1f}"
    )


def kneser_ney() -> str:
    """A row for the best model that counts (Kneser and Ney 1995)."""
    from wordkit.lm.ngram import NGramModel
    from wordkit.lm.texts import ids_in, read_text

    corpus = read_text(TEXTS / "ptb.train.txt")
    model = NGramModel().fit(corpus)
    found = []
    for part in ("valid", "test"):
        ids, _ = ids_in(read_text(TEXTS / f"ptb.{part}.txt"), corpus.vocabulary)
        found.append(model.perplexity(ids))
    return f"Kneser-Ney, 5-gram | | | {found[0]:.1f} | {found[1]:.1f}"


def wordkit(*arguments: object) -> str:
    """What the command line prints; its progress is seen."""
    command = [sys.executable, "-m", "wordkit", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)  # it has said why
    return done.stdout


if __name__ == "__main__":
    main()
