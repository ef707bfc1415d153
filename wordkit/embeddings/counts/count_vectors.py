"""Word vectors from counts: a corpus in, ``WordVectors`` out."""

from __future__ import annotations

from typing import Any, ClassVar

from sklearn.base import BaseEstimator

from wordkit.checks import Choice, Parameter, check_parameters
from wordkit.corpus.corpus import corpus_of
from wordkit.embeddings.counts.cooccurrence import Cooccurrence
from wordkit.embeddings.counts.ppmi import PPMI
from wordkit.embeddings.counts.svd import SVD
from wordkit.vectors.word_vectors import WordVectors

TEXTBOOK: dict[str, Any] = {
    "window": 1, "weighting": "flat", "sample": 0, "smoothing": 1.0, "base": 2.0,
}  # fmt: skip
"""Parameters under which a sentence has the matrices of "Deep Learning from Scratch 2"."""
METHODS = ("ppmi-svd", "ppmi", "counts")


class CountVectors(BaseEstimator):
    """Count co-occurrences, weight them by PPMI, and reduce them by SVD.

    Parameters
    ----------
    method
        ``ppmi-svd`` for dense vectors; ``ppmi`` or ``counts`` to skip the SVD, or also the
        PPMI, and use the sparse rows as vectors.
    window, weighting, context, sample, memory_mb
        See ``Cooccurrence``.
    smoothing, shift, base
        See ``PPMI``.
    vector_size, power, add_context
        See ``SVD``.

    Attributes
    ----------
    vectors_
        ``WordVectors``, in the order of the vocabulary.
    """

    _parameters: ClassVar = {
        **Cooccurrence._parameters,
        **PPMI._parameters,
        **SVD._parameters,
        "method": Parameter(Choice(METHODS), help="ppmi-svd for dense vectors, else sparse rows."),
    }

    def __init__(
        self,
        *,
        method: str = "ppmi-svd",
        vector_size: int = 100,
        window: int = 10,
        weighting: str = "harmonic",
        context: str = "symmetric",
        sample: float = 1e-4,
        smoothing: float = 0.75,
        shift: float = 1.0,
        base: float | None = None,
        power: float = 0.25,
        add_context: bool = False,
        memory_mb: float = 1024,
        seed: int = 1,
        workers: int | None = None,
        progress: bool = True,
    ):
        self.method = method
        self.vector_size = vector_size
        self.window = window
        self.weighting = weighting
        self.context = context
        self.sample = sample
        self.smoothing = smoothing
        self.shift = shift
        self.base = base
        self.power = power
        self.add_context = add_context
        self.memory_mb = memory_mb
        self.seed = seed
        self.workers = workers
        self.progress = progress

    @classmethod
    def textbook(cls, **parameters: Any) -> CountVectors:
        """Return an estimator as in textbooks: plain counts of direct neighbours, PPMI in bits.

        Parameters
        ----------
        parameters
            Those that are to be different from ``TEXTBOOK`` and from the defaults.

        Examples
        --------
        >>> corpus = Corpus.textbook("You say goodbye and I say hello.")
        >>> CountVectors.textbook(method="counts").fit(corpus).vectors_.to_frame()
        """
        return cls(**{**TEXTBOOK, **parameters})

    def fit(self, X: Any, y: Any = None) -> CountVectors:
        """Learn from a ``Corpus``, or an iterable of texts or token lists."""
        check_parameters(self)  # all parameters, before the work
        corpus = corpus_of(X)
        vectors = self._step(Cooccurrence).fit_transform(corpus)
        if self.method != "counts":
            vectors = self._step(PPMI).set_params(copy=False).fit_transform(vectors)
        if self.method == "ppmi-svd":
            vectors = self._step(SVD).fit_transform(vectors)
        words, counts = corpus.vocabulary.words, corpus.vocabulary.counts
        self.vectors_ = WordVectors(words, vectors, counts=counts)
        return self

    def _step(self, estimator: type[BaseEstimator]) -> Any:
        """Make one of the steps, with the parameters that it shares with this estimator."""
        own = self.get_params()
        names = estimator().get_params()
        return estimator(**{name: own[name] for name in names if name in own})
