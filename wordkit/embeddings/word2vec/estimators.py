"""word2vec (Mikolov et al. 2013): skip-gram and CBOW, fast.

``textbook`` has the same methods built from readable layers; here they run in fused kernels,
in threads that update shared weights without locks (Hogwild, Niu et al. 2011).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.corpus.corpus import Corpus, corpus_of
from wordkit.embeddings.subsampling import keep_probabilities, occurrences
from wordkit.embeddings.word2vec.settings import FAST, check_settings, known_vectors, plain
from wordkit.embeddings.word2vec.structures import Method, Targets
from wordkit.embeddings.word2vec.training import Training
from wordkit.embeddings.word2vec.weights import Weights
from wordkit.errors import ModelError
from wordkit.estimator import Estimator
from wordkit.interrupts import TrainingInterrupted
from wordkit.storage.locks import locked
from wordkit.vectors.word_vectors import WordVectors

CROWDED, LARGEST_BATCH = 0.25, 128
"""A step from shared negatives moves a word for all pairs of a run at once, and a batch for
those of many steps. The word of a small vocabulary that is drawn most often would be pushed
too far: so its steps are those of single pairs, and its batches small."""
_NO_TREE = np.zeros(1, np.int8), np.zeros(1, np.int32), np.zeros(1, np.int64)
_NO_DRAWS = np.zeros((1, 2), np.int32)


class _Word2Vec(Estimator):
    """What skip-gram and CBOW share: everything but the kind of step."""

    _parameters = FAST
    vector_size: int
    window: int
    loss: str
    negative: int
    ns_exponent: float
    sample: float
    alpha: float
    min_alpha: float
    init: Any
    freeze: bool
    seed: int

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        checkpoints: str | Path | None = None,
        checkpoint_every: float = 300.0,
        resume: bool = False,
        after_epoch: Callable[[int, float, WordVectors], None] | None = None,
    ) -> Any:
        """Learn from a ``Corpus``, or an iterable of texts or token lists.

        Parameters
        ----------
        checkpoints, checkpoint_every
            A folder for checkpoints, the seconds between them; one is also written on Ctrl-C.
            Once the vectors are saved, ``remove_checkpoints`` deletes them.
        resume
            Continue from the last checkpoint; with one worker or ``reproducible``, the result
            has the same bits as without the interruption.
        after_epoch
            Called with the number of the epoch (from 1), its loss, and the vectors so far.

        Raises
        ------
        ModelError
            A setting is invalid, the text has nothing to learn from, the training diverged,
            or the checkpoint is of another training.
        InUseError
            Another process writes checkpoints to that folder.
        """
        check_settings(self)
        corpus = corpus_of(X)
        weights = self._weights(corpus, corpus.vocabulary.words)
        folder = None if checkpoints is None else Path(checkpoints)
        counts = occurrences(corpus)
        with locked(folder):
            return self._train(
                corpus, weights, counts, counts, resume, after_epoch, folder, checkpoint_every
            )

    def partial_fit(self, X: Any, y: Any = None) -> Any:
        """Learn more, from new text: words are added, none is lost.

        The learning rate falls again from ``alpha`` to ``min_alpha``. Words that do not occur
        in the new text keep their vectors. The first call equals ``fit``.
        """
        if not hasattr(self, "vectors_"):
            return self.fit(X)
        check_settings(self)
        corpus, before = corpus_of(X), self.vectors_
        if before.vector_size != self.vector_size:
            raise ModelError(
                f"the vectors so far have {before.vector_size} dimensions, not {self.vector_size}"
            )
        new = corpus.vocabulary.words
        older = [word for word in before.words if word not in corpus.vocabulary.index]
        weights = self._weights(corpus, [*new, *older])
        weights.set_rows(weights.inputs, before)
        if self.loss == "ns" and len(self.output_vectors_) == len(before):
            outputs = WordVectors(before.words, self.output_vectors_)
            weights.set_rows(weights.outputs, outputs)
        counts = np.concatenate([occurrences(corpus), np.zeros(len(older), np.int64)])
        totals = counts.copy()
        for number, word in enumerate(weights.words):
            row = before.index.get(word)
            if row is not None and before.counts is not None:
                totals[number] += before.counts[row]
        return self._train(corpus, weights, counts, totals)

    def _weights(self, corpus: Corpus, words: Sequence[str]) -> Weights:
        if len(corpus.vocabulary) < 2:
            raise ModelError("word2vec needs at least two different words, found one")
        outputs = len(words) - (self.loss == "hs")
        weights = Weights.new(words, int(self.vector_size), int(self.seed), outputs)
        if self.init is not None:
            found = weights.set_rows(weights.inputs, known_vectors(self.init, self.vector_size))
            if not len(found):
                raise ModelError("init has a vector for none of the words of the corpus")
            weights.check_rows(found)
            weights.learns[found] = not self.freeze
        return weights

    def _train(
        self,
        corpus: Corpus,
        weights: Weights,
        counts: np.ndarray,
        totals: np.ndarray,
        resume: bool = False,
        after_epoch: Callable[[int, float, WordVectors], None] | None = None,
        folder: Path | None = None,
        every: float = 300.0,
    ) -> Any:
        keep = keep_probabilities(counts, self.sample)
        settings = {**plain(self.get_params()), "init": None if self.init is None else "given"}
        training = Training(
            corpus,
            weights,
            *self._method(counts),
            keep,
            {"method": type(self).__name__, **settings},
            folder=folder,
            every=every,
            after_epoch=after_epoch
            and (lambda epoch, loss, now: after_epoch(epoch, loss, now.vectors(totals))),
        )
        if resume:
            training.restore()
        try:
            self.loss_per_epoch_ = training.run()
        except TrainingInterrupted:
            self.loss_per_epoch_ = training.progress.losses
            self._keep(weights, totals)
            raise
        self._keep(weights, totals)
        return self

    def _keep(self, weights: Weights, counts: np.ndarray) -> None:
        """Set the vectors, with words in order of falling count."""
        vectors, outputs = weights.released(weights.inputs), weights.released(weights.outputs)
        words = weights.words
        if (np.diff(counts) > 0).any():
            order = np.argsort(-counts, kind="stable")
            words, vectors, counts = [words[i] for i in order], vectors[order], counts[order]
            outputs = outputs[order] if self.loss == "ns" else outputs
        self.vectors_ = WordVectors(words, vectors, counts=counts)
        self.output_vectors_ = outputs

    def _method(self, counts: np.ndarray) -> tuple[Method, int, int]:
        """Return the kernels' ``Method``, the largest number of columns, and the batch size."""
        from wordkit.embeddings.word2vec.steps_kernels import PAIRS, RUN, RUNS, SHARE, WORDS

        cbow = isinstance(self, Cbow)
        mode = getattr(self, "mode", None)
        bag = self.window, cbow, mode != "sum", mode == "mean"
        pairs = 1 if cbow else self.window + 1  # of a centre word, on average
        if self.loss == "hs":
            from wordkit.layers.losses.hierarchical_softmax import huffman_tree

            tree = huffman_tree(counts)
            widest = int(np.diff(tree.offsets).max())
            targets = Targets(True, 0, 0.0, len(counts), _NO_DRAWS, *tree)
            return Method(WORDS, *bag, targets), widest, _batch(self.alpha * pairs)
        drawn = np.where(counts > 0, np.maximum(counts, 1) ** float(self.ns_exponent), 0)
        push = self.alpha * self.negative * drawn.max() / drawn.sum()
        shared = getattr(self, "negatives", None) == "shared" and push * RUN * pairs < CROWDED
        kind = WORDS if cbow else RUNS if shared else PAIRS
        draws = round(SHARE * self.negative) if shared else self.negative
        table, label = draw_table(*alias_tables(drawn)), -self.negative / draws
        targets = Targets(False, draws, label, len(counts), table, *_NO_TREE)
        batch = _batch(push * RUN * pairs if shared else push)
        return Method(kind, *bag, targets), RUN + draws, batch


