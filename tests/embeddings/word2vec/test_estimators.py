"""The fused kernels against the readable layers: same draws, same updates."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from tests.layers.arrays import embedding_bag
from wordkit.corpus.corpus import Corpus
from wordkit.embeddings.subsampling import keep_probabilities
from wordkit.embeddings.word2vec import estimators, training
from wordkit.embeddings.word2vec.estimators import Cbow, SkipGram, alias_tables
from wordkit.embeddings.word2vec.steps_kernels import RUN, SHARE
from wordkit.embeddings.word2vec.training import Training
from wordkit.errors import ModelError, WordkitError
from wordkit.interrupts import TrainingInterrupted
from wordkit.layers.losses.dense import SigmoidCrossEntropy
from wordkit.layers.losses.hierarchical_softmax import HierarchicalSoftmaxLoss, huffman_tree
from wordkit.training.runs.checkpoint import latest_checkpoint, remove_checkpoints
from wordkit.vectors.word_vectors import WordVectors

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
        self.inputs = (start.astype(float) - 0.5) / model.vector_size**0.5
        self.outputs = np.zeros((size - (model.loss == "hs"), model.vector_size))
        self.keep = keep_probabilities(counts, model.sample)
        self.share, self.other = alias_tables(counts**model.ns_exponent)
        self.tree = huffman_tree(counts)
        self.seed = model.seed << 21
        self.losses: list[float] = []
        self.pairs = 0
        self.shares = model.loss == "ns" and getattr(model, "negatives", "") == "shared"

    def run(self) -> None:
        model, total = self.model, self.corpus.tokens
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
                groups = [(state, pairs)]
                if getattr(model, "negatives", "") == "per-pair" and model.loss == "ns":
                    groups = [(state + m - n, [(n, m)]) for n, m in pairs]
                for drawn, group in groups:
                    words = [tuple(int(self.corpus.ids[kept[i]]) for i in pair) for pair in group]
                    centres = {int(self.corpus.ids[kept[n]]) for n in run}
                    if words and model.loss == "hs":
                        self.descend_tree(words, rate)
                    elif words:
                        self.descend(words, self.negatives(drawn & MASK, centres), rate)

    def runs(self, kept: list[int]) -> list[list[int]]:
        """Which of the kept tokens are centre words together."""
        length = RUN if self.shares else 1
        runs: dict[int, list[int]] = {}
        for number, place in enumerate(kept):
            runs.setdefault(place // length, []).append(number)
        return list(runs.values())

    def window(self, number: int, kept: list[int]) -> list[int]:
        bits = splitmix(self.seed + 1, kept[number])
        reach = 1 + ((bits >> 32) * self.model.window >> 32)
        around = range(max(0, number - reach), min(len(kept), number + reach + 1))
        return [other for other in around if other != number]

    def negatives(self, state: int, excluded: set[int]) -> list[int]:
        words = []
        for k in range(1, self.draws + 1):
            bits = splitmix(state, k)
            word = (bits >> 32) * len(self.other) >> 32
            if np.float32(bits & 0xFFFFFF) * np.float32(2**-24) >= self.share[word]:
                word = int(self.other[word])
            if word not in excluded:
                words.append(word)
        return words

    @property
    def draws(self) -> int:
        return round(SHARE * self.model.negative) if self.shares else self.model.negative

    def hidden(self, contexts: list[int]) -> np.ndarray:
        """What predicts: each context, or all of them together."""
        if isinstance(self.model, SkipGram):
            return self.inputs[contexts]
        self.bag = embedding_bag(self.inputs, mode=self.model.mode)
        return self.bag.forward(np.array([contexts]))

    def learn(self, contexts: list[int], gradient: np.ndarray, rate: float) -> None:
        if isinstance(self.model, SkipGram):
            np.add.at(self.inputs, contexts, -rate * gradient)
        else:
            self.bag.backward(gradient)
            self.inputs -= rate * self.bag.grads["weight"].dense()

    def descend(self, pairs: list[tuple[int, int]], negatives: list[int], rate: float) -> None:
        centres, contexts = map(list, zip(*pairs, strict=True))
        hidden = self.hidden(contexts)
        n = len(hidden)
        words = np.array([[centre, *negatives] for centre in centres[:n]])
        labels = np.array([[1] + [0] * len(negatives)] * n)
        weights = np.where(labels == 1, 1, self.model.negative / self.draws)
        scores = np.einsum("nd,nkd->nk", hidden, self.outputs[words])
        cross_entropy = SigmoidCrossEntropy(reduction="sum")
        for row in range(n):  # a weight for each of its terms
            for k in range(words.shape[1]):
                loss = cross_entropy.forward(scores[row, k : k + 1], labels[row, k : k + 1])
                self.losses.append(loss * weights[row, k])
        self.pairs += n
        cross_entropy.forward(scores, labels)
        steps = cross_entropy.backward() * weights
        gradient = np.einsum("nk,nkd->nd", steps, self.outputs[words])
        np.add.at(self.outputs, words, -rate * steps[:, :, None] * hidden[:, None])
        self.learn(contexts, gradient, rate)

    def descend_tree(self, pairs: list[tuple[int, int]], rate: float) -> None:
        loss = HierarchicalSoftmaxLoss(
            self.outputs.shape[1], self.tree, reduction="sum", weights={"weight": self.outputs}
        )
        centres, contexts = map(list, zip(*pairs, strict=True))
        hidden = self.hidden(contexts)
        self.losses.append(loss.forward(hidden, np.array(centres[: len(hidden)])))
        self.pairs += len(hidden)
        gradient = loss.backward()
        self.outputs -= rate * loss.grads["weight"].dense()
        self.learn(contexts, gradient, rate)


def small_corpus() -> Corpus:
    rng = np.random.default_rng(0)
    return Corpus.build(
        [
            [f"w{int(30 * rng.random() ** 2)}" for _ in range(rng.integers(1, 30))]
            for _ in range(40)
        ],
        min_count=1,
    )


@pytest.fixture(autouse=True)
def crowds_welcome(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share negatives in these small vocabularies too."""
    monkeypatch.setattr(estimators, "CROWDED", np.inf)
    monkeypatch.setattr(estimators, "_batch", lambda push: 13)


