"""wordkit vectors: what all its commands share, and those for whole files of vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wordkit.cli.output import (
    json_option,
    print_json,
    print_rows,
    print_table,
    say,
    seed_range,
)
from wordkit.cli.overwrite import check_output, overwrite_option

if TYPE_CHECKING:
    from wordkit.vectors.word_vectors import WordVectors

FORMATS = ("wordkit", "word2vec", "word2vec-binary", "glove", "fasttext", "projector")
FOLDERS = {"wordkit": "vectors", "projector": "projector"}
"""The formats that are folders, and their kinds."""
PATH = click.Path(path_type=Path)

vectors_argument = click.argument("path", metavar="VEC", type=PATH)
cosine_method_option = click.option(
    "--method",
    default="3cosadd",
    show_default=True,
    type=click.Choice(["3cosadd", "3cosmul"]),
    help="How terms are combined.",
)


def load(path: Path, **options: Any) -> WordVectors:
    """Vectors in any format; see ``WordVectors.load``."""
    from wordkit.vectors.word_vectors import WordVectors

    return WordVectors.load(path, **options)


def written(output: Path, made: WordVectors, as_json: bool, how: str = "", **facts: Any) -> None:
    """Say, or print as JSON, which vectors were written."""
    if as_json:
        size = {"words": len(made), "dimensions": made.vector_size}
        print_json({"output": str(output), **size, **facts})
    else:
        say(f"{output}: {len(made):,} vectors of {made.vector_size:,} dimensions{how}")


@click.command()
@vectors_argument
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--against", type=PATH, metavar="VEC", help="Other vectors, to test the difference.")
@click.option("--any-size", is_flag=True, help="Compare vectors of different dimensions.")
@click.option(
    "--restrict-vocab",
    default=30_000,
    show_default=True,
    type=click.IntRange(1),
    metavar="N",
    help="Answer analogies with one of the N most frequent words.",
)
@cosine_method_option
@click.option(
    "--seed", default=1, show_default=True, type=seed_range, help="Seed of the bootstrap."
)
@json_option
def evaluate(
    path: Path,
    files: tuple[str, ...],
    against: Path | None,
    any_size: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Score vectors on word pairs (Spearman's rho) and analogies (accuracy).

    FILE holds two words and a score a line, or four words a line; or it is the name of a
    known set: docstring-analogies, docstring-similarity, sample-analogies and
    sample-similarity come with wordkit; questions-words, ws353, simlex999 and mturk are
    downloaded. Items with unknown words are counted in two ways: "known" leaves them out,
    "all" counts them as failed.

    \b
    wordkit vectors evaluate vectors docstring-similarity docstring-analogies
    wordkit vectors evaluate vectors questions-words mine.txt --against other
    """
    from wordkit.vectors.evaluation.comparison import compare
    from wordkit.vectors.evaluation.scores import evaluate as score

    one, other = load(path), load(against) if against else None
    results, comparisons = [], []
    for test_set in map(evaluation_set, files):
        results.append(score(one, test_set, **options))
        if other is not None:
            comparisons.append(compare(one, other, test_set, any_size=any_size, **options))
    if as_json:
        as_dicts = [result.to_dict() for result in results]
        found = {"results": as_dicts, "comparisons": [each.to_dict() for each in comparisons]}
        print_json(found if against else as_dicts)
        return
    print_table(
        ["set", "measure", "items", "counted", "score", "low 95%", "high 95%", "p"],
        [row for result in results for row in score_rows(result)],
    )
    if comparisons:
        click.echo()
        print_table(
            ["set", "used", str(path), str(against), "difference", "low 95%", "high 95%", "p"],
            [
                (c.name, c.used, c.first, c.second, c.difference, c.low, c.high, c.p_value)
                for c in comparisons
            ],
        )


def evaluation_set(name: str) -> Any:
    """The set in a file, or the known set of that name."""
    from wordkit.corpus.datasets import dataset_names
    from wordkit.errors import CorpusError
    from wordkit.vectors.evaluation.sets import find_evaluation_set

    known = dataset_names("analogies", "similarity")
    if not Path(name).exists() and name not in known:
        raise CorpusError(
            f"{name} is neither a file nor a known evaluation set; those are {', '.join(known)}"
        )
    return find_evaluation_set(Path(name) if Path(name).exists() else name, progress=True)


