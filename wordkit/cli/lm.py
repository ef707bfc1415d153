"""wordkit lm: what a language model can be asked."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordkit.cli.models import print_model, say_unfinished
from wordkit.cli.output import (
    json_option,
    print_json,
    print_rows,
    print_table,
    say,
)

if TYPE_CHECKING:
    import numpy as np

    from wordkit.corpus.corpus import Corpus
    from wordkit.lm.model import RecurrentLanguageModel
    from wordkit.lm.surprisal import Surprisal

PATH = click.Path(path_type=Path)

model_argument = click.argument("path", metavar="MODEL", type=PATH)
unwrap_option = click.option(
    "--unwrap", is_flag=True, help="Join lines broken at some width: a paragraph is a line."
)


@click.command()
@model_argument
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True, type=PATH)
@unwrap_option
@json_option
def perplexity(path: Path, texts: tuple[Path, ...], unwrap: bool, as_json: bool) -> None:
    """Measure how well a model predicts texts (files or corpora).

    Every token but the first counts, each after all those before it.

    \b
    wordkit lm perplexity model test.txt
    """
    from wordkit.lm.perplexity import TextScore, score_text

    model = load(path)
    scores = [score_text(model, *_read_ids(model, text, unwrap)) for text in texts]
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
@click.option("--bits", is_flag=True, help="Give -log2 p in place of log p.")
@click.option("--lines", is_flag=True, help="Give a sum for each line, not each word.")
@click.option("-o", "--output", type=PATH, help="Draw a heat map: HTML, PNG, SVG or PDF.")
@unwrap_option
@json_option
def score(
    path: Path, text: Path, bits: bool, lines: bool, output: Path | None, unwrap: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Print the log-probability of each word of a text (a file or a corpus).

    Natural logarithms, each by all words before it. Words are as they are written; unknown
    ones share the probability of <unk>.

    \b
    wordkit lm score model test.txt
    wordkit lm score model test.txt --bits --lines
    wordkit lm score model letter.txt -o letter.html
    """
    from wordkit.lm.surprisal import surprisal

    model = load(path)
    found = surprisal(model, _read_written(text, unwrap), str(text))
    if output is not None:
        _draw(found, output)
        return
    name, factor = ("bits", 1.0) if bits else ("log_probability", -math.log(2))
    if lines:
        header: tuple[str, ...] = ("line", name, "words")
        rows = [(str(each.line), each.bits * factor, each.words) for each in found.lines()]
    else:
        header = ("word", name, "known")
        rows = [(each.word, each.bits * factor, each.known) for each in found]
    if as_json:
        print_json([dict(zip(header, row, strict=True)) for row in rows])
        return
    print_rows((row[0], f"{row[1]:.6f}", *([row[2]] if lines else [])) for row in rows)
    if found.unknown and model.vocabulary.unk_id is not None:
        say(f"{found.unknown:,} unknown words share the probability of <unk> in equal parts")
    elif found.unknown:
        say(f"{found.unknown:,} unknown words have no probability: the model has no <unk>")


def _draw(found: Surprisal, output: Path) -> None:
    """A page for HTML, a picture otherwise."""
    if output.suffix.lower() not in (".html", ".htm"):
        found.plot(output)
    else:
        from wordkit.storage.files import new_file

        page = f'<!DOCTYPE html><meta charset="utf-8"><title>bits</title>{found.to_html()}'
        with new_file(output) as file:
            file.write(page.encode())
    say(f"{output}: the darker a word, the more bits it carries")


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

    model = RecurrentLanguageModel.load(path)
    say_unfinished(path, model)
    return model


def _read_ids(model: RecurrentLanguageModel, text: Path, unwrap: bool) -> tuple[np.ndarray, int]:
    """The ids of a text, and how many of its tokens the model does not know."""
    from wordkit.lm.texts import ids_in, read_text

    return ids_in(read_text(text, model.text, unwrap=unwrap), model.vocabulary, str(text))


def _read_written(path: Path, unwrap: bool) -> str | Corpus:
    """The lines of a file as they are written, or a corpus."""
    if path.is_dir():
        from wordkit.corpus.corpus import Corpus

        return Corpus.load(path)
    from wordkit.lm.texts import read_lines

    return "".join(f"{line}\n" for line in read_lines(path, unwrap=unwrap))


def say_oov(oov: int, model: RecurrentLanguageModel) -> None:
    """Say how many tokens were out of vocabulary, if any were, and what became of them."""
    if oov:
        say(f"{oov:,} tokens are not in the model's vocabulary and were {fate(model)}")


def fate(model: RecurrentLanguageModel) -> str:
    """What becomes of tokens that the model does not know, as the end of a sentence."""
    return "left out" if model.vocabulary.unk_id is None else "taken for <unk>"
