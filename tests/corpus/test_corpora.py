"""What wordkit brings along: made by its script, well-formed, and good to learn from."""

from __future__ import annotations

import datetime
import re

import pytest

from scripts.corpora import docstrings, sample
from scripts.corpora.__main__ import content, files
from wordkit import CountVectors, SkipGram
from wordkit.corpus.corpus import Corpus
from wordkit.corpus.datasets import corpora_folder, dataset, dataset_names, fetch
from wordkit.corpus.parts import build_dataset
from wordkit.vectors.evaluation.scores import evaluate
from wordkit.vectors.evaluation.sets import Analogies, WordPairs, read_evaluation_set

OURS = [name for name in dataset_names() if dataset(name).files[0].packaged]
MADE = files()


@pytest.mark.parametrize("name", MADE)
def test_the_script_makes_the_file(name: str) -> None:
    assert (corpora_folder() / name).read_bytes() == content(MADE[name])


def test_every_file_is_in_the_manifest() -> None:
    named = {path.name for name in OURS for path in fetch(name)}
    assert named == {path.name for path in corpora_folder().iterdir()} - {"manifest.toml"}


@pytest.mark.parametrize("name", OURS)
def test_descriptions_count_right(name: str) -> None:
    known = dataset(name)
    lines = [line for path in fetch(name) for line in path.read_text("utf-8").splitlines()]
    items = [line for line in lines if line[0] not in "#:"]
    assert f"{len(items):,} " in known.description
    sections = re.search(r"(\d+) sections", known.description)
    assert (int(sections[1]) if sections else 0) == sum(line[0] == ":" for line in lines)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Corpus]:
    return dict(build_dataset("sample", tmp_path_factory.mktemp("world") / "sample"))


def known_set(name: str) -> WordPairs | Analogies:
    return read_evaluation_set(fetch(name)[0])


def test_the_sample_has_all_words_of_its_sets(world: dict[str, Corpus]) -> None:
    for part in world.values():
        assert part.vocabulary.words == world["train"].vocabulary.words
    words = set(world["train"].vocabulary.words)
    analogies, pairs = known_set("sample-analogies"), known_set("sample-similarity")
    assert isinstance(analogies, Analogies)
    assert isinstance(pairs, WordPairs)
    assert {word for question in analogies.questions for word in question} <= words
    assert {word for pair in pairs.pairs for word in pair} <= words


@pytest.mark.parametrize(
    ("estimator", "accuracy", "rho"),
    [
        (CountVectors(workers=1), 0.65, 0.85),
        (CountVectors(method="ppmi", workers=1), 0.75, 0.6),
        (SkipGram(epochs=50, sample=0, vector_size=50, workers=1), 0.8, 0.6),
    ],
)
def test_analogies_are_learnt_from_the_sample(
    world: dict[str, Corpus], estimator: CountVectors | SkipGram, accuracy: float, rho: float
) -> None:
    vectors = estimator.fit(world["train"]).vectors_
    assert evaluate(vectors, known_set("sample-analogies")).score > accuracy
    assert evaluate(vectors, known_set("sample-similarity")).score > rho


def test_the_bigger_animal_is_always_the_same() -> None:
    text = "\n".join(MADE["sample.train.txt"])
    order = [animal.singular for animal in sample.ANIMALS]
    found = re.findall(r"the (\w+) is (?:much )?\w+er (?:in \w+ )?than the (\w+)", text)
    assert len(found) > 100
    assert all(order.index(more) > order.index(less) for more, less in found)


@pytest.mark.parametrize("name", docstrings.PAIRS)
def test_pairs_of_docstrings_stand_once(name: str) -> None:
    words = docstrings.PAIRS[name].split()
    pairs = list(zip(words[::2], words[1::2], strict=True))
    assert len(set(pairs)) == len(pairs)
    firsts = [first for first, _ in pairs]
    assert len(set(firsts)) == len(firsts)


def test_dates_and_sums_are_right() -> None:
    for name in "dates", "sums":
        lines = fetch(name)[0].read_text("utf-8").splitlines()
        questions = [line.split("\t")[0] for line in lines]
        assert len(set(questions)) == len(questions) == 300
    for line in fetch("sums")[0].read_text("utf-8").splitlines():
        a, b, total = map(int, re.split(r"[+\t]", line))
        assert a + b == total


def test_the_dates_say_what_their_answers_say() -> None:
    """Read back by the names of months, weekdays and the order of numbers."""
    months = [datetime.date(2000, month, 1).strftime("%b").lower() for month in range(1, 13)]
    for line in fetch("dates")[0].read_text("utf-8").splitlines():
        question, answer = line.lower().split("\t")
        date = datetime.date.fromisoformat(answer)
        numbers = [int(number) for number in re.findall(r"\d+", question)]
        assert date.day in numbers, line
        assert {date.year, date.year % 100} & set(numbers), line
        if len(numbers) == 3:  # no name of a month: day.month.year or year/month/day
            assert numbers in (
                [date.day, date.month, date.year],
                [date.year, date.month, date.day],
            ), line
        else:
            assert months[date.month - 1] in question, line
        weekday = re.search(r"\b(mon|tue|wed|thu|fri|sat|sun)\w*", question)
        assert weekday is None or weekday[1] == date.strftime("%a").lower(), line
