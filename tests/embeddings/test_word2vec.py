"""The fused kernels against the readable layers: same draws, same updates."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from wordkit.corpus.encoded import Corpus
from wordkit.embeddings import word2vec
from wordkit.embeddings.cooccurrence import keep_probabilities
from wordkit.embeddings.word2vec import Cbow, SkipGram, alias_tables
from wordkit.embeddings.word2vec_kernels import RUN
from wordkit.errors import ModelError
from wordkit.layers.embedding import EmbeddingBag
from wordkit.layers.negative_sampling import NegativeSamplingLoss

MASK = (1 << 64) - 1


def splitmix(seed: int, number: int) -> int:
    z = (seed + (number + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


class Twin:
    """One epoch of word2vec as the literature tells it, on the layers, in float64."""

    def __init__(self, model: SkipGram | Cbow, corpus: Corpus):
        self.model, self.corpus = model, corpus
        size, counts = len(corpus.vocabulary), corpus.vocabulary.counts
        start = np.random.default_rng(model.seed).random((size, model.vector_size), np.float32)
        self.inputs = (start.astype(float) - 0.5) / model.vector_size
        self.outputs = np.zeros_like(self.inputs)
        self.keep = keep_probabilities(counts, model.sample)
        self.share, self.other = alias_tables(counts, model.ns_exponent)
        self.seed = model.seed << 20
        self.losses: list[float] = []
        self.pairs = 0

    def run(self) -> None:
        model, total = self.model, len(self.corpus)
        for first, last in zip(self.corpus.offsets[:-1], self.corpus.offsets[1:], strict=True):
            kept = [
                place
                for place in range(first, last)
                if (splitmix(self.seed, place) >> 11) / 2**53 < self.keep[self.corpus.ids[place]]
            ]
            for run in self.runs(kept):
                state = splitmix(self.seed + 1, kept[run[0]])
                rate = model.alpha - (model.alpha - model.min_alpha) * kept[run[0]] / total
                pairs = [(n, m) for n in run for m in self.window(n, kept)]
                if isinstance(model, Cbow) or model.negatives == "shared":
                    groups = [(state, pairs)]
                else:
                    groups = [(state + m, [(n, m)]) for n, m in pairs]
                for drawn, group in groups:
                    words = [tuple(int(self.corpus.ids[kept[i]]) for i in pair) for pair in group]
                    if words:
                        excluded = {int(self.corpus.ids[kept[n]]) for n in run}
                        if len(groups) > 1:
                            excluded = {words[0][0]}
                        self.step(words, self.negatives(drawn & MASK, excluded), rate)

    def runs(self, kept: list[int]) -> list[list[int]]:
        """Which of the kept tokens are centre words together."""
        length = 1 if isinstance(self.model, Cbow) else RUN
        runs: dict[int, list[int]] = {}
        for number, place in enumerate(kept):
            runs.setdefault(place // length, []).append(number)
        return list(runs.values())

    def window(self, number: int, kept: list[int]) -> list[int]:
        reach = 1 + splitmix(self.seed + 1, kept[number]) % self.model.window
        around = range(max(0, number - reach), min(len(kept), number + reach + 1))
        return [other for other in around if other != number]

    def negatives(self, state: int, excluded: set[int]) -> list[int]:
        words = []
        for k in range(1, self.model.negative + 1):
            bits = splitmix(state, k)
            word = (bits >> 32) * len(self.other) >> 32
            if np.float32(bits & 0xFFFFFF) * np.float32(2**-24) >= self.share[word]:
                word = int(self.other[word])
            if word not in excluded:
                words.append(word)
        return words

    def step(self, pairs: list[tuple[int, int]], negatives: list[int], rate: float) -> None:
        loss = NegativeSamplingLoss(self.outputs, reduction="sum")
        centres, contexts = map(list, zip(*pairs, strict=True))
        if isinstance(self.model, Cbow):
            bag = EmbeddingBag(self.inputs, mode=self.model.mode)
            hidden, centres = bag.forward(np.array([contexts])), centres[:1]
        else:
            hidden = self.inputs[contexts]
        n = len(hidden)
        drawn = np.array([[*negatives, centre] for centre in centres])  # its own is left out
        self.losses.append(loss.forward(hidden, np.array(centres), drawn))
        self.pairs += n
        gradient = loss.backward()
        self.outputs -= rate * loss.grads["weight"].dense()
        if isinstance(self.model, Cbow):
            bag.backward(gradient)
            self.inputs -= rate * bag.grads["weight"].dense()
        else:
            np.add.at(self.inputs, contexts, -rate * gradient)


def small_corpus() -> Corpus:
    rng = np.random.default_rng(0)
    return Corpus.build(
        [
            [f"w{int(30 * rng.random() ** 2)}" for _ in range(rng.integers(1, 30))]
            for _ in range(40)
        ],
        min_count=1,
    )


MODELS = [
    SkipGram(vector_size=7, negative=5),
    SkipGram(vector_size=20, negative=3, window=3, negatives="per-pair"),
    SkipGram(vector_size=16, negative=1, window=1),
    SkipGram(vector_size=33, negative=11, window=8, sample=0.05),
    Cbow(vector_size=7, mode="mean"),
    Cbow(vector_size=20, mode="sum", negative=3, sample=0.05),
    Cbow(vector_size=16, mode="word2vec", window=2),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{type(m).__name__}-{m.vector_size}")
def test_same_draws_same_updates(model: SkipGram | Cbow) -> None:
    model = clone(model).set_params(alpha=0.1, min_alpha=0.02, epochs=1, workers=1)
    if model.sample < 0.01:
        model.set_params(sample=0)
    corpus = small_corpus()
    twin = Twin(model, corpus)
    twin.run()
    found = model.fit(corpus)
    np.testing.assert_allclose(found.vectors_.vectors, twin.inputs, atol=2e-5)
    assert np.abs(twin.outputs).max() > 1e-3, "the vectors have moved"
    assert found.loss_per_epoch_[0] == pytest.approx(np.sum(twin.losses) / twin.pairs, rel=1e-4)


@pytest.mark.parametrize("model", MODELS[:5:2], ids=lambda m: f"{type(m).__name__}")
def test_pieces_change_nothing_but_rounding(
    model: SkipGram | Cbow, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = small_corpus()
    model = clone(model).set_params(workers=1, epochs=2, sample=0.05)
    whole = model.fit(corpus).vectors_.vectors
    monkeypatch.setattr(word2vec, "PIECE", 2 * RUN)
    np.testing.assert_array_equal(clone(model).fit(corpus).vectors_.vectors, whole)


@pytest.mark.parametrize("kind", [SkipGram, Cbow])
def test_learns_what_goes_together(kind: type) -> None:
    rng = np.random.default_rng(1)
    groups = [["cat", "dog", "hen"], ["saw", "axe", "adze"]]
    texts = [rng.choice(groups[n % 2], 6).tolist() for n in range(2_000)]
    model = kind(vector_size=10, sample=0, epochs=5, alpha=0.05, seed=3).fit(Corpus.build(texts))
    assert {word for word, _ in model.vectors_.most_similar("cat", topn=2)} == {"dog", "hen"}
    assert model.loss_per_epoch_[-1] < model.loss_per_epoch_[0]


def test_one_worker_one_result() -> None:
    corpus = small_corpus()
    one, two = (SkipGram(workers=1, seed=5).fit(corpus).vectors_.vectors for _ in range(2))
    np.testing.assert_array_equal(one, two)
    other = SkipGram(workers=1, seed=6).fit(corpus).vectors_.vectors
    assert not np.array_equal(one, other)


def test_alias_tables_give_the_distribution() -> None:
    counts = np.random.default_rng(2).integers(0, 1000, 300)
    share, other = alias_tables(counts, 0.75)
    chances = np.minimum(share, 1) / 300
    np.add.at(chances, other, (1 - np.minimum(share.astype(float), 1)) / 300)
    expected = np.where(counts > 0, np.maximum(counts, 1) ** 0.75, 0)
    np.testing.assert_allclose(chances, expected / expected.sum(), atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vector_size": 0}, "vector_size must be a whole number from 1"),
        ({"window": 0}, "window"),
        ({"negative": 0}, "negative"),
        ({"epochs": 0}, "epochs"),
        ({"epochs": 1.5}, "epochs must be a whole number"),
        ({"alpha": 0}, "alpha"),
        ({"alpha": float("nan")}, "alpha"),
        ({"min_alpha": 1}, "min_alpha"),
        ({"sample": -1}, "sample"),
        ({"ns_exponent": float("nan")}, "ns_exponent"),
        ({"negatives": "some"}, "negatives must be shared or per-pair"),
    ],
)
def test_settings_that_make_no_sense(options: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        SkipGram(**options).fit(small_corpus())


def test_nothing_to_learn_from() -> None:
    with pytest.raises(ModelError, match="two different words"):
        SkipGram().fit(Corpus.build(["a a a"], min_count=1))
    with pytest.raises(ModelError, match="no word has a neighbour"):
        SkipGram(sample=0).fit(Corpus.build(["a", "b"], min_count=1))
    with pytest.raises(ModelError, match="mode must be"):
        Cbow(mode="max").fit(small_corpus())
