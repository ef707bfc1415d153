"""wordkit seq2seq: what an encoder-decoder can be asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wordkit.cli.models import AT_LEAST_1, print_model, say_unfinished
from wordkit.cli.output import json_option, print_json, print_rows, print_table, say, write
from wordkit.interrupts import Interrupted

if TYPE_CHECKING:
    from wordkit.seq2seq.model import EncoderDecoder

PATH = click.Path(path_type=Path)
STDIN = "-"
AT_ONCE = 1000
"""Lines of a file that are translated together, and so can be lost together."""

model_argument = click.argument("path", metavar="MODEL", type=PATH)
beam_option = click.option(
    "--beam", default=5, show_default=True, type=AT_LEAST_1, help="Width of the search; 1: greedy."
)


def search_options(command: Callable) -> Callable:
    """How the most likely translation is searched for: what ``translate`` is given."""
    for option in (
        click.option("--replace-unknown", is_flag=True,
                     help="Replace <unk> by the source token with the highest attention."),
        click.option("--max-length", type=AT_LEAST_1,
                     help="Most tokens.  [default: twice the source's and 10, or more where "
                          "training pairs needed it]"),
        click.option("--length-penalty", default=0.6, show_default=True,
                     type=click.FloatRange(0, 10), help="Above 0 favours longer translations."),
        beam_option,
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@model_argument
@click.argument("file", metavar="[FILE|-]", default=STDIN, type=PATH)
@search_options
@click.option("--n-best", type=AT_LEAST_1, metavar="N", help="Give the N best, with scores.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an object a line.")
def translate(path: Path, file: Path, n_best: int | None, as_json: bool, **options: Any) -> None:
    """Translate the lines of a file, or of standard input as they come.

    A line out for each line in; an empty one for an empty one. With --n-best, lines of the
    line's number, the score (log p over the length penalty) and a translation.

    \b
    wordkit seq2seq translate model questions.txt > answers.txt
    echo "september 27, 1994" | wordkit seq2seq translate model --beam 1
    """
    from wordkit.seq2seq.decode import translate_stream

    written = 0
    try:
        model = load(path)
        blocks = ([model.tokens_of(line) for line in lines] for lines in _lines(file))
        found = translate_stream(model, blocks, n_best=n_best or 1, attention=False, **options)
        for number, translation in enumerate(found, 1):
            best = [translation, *translation.others]
            if as_json:
                click.echo(json.dumps({"line": number, "translations": [
                    {"text": model.text_of(each.tokens), "tokens": each.tokens,
                     "score": each.score} for each in best]}))  # fmt: skip
            elif n_best is not None:
                print_rows((str(number), each.score, model.text_of(each.tokens)) for each in best)
            else:
                _echo(model, translation.tokens)
            written = number
    except KeyboardInterrupt:
        kept = f"interrupted: {written:,} lines are translated and written"
        raise Interrupted(kept) from None


@click.command()
@model_argument
@click.argument("pairs", metavar="PAIRS", type=PATH)
@click.option("--target", type=PATH, metavar="FILE", help="The targets; PAIRS has the sources.")
@search_options
@click.option("--examples", default=0, type=click.IntRange(0), metavar="N",
              help="Show that many right and wrong answers.")  # fmt: skip
@json_option
def evaluate(
    path: Path, pairs: Path, target: Path | None, examples: int, as_json: bool, **options: Any
) -> None:
    """Measure how well a model translates pairs of which the target is known.

    exact_match and token_accuracy are shares, bleu is in percent.

    \b
    wordkit seq2seq evaluate model test.tsv
    wordkit seq2seq evaluate model test.de --target test.en --beam 10
    """
    from wordkit.corpus.pair_files import read_pairs
    from wordkit.seq2seq.decode import translate
    from wordkit.seq2seq.evaluation import evaluate as compare
    from wordkit.seq2seq.evaluation import pick_examples

    model = load(path)
    known = read_pairs(pairs, target, units=model.settings.units)
    found = [
        each.tokens
        for each in translate(model, [pair.source for pair in known], attention=False, **options)
    ]
    references = [pair.target for pair in known]
    result = compare(found, references).to_dict()
    right, wrong = pick_examples(found, references, examples)
    header = ("source", "translation", "target")
    shown = [
        (name, *(model.text_of(side) for side in (known[n].source, found[n], references[n])))
        for name, numbers in (("right", right), ("wrong", wrong))
        for n in numbers
    ]
    if as_json:
        rows = [{"match": name == "right", **dict(zip(header, texts, strict=True))}
                for name, *texts in shown]  # fmt: skip
        print_json({**result, **({"examples": rows} if examples else {})})
        return
    print_table(tuple(result), [tuple(result.values())])
    if shown:
        click.echo()
        print_table(("", *header), shown)


@click.command()
@model_argument
@click.argument("text")
@click.option("-o", "--output", required=True, type=PATH, help="PNG, SVG or PDF file to write.")
@beam_option
def attention(path: Path, text: str, output: Path, beam: int) -> None:
    """Draw what a model attends to while it translates a text.

    \b
    wordkit seq2seq attention model "september 27, 1994" -o map.png
    """
    from wordkit.errors import ModelError
    from wordkit.plots.attention import attention_map
    from wordkit.seq2seq.decode import translate

    model = load(path)
    if model.settings.attention == "none":
        raise ModelError(f"{path} has no attention to draw: train a model with --attention dot")
    source = model.tokens_of(text)
    if not source:
        raise ModelError("the text is empty: give at least one word")
    [found] = translate(model, [source], beam=beam)
    if found.attention is None or not found.tokens:
        raise ModelError("the translation is empty: there is no attention to draw")
    attention_map(found.attention, source, found.tokens, output)
    _echo(model, found.tokens)
    say(f"{output}: what each token of it looks at")


@click.command()
@model_argument
@json_option
def info(path: Path, as_json: bool) -> None:
    """Say what a model is and how it was trained.

    \b
    wordkit seq2seq info model
    """
    model = load(path)
    words = {
        "source_words": len(model.source_vocabulary),
        "target_words": len(model.target_vocabulary),
    }
    print_model(model, words, as_json)


# --- what the commands share --------------------------------------------------------


def load(path: Path) -> EncoderDecoder:
    """Load an encoder-decoder; it is imported only now."""
    from wordkit.seq2seq.model import EncoderDecoder

    model = EncoderDecoder.load(path)
    say_unfinished(path, model)
    return model


def _echo(model: EncoderDecoder, tokens: Sequence[str]) -> None:
    """On one line, whatever characters the model learnt."""
    from wordkit.corpus.pair_files import one_line

    write(one_line(model.text_of(tokens)))


def _lines(file: Path) -> Iterator[list[str]]:
    """The lines of a file, many at once; of standard input, as many as there are by now."""
    from wordkit.corpus.reader import plain_lines, read_blocks

    for block in read_blocks([str(file)], whole_lines=True, as_it_comes=str(file) == STDIN):
        lines = plain_lines(block)
        for start in range(0, len(lines), AT_ONCE):
            yield lines[start : start + AT_ONCE]
