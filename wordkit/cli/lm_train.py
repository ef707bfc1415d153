"""wordkit lm train: from a text to a language model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from wordkit.cli.lm import PATH, lm, say_oov
from wordkit.cli.models import AT_LEAST_1, check_validations, run_in, training_options
from wordkit.cli.output import json_option, print_json, say
from wordkit.layers.recurrent.cells import CELLS


@lm.command()
@click.option("--train", required=True, type=PATH, metavar="FILE|CORPUS", help="Text to learn.")
@click.option("--valid", type=PATH, metavar="FILE|CORPUS", help="Text to choose by.")
@click.option("-o", "--output", required=True, type=PATH, help="Folder to make.")
@click.option(
    "--recipe", metavar="NAME|FILE", help="Settings from a TOML file, of wordkit or your own."
)
@click.option("--cell", type=click.Choice(list(CELLS)), help="[default: lstm]")
@click.option("--layers", type=AT_LEAST_1, help="Recurrent layers.  [default: 1]")
@click.option("--embedding-size", type=AT_LEAST_1, help="Of a word.  [default: 100]")
@click.option("--hidden-size", type=AT_LEAST_1, help="Of a layer.  [default: 100]")
@click.option("--dropout", type=float, help="Between the layers.  [default: 0.0]")
@click.option("--embedding-dropout", type=float, help="Of whole words.  [default: 0.0]")
@click.option("--weight-drop", type=float, help="Of recurrent weights.  [default: 0.0]")
@click.option(
    "--variational/--no-variational",
    default=None,
    help="Drop the same units at all steps.  [default: False]",
)
@click.option(
    "--tie/--no-tie", default=None, help="Output and embedding are one.  [default: False]"
)
@click.option(
    "--units",
    type=click.Choice(["words", "chars"]),
    help="What a FILE is cut into.  [default: words]",
)
@click.option("--init-vectors", type=PATH, metavar="VEC", help="Word vectors to begin with.")
@click.option("--bptt", type=AT_LEAST_1, help="Steps of a window.  [default: 35]")
@click.option(
    "--variable-bptt/--no-variable-bptt",
    default=None,
    help="Windows of other lengths in each epoch.  [default: False]",
)
@training_options("Windows", "text", batch_size=20, clip=0.25)
@json_option
def train(
    train: Path,
    valid: Path | None,
    output: Path,
    recipe: str | None,
    units: str | None,
    init_vectors: Path | None,
    checkpoint_every: str,
    resume: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a language model on a text file or a corpus.

    A FILE is split on white space, with <eos> for each newline.

    \b
    wordkit lm train --train train.txt --valid valid.txt -o model --hidden-size 200
    wordkit lm train --train train.txt --valid valid.txt -o model --recipe ptb-small
    """
    from wordkit.lm.fit import fit
    from wordkit.lm.settings import ModelSettings, TrainingSettings, changed, read_recipe
    from wordkit.training.runs.checkpoint import parse_duration
    from wordkit.vectors.word_vectors import WordVectors

    settings, training = ModelSettings(), TrainingSettings()
    if recipe is not None:
        settings, training = read_recipe(recipe)
    given = {name: value for name, value in options.items() if value is not None}
    if "optimizer" in given:
        given.setdefault("lr", None)  # a recipe's is for its own optimizer
    settings, training = changed(settings, given), changed(training, given)
    check_validations(vars(training), valid)
    every = parse_duration(checkpoint_every)
    started = time.perf_counter()
    corpus, validation = _training_texts(train, valid, units)
    with run_in(output):
        model, result = fit(
            corpus,
            output,
            valid=validation,
            settings=settings,
            training=training,
            vectors=None if init_vectors is None else WordVectors.load(init_vectors),
            resume=resume,
            checkpoint_every=every,
            show=True,
        )
    seconds = time.perf_counter() - started
    found = model.history["validation_perplexity"]
    if as_json:
        facts = {"output": str(output), "words": len(model.vocabulary), "epochs": result.epoch}
        print_json({**facts, "validation_perplexity": found, "seconds": seconds})
        return
    say(f"{output}: {model}, {result.epoch:,} epochs, in {seconds:.1f} s")
    if found is not None:
        say(f"Perplexity of the validation text: {found:.2f}")
        say_oov(model.history["validation_oov"], model)


def _training_texts(train: Path, valid: Path | None, units: str | None) -> tuple[Any, Any]:
    """The corpora of both texts; a file to validate on is read as the other one was."""
    from wordkit.lm.texts import UNITS, read_text, text_options

    if units is not None and train.is_dir():
        raise click.UsageError("--units is for a FILE: a CORPUS has its tokens already")
    corpus = read_text(train, UNITS[units or "words"])
    return corpus, None if valid is None else read_text(valid, text_options(corpus))
