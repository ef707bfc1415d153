"""The n-gram model against a plain twin of dicts, written from the formulas."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.text import EOS
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import ModelError
from wordkit.lm.ngram import NGramModel, _find

rng = np.random.default_rng(5)
# words that follow each other by a rule, often enough for all counts from 1 to 4 and above
WORDS = np.cumsum(rng.choice([0, 1, 3], 900, p=[0.2, 0.5, 0.3])) % 9
LINES = [[f"w{n}" for n in line] for line in np.split(WORDS, np.sort(rng.choice(900, 120, False)))]


def corpus(lines: list[list[str]], *, eos: bool = True) -> Corpus:
    """With an unused word in the middle of the vocabulary."""
    tokens = [token for line in lines for token in (*line, *([EOS] if eos else []))]
    words = sorted({*tokens, "w4_unused"})
    vocabulary = Vocabulary(words, [tokens.count(word) for word in words])
    ids = vocabulary.encode(tokens)
    return Corpus(vocabulary, ids, np.array([0, len(ids)]))


class Twin:
    """Interpolated modified Kneser-Ney, m-grams as tuples."""

    def __init__(self, ids: list[int], order: int, size: int, eos: int):
        self.size, self.eos, self.order = size, eos, order
        occur: dict[int, Counter] = defaultdict(Counter)
        for end in range(1, len(ids) + 1):
            for m in range(1, min(order, end) + 1):
                gram = tuple(ids[end - m : end])
                if eos not in gram[1:-1]:
                    occur[m][gram] += 1
        before: dict[tuple, set] = defaultdict(set)
        for m in range(2, order + 1):
            for gram in occur[m]:
                before[gram[1:]].add(gram[0])
        self.counts = {
            m: {
                gram: n if m == order or (m > 1 and gram[0] == eos) else len(before[gram])
                for gram, n in occur[m].items()
            }
            for m in range(1, order + 1)
        }

    def discount(self, m: int, count: int) -> float:
        n = Counter(self.counts[m].values())
        if all(n[c] for c in (1, 2, 3, 4)):
            y = n[1] / (n[1] + 2 * n[2])
            ds = [k - (k + 1) * y * n[k + 1] / n[k] for k in (1, 2, 3)]
            if min(ds) > 0:
                return 0 if count == 0 else ds[min(count, 3) - 1]
        return [0, 0.5, 1, 1.5][min(count, 3)]

    def probability(self, context: tuple, word: int, m: int) -> float:
        if m == 0:
            return 1 / self.size
        lower = self.probability(context[1:], word, m - 1)
        follow = {g: c for g, c in self.counts[m].items() if g[:-1] == context}
        total = sum(follow.values())
        if not total:
            return lower
        count = follow.get((*context, word), 0)
        left = sum(self.discount(m, c) for c in follow.values()) / total
        return (count - self.discount(m, count)) / total + left * lower

    def log_probability(self, ids: list[int], place: int) -> float:
        start = max(0, place - self.order + 1)
        context = ids[start:place]
        if self.eos in context:
            context = context[len(context) - 1 - context[::-1].index(self.eos) :]
        return math.log(self.probability(tuple(context), ids[place], len(context) + 1))


@pytest.mark.parametrize("eos", [True, False])
@pytest.mark.parametrize("order", [1, 2, 4])
def test_the_twin(order: int, eos: bool) -> None:
    train = corpus(LINES[:100], eos=eos)
    model = NGramModel(order=order).fit(train)
    twin = Twin(train.ids.tolist(), order, len(train.vocabulary), model.eos_id_)
    tokens = [t for line in LINES[100:] for t in (*line, EOS)][:60]
    ids = train.vocabulary.encode(tokens)
    expected = [twin.log_probability(ids.tolist(), place) for place in range(1, len(ids))]
    np.testing.assert_allclose(model.log_probabilities(ids), expected, rtol=1e-12)
    assert model.perplexity(ids) == pytest.approx(math.exp(-np.mean(expected)))


def test_a_small_text_has_other_discounts() -> None:
    train = corpus([["a", "b", "a"], [], ["a", "c"], ["a", "b"]])
    model = NGramModel(order=3).fit(train)
    ids = train.ids.tolist()
    twin = Twin(ids, 3, len(train.vocabulary), model.eos_id_)
    expected = [twin.log_probability(ids, place) for place in range(1, len(ids))]
    np.testing.assert_allclose(model.log_probabilities(train.ids), expected, rtol=1e-12)


@pytest.mark.parametrize("context", [["w1"], ["w2", "w5", "w6"], [EOS, "w1"], ["w4_unused"]])
def test_probabilities_sum_to_one(context: list[str]) -> None:
    train = corpus(LINES)
    model = NGramModel(order=4).fit(train)
    size = len(train.vocabulary)
    before = train.vocabulary.encode(context)
    last = [model.log_probabilities(np.append(before, word))[-1] for word in range(size)]
    assert np.exp(last).sum() == pytest.approx(1, abs=1e-12)


def test_an_order_more_is_better_where_it_tells_more() -> None:
    lines = [["a", "x", "b"], ["c", "x", "d"]] * 30
    train = corpus(lines)
    two, three = (NGramModel(order=n).fit(train).perplexity(train.ids) for n in (2, 3))
    assert three < two


def test_what_makes_no_sense() -> None:
    train = corpus(LINES)
    with pytest.raises(ModelError, match="order must be at least 1, not 0"):
        NGramModel(order=0).fit(train)
    with pytest.raises(ModelError, match="the corpus is empty"):
        NGramModel().fit(Corpus(train.vocabulary, train.ids[:0], np.zeros(1, np.int64)))
    with pytest.raises(ModelError, match="at least 2 ids, found 1"):
        NGramModel().fit(train).perplexity(train.ids[:1])


def test_two_words_have_a_perplexity() -> None:
    model = NGramModel().fit(corpus(LINES))
    assert model.perplexity(np.array([1, 2])) == np.exp(-model.log_probabilities([1, 2])[0])


@pytest.mark.parametrize("ids", [[1, 99], [0, -1], [0.0, 1.0]])
def test_ids_of_no_word(ids: list) -> None:
    model = NGramModel().fit(corpus(LINES))
    with pytest.raises(ModelError, match="ids must be whole numbers from 0 to"):
        model.perplexity(np.array(ids))


def test_what_is_sought_beyond_the_last_key() -> None:
    assert _find(np.array([1, 3]), np.array([0, 1, 3, 9])).tolist() == [-1, 0, 1, -1]
    assert _find(np.array([], int), np.array([2])).tolist() == [-1]
