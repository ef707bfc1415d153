"""wordkit corpus: from text to ids."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from wordkit.cli.output import json_option, print_json, print_rows, print_table, say
from wordkit.cli.overwrite import check_output, overwrite_option

WRAPPED_SAMPLE = 2000
"""Lines by which a file is judged."""
workers_option = click.option(
    "--workers", type=click.IntRange(1), help="Cores to use.  [default: all]"
)


@click.command()
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Output folder."
)
@click.option(
    "--preset",
    type=click.Choice(["textbook"]),
    help="Other defaults. textbook: --punctuation split --min-count 1 --order appearance.",
)
@click.option("--dataset", help="Build a known dataset (see download) in place of INPUT.")
@click.option(
    "--tokenizer",
    default="words",
    show_default=True,
    type=click.Choice(["words", "whitespace", "nltk", "tweet", "chars"]),
    help="How a line is cut into tokens.",
)
@click.option("--lower/--no-lower", default=True, show_default=True, help="Lower-case.")
@click.option("--normalize/--no-normalize", default=True, show_default=True, help="Unicode NFKC.")
@click.option("--strip-accents", is_flag=True, help="Take the accents from letters: é is e.")
@click.option(
    "--punctuation",
    default="drop",
    show_default=True,
    type=click.Choice(["drop", "split"]),
    help="Drop punctuation, or split it off as tokens.",
)
@click.option(
    "--numbers",
    default="keep",
    show_default=True,
    type=click.Choice(["keep", "N"]),
    help="Keep numbers, or make each the token N.",
)
@click.option("--eos", flag_value="line", default=None, help="Put <eos> after each line.")
@click.option(
    "--eos-sentences", "eos", flag_value="sentence", help="Put <eos> after each sentence."
)
@click.option(
    "--min-count", default=5, show_default=True, type=click.IntRange(1), help="Drop rarer words."
)
@click.option("--max-vocab", type=click.IntRange(1), help="Keep so many words at most.")
@click.option(
    "--order",
    default="frequency",
    show_default=True,
    type=click.Choice(["frequency", "appearance"]),
    help="How words are numbered.",
)
@click.option("--unk", is_flag=True, help="Turn dropped words into <unk>.")
@click.option(
    "--vocabulary",
    type=click.Path(path_type=Path),
    metavar="CORPUS",
    help="Use the vocabulary of another corpus.",
)
@click.option(
    "--document",
    default="line",
    show_default=True,
    type=click.Choice(["line", "file", "blank-line"]),
    help="What ends a document.",
)
@click.option(
    "--unwrap",
    is_flag=True,
    help="Join lines that were broken at some width: a paragraph is a line.",
)
@click.option("--field", help="Input is JSON Lines; this field of each holds the text.")
@click.option(
    "--errors",
    default="strict",
    show_default=True,
    type=click.Choice(["strict", "replace"]),
    help="What to do about bytes that are not UTF-8.",
)
@overwrite_option
@workers_option
@json_option
@click.pass_context
def build(
    context: click.Context,
    inputs: tuple[str, ...],
    output: Path,
    preset: str | None,
    dataset: str | None,
    overwrite: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Turn text into a corpus: files, folders, patterns, or - for standard input.

    Plain text or .gz, .bz2, .xz, .zip. The corpus is a folder.

    \b
    wordkit corpus build books/ -o corpus --unwrap
    zcat dump.jsonl.gz | wordkit corpus build - -o corpus --field text
    wordkit corpus build --dataset sample -o sample
    """
    from wordkit.corpus.corpus import TEXTBOOK, Corpus
    from wordkit.corpus.encoded import KIND, PARTS_KIND
    from wordkit.corpus.parts import build_dataset
    from wordkit.corpus.reader import TextFormat
    from wordkit.corpus.text import TextOptions

    if bool(inputs) == bool(dataset):
        raise click.UsageError("name some INPUT, or a --dataset")
    _refuse_together(
        context, "dataset", "preset", *(name for name in options if name != "workers")
    )
    _refuse_together(context, "vocabulary", "min_count", "max_vocab", "order", "unk")
    _refuse_together(context, "field", "document")
    check_output(output, PARTS_KIND if dataset else KIND, overwrite)
    started = time.perf_counter()
    if dataset:
        parts = build_dataset(dataset, output, options["workers"], progress=True)
        _written({output / name: part for name, part in parts}, as_json)
        return
    if preset:
        options |= {
            name: value for name, value in TEXTBOOK.items()
            if context.get_parameter_source(name) != ParameterSource.COMMANDLINE
        }  # fmt: skip
    vocabulary = options.pop("vocabulary")
    text = {name: options.pop(name) for name in TextOptions.__dataclass_fields__}
    format = {name: options.pop(name) for name in TextFormat.__dataclass_fields__}
    built = Corpus.build(
        [Path(name) for name in inputs],
        output,
        text=TextOptions(**text),
        format=TextFormat(**format),
        vocabulary=Corpus.load(vocabulary, verify=False).vocabulary if vocabulary else None,
        progress=True,
        **options,
    )
    _written({output: built}, as_json, f", in {time.perf_counter() - started:.1f} s")
    if not (format["unwrap"] or format["field"]):
        _hint_at_unwrap(inputs)