class SkipGram(_Word2Vec):
    """Each word predicts the words around it.

    Parameters
    ----------
    vector_size
        Dimensions.
    window
        Largest reach of a window; each window draws its own from 1 to this.
    loss
        ``ns``: negative sampling (Mikolov et al. 2013). ``hs``: hierarchical softmax
        (Morin and Bengio 2005), down a Huffman tree; the three settings below are not
        used then.
    negative
        Words drawn against each centre word.
    negatives
        ``shared``: one set for the centre words of four tokens and all their contexts; it has
        1.6 times ``negative`` words, each with a smaller weight. ``per-pair``: the classic
        set for each context, at about a fifth of the speed; small vocabularies always use it.
    ns_exponent
        Power of the word counts from which negatives are drawn.
    sample
        Subsampling threshold, 0 for none.
    alpha, min_alpha
        The learning rate falls from one to the other, linearly over all words.
    init
        Vectors to start from, for words that have one: ``WordVectors``, or a file or folder in
        any known format.
    freeze
        Keep these vectors unchanged.
    reproducible
        One seed gives the same bits on any number of workers, somewhat slower. Otherwise this
        holds for one worker only, which needs no such option: several threads now and then
        overwrite each other. Below a million tokens this is done by one thread, since two that
        wait for each other are slower.
    workers
        Threads, all cores for None.

    Attributes
    ----------
    vectors_
        ``WordVectors``.
    output_vectors_
        The output vectors, which predict words, (V, D) float32; with hierarchical softmax
        those of the tree's inner nodes, (V - 1, D).
    loss_per_epoch_
        Mean loss per pair in nats, before its update, one number per epoch.
    """

    def __init__(
        self,
        *,
        vector_size: int = 100,
        window: int = 5,
        loss: str = "ns",
        negative: int = 5,
        negatives: str = "shared",
        ns_exponent: float = 0.75,
        sample: float = 1e-4,
        alpha: float = 0.025,
        min_alpha: float = 1e-4,
        epochs: int = 10,
        init: Any = None,
        freeze: bool = False,
        seed: int = 1,
        reproducible: bool = False,
        workers: int | None = None,
        progress: bool = True,
    ):
        self.vector_size = vector_size
        self.window = window
        self.loss = loss
        self.negative = negative
        self.negatives = negatives
        self.ns_exponent = ns_exponent
        self.sample = sample
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.epochs = epochs
        self.init = init
        self.freeze = freeze
        self.seed = seed
        self.reproducible = reproducible
        self.workers = workers
        self.progress = progress


