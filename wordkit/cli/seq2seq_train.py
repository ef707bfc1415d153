"""wordkit seq2seq train: from pairs of sequences to an encoder-decoder."""

from __future__ import annotations

import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

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
from wordkit.cli.seq2seq import PATH
from wordkit.seq2seq.settings import Seq2SeqSettings, Seq2SeqTraining


@click.command()
@click.argument("pairs", metavar="PAIRS", required=False, type=PATH)
@click.option("--target", type=PATH, metavar="FILE", help="The targets; PAIRS has the sources.")
@click.option("--valid", type=PATH, metavar="PAIRS", help="Validation pairs.")
@click.option("--valid-target", type=PATH, metavar="FILE", help="Their targets.")
@click.option("-o", "--output", required=True, type=PATH, help="Output folder.")
@options_of(Seq2SeqSettings)
@options_of(Seq2SeqTraining)
@run_options
@json_option
def train(
    pairs: Path | None,
    target: Path | None,
    valid: Path | None,
    valid_target: Path | None,
    output: Path,
    checkpoint_every: str,
    resume: bool,
    overwrite: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a model on pairs of a source and its target.

    PAIRS is TSV, source first, or JSON Lines; or the sources, a line each, with --target
    for the other side.

    \b
    wordkit seq2seq train dates.tsv --valid valid.tsv -o model --units chars --attention dot
    wordkit seq2seq train train.de --target train.en -o model --attention general --epochs 8
    wordkit seq2seq train -o model --resume
    """
    from wordkit.seq2seq.fit import fit
    from wordkit.seq2seq.model import EncoderDecoder
    from wordkit.training.runs.checkpoint import parse_duration

    if valid_target is not None and valid is None:
        raise click.UsageError("--valid-target needs --valid, the sources")
    check_run(output, EncoderDecoder.kind, resume=resume, overwrite=overwrite)
    given = {name: value for name, value in options.items() if value is not None}
    inputs = {"pairs": pairs, "target": target, "valid": valid, "valid_target": valid_target}
    inputs, given = with_remembered(output, resume, inputs, given)
    pairs, target, valid, valid_target = inputs.values()
    assert pairs is not None
    of_model = {field.name for field in fields(Seq2SeqSettings)}
    settings = Seq2SeqSettings(**{name: v for name, v in given.items() if name in of_model})
    training = Seq2SeqTraining(**{name: v for name, v in given.items() if name not in of_model})
    check_validations(vars(training), valid)
    every = parse_duration(checkpoint_every)
    started = time.perf_counter()
    with run_in(output):
        model, result = fit(
            _read(pairs, target, settings.units),
            output,
            valid=None if valid is None else _read(valid, valid_target, settings.units),
            settings=settings,
            training=training,
            resume=resume,
            anew=overwrite,
            checkpoint_every=every,
            progress=True,
            origin=origin_of(inputs, given),
        )
    seconds = time.perf_counter() - started
    found, left_out = (model.history[name] for name in ("validation_perplexity", "left_out"))
    if as_json:
        facts = {"output": str(output), "epochs": result.epoch, "left_out": left_out}
        print_json({**facts, "validation_perplexity": found, "seconds": seconds})
        return
    say(f"{output}: {model}, {result.epoch:,} epochs, in {seconds:.1f} s")
    if left_out:
        say(f"Left out: {left_out:,} training pairs of over {training.max_length:,} tokens a side")
    if found is not None:
        say(f"Perplexity of the validation pairs: {found:.4f}")


def _read(path: Path, target: Path | None, units: str) -> list[Any]:
    """The sources and targets of ``read_pairs``."""
    from wordkit.corpus.pair_files import read_pairs

    return [(pair.source, pair.target) for pair in read_pairs(path, target, units=units)]
