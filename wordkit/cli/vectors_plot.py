"""wordkit vectors plot: a map of words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wordkit.cli.output import json_option, print_json, say, seed_range
from wordkit.cli.vectors import PATH, load, vectors_argument
from wordkit.cli.vectors_words import known_words


@click.command()
@vectors_argument
@click.argument("words", nargs=-1, metavar="[WORD...]")
@click.option(
    "-o", "--output", required=True, type=PATH, help="Picture to write: .png, .svg or .pdf."
)
@click.option("--around", metavar="WORD", help="Draw a word and those nearest to it.")
@click.option(
    "--words-from",
    type=PATH,
    metavar="FILE",
    help="Draw the words of a file; - is standard input.",
)
@click.option(
    "--groups",
    type=PATH,
    metavar="FILE",
    help="Draw groups in colours: lines of a name, a tab and words, or ': name' before its words.",
)
@click.option(
    "--top",
    type=click.IntRange(1),
    metavar="N",
    help="Words to draw.  [default: the 150 most frequent; 40 around a word]",
)
@click.option(
    "--stop-words/--no-stop-words",
    default=True,
    show_default=True,
    help="Whether the N words may be function words of English, or have no letter.",
)
@click.option(
    "--method",
    default="pca",
    show_default=True,
    type=click.Choice(["pca", "tsne", "raw"]),
    help="How dimensions become two; raw: the first two, as they are.",
)
@click.option("--seed", default=1, show_default=True, type=seed_range, help="Seed of t-SNE.")
@json_option
def plot(
    path: Path,
    words: tuple[str, ...],
    output: Path,
    around: str | None,
    words_from: Path | None,
    groups: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Draw a map of the WORDs, of those near a word, of groups, or of the most frequent words.

    Unknown words are named on standard error; if none is known, that is an error.

    \b
    wordkit vectors plot vectors -o map.png --method tsne --no-stop-words
    wordkit vectors plot vectors -o whale.svg --around whale
    wordkit vectors plot vectors -o animals.pdf --groups animals.tsv
    """
    from wordkit.vectors.chosen_words import choose
    from wordkit.vectors.maps import map_words
    from wordkit.vectors.word_lists import read_word_groups, read_words

    ways = {
        "WORD": words,
        "--around": around,
        "--words-from": words_from,
        "--groups": groups,
    }
    given = [name for name, value in ways.items() if value]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} exclude each other: give one of them")
    found = load(path)
    chosen: dict[str, Any] = {"around": around}
    if words or words_from:
        chosen["words"] = known_words(found, words or read_words(words_from or ""))
    if groups:
        named = read_word_groups(groups)
        known = set(known_words(found, [word for group in named.values() for word in group]))
        chosen["groups"] = {
            name: [word for word in group if word in known] for name, group in named.items()
        }
    how = {name: options.pop(name) for name in ("method", "seed")}
    found.plot(path=output, **chosen, **options, **how)
    if not as_json:
        say(f"{output}: a map")
        return
    drawn, group_of = choose(found, **chosen, **options)
    places = map_words(found, drawn, **how).tolist()
    print_json(
        [
            {"word": word, "x": x, "y": y} | ({"group": group} if group_of else {})
            for word, (x, y), group in zip(drawn, places, group_of or drawn, strict=True)
        ]
    )
