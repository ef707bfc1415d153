"""Data to learn from and to be tested on, by name: ``wordkit.datasets``.

Pairs that are generated, such as ``dates`` and ``sums``, are different ones for each seed. The
known datasets are those of ``wordkit corpus download``: some come with wordkit, others are
looked for on this machine and else downloaded and checked; see ``wordkit.corpus.datasets``.
"""

from __future__ import annotations

from pathlib import Path

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.datasets import Dataset, dataset, dataset_names, fetch
from wordkit.corpus.pair_tasks import addition_pairs, date_pairs
from wordkit.corpus.pairs import Pairs
from wordkit.corpus.parts import build_dataset
from wordkit.errors import CorpusError
from wordkit.vectors.evaluation.sets import Analogies, WordPairs, find_evaluation_set

__all__ = [
    "build", "dates", "describe", "evaluation_set", "files", "names", "pairs", "sums",
]  # fmt: skip


def dates(count: int = 50_000, *, seed: int = 1) -> Pairs:
    """Different dates as people write them, and in ISO form; see ``pair_tasks.date_pairs``.

    Raises
    ------
    CorpusError
        There are not so many.

    Examples
    --------
    >>> len(dates(100))
    100
    """
    return Pairs(date_pairs(count, seed=seed))


def sums(count: int = 50_000, *, digits: int = 3, seed: int = 1) -> Pairs:
    """Different sums of two numbers, such as ("16+75", "91"); see ``pair_tasks.addition_pairs``.

    Parameters
    ----------
    digits
        The most that a summand has, 1 to 18.

    Raises
    ------
    CorpusError
        There are not so many sums, or ``digits`` is out of range.
    """
    return Pairs(addition_pairs(count, digits=digits, seed=seed))


def names(*kinds: str) -> list[str]:
    """The names of the known datasets, all or those of some kinds.

    The kinds are ``text``, ``analogies``, ``similarity`` and ``pairs``.
    """
    return dataset_names(*kinds)


def describe(name: str) -> Dataset:
    """What is known of a dataset: its kind, description, licence and source.

    Raises
    ------
    CorpusError
        There is none of that name.
    """
    return dataset(name)


def files(name: str, *, progress: bool = False) -> list[Path]:
    """The files of a known dataset, downloaded if need be.

    Raises
    ------
    CorpusError
        The name is unknown, a file is not what it should be, or cannot be downloaded.
    """
    return fetch(name, progress=progress)


def build(
    name: str, directory: str | Path, *, workers: int | None = None, progress: bool = False
) -> dict[str, Corpus]:
    """The parts of a known text (train, valid, test) as corpora with one vocabulary.

    Parameters
    ----------
    directory
        Where to put them: a folder, in which each part is one.

    Raises
    ------
    CorpusError
        The name is unknown or no text, or a file cannot be downloaded.
    """
    return dict(build_dataset(name, directory, workers, progress=progress))


def pairs(name: str) -> Pairs:
    """The pairs of a known dataset, such as ``dates``.

    Raises
    ------
    CorpusError
        The name is unknown or no set of pairs.
    """
    if dataset(name).kind != "pairs":
        known = ", ".join(dataset_names("pairs"))
        raise CorpusError(f"{name} is no set of pairs; those are {known}")
    return Pairs.from_files(fetch(name)[0])


def evaluation_set(name: str | Path, *, progress: bool = False) -> WordPairs | Analogies:
    """A known evaluation set, such as ``ws353``, or the one in a file, if it is a Path.

    Raises
    ------
    CorpusError
        There is no known set of that name, or it cannot be downloaded.
    FormatError
        The file is no evaluation set.
    """
    return find_evaluation_set(name, progress=progress)
