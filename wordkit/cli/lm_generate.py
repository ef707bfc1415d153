"""wordkit lm generate: text from a language model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wordkit.cli.lm import fate, load, model_argument
from wordkit.cli.models import AT_LEAST_1
from wordkit.cli.options import options_of
from wordkit.cli.output import json_option, print_json, say, seed_range, write
from wordkit.lm.sampling import Sampling


@click.command()
@model_argument
@click.option("--prompt", help="Text to continue.  [default: the beginning of a line]")
@click.option(
    "-n",
    "length",
    default=100,
    show_default=True,
    type=AT_LEAST_1,
    help="Most tokens to generate.",
)
@click.option(
    "--samples", default=1, show_default=True, type=AT_LEAST_1, help="Texts to generate."
)
@options_of(Sampling)
@click.option("--beam", type=AT_LEAST_1, metavar="WIDTH", help="Search for the most likely text.")
@click.option("--seed", default=1, show_default=True, type=seed_range, help="Of the choice.")
@click.option(
    "--stop-at-eos/--no-stop-at-eos", default=True, show_default=True, help="End with <eos>."
)
@click.option("--ban-unk/--allow-unk", default=True, show_default=True, help="Never write <unk>.")
@json_option
def generate(
    path: Path,
    prompt: str | None,
    length: int,
    samples: int,
    beam: int | None,
    seed: int,
    stop_at_eos: bool,
    ban_unk: bool,
    as_json: bool,
    **choice: Any,
) -> None:
    """Generate text with a model.

    \b
    wordkit lm generate model --prompt "the company said" -n 50 --temperature 0.8
    wordkit lm generate model --samples 5 --top-p 0.9 --seed 7
    """
    from wordkit.lm.writing import Prompt, stream
    from wordkit.lm.writing import write as write_texts

    sampling = Sampling(**{name: v for name, v in choice.items() if v is not None})
    if beam is not None and (samples > 1 or sampling != Sampling()):
        raise click.UsageError("--beam finds one text and excludes other ways of choosing")
    model = load(path)
    begin = Prompt(model, prompt)
    if begin.unknown:
        say(f"Not in the model's vocabulary, and {fate(model)}: {' '.join(begin.unknown)}")
    options: dict[str, Any] = {
        "max_tokens": length, "sampling": sampling, "seed": seed, "stop_at_eos": stop_at_eos,
        "ban_unk": ban_unk,
    }  # fmt: skip
    if samples == 1 and beam is None and not as_json:
        for piece in stream(begin, **options):
            write(piece, nl=False)
        write("")
        return
    found = write_texts(begin, samples=samples, beam=beam, **options)
    if as_json:
        print_json([each._asdict() for each in found])
        return
    # where a text may have several lines, an empty one stands between two texts
    write(("\n" if stop_at_eos and "\n" not in begin.text else "\n\n").join(t for t, _ in found))
