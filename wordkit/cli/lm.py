"""wordkit lm: what a language model can be asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordkit.cli.models import print_model
from wordkit.cli.output import (
    json_option,
    print_json,
    print_rows,
    print_table,
    say,
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
    """Load a language model; it is imported only now."""
    from wordkit.lm.model import RecurrentLanguageModel

    return RecurrentLanguageModel.load(path)


def _read_ids(model: RecurrentLanguageModel, text: Path) -> tuple[np.ndarray, int]:
    """The ids of a text, and how many of its tokens the model does not know."""
    from wordkit.lm.texts import ids_in, read_text

    return ids_in(read_text(text, model.text), model.vocabulary, str(text))


def say_oov(oov: int, model: RecurrentLanguageModel) -> None:
    """Say how many tokens were out of vocabulary, if any were, and what became of them."""
    if oov:
        say(f"{oov:,} tokens are not in the model's vocabulary and were {fate(model)}")


def fate(model: RecurrentLanguageModel) -> str:
    """What becomes of tokens that the model does not know, as the end of a sentence."""
    return "left out" if model.vocabulary.unk_id is None else "taken for <unk>"
