"""wordkit vectors similar and the like: what one asks about words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wordkit.cli.output import json_option, print_json, print_rows, print_table, say
from wordkit.cli.vectors import PATH, cosine_method_option, load, vectors_argument

if TYPE_CHECKING:
    from wordkit.vectors.word_vectors import WordVectors

topn_option = click.option(
    "-n", "topn", default=10, show_default=True, type=click.IntRange(1), help="Answers to give."
)
restrict_option = click.option(
    "--restrict-vocab",
    type=click.IntRange(1),
    metavar="N",
    help="Answer with one of the N most frequent words.",
)


@click.command()
@vectors_argument
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@topn_option
@restrict_option
@json_option
def similar(
    path: Path, words: tuple[str, ...], topn: int, restrict_vocab: int | None, as_json: bool
) -> None:
    """Find the words nearest to each WORD, with their cosines.

    Unknown words are named on standard error; if none is known, that is an error.

    \b
    wordkit vectors similar vectors matrix tensor -n 5
    """
    vectors = load(path)
    known = known_words(vectors, words)
    found = vectors.most_similar_batch(known, topn, restrict_vocab)
    if as_json:
        similar = dict(zip(known, map(answers_as_dicts, found), strict=True))
        print_json([{"word": word, "similar": similar.get(word)} for word in words])
    elif len(words) == 1:
        print_rows(found[0])
    else:
        print_rows(
            (word, *answer) for word, near in zip(known, found, strict=True) for answer in near
        )


@click.command()
@vectors_argument
@click.argument("words", nargs=-1, metavar="[A B]...")
@click.option(
    "--pairs-from",
    type=PATH,
    metavar="FILE",
    help="File with two words a line; - is standard input.",
)
@json_option
def similarity(path: Path, words: tuple[str, ...], pairs_from: Path | None, as_json: bool) -> None:
    """Give the cosine of two words, or of several pairs.

    Unknown words are named on standard error; if no pair is known, that is an error.

    \b
    wordkit vectors similarity vectors matrix tensor
    wordkit vectors similarity vectors matrix tensor king queen
    wordkit vectors similarity vectors --pairs-from pairs.txt --json
    """
    from wordkit.errors import UnknownWordError
    from wordkit.vectors.word_lists import read_word_pairs

    if len(words) % 2:
        raise click.UsageError(f"expected words in pairs, found {len(words)}")
    pairs = list(zip(words[::2], words[1::2], strict=True))
    if pairs_from is not None:
        pairs += read_word_pairs(pairs_from)
    if not pairs:
        raise click.UsageError("name two words, or a file of pairs with --pairs-from")
    vectors = load(path)
    known = set(known_words(vectors, [word for pair in pairs for word in pair]))
    cosines = [vectors.similarity(*pair) if known.issuperset(pair) else None for pair in pairs]
    if cosines.count(None) == len(pairs):
        raise UnknownWordError("no pair has two known words")
    if as_json:
        rows = zip(pairs, cosines, strict=True)
        print_json([{"a": a, "b": b, "similarity": cosine} for (a, b), cosine in rows])
    elif len(words) == 2 and pairs_from is None:
        print_rows([cosines])
    else:
        print_rows((*pair, cosine) for pair, cosine in zip(pairs, cosines, strict=True))


@click.command()
@click.argument("first", metavar="VEC1", type=PATH)
@click.argument("second", metavar="VEC2", type=PATH)
@click.option(
    "-n", "topn", default=20, show_default=True, type=click.IntRange(1), help="Words to give."
)
@click.option(
    "--neighbours",
    type=click.IntRange(1),
    metavar="K",
    help="Nearest words to compare.  [default: a tenth of the words, at most 1000]",
)
@click.option(
    "--min-count",
    default=100,
    show_default=True,
    type=click.IntRange(1),
    help="Leave out words that are rarer in either corpus.",
)
@json_option
def changes(first: Path, second: Path, as_json: bool, **options: Any) -> None:
    """Find the words that are used most differently in two corpora.

    Words are compared by their nearest neighbours in vectors of each corpus (Gonen et al.
    2020). Given are the share of the neighbours that both have, and the nearest words that
    only the first has, and only the second.

    \b
    wordkit vectors changes vectors-1900 vectors-2000
    """
    from wordkit.vectors.usage_change import usage_changes

    found = usage_changes(load(first), load(second), **options)
    if as_json:
        print_json([asdict(change) for change in found])
        return
    print_table(
        ["word", "overlap", f"only in {first}", f"only in {second}"],
        [(c.word, c.overlap, " ".join(c.first), " ".join(c.second)) for c in found],
    )


@click.command()
@vectors_argument
@click.argument("a")
@click.argument("b")
@click.argument("c")
@topn_option
@restrict_option
@cosine_method_option
@json_option
def analogy(path: Path, a: str, b: str, c: str, as_json: bool, **options: Any) -> None:
    """Solve an analogy: A is to B as C is to which word.

    \b
    wordkit vectors analogy vectors man king woman
    """
    answers = load(path).analogy(a, b, c, **options)
    if as_json:
        print_json({"a": a, "b": b, "c": c, "answers": answers_as_dicts(answers)})
    else:
        print_rows(answers)


@click.command()
@vectors_argument
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@json_option
def odd(path: Path, words: tuple[str, ...], as_json: bool) -> None:
    """Find the WORD that does not belong with the others.

    \b
    wordkit vectors odd vectors apple pear matrix plum
    """
    answer = load(path).doesnt_match(words)
    if as_json:
        print_json({"words": words, "odd": answer})
    else:
        print_rows([[answer]])


def known_words(vectors: WordVectors, words: Sequence[str]) -> list[str]:
    """The words that have vectors, each once; the others are named on standard error.

    Raises
    ------
    UnknownWordError
        None is known.
    """
    from wordkit.errors import UnknownWordError

    known: list[str] = []
    errors: list[UnknownWordError] = []
    for word in dict.fromkeys(words):
        try:
            vectors.row(word)
            known.append(word)
        except UnknownWordError as error:
            errors.append(error)
    if errors and not known:
        *errors, last = errors
    for each in errors:
        say(each)
    if not known:
        raise last
    return known


def answers_as_dicts(answers: list[tuple[str, float]]) -> list[dict[str, Any]]:
    """(word, score) pairs for JSON."""
    return [{"word": word, "score": score} for word, score in answers]