MODELS = [
    SkipGram(vector_size=7, negative=5),
    SkipGram(vector_size=20, negative=3, window=3, negatives="per-pair"),
    SkipGram(vector_size=16, negative=1, window=1),
    SkipGram(vector_size=33, negative=20, window=8, sample=0.05),
    Cbow(vector_size=7, mode="mean"),
    Cbow(vector_size=20, mode="sum", negative=3, sample=0.05),
    Cbow(vector_size=16, mode="word2vec", window=2),
    SkipGram(vector_size=20, loss="hs", window=3, sample=0.05),
    Cbow(vector_size=7, loss="hs", mode="mean"),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{type(m).__name__}-{m.vector_size}")
def test_same_draws_same_updates(model: SkipGram | Cbow) -> None:
    alpha = 0.02 if getattr(model, "negative", 0) == 20 else 0.1
    model = clone(model).set_params(alpha=alpha, min_alpha=alpha / 5, epochs=1, workers=1)
    if model.sample < 0.01:
        model.set_params(sample=0)
    corpus = small_corpus()
    twin = Twin(model, corpus)
    twin.run()
    found = model.fit(corpus)
    np.testing.assert_allclose(found.vectors_.vectors, twin.inputs, atol=2e-5)
    assert np.abs(twin.outputs).max() > 1e-3, "the vectors have moved"
    assert found.loss_per_epoch_[0] == pytest.approx(np.sum(twin.losses) / twin.pairs, rel=1e-4)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{type(m).__name__}-{m.vector_size}")
def test_pieces_change_no_bit(model: SkipGram | Cbow, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = small_corpus()
    model = clone(model).set_params(workers=1, epochs=2)
    whole = model.fit(corpus)
    monkeypatch.setattr(training, "PIECE", 2 * RUN)
    pieces = clone(model).fit(corpus)
    np.testing.assert_array_equal(pieces.vectors_.vectors, whole.vectors_.vectors)
    np.testing.assert_array_equal(pieces.output_vectors_, whole.output_vectors_)


@pytest.fixture(autouse=True)
def several_threads_on_short_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "TOGETHER", 1)


def long_corpus() -> Corpus:
    """Of several rounds of pieces."""
    rng = np.random.default_rng(4)
    words = [[f"w{int(300 * rng.random() ** 3)}" for _ in range(3_000)] for _ in range(7)]
    return Corpus.build(words, min_count=1)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{type(m).__name__}-{m.vector_size}")
def test_same_bits_on_any_number_of_workers(
    model: SkipGram | Cbow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "available_workers", lambda: 3)
    monkeypatch.setattr(training, "ROUNDS", 2)
    corpus, last = long_corpus(), 3 if model is MODELS[0] else 2
    model = clone(model).set_params(reproducible=True, epochs=1, alpha=0.001)
    one, *others = (clone(model).set_params(workers=n).fit(corpus) for n in (1, 2, 3)[:last])
    for other in others:
        np.testing.assert_array_equal(other.vectors_.vectors, one.vectors_.vectors)
        np.testing.assert_array_equal(other.output_vectors_, one.output_vectors_)
        assert other.loss_per_epoch_ == one.loss_per_epoch_
    free = clone(model).set_params(reproducible=False, workers=1).fit(corpus)
    assert free.loss_per_epoch_ == pytest.approx(one.loss_per_epoch_, rel=0.02)
    assert not np.array_equal(free.vectors_.vectors, one.vectors_.vectors)


@pytest.mark.parametrize(
    ("least", "workers", "threads"),
    [(10_500, 8, 2), (10_501, 8, 1), (1, 8, 3), (1, 2, 2), (1, 1, 1)],
)
def test_short_texts_have_one_thread(
    monkeypatch: pytest.MonkeyPatch, least: int, workers: int, threads: int
) -> None:
    """The 21,000 words here: two threads that wait for each other are slower than one."""
    used: list[int] = []
    in_step = training.in_step
    monkeypatch.setattr(training, "TOGETHER", least)
    monkeypatch.setattr(training, "available_workers", lambda: 3)
    monkeypatch.setattr(
        training, "in_step", lambda work, calls: (used.append(len(calls)), in_step(work, calls))
    )
    SkipGram(vector_size=3, epochs=1, reproducible=True, workers=workers).fit(long_corpus())
    assert set(used) == {threads}


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


def test_rounds_without_any_step_hold_nobody_up() -> None:
    texts = [["alone"]] * 200_000 + [["not", "alone", "here"]] * 50
    corpus = Corpus.build(texts, min_count=1)
    model = SkipGram(vector_size=3, epochs=5, sample=0, reproducible=True, workers=2)
    assert len(model.fit(corpus).vectors_) == 3


def test_small_vocabularies_are_not_pushed_too_far(monkeypatch: pytest.MonkeyPatch) -> None:
    model, corpus = SkipGram(negative=20, window=8, alpha=0.1, workers=1, epochs=1), long_corpus()
    wild = clone(model).fit(corpus)
    monkeypatch.undo()
    calm = clone(model).fit(corpus)
    together = clone(model).set_params(reproducible=True).fit(corpus)
    assert wild.loss_per_epoch_[0] > calm.loss_per_epoch_[0] + 0.5
    assert together.loss_per_epoch_[0] < wild.loss_per_epoch_[0]


def test_alias_tables_give_the_distribution() -> None:
    counts = np.random.default_rng(2).integers(0, 1000, 300)
    expected = counts**0.75
    share, other = alias_tables(expected)
    chances = np.minimum(share, 1) / 300
    np.add.at(chances, other, (1 - np.minimum(share.astype(float), 1)) / 300)
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
        ({"loss": "softmax"}, "loss must be ns or hs"),
        ({"vector_size": "9"}, "vector_size must be a whole number from 1 to 10,000, not '9'"),
        ({"negative": None}, "negative must be a whole number"),
        ({"window": True}, "window must be a whole number"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"alpha": "fast"}, "alpha must be a number above 0 and at most 10, not 'fast'"),
        ({"sample": float("inf")}, "sample must be a number"),
        ({"freeze": True}, "freeze needs init"),
        ({"init": {"w1": [1]}}, "init must be dense WordVectors"),
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


