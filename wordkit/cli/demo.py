"""wordkit demo: the whole of wordkit on text that every machine has."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wordkit.cli.output import print_table, say, write
from wordkit.cli.vectors import evaluation_set

if TYPE_CHECKING:
    from wordkit.vectors.word_vectors import WordVectors

NEIGHBOURS = ("matrix", "file", "string", "error", "network")
ANALOGIES = (
    ("row", "rows", "column"),
    ("read", "reading", "write"),
    ("list", "lists", "string"),
    ("minimum", "min", "maximum"),
    ("add", "adding", "remove"),
)
SETS = {"docstring-analogies": "accuracy", "docstring-similarity": "Spearman's rho"}


@click.command()
@click.option(
    "-o",
    "--output",
    default="demo",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Output folder.",
)
def demo(output: Path) -> None:
    """Collect docstrings, train vectors and models on them, and show what they know.

    \b
    wordkit demo -o demo
    """
    from wordkit.storage.locks import locked

    with locked(output):
        _demonstrate(output)


def _demonstrate(output: Path) -> None:
    from wordkit.cli.demo_models import show_dates, show_language_model
    from wordkit.corpus.corpus import Corpus
    from wordkit.corpus.docstrings import write_docstrings
    from wordkit.embeddings.counts.count_vectors import CountVectors
    from wordkit.embeddings.word2vec.estimators import SkipGram

    text = output / "docstrings.txt"
    say(f"1/6  Collecting the documentation of Python and its packages: {text}")
    summary = write_docstrings(text, progress=True)
    say(f"2/6  Making a corpus of {summary.words:,} words: {output / 'corpus'}")
    corpus = Corpus.build(text, output / "corpus", progress=True)
    say(
        f"3/6  Training vectors for {len(corpus.vocabulary):,} words, from counts and by skip-gram"
    )
    vectors = CountVectors().fit(corpus).vectors_
    vectors.save(output / "vectors")
    predicted = SkipGram().fit(corpus).vectors_
    predicted.save(output / "skipgram")
    say(f"4/6  Drawing a map of words: {output / 'map.png'}")
    vectors.plot(content_words(vectors.words, 150), method="tsne", path=output / "map.png")
    say(f"5/6  Training a language model on a part of the text: {output / 'language-model'}")
    sentences = show_language_model(text, output / "language-model")
    say(f"6/6  Training on dates, how people write them and in ISO form: {output / 'dates'}")
    dates = show_dates(output / "dates", output / "dates.png")
    click.echo()
    print_table(
        ["word", "nearest by counts (PPMI, SVD)", "nearest by skip-gram (word2vec)"],
        [
            (word, *(nearest(each, word) for each in (vectors, predicted)))
            for word in NEIGHBOURS
            if word in vectors
        ],
    )
    click.echo()
    print_table(
        ["analogy", "by counts", "cosine", "by skip-gram", "cosine"],
        [
            (
                f"{a} : {b} :: {c} : ?",
                *vectors.analogy(a, b, c, topn=1)[0],
                *predicted.analogy(a, b, c, topn=1)[0],
            )
            for a, b, c in ANALOGIES
            if {a, b, c} <= vectors.index.keys()
        ],
    )
    click.echo()
    print_table(
        ["evaluation set", "measure", "by counts", "by skip-gram"],
        [(name, SETS[name], *scores(name, vectors, predicted)) for name in SETS],
    )
    click.echo("\nThe language model writes:")
    for sentence in sentences:
        write(f"  {sentence}")
    click.echo()
    print_table(["a date it has not seen", "translated"], dates)
    click.echo(
        f"\nNow look at {output / 'map.png'}, and at {output / 'dates.png'}, where each digit of "
        "the first date comes from, and ask for yourself:"
    )
    click.echo(f"  wordkit vectors similar {output / 'vectors'} algorithm")
    click.echo(f"  wordkit lm generate {output / 'language-model'} --prompt 'returns the'")
    click.echo(f"  wordkit seq2seq translate {output / 'dates'}")


def nearest(vectors: WordVectors, word: str) -> str:
    """The four nearest words."""
    return ", ".join(near for near, _ in vectors.most_similar(word, topn=4))


def scores(name: str, *models: WordVectors) -> list[float | None]:
    """What each scores on a known evaluation set."""
    from wordkit.vectors.evaluation.scores import evaluate

    test_set = evaluation_set(name)
    return [evaluate(vectors, test_set).score for vectors in models]


def content_words(words: list[str], number: int) -> list[str]:
    """The first words that are no function words, abbreviations or numbers."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    long = (word for word in words if word.isalpha() and len(word) > 3)
    return list(islice((word for word in long if word not in ENGLISH_STOP_WORDS), number))