class Cbow(_Word2Vec):
    """The words around a word, together, predict it.

    Parameters
    ----------
    mode
        ``mean`` or ``sum`` of the context vectors, each with its exact gradient; or
        ``word2vec``: the mean, but with the gradient of the sum, as in word2vec.c and gensim.
    others
        See ``SkipGram``.
    """

    def __init__(
        self,
        *,
        vector_size: int = 100,
        window: int = 5,
        mode: str = "word2vec",
        loss: str = "ns",
        negative: int = 5,
        ns_exponent: float = 0.75,
        sample: float = 1e-4,
        alpha: float = 0.065,
        min_alpha: float = 1e-4,
        epochs: int = 10,
        init: Any = None,
        freeze: bool = False,
        seed: int = 1,
        reproducible: bool = False,
        workers: int | None = None,
        progress: bool = True,
    ):
        self.vector_size = vector_size
        self.window = window
        self.mode = mode
        self.loss = loss
        self.negative = negative
        self.ns_exponent = ns_exponent
        self.sample = sample
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.epochs = epochs
        self.init = init
        self.freeze = freeze
        self.seed = seed
        self.reproducible = reproducible
        self.workers = workers
        self.progress = progress


def _batch(push: float) -> int:
    """Return the steps per batch, if a step moves a word by ``push`` on average."""
    return int(np.clip(1 / push, 1, LARGEST_BATCH))


def alias_tables(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Make alias tables to draw words in proportion to weights (Walker 1977).

    Word w is drawn as itself with share[w], (V,) float32, and else as other[w], int32.
    """
    share = weights * (len(weights) / weights.sum())
    other = np.arange(len(weights), dtype=np.int32)
    poor = list(np.flatnonzero(share < 1))
    rich = list(np.flatnonzero(share >= 1))
    while poor and rich:
        give, take = rich[-1], poor.pop()
        other[take] = give
        share[give] -= 1 - share[take]
        if share[give] < 1:
            poor.append(rich.pop())
    return share.astype(np.float32), other


def draw_table(share: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Join the alias tables into one of whole numbers, (V, 2) int32.

    A number from 0 to 2**24 draws word w as itself if it is below the first, else the second.
    """
    first = np.ceil(np.minimum(share.astype(float), 1) * 2**24)
    return np.stack([first, other], axis=1).astype(np.int32)