def test_a_text_shorter_than_the_window_and_more_workers_than_documents() -> None:
    corpus = Corpus.build(["one two three"], min_count=1)
    vectors = SkipGram(window=50, sample=0, workers=7).fit(corpus).vectors_
    assert len(vectors) == 3
    together = SkipGram(window=50, sample=0, workers=7, reproducible=True).fit(corpus).vectors_
    assert np.isfinite(together.vectors).all()


def test_numbers_that_run_away() -> None:
    model = Cbow(alpha=10, min_alpha=10, sample=0, epochs=200, mode="sum", workers=1)
    with pytest.raises(ModelError, match=r"diverged in epoch \d+, .*lower alpha"):
        model.fit(small_corpus())


# --- going on -----------------------------------------------------------------------


@pytest.mark.parametrize("reproducible", [False, True])
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reproducible: bool
) -> None:
    monkeypatch.setattr(training, "ROUNDS", 1)
    monkeypatch.setattr(training, "PIECE", 1024)
    corpus, folder = long_corpus(), tmp_path / "of a model" / "checkpoints"
    model = SkipGram(vector_size=12, epochs=3, workers=1, reproducible=reproducible)
    whole = clone(model).fit(corpus)
    stops, train_some = iter([True, False, False, True, True]), Training._train_some

    def stopped(self: Training) -> None:
        train_some(self)
        if next(stops, False):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Training, "_train_some", stopped)
    for _ in range(3):
        with pytest.raises(TrainingInterrupted, match="go on with --resume"):
            model.fit(corpus, checkpoints=folder, resume=True)
        assert len(model.vectors_) == len(whole.vectors_), "what there is, is kept"
    model.fit(corpus, checkpoints=str(folder), resume=True)
    np.testing.assert_array_equal(model.vectors_.vectors, whole.vectors_.vectors)
    assert model.loss_per_epoch_ == whole.loss_per_epoch_
    assert latest_checkpoint(folder), "kept until the vectors are safe"
    remove_checkpoints(folder)
    assert not folder.exists()


