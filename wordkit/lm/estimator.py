"""Language models as scikit-learn's estimators: text in, text out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, overload

from wordkit.checks import parameter
from wordkit.corpus.text import TextOptions
from wordkit.estimator import Class, documented
from wordkit.lm.fit import fit
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.perplexity import TextScore, score_text
from wordkit.lm.sampling import Sampling
from wordkit.lm.settings import LMSettings, LMText, LMTraining, with_recipe
from wordkit.lm.surprisal import Surprisal, surprisal
from wordkit.lm.texts import UNITS, ids_in, text_corpus, text_options
from wordkit.lm.writing import Prompt, stream, write
from wordkit.training.estimator import ModelEstimator
from wordkit.vectors.word_vectors import WordVectors


def _takes_recipe(cls: Class) -> Class:
    """Let what ``__init__`` is not given come from the recipe."""
    init = vars(cls)["__init__"]

    @wraps(init)
    def from_recipe(self: Any, *, recipe: str | None = None, **given: Any) -> None:
        init(self, recipe=recipe, **with_recipe(recipe, given))

    cls.__init__ = from_recipe  # type: ignore[misc]
    return cls


@_takes_recipe
@documented
@dataclass(kw_only=True, repr=False, eq=False)
class LanguageModel(ModelEstimator[RecurrentLanguageModel], LMText, LMTraining, LMSettings):
    """A recurrent language model: it predicts each token from all tokens before it.

    Attributes
    ----------
    model_
        The trained network, a ``RecurrentLanguageModel``.
    history_
        What was measured during the training: a ``History``, which can be plotted.

    Examples
    --------
    >>> texts = ["the cat sat on the mat .", "the dog sat on the cat ."] * 20
    >>> model = LanguageModel(hidden_size=16, batch_size=2, epochs=4, lr=0.02, progress=False)
    >>> model.fit(texts).generate("the dog", greedy=True)
    'the dog sat on the cat.'
    """

    recipe: str | None = parameter(
        None, help="Settings for what is not given: a name, or a TOML file.", none="none"
    )
    progress: bool = parameter(True, help="Show a progress bar, and a line per epoch.")
    network_type, training_type = RecurrentLanguageModel, LMTraining

    def set_params(self, **params: Any) -> LanguageModel:
        """Change some parameters; a recipe changes all that it sets. Returns self."""
        super().set_params(**with_recipe(params.get("recipe"), params))
        return self

    # --- training ---------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        valid: Any = None,
        vectors: WordVectors | None = None,
        folder: str | Path | None = None,
        resume: bool = False,
        checkpoint_every: float = 300.0,
    ) -> LanguageModel:
        """Learn from a text.

        Parameters
        ----------
        X
            A ``Corpus``; a ``pathlib.Path`` of a text file or a corpus; or an iterable of texts
            or of lists of tokens.
        y
            Not used.
        valid
            A text as ``X``, which chooses the best weights; without one, the last are kept.
        vectors
            What the embedding begins with.
        folder
            Where to keep checkpoints and, in the end, the model. A run or a model that is
            there is replaced, unless ``resume`` continues it.
        checkpoint_every
            Seconds.

        Raises
        ------
        ModelError
            A parameter makes no sense, the text is too short, or the training diverged.
        CorpusError
            The text cannot be read, or has no words.
        FormatError
            Something else stands in the folder.
        TrainingInterrupted
            After Ctrl-C; with a folder, ``resume`` continues the run.
        """
        settings, training = self.settings_of(LMSettings), self.settings_of(LMTraining)
        with self._run(folder, resume=resume, checkpoint_every=checkpoint_every) as run:
            corpus = text_corpus(X, self.settings_of(LMText))
            like = None if valid is None else self._like(valid, text_options(corpus))
            self.model_, _ = fit(
                corpus, valid=like, settings=settings, training=training, vectors=vectors, **run
            )
        return self

    def _like(self, source: Any, options: TextOptions) -> Any:
        """A text in tokens, as another one was."""
        return text_corpus(source, LMText(unwrap=self.unwrap), options)

    # --- questions --------------------------------------------------------------------

    def _score(self, X: Any) -> TextScore:
        self.check_fitted("model_")
        model = self.model_
        return score_text(model, *ids_in(self._like(X, model.text), model.vocabulary))

    def perplexity(self, X: Any) -> float:
        """exp of the mean of -log p of the tokens of a text, all but the first; see ``fit``."""
        return self._score(X).perplexity

    def score(self, X: Any, y: Any = None) -> float:
        """The mean log-probability of a token, in nats: higher is better, for searches."""
        found = self._score(X)
        return found.log_probability / found.tokens

    def surprisal(self, text: str) -> Surprisal:
        """How many bits each word of a text carries, by all words before it.

        The result is a table of the words as they are written, and can be plotted.
        """
        self.check_fitted("model_")
        return surprisal(self.model_, text)

    @overload
    def generate(self, prompt: str | None = ..., *, samples: None = ..., max_tokens: int = ...,
                 temperature: float = ..., top_k: int | None = ..., top_p: float | None = ...,
                 greedy: bool = ..., beam: int | None = ..., seed: int | None = ...,
                 stop_at_eos: bool = ..., ban_unk: bool = ...) -> str: ...  # fmt: skip

    @overload
    def generate(self, prompt: str | None = ..., *, samples: int, max_tokens: int = ...,
                 temperature: float = ..., top_k: int | None = ..., top_p: float | None = ...,
                 greedy: bool = ..., beam: int | None = ..., seed: int | None = ...,
                 stop_at_eos: bool = ..., ban_unk: bool = ...) -> list[str]: ...  # fmt: skip

    def generate(
        self,
        prompt: str | None = None,
        *,
        samples: int | None = None,
        max_tokens: int = 100,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        greedy: bool = False,
        beam: int | None = None,
        seed: int | None = None,
        stop_at_eos: bool = True,
        ban_unk: bool = True,
    ) -> str | list[str]:
        """Write a text that begins with the prompt.

        Parameters
        ----------
        prompt
            None begins a line.
        samples
            So many texts, as a list; None for one, as a string.
        max_tokens
            The most that are added.
        temperature, top_k, top_p, greedy
            See ``Sampling``.
        beam
            Search for the most likely text instead, keeping so many hypotheses per step.
        seed
            Of the choice; None for the model's own.
        stop_at_eos
            End with ``<eos>``, or with the line.
        ban_unk
            Never write ``<unk>``.

        Raises
        ------
        ModelError
            The model knows no word of the prompt, or a number makes no sense.
        """
        self.check_fitted("model_")
        found = write(
            Prompt(self.model_, prompt),
            max_tokens=max_tokens,
            samples=1 if samples is None else samples,
            sampling=Sampling(temperature, top_k, top_p, greedy),
            beam=beam,
            seed=self.seed if seed is None else seed,
            stop_at_eos=stop_at_eos,
            ban_unk=ban_unk,
        )
        texts = [each.text for each in found]
        return texts[0] if samples is None else texts

    def stream(
        self,
        prompt: str | None = None,
        *,
        max_tokens: int = 100,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        greedy: bool = False,
        seed: int | None = None,
        stop_at_eos: bool = True,
        ban_unk: bool = True,
    ) -> Iterator[str]:
        """The pieces of a text as they are made, the prompt first; see ``generate``."""
        self.check_fitted("model_")
        return stream(
            Prompt(self.model_, prompt),
            max_tokens=max_tokens,
            sampling=Sampling(temperature, top_k, top_p, greedy),
            seed=self.seed if seed is None else seed,
            stop_at_eos=stop_at_eos,
            ban_unk=ban_unk,
        )

    @classmethod
    def _more_params(cls, network: RecurrentLanguageModel) -> dict[str, Any]:
        """Return those of its text, as far as its tokens can tell them."""
        options = network.text
        units = (name for name, known in UNITS.items() if known.tokenizer == options.tokenizer)
        return {
            "units": next(units, None), "lower": options.lower,
            "punctuation": options.punctuation, "strip_accents": options.strip_accents,
        }  # fmt: skip
