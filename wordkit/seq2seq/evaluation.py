"""How good the sequences are that a model gives: exact match, token accuracy, BLEU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from wordkit.errors import ModelError

Tokens = Sequence[str]


@dataclass(frozen=True)
class Evaluation:
    """What ``evaluate`` finds.

    Attributes
    ----------
    exact_match
        Share (0 to 1) of the hypotheses that are their reference, token by token.
    bleu
        Corpus BLEU in percent (0 to 100).
    token_accuracy
        Share (0 to 1) of the reference tokens that the hypothesis has at the same place.
        What a hypothesis has beyond the end of its reference does not count.
    pairs
        How many there are.
    """

    exact_match: float
    bleu: float
    token_accuracy: float
    pairs: int

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data for JSON."""
        return asdict(self)


def evaluate(hypotheses: Sequence[Tokens], references: Sequence[Tokens]) -> Evaluation:
    """Compare what a model gave with what is right.

    Raises
    ------
    ModelError
        The two are not equally many, or there is no reference with a token in it.
    """
    _check(hypotheses, references)
    if not any(references):
        raise ModelError("there is nothing to compare with: no reference has a token")
    met = sum(
        token == right
        for hypothesis, reference in zip(hypotheses, references, strict=True)
        for token, right in zip(hypothesis, reference, strict=False)
    )
    return Evaluation(
        exact_match=sum(_matches(hypotheses, references)) / len(references),
        bleu=bleu(hypotheses, references),
        token_accuracy=met / sum(map(len, references)),
        pairs=len(references),
    )


def bleu(hypotheses: Sequence[Tokens], references: Sequence[Tokens]) -> float:
    """Corpus BLEU in percent, one reference a hypothesis.

        BLEU = 100 · min(1, exp(1 - r / c)) · (p1 · p2 · p3 · p4)^(1/4)

    with c and r the numbers of tokens in all hypotheses and references, and pn the share of
    the hypotheses' n-grams that their references have (Papineni et al. 2002). NLTK counts;
    the figure is that of sacreBLEU on tokens joined by spaces (Post 2018). Where the two
    would differ, sacreBLEU's rule holds:

    - a hypothesis shorter than n has no n-gram, where NLTK counts one that is wrong;
    - the k-th pn without a match becomes 1 / (2^k · n-grams), where NLTK has 0;
    - if no hypothesis is as long as n, BLEU is 0: it is not defined.
    """
    from nltk.translate.bleu_score import corpus_bleu

    _check(hypotheses, references)
    # as sacreBLEU splits its lines: a token that is a space falls out
    hypotheses, references = (
        [" ".join(tokens).split() for tokens in side] for side in (hypotheses, references)
    )
    lengths = [len(hypothesis) for hypothesis in hypotheses]
    ngrams = [sum(max(0, length - n + 1) for length in lengths) for n in (1, 2, 3, 4)]
    if 0 in ngrams:
        return 0.0

    def sacrebleu_precisions(precisions: Sequence[Fraction], **_: Any) -> list[Fraction]:
        found, unmatched = [], 0
        for n, (precision, count) in enumerate(zip(precisions, ngrams, strict=True), 1):
            if not precision.numerator:  # NLTK leaves it 0/4, which "== 0" denies
                unmatched += 1
                found.append(Fraction(1, 2**unmatched * count))
            else:
                too_short = sum(length < n for length in lengths)
                found.append(precision * Fraction(count + too_short, count))
        return found

    lists = [[reference] for reference in references]
    return 100 * float(corpus_bleu(lists, hypotheses, smoothing_function=sacrebleu_precisions))


def pick_examples(
    hypotheses: Sequence[Tokens], references: Sequence[Tokens], count: int = 3
) -> tuple[list[int], list[int]]:
    """Numbers of right hypotheses and of wrong ones, up to ``count`` of each, evenly spread."""
    _check(hypotheses, references)
    matches = _matches(hypotheses, references)
    right = [number for number, match in enumerate(matches) if match]
    wrong = [number for number, match in enumerate(matches) if not match]
    return _spread(right, count), _spread(wrong, count)


def _spread(numbers: list[int], count: int) -> list[int]:
    count = min(count, len(numbers))
    return [numbers[i * len(numbers) // count] for i in range(count)]


def _matches(hypotheses: Sequence[Tokens], references: Sequence[Tokens]) -> list[bool]:
    both = zip(hypotheses, references, strict=True)
    return [list(hypothesis) == list(reference) for hypothesis, reference in both]


def _check(hypotheses: Sequence[Tokens], references: Sequence[Tokens]) -> None:
    if len(hypotheses) != len(references):
        raise ModelError(
            f"{len(hypotheses):,} hypotheses came with {len(references):,} references: expected "
            "one for each"
        )