def test_checkpoints_of_another_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "PIECE", 1024)
    train_some = Training._train_some

    def stopped(self: Training) -> None:
        train_some(self)
        os.kill(os.getpid(), signal.SIGINT)

    corpus = long_corpus()
    with monkeypatch.context() as patch:
        patch.setattr(Training, "_train_some", stopped)
        with pytest.raises(TrainingInterrupted):
            SkipGram(workers=1).fit(corpus, checkpoints=tmp_path)
    with pytest.raises(ModelError, match="another corpus"):
        SkipGram(workers=1).fit(small_corpus(), checkpoints=tmp_path, resume=True)
    with pytest.raises(ModelError, match="trained with window = 5, not 3"):
        SkipGram(workers=1, window=3).fit(corpus, checkpoints=tmp_path, resume=True)
    with pytest.raises(ModelError, match="method = SkipGram, not Cbow"):
        Cbow(workers=1).fit(corpus, checkpoints=tmp_path, resume=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state["progress"].update(epoch=7), "its place is not in the text"),
        (lambda state: state["progress"].update(place=-1), "its place is not in the text"),
        (lambda state: state["progress"].update(place="here"), "damaged"),
        (lambda state: state.update(progress=None), "damaged"),
        (lambda state: state["tensors"].remove("learns"), "damaged: learns has the shape None"),
        (lambda state: state.update(settings=[]), "was trained with"),
    ],
)
def test_damaged_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable, message: str
) -> None:
    corpus, model = small_corpus(), SkipGram(vector_size=4, workers=1, epochs=2)
    monkeypatch.setattr(
        Training, "_finish_epoch", lambda self: os.kill(os.getpid(), signal.SIGINT)
    )
    with pytest.raises(TrainingInterrupted):
        model.fit(corpus, checkpoints=tmp_path)
    monkeypatch.undo()
    config = next(tmp_path.glob("step-*/config.json"))
    state = json.loads(config.read_text())
    state["progress"]["place"] = 0
    change(state)
    config.write_text(json.dumps(state))
    with pytest.raises(WordkitError, match=message):
        model.fit(corpus, checkpoints=tmp_path, resume=True)


def test_settings_may_be_numbers_of_numpy(tmp_path: Path) -> None:
    corpus = small_corpus()
    settings = {"vector_size": 6, "window": 3, "negative": 4, "seed": 7, "alpha": 0.0625}
    other = {name: np.asarray(value)[()] for name, value in settings.items()}
    one = SkipGram(workers=1, epochs=1, **settings).fit(corpus)
    two = SkipGram(workers=1, epochs=1, **other).fit(corpus, checkpoints=tmp_path / "c")
    np.testing.assert_array_equal(one.vectors_.vectors, two.vectors_.vectors)


def test_after_each_epoch() -> None:
    seen: list[tuple[int, float, np.ndarray]] = []
    model = SkipGram(epochs=3, workers=1).fit(
        long_corpus(), after_epoch=lambda n, loss, now: seen.append((n, loss, now.vectors))
    )
    assert [n for n, _, _ in seen] == [1, 2, 3]
    assert [loss for _, loss, _ in seen] == model.loss_per_epoch_
    np.testing.assert_array_equal(seen[-1][2], model.vectors_.vectors)
    assert not np.array_equal(seen[0][2], seen[1][2])