def _hint_at_unwrap(inputs: tuple[str, ...]) -> None:
    """Say so if the first file looks as if its lines were broken at some width."""
    from wordkit.corpus.reader import STDIN, find_inputs, plain_lines, read_blocks
    from wordkit.corpus.unwrap import looks_wrapped

    name = find_inputs(inputs)[0]
    if name == STDIN or not Path(name).is_file():  # it can be read once only
        return
    block = next(iter(read_blocks([name])), None)
    if block is not None and looks_wrapped(plain_lines(block, "replace")[:WRAPPED_SAMPLE]):
        say(f"{name}: its lines look broken at some width, in the middle of sentences; --unwrap "
            "joins them to paragraphs")  # fmt: skip


def _refuse_together(context: click.Context, one: str, *others: str) -> None:
    """A usage error if an option was given with another that it would make void."""
    if context.params[one] is not None:
        for other in others:
            if context.get_parameter_source(other) == ParameterSource.COMMANDLINE:
                first, second = (f"--{name.replace('_', '-')}" for name in (one, other))
                raise click.UsageError(f"{second} has no meaning with {first}")


def _written(corpora: dict[Path, Any], as_json: bool, how: str = "") -> None:
    """Say, or print as JSON, which corpora were written."""
    if as_json:
        print_json(
            [
                {
                    "output": str(path),
                    "tokens": made.tokens,
                    "words": len(made.vocabulary),
                    "documents": made.documents,
                }
                for path, made in corpora.items()
            ]
        )
    else:
        for path, made in corpora.items():
            say(f"{path}: {_summary(made)}{how}")


def _summary(corpus: Any) -> str:
    words, documents = len(corpus.vocabulary), corpus.documents
    return f"{corpus.tokens:,} tokens, {words:,} words, {documents:,} documents"


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "-n", "top", default=10, show_default=True, type=click.IntRange(0), help="First words to show."
)
@click.option("--verify", is_flag=True, help="Compare the ids with their checksum.")
@json_option
def info(directory: Path, top: int, verify: bool, as_json: bool) -> None:
    """Say what a corpus holds.

    \b
    wordkit corpus info corpus
    """
    from wordkit.corpus.corpus import Corpus
    from wordkit.corpus.encoded import part_names

    facts: list[dict[str, Any]] = []
    for name in part_names(directory) or [""]:
        one = Corpus.load(directory / name, verify=verify)
        counts = zip(one.vocabulary.words[:top], one.vocabulary.counts[:top].tolist(), strict=True)
        facts.append(
            {
                "corpus": str(directory / name),
                "tokens": one.tokens,
                "words": len(one.vocabulary),
                "documents": one.documents,
                "most_frequent": dict(counts),
                "settings": {
                    k: v
                    for k, v in one.settings.items()
                    if k not in ("wordkit", "kind", "version")
                },
            }
        )
    if as_json:
        print_json(facts if len(facts) > 1 else facts[0])
        return
    for fact in facts:
        settings = fact.pop("settings")
        frequent = " ".join(f"{word} ({n:,})" for word, n in fact.pop("most_frequent").items())
        nested = [settings.pop(name, {}) for name in ("text", "format")]
        options = {**nested[0], **nested[1], **settings}
        print_rows([*fact.items(), ("most frequent", frequent), *options.items()])


