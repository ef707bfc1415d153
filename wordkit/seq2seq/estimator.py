"""Encoder-decoders as scikit-learn's estimators: text in, text out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast, overload

import numpy as np

from wordkit.checks import parameter
from wordkit.corpus.pair_files import UNITS
from wordkit.corpus.pairs import Pairs
from wordkit.errors import CorpusError, ModelError
from wordkit.estimator import documented
from wordkit.seq2seq.decode import translate
from wordkit.seq2seq.evaluation import Evaluation, evaluate
from wordkit.seq2seq.fit import Pairs as TokenPairs
from wordkit.seq2seq.fit import check_pairs, fit, pair_batches
from wordkit.seq2seq.model import EncoderDecoder
from wordkit.seq2seq.settings import NO_ATTENTION, Seq2SeqSettings, Seq2SeqTraining
from wordkit.tables import data_frame, is_pandas
from wordkit.training.estimator import ModelEstimator
from wordkit.training.model import evaluate as evaluate_loss


class ScoredText(NamedTuple):
    """A translation and its score: log p over the length penalty, higher is better."""

    text: str
    score: float


class AttentionMap:
    """How much each token of a translation looked at each token of its source.

    Attributes
    ----------
    weights
        (T, S), each row summing to 1.
    source, target
        S and T tokens.
    """

    def __init__(self, weights: np.ndarray, source: Sequence[str], target: Sequence[str]):
        self.weights, self.source, self.target = weights, list(source), list(target)

    def plot(self, path: str | Path | None = None) -> Any:
        """Draw it: a matplotlib figure, or a PNG, SVG or PDF file."""
        from wordkit.plots.attention import attention_map

        return attention_map(self.weights, self.source, self.target, path)

    def to_frame(self) -> Any:
        """A pandas ``DataFrame``: a row for each target token, a column for each source token."""
        return data_frame(self.weights, index=self.target, columns=self.source)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.weights, dtype=dtype, copy=bool(copy))

    def __repr__(self) -> str:
        return f"AttentionMap({len(self.target)} target by {len(self.source)} source tokens)"


class _Attention:
    """``model.attention(text)``, although a parameter has that name: its value is in ``vars``."""

    def __get__(self, model: Seq2Seq, owner: Any = None) -> Callable[..., AttentionMap]:
        def attention(text: str, *, beam: int = 5) -> AttentionMap:
            """What the model looks at while it translates a text.

            Raises
            ------
            ModelError
                The model has no attention, or the text or its translation is empty.
            """
            return model._attention(text, beam=beam)

        return attention

    def __set__(self, model: Seq2Seq, kind: str) -> None:
        vars(model)["attention"] = kind


@documented
@dataclass(kw_only=True, repr=False, eq=False)
class Seq2Seq(ModelEstimator[EncoderDecoder], Seq2SeqTraining, Seq2SeqSettings):
    """An encoder-decoder: it turns one sequence into another.

    Attributes
    ----------
    model_
        The trained network, an ``EncoderDecoder``.
    history_
        What was measured during the training: a ``History``, which can be plotted.

    Examples
    --------
    >>> pairs = [("one two", "1 2"), ("two one", "2 1"), ("two two", "2 2")] * 50
    >>> model = Seq2Seq(hidden_size=32, batch_size=10, epochs=5, lr=0.02, progress=False)
    >>> model.fit(pairs).predict(["two one"])
    ['2 1']
    """

    progress: bool = parameter(True, help="Show a progress bar, and a line per epoch.")
    network_type, training_type = EncoderDecoder, Seq2SeqTraining

    # --- training ---------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        valid: Any = None,
        folder: str | Path | None = None,
        resume: bool = False,
        checkpoint_every: float = 300.0,
    ) -> Seq2Seq:
        """Learn from pairs of a source and its target.

        Parameters
        ----------
        X
            Pairs of texts or of lists of tokens; a ``pathlib.Path`` of a file of pairs; a
            DataFrame with the columns source and target; or, with ``y``, the sources.
        y
            The targets, if ``X`` are the sources.
        valid
            Pairs as ``X``, which choose the best weights; without them, the last are kept.
        folder
            Where to keep checkpoints and, in the end, the model. A run or a model that is
            there is replaced, unless ``resume`` continues it.
        checkpoint_every
            Seconds.

        Raises
        ------
        ModelError
            A parameter makes no sense, there is no pair, or the training diverged.
        CorpusError
            The pairs cannot be read.
        FormatError
            Something else stands in the folder.
        TrainingInterrupted
            After Ctrl-C; with a folder, ``resume`` continues the run.
        """
        settings, training = self.settings_of(Seq2SeqSettings), self.settings_of(Seq2SeqTraining)
        with self._run(folder, resume=resume, checkpoint_every=checkpoint_every) as run:
            pairs = pairs_of(X, y, settings.units)
            judges = None if valid is None else pairs_of(valid, None, settings.units)
            self.model_, _ = fit(pairs, valid=judges, settings=settings, training=training, **run)
        return self

    # --- translations -----------------------------------------------------------------

    def predict(self, X: Iterable[str], *, beam: int = 5) -> list[str]:
        """The best translation of each text."""
        return [found[0].text for found in self.translate(_texts(X), beam=beam)]

    @overload
    def translate(  # type: ignore[overload-overlap]
                  self, X: str, *, beam: int = ..., n_best: int = ..., length_penalty: float = ...,
                  max_length: int | None = ..., allow_unknown: bool = ...,
                  replace_unknown: bool = ...) -> list[ScoredText]: ...  # fmt: skip

    @overload
    def translate(self, X: Iterable[str], *, beam: int = ..., n_best: int = ...,
                  length_penalty: float = ..., max_length: int | None = ...,
                  allow_unknown: bool = ..., replace_unknown: bool = ...,
                  ) -> list[list[ScoredText]]: ...  # fmt: skip

    def translate(
        self,
        X: str | Iterable[str],
        *,
        beam: int = 5,
        n_best: int = 1,
        length_penalty: float = 0.6,
        max_length: int | None = None,
        allow_unknown: bool = False,
        replace_unknown: bool = False,
    ) -> list[ScoredText] | list[list[ScoredText]]:
        """The best translations of a text, the best first; of several texts, a list of these.

        The options are those of ``wordkit.seq2seq.decode.translate``.

        Raises
        ------
        ModelError
            An option makes no sense.
        """
        self.check_fitted("model_")
        texts = [X] if isinstance(X, str) else _texts(X)
        found = translate(
            self.model_,
            [self.model_.tokens_of(text) for text in texts],
            beam=beam,
            n_best=n_best,
            length_penalty=length_penalty,
            max_length=max_length,
            allow_unknown=allow_unknown,
            replace_unknown=replace_unknown,
            attention=False,
        )
        scored = [
            [
                ScoredText(self.model_.text_of(each.tokens), each.score)
                for each in (best, *best.others)
            ]
            for best in found
        ]
        return scored[0] if isinstance(X, str) else scored

    attention = _Attention()  # type: ignore[assignment]

    def _attention(self, text: str, *, beam: int = 5) -> AttentionMap:
        self.check_fitted("model_")
        if self.model_.settings.attention == NO_ATTENTION:
            raise ModelError("the model has no attention: train one with attention='dot'")
        source = self.model_.tokens_of(text)
        [found] = translate(self.model_, [source], beam=beam)
        if found.attention is None or not found.tokens:
            raise ModelError("there is no attention to show: the text or its translation is empty")
        return AttentionMap(found.attention, source, found.tokens)

    def evaluate(self, X: Any, y: Any = None, *, beam: int = 5) -> Evaluation:
        """Compare translations with the targets of pairs: exact matches, BLEU, token accuracy."""
        pairs = self._pairs(X, y)
        found = translate(self.model_, [source for source, _ in pairs], beam=beam, attention=False)
        return evaluate([each.tokens for each in found], [target for _, target in pairs])

    def score(self, X: Any, y: Any = None) -> float:
        """The mean log-probability of a target token, in nats: higher is better, for searches."""
        pairs, model = self._pairs(X, y), cast(Any, self.model_)
        sizes = {"batch_size": self.batch_size, "batch_tokens": self.batch_tokens}
        loss, _ = evaluate_loss(
            model, pair_batches(model, pairs, shuffle=False, **sizes).epoch(0, 0)
        )
        return -loss

    def _pairs(self, X: Any, y: Any) -> TokenPairs:
        self.check_fitted("model_")
        pairs = pairs_of(X, y, self.model_.settings.units)
        check_pairs(pairs, "given")
        return pairs


def _texts(texts: Any) -> list[str]:
    """A list of strings; a string is none."""
    not_texts = isinstance(texts, str) or is_pandas(texts, "DataFrame")
    if not_texts or not isinstance(texts, Iterable):
        kind = "a string" if isinstance(texts, str) else type(texts).__name__
        raise ModelError(f"expected a list of texts, found {kind}: put one text in a list")
    found = list(texts)
    for text in found:
        if not isinstance(text, str):
            raise ModelError(f"expected a list of texts, found a {type(text).__name__} in it")
    return found


def pairs_of(X: Any, y: Any, units: str) -> TokenPairs:
    """Return the tokens of pairs, of whatever kind; see ``Seq2Seq.fit``.

    Raises
    ------
    CorpusError
        They are something else, or a side is empty.
    """
    if isinstance(X, Path):
        found = Pairs.from_files(X, y)
    elif y is not None:
        sources, targets = list(X), list(y)
        if len(sources) != len(targets):
            raise CorpusError(
                f"found {len(sources):,} sources and {len(targets):,} targets: expected one for "
                "each"
            )
        found = Pairs.from_texts(zip(sources, targets, strict=True))
    else:
        found = X if isinstance(X, Pairs) else Pairs.from_texts(X)
    tokens = UNITS[units]
    return [
        (
            tokens(source) if isinstance(source, str) else source,
            tokens(target) if isinstance(target, str) else target,
        )
        for source, target in found
    ]
