"""wordkit lm: what a language model can be asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wordkit.cli.models import AT_LEAST_1, print_model
from wordkit.cli.output import (
    json_option,
    print_json,
    print_rows,
    print_table,
    say,
    seed_range,
    write,
)

if TYPE_CHECKING:
    import numpy as np

    from wordkit.lm.model import RecurrentLanguageModel

PATH = click.Path(path_type=Path)

model_argument = click.argument("path", metavar="MODEL", type=PATH)


@click.command()
@model_argument
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True, type=PATH)
@json_option
def perplexity(path: Path, texts: tuple[Path, ...], as_json: bool) -> None:
    """Measure how well a model predicts texts (files or corpora).

    Every token but the first counts, each after all those before it.

    \b
    wordkit lm perplexity model test.txt
    """
    from wordkit.lm.perplexity import TextScore, score_text

    model = load(path)
    scores = [score_text(model, *_read_ids(model, text)) for text in texts]
    total = TextScore(*map(sum, zip(*scores, strict=True)))
    named = zip([*map(str, texts), "all"], [*scores, total], strict=True)
    rows = [(name, s.perplexity, s.tokens, s.oov) for name, s in named]
    header = ("text", "perplexity", "tokens", "oov")
    if as_json:
        *each, together = [dict(zip(header, row, strict=True)) for row in rows]
        print_json({**together, "texts": each})
    else:
        print_table(header, rows if len(texts) > 1 else rows[:1])
        say_oov(total.oov, model)


@click.command()
@model_argument
@click.argument("text", metavar="TEXT", type=PATH)
@json_option
def score(path: Path, text: Path, as_json: bool) -> None:
    """Print the log-probability of each token of a text.

    Natural logarithms, of every token but the first.

    \b
    wordkit lm score model test.txt
    """
    from wordkit.lm.perplexity import log_probabilities

    model = load(path)
    ids, oov = _read_ids(model, text)
    words = iter(model.vocabulary.decode(ids[1:].tolist()))
    rows = (
        (next(words), value) for part in log_probabilities(model, ids) for value in part.tolist()
    )
    if as_json:
        print_json([{"token": word, "log_probability": value} for word, value in rows])
    else:
        print_rows((word, f"{value:.6f}") for word, value in rows)
        say_oov(oov, model)


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
@click.option("--greedy", is_flag=True, help="Always take the most likely token.")
@click.option(
    "--temperature", default=1.0, show_default=True, help="Below 1, likely tokens become likelier."
)
@click.option("--top-k", type=int, help="Choose among the K most likely tokens.")
@click.option("--top-p", type=float, help="Choose among the fewest tokens with that probability.")
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
    greedy: bool,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    beam: int | None,
    seed: int,
    stop_at_eos: bool,
    ban_unk: bool,
    as_json: bool,
) -> None:
    """Generate text with a model.

    \b
    wordkit lm generate model --prompt "the company said" -n 50 --temperature 0.8
    wordkit lm generate model --samples 5 --top-p 0.9 --seed 7
    """

    if beam is not None and (samples > 1 or greedy or top_k or top_p or temperature != 1):
        raise click.UsageError("--beam finds one text and excludes other ways of choosing")
    from wordkit.lm.generate import Sampling
    from wordkit.lm.writing import Prompt, stream
    from wordkit.lm.writing import write as write_texts

    sampling = Sampling(temperature, top_k, top_p, greedy)
    model = load(path)
    begin = Prompt(model, prompt)
    if begin.unknown:
        say(f"Not in the model's vocabulary, and {_fate(model)}: {' '.join(begin.unknown)}")
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


@click.command()
@model_argument
@click.argument("output", metavar="OUT.safetensors", type=PATH)
@click.option(
    "--layout",
    default="pytorch",
    show_default=True,
    type=click.Choice(["pytorch"]),
    help="Whose names and shapes the tensors have.",
)
def export(path: Path, output: Path, layout: str) -> None:
    """Write a model's weights for another program.

    \b
    wordkit lm export model model.safetensors --layout pytorch
    """
    from wordkit.lm.export import export as export_model

    export_model(load(path), output, layout)
    say(f"{output}: the weights as {layout} names them")


@click.command()
@model_argument
@json_option
def info(path: Path, as_json: bool) -> None:
    """Say what a model is and how it was trained.

    \b
    wordkit lm info model
    """
    model = load(path)
    words = {"words": len(model.vocabulary)}
    print_model(model, words, as_json)


# --- what the commands share --------------------------------------------------------


def load(path: Path) -> RecurrentLanguageModel:
    from wordkit.lm.model import RecurrentLanguageModel

    return RecurrentLanguageModel.load(path)


def _read_ids(model: RecurrentLanguageModel, text: Path) -> tuple[np.ndarray, int]:
    """The ids of a text, and how many of its tokens the model does not know."""
    from wordkit.lm.texts import ids_in, read_text

    return ids_in(read_text(text, model.text), model.vocabulary, str(text))


def say_oov(oov: int, model: RecurrentLanguageModel) -> None:
    if oov:
        say(f"{oov:,} tokens are not in the model's vocabulary and were {_fate(model)}")


def _fate(model: RecurrentLanguageModel) -> str:
    return "left out" if model.vocabulary.unk_id is None else "taken for <unk>"