@click.command()
@click.argument("name", required=False)
@json_option
def download(name: str | None, as_json: bool) -> None:
    """Get a known dataset, or list them.

    Some come with wordkit. Others are looked for in $WORDKIT_DATA, then in the user's
    cache, then downloaded and checked. The files are printed.

    \b
    wordkit corpus download
    wordkit corpus download ptb
    """
    from wordkit.corpus.datasets import dataset, dataset_names, fetch

    if name is None:
        known = [dataset(each) for each in dataset_names()]
        if as_json:
            print_json({each.name: each.description for each in known})
        else:
            rows = [(each.name, each.kind, each.description) for each in known]
            print_table(["name", "kind", "what it is"], rows)
        return
    files = [str(path) for path in fetch(name, progress=True)]
    if as_json:
        print_json(files)
    else:
        print_rows([file] for file in files)


@click.command()
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write."
)
@workers_option
@json_option
def docstrings(output: Path, workers: int | None, as_json: bool) -> None:
    """Collect the documentation that Python and its packages carry as text.

    Millions of words of technical English on any machine, one docstring a line.

    \b
    wordkit corpus docstrings -o docstrings.txt
    """
    from wordkit.corpus.docstrings import write_docstrings

    summary = write_docstrings(output, workers=workers, progress=True)
    if as_json:
        print_json({"output": str(output), **asdict(summary)})
        return
    say(f"{output}: {summary.docstrings:,} docstrings of {summary.files:,} files, "
        f"{summary.words:,} words")  # fmt: skip


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), metavar="CORPUS")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Corpus to make."
)
@click.option(
    "--score",
    default="npmi",
    show_default=True,
    help="npmi, word2vec, or one of NLTK's measures, such as likelihood_ratio.",
)
@click.option("--threshold", type=float, help="Least score.  [default: npmi 0.5, word2vec 10]")
@click.option(
    "--min-count", default=5, show_default=True, type=click.IntRange(1), help="Least count."
)
@click.option(
    "--passes",
    default=2,
    show_default=True,
    type=click.IntRange(1),
    help="2 joins up to four words.",
)
@click.option(
    "--connectors",
    metavar="WORDS",
    help="Words that may stand inside a phrase, separated by blanks.  "
    "[default: of, the, and other such words of English]",
)
@click.option(
    "--stop-words/--no-stop-words",
    default=False,
    show_default=True,
    help="Whether function words of English may begin or end a phrase.",
)
@click.option("--delimiter", default="_", show_default=True, help="Put between the words.")
@overwrite_option
@json_option
def phrases(
    directory: Path,
    output: Path,
    connectors: str | None,
    overwrite: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Join words that belong together, such as new_york and bank_of_america, and list them.

    \b
    wordkit corpus phrases corpus -o corpus2
    """
    from wordkit.corpus.corpus import Corpus
    from wordkit.corpus.encoded import KIND
    from wordkit.corpus.phrases import join_phrases
    from wordkit.errors import CorpusError

    if output.exists() and output.samefile(directory):
        raise CorpusError(f"{output} would replace its own input: name another folder")
    check_output(output, KIND, overwrite)
    if connectors is not None:
        options["connectors"] = connectors.split()
    joined, found = join_phrases(Corpus.load(directory), output, **options, progress=True)
    if as_json:
        print_json([asdict(phrase) for phrase in found])
    else:
        print_rows((phrase.joined, phrase.count, phrase.score) for phrase in found)
    say(f"{output}: {_summary(joined)}; {len(found):,} phrases")
