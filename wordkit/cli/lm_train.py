"""wordkit lm train: from a text to a language model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from wordkit.cli.lm import PATH, say_oov
from wordkit.cli.models import (
    check_run,
    check_validations,
    origin_of,
    run_in,
    run_options,
    with_remembered,
)
from wordkit.cli.options import options_of
from wordkit.cli.output import json_option, print_json, say
from wordkit.lm.settings import LMSettings, LMText, LMTraining, changed, with_recipe


@click.command()
@click.option("--train", type=PATH, metavar="FILE|CORPUS", help="Text to learn.")
@click.option("--valid", type=PATH, metavar="FILE|CORPUS", help="Validation text.")
@click.option("-o", "--output", required=True, type=PATH, help="Output folder.")
@click.option(
    "--recipe", metavar="NAME|FILE", help="Settings from a TOML file, of wordkit or your own."
)
@click.option(
    "--init-vectors", type=PATH, metavar="VEC", help="Word vectors to initialise the embedding."
)
@options_of(LMText)
@options_of(LMSettings)
@options_of(LMTraining)
@run_options
@json_option
def train(
    train: Path | None,
    valid: Path | None,
    output: Path,
    recipe: str | None,
    init_vectors: Path | None,
    checkpoint_every: str,
    resume: bool,
    overwrite: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a language model on a text file or a corpus.

    A FILE becomes words and punctuation marks, with <eos> for each newline; one that is
    tokenised already is split on white space.

    \b
    wordkit lm train --train train.txt --valid valid.txt -o model --hidden-size 200
    wordkit lm train --train train.txt --valid valid.txt -o model --recipe ptb-small
    wordkit lm train -o model --resume
    """
    from wordkit.lm.fit import fit
    from wordkit.lm.model import RecurrentLanguageModel
    from wordkit.training.runs.checkpoint import parse_duration
    from wordkit.vectors.word_vectors import WordVectors

    check_run(output, RecurrentLanguageModel.kind, resume=resume, overwrite=overwrite)
    given = {name: value for name, value in options.items() if value is not None}
    values = with_recipe(recipe, given)
    inputs = {"train": train, "valid": valid, "init_vectors": init_vectors}
    inputs, values = with_remembered(output, resume, inputs, values)
    text_file, valid, init_vectors = inputs.values()
    assert text_file is not None
    settings, training = changed(LMSettings(), values), changed(LMTraining(), values)
    text = changed(LMText(), values)
    check_validations(vars(training), valid)
    ignored = [name for name in vars(text) if name in given]
    if ignored and text_file.is_dir():
        flag = ignored[0].replace("_", "-")
        raise click.UsageError(f"--{flag} is for a FILE: a CORPUS has its tokens already")
    every = parse_duration(checkpoint_every)
    started = time.perf_counter()
    corpus, validation = _training_texts(text_file, valid, text)
    with run_in(output):
        model, result = fit(
            corpus,
            output,
            valid=validation,
            settings=settings,
            training=training,
            vectors=None if init_vectors is None else WordVectors.load(init_vectors),
            resume=resume,
            anew=overwrite,
            checkpoint_every=every,
            progress=True,
            origin=origin_of(inputs, values),
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


def _training_texts(train: Path, valid: Path | None, text: LMText) -> tuple[Any, Any]:
    """The corpora of both texts; a file to validate on is read as the other one was."""
    from wordkit.lm.texts import text_corpus, text_options

    corpus = text_corpus(train, text)
    if not train.is_dir() and text.units is None:
        units = "tokens" if text_options(corpus).tokenizer == "whitespace" else "words"
        say(f"{train}: read as {units}; --units chooses another way")
    return corpus, None if valid is None else text_corpus(valid, text, text_options(corpus))