# --- more text later ----------------------------------------------------------------


def test_more_text_adds_words_and_loses_none() -> None:
    one = Corpus.build([["a", "b", "c"]] * 50, min_count=1)
    two = Corpus.build([["b", "c", "d"]] * 80, min_count=1)
    model = SkipGram(vector_size=9, sample=0, workers=1).partial_fit(one)
    first = model.vectors_
    outputs = dict(zip(model.vectors_.words, model.output_vectors_, strict=True))
    second = model.partial_fit(two).vectors_
    assert sorted(second.words) == ["a", "b", "c", "d"]
    assert dict(zip(second.words, second.counts, strict=True)) == {
        "a": 50,
        "b": 130,
        "c": 130,
        "d": 80,
    }
    np.testing.assert_array_equal(second["a"], first["a"])
    assert not np.array_equal(second["b"], first["b"])
    after = dict(zip(second.words, model.output_vectors_, strict=True))
    np.testing.assert_array_equal(after["a"], outputs["a"])
    assert outputs["a"].any()
    assert not np.array_equal(after["b"], outputs["b"])


@pytest.mark.parametrize("kind", [SkipGram, Cbow])
def test_more_text_with_a_tree(kind: type) -> None:
    """The tree is another one, and its vectors begin anew."""
    one = Corpus.build([["a", "b", "c"]] * 50, min_count=1)
    two = Corpus.build([["b", "c", "d"]] * 80, min_count=1)
    model = kind(vector_size=9, sample=0, workers=1, loss="hs").partial_fit(one)
    fitted = kind(vector_size=9, sample=0, workers=1, loss="hs").fit(one)
    first = model.vectors_
    np.testing.assert_array_equal(first.vectors, fitted.vectors_.vectors)
    second = model.partial_fit(two).vectors_
    assert sorted(second.words) == ["a", "b", "c", "d"]
    np.testing.assert_array_equal(second["a"], first["a"])
    assert not np.array_equal(second["b"], first["b"])
    with pytest.raises(ModelError, match="the vectors so far have 9 dimensions, not 8"):
        model.set_params(vector_size=8).partial_fit(two)


def test_more_text_leaves_frozen_vectors_as_they_are() -> None:
    known = WordVectors(["b", "d"], np.ones((2, 6)))
    model = SkipGram(vector_size=6, sample=0, workers=1, init=known, freeze=True)
    model.partial_fit(Corpus.build([["a", "b", "c"]] * 50, min_count=1))
    vectors = model.partial_fit(Corpus.build([["b", "c", "d"]] * 50, min_count=1)).vectors_
    np.testing.assert_array_equal(vectors["b"], np.ones(6))
    np.testing.assert_array_equal(vectors["d"], np.ones(6))
    assert not np.array_equal(vectors["a"], vectors["c"])


def test_start_from_vectors_frozen_or_not(tmp_path: Path) -> None:
    corpus = small_corpus()
    known = WordVectors(["w0", "w3", "elsewhere"], np.ones((3, 6)))
    known.save(tmp_path / "known.txt", format="word2vec")
    model = SkipGram(vector_size=6, sample=0, workers=1, epochs=1, init=tmp_path / "known.txt")
    free = model.fit(corpus).vectors_
    frozen = clone(model).set_params(init=known, freeze=True).fit(corpus).vectors_
    assert "elsewhere" not in free
    np.testing.assert_array_equal(frozen["w3"], np.ones(6, np.float32))
    assert not np.array_equal(free["w3"], frozen["w3"])
    assert np.abs(free["w3"] - 1).max() < 0.5, "not far from where it began"
    assert not np.array_equal(frozen["w1"], WordVectors(["w1"], np.ones((1, 6)))["w1"])
    with pytest.raises(ModelError, match="6 dimensions, not 7: set vector_size to 6"):
        clone(model).set_params(vector_size=7).fit(corpus)
    with pytest.raises(ModelError, match="none of the words"):
        SkipGram(vector_size=6, init=WordVectors(["x"], np.ones((1, 6)))).fit(corpus)
    for wrong in np.inf, np.nan, 1e30:
        with pytest.raises(ModelError, match="the vector to start 'w2' from has a number"):
            SkipGram(vector_size=6, init=WordVectors(["w2"], [[wrong] * 6])).fit(corpus)
