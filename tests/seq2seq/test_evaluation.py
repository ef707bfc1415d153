"""The scores against their definitions, and BLEU against figures of sacreBLEU."""

from __future__ import annotations

import math
import random
import warnings
from collections import Counter

import pytest

from wordkit.errors import ModelError
from wordkit.seq2seq.evaluation import bleu, evaluate, pick_examples

Side = list[list[str]]


def split(*lines: str) -> Side:
    return [line.split() for line in lines]


def bleu_by_definition(hypotheses: Side, references: Side) -> float:
    """Papineni et al. (2002), with the smoothing that Post (2018) calls exp."""
    logarithms, unmatched = 0.0, 0
    for n in range(1, 5):
        matches = total = 0
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            own, its = (
                Counter(tuple(side[i : i + n]) for i in range(len(side) - n + 1))
                for side in (hypothesis, reference)
            )
            matches += sum(min(count, its[ngram]) for ngram, count in own.items())
            total += own.total()
        if total == 0 or (n == 1 and matches == 0):
            return 0.0
        if matches == 0:
            unmatched += 1
        logarithms += math.log(matches / total if matches else 1 / (2**unmatched * total))
    c, r = sum(map(len, hypotheses)), sum(map(len, references))
    return 100 * min(1.0, math.exp(1 - r / c)) * math.exp(logarithms / 4)


@pytest.mark.parametrize(
    ("hypotheses", "references", "score"),  # the scores: sacreBLEU 2.6.0, tokenize="none"
    [
        (split("the cat is on the mat"), split("there is a cat on the mat"), 29.05925408079185),
        (split("1 6 7", "9 1", "1 5 0 2"), split("1 6 7", "9 1", "1 5 0 2"), 100),
        (split("9 1"), split("9 1"), 0),
        (split("a b c d e f"), split("a x c y e z"), 10.682175159905853),
        (split("", "a b c d e"), split("x", "a b c d e"), 81.87307530779823),
        (
            split("two men are working on the roof .", "a dog ."),
            split("two men work on the roof .", "a brown dog runs ."),
            34.667777281519996,
        ),
    ],
)
def test_figures_of_sacrebleu(hypotheses: Side, references: Side, score: float) -> None:
    assert bleu(hypotheses, references) == pytest.approx(score, abs=1e-9)
    assert bleu_by_definition(hypotheses, references) == pytest.approx(score, abs=1e-9)


def noisy(seed: int, shortest: int, right: float) -> tuple[Side, Side]:
    """Sentences, and hypotheses that have so many of their words right."""
    rng = random.Random(seed)
    words = [f"w{i}" for i in range(rng.choice([3, 30, 300]))]
    references = [rng.choices(words, k=rng.randint(shortest, 15)) for _ in range(20)]
    hypotheses = [
        [word if rng.random() < right else rng.choice(words) for word in reference]
        for reference in references
    ]
    # some too short, some too long, some empty
    hypotheses[0], hypotheses[1] = [], hypotheses[1] + words[:2]
    hypotheses[2] = hypotheses[2][:-2]
    return hypotheses, references


@pytest.mark.parametrize("right", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("seed", range(10))
def test_bleu_by_definition(seed: int, right: float) -> None:
    sides = noisy(seed, 1, right)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NLTK's, about counts of 0
        assert bleu(*sides) == pytest.approx(bleu_by_definition(*sides), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_bleu_of_sentences_is_as_nltk_has_it(seed: int) -> None:
    """Where no sentence is shorter than four tokens and each order has matches."""
    from nltk.translate.bleu_score import corpus_bleu

    hypotheses, references = noisy(seed, 7, 0.8)
    hypotheses[0] = references[0][:5]
    figure = 100 * corpus_bleu([[reference] for reference in references], hypotheses)
    assert bleu(hypotheses, references) == pytest.approx(figure, abs=1e-9)
    assert 5 < figure < 95


def test_bleu_sees_no_spaces() -> None:
    spaced = [list("ab cd ef gh"), list("a b")]
    assert bleu(spaced, [list("abcdefgh"), list("ab")]) == pytest.approx(100)


def test_bleu_of_nothing_right() -> None:
    assert bleu(split("a b c d"), split("e f g h")) == 0
    assert bleu([[], []], split("a b c d", "e")) == 0


def test_evaluate() -> None:
    references = [tuple("1994"), tuple("2001"), tuple("33")]
    hypotheses = [list("1994"), list("2011x"), list("3")]
    result = evaluate(hypotheses, references)
    assert result.pairs == 3
    assert result.exact_match == pytest.approx(1 / 3)
    assert result.token_accuracy == pytest.approx((4 + 3 + 1) / 10)
    assert result.bleu == bleu(hypotheses, references)
    assert result.to_dict() == {
        "exact_match": result.exact_match,
        "bleu": result.bleu,
        "token_accuracy": result.token_accuracy,
        "pairs": 3,
    }


def test_what_is_too_long_is_no_match() -> None:
    result = evaluate(split("a b c"), split("a b"))
    assert (result.exact_match, result.token_accuracy) == (0, 1)
    assert evaluate(split(""), split("a")).token_accuracy == 0


def test_nothing_to_compare() -> None:
    for function in evaluate, bleu, pick_examples:
        with pytest.raises(ModelError, match="2 hypotheses came with 1 references"):
            function(split("a", "b"), split("a"))
    for references in [], split(""):
        with pytest.raises(ModelError, match="no reference has a token"):
            evaluate(references, references)


def test_examples_are_spread() -> None:
    references = [[str(i)] for i in range(100)]
    hypotheses = [[str(i) if i % 2 else "x"] for i in range(100)]
    right, wrong = pick_examples(hypotheses, references, 4)
    assert right == [1, 25, 51, 75]
    assert wrong == [0, 24, 50, 74]
    assert pick_examples(references, references, 200) == (list(range(100)), [])
    assert pick_examples([], []) == ([], [])