def score_rows(result: Any) -> list[tuple]:
    """Lines of the table: both ways of counting, and the sections of an analogy set."""
    if result.kind == "pairs":
        return [
            (result.name, "rho", result.total, how, c.rho, c.low, c.high, c.p_value)
            for how, c in (("known", result.known), ("all", result.all))
        ]
    parts = [*result.sections, *result.subtotals, result.overall]
    return [
        (
            f"{result.name}: {part.name}",
            "accuracy",
            part.total,
            how,
            a.accuracy,
            a.low,
            a.high,
            None,
        )
        for part in parts
        for how, a in (("known", part.known), ("all", part.all))
    ]


@click.command()
@vectors_argument
@click.argument("output", metavar="OUT", type=PATH)
@click.option("--format", required=True, type=click.Choice(FORMATS), help="Format to write.")
@click.option("--from", "source_format", type=click.Choice(FORMATS), help="Format to read.  "
              "[default: detected]")  # fmt: skip
@overwrite_option
@json_option
def convert(
    path: Path,
    output: Path,
    format: str,
    source_format: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write vectors in another format; a name that ends in .gz is compressed.

    \b
    wordkit vectors convert glove.6B.100d.txt vectors --format wordkit
    """
    from wordkit.vectors.word_vectors import WordVectors

    if format in FOLDERS:
        check_output(output, FOLDERS[format], overwrite)
    found = WordVectors.load(path, source_format)
    _ = found.norms  # raises if a value is no number
    found.save(output, format)
    written(output, found, as_json, format=format)


@click.command()
@vectors_argument
@click.option(
    "-n", "top", default=10, show_default=True, type=click.IntRange(0), help="First words to show."
)
@click.option("--verify", is_flag=True, help="Compare a folder with its checksum.")
@json_option
def info(path: Path, top: int, verify: bool, as_json: bool) -> None:
    """Say what a file of vectors holds.

    \b
    wordkit vectors info vectors
    """
    found = load(path, verify=verify)
    facts = {
        "words": len(found),
        "dimensions": found.vector_size,
        "kind": "sparse" if hasattr(found.vectors, "nnz") else "dense",
        "mean_length": float(found.norms.mean()) if len(found) else 0.0,
        "counts": found.counts is not None,
        "first_words": found.words[:top],
    }
    if as_json:
        print_json(facts)
    else:
        print_rows({**facts, "first_words": " ".join(found.words[:top])}.items())


@click.command()
@vectors_argument
@click.argument("words", nargs=-1, metavar="[WORD...]")
@click.option(
    "-n",
    "top",
    default=20,
    show_default=True,
    type=click.IntRange(1),
    help="Without WORDs: the first words, and columns, to show.",
)
@json_option
def show(path: Path, words: tuple[str, ...], top: int, as_json: bool) -> None:
    """Print vectors, or a matrix of counts or PPMI with the words of rows and columns.

    \b
    wordkit vectors show counts
    wordkit vectors show ppmi you say hello
    """
    found = load(path)
    rows = list(words) or found.words[:top]
    columns = list(range(found.vector_size if words else min(top, found.vector_size)))
    if words and found.columns is found.words:
        columns = [found.row(word) for word in words]
    numbers = found[rows][:, columns]
    header = [str(found.columns[column]) for column in columns]
    if as_json:
        print_json({"words": rows, "columns": header, "values": numbers.tolist()})
        return
    whole = not (numbers % 1).any()
    lines = numbers.astype(int).tolist() if whole else numbers.tolist()
    print_table(["", *header], [(word, *line) for word, line in zip(rows, lines, strict=True)])


@click.command()
@vectors_argument
@click.argument("file", metavar="[FILE|-]", type=PATH, default="-")
@click.option(
    "--weighting",
    default="mean",
    show_default=True,
    type=click.Choice(["mean", "tfidf", "sif"]),
    help="How the words of a text are weighted.",
)
@click.option("--lower/--no-lower", default=True, show_default=True, help="Lower-case the text.")
@json_option
def embed(path: Path, file: Path, weighting: str, lower: bool, as_json: bool) -> None:
    """Turn each line of a text into a vector, from the vectors of its words.

    \b
    wordkit vectors embed vectors reviews.txt > reviews.tsv
    """
    from wordkit.corpus.reader import plain_lines, read_blocks
    from wordkit.corpus.text import TextOptions
    from wordkit.embeddings.texts import TextVectors

    blocks = read_blocks([str(file)], whole_lines=True)
    lines = [line for block in blocks for line in plain_lines(block, "replace")]
    texts = TextVectors(vectors=load(path), weighting=weighting, text=TextOptions(lower=lower))
    rows: Any = texts.fit_transform(lines) if lines else []
    if as_json:
        print_json([row.tolist() for row in rows])
    else:
        for row in rows:
            click.echo("\t".join(map(str, row)))
