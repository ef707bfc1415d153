"""What a language model is like, and how it is trained: plain values, from a recipe or not."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from wordkit.errors import FormatError, ModelError

CELLS = ("rnn", "gru", "lstm")
RATES = {
    "sgd": 20.0, "asgd": 20.0, "momentum": 2.0, "nesterov": 2.0, "adagrad": 0.05,
    "rmsprop": 0.001, "adadelta": 1.0, "adam": 0.002, "adamw": 0.002,
}  # fmt: skip
"""Learning rates to begin with, for the gradient of the mean loss of a word."""


@dataclass(frozen=True)
class ModelSettings:
    """What a language model is like.

    Parameters
    ----------
    cell
        ``rnn`` (tanh), ``gru`` or ``lstm``.
    dropout
        Between embedding, layers and output.
    embedding_dropout
        Of whole words, in the embedding.
    weight_drop
        Of recurrent weights.
    variational
        ``dropout`` draws one mask for all steps of a window.
    tie
        The output layer has the weights of the embedding.
    """

    cell: str = "lstm"
    layers: int = 1
    embedding_size: int = 100
    hidden_size: int = 100
    dropout: float = 0.0
    embedding_dropout: float = 0.0
    weight_drop: float = 0.0
    variational: bool = False
    tie: bool = False

    def __post_init__(self) -> None:
        _check_types(self)
        if self.cell not in CELLS:
            raise ModelError(f"cell must be one of {', '.join(CELLS)}, not {self.cell!r}")
        _check_least(self, 1, "layers", "embedding_size", "hidden_size")
        for name in ("dropout", "embedding_dropout", "weight_drop"):
            if not 0 <= getattr(self, name) < 1:
                raise ModelError(f"{name} must be from 0 to below 1, not {getattr(self, name)}")
        if self.tie and self.embedding_size != self.hidden_size:
            raise ModelError(
                "to tie output and embedding, embedding_size and hidden_size must be the same, "
                f"not {self.embedding_size} and {self.hidden_size}"
            )


@dataclass(frozen=True)
class TrainingSettings:
    """How a language model is trained; see ``Trainer`` and ``TextBatches``.

    Parameters
    ----------
    variable_bptt
        Windows about ``bptt`` long, others in each epoch.
    optimizer, schedule
        By name, with options, as ``wordkit.training.options`` reads them. A schedule's
        ``steps`` are those of all epochs, its ``every`` an epoch, its ``warm_up`` a tenth
        of all steps, unless it says otherwise.
    lr
        The learning rate; None for that of ``RATES``.
    clip
        The largest norm of the gradient.
    """

    batch_size: int = 20
    bptt: int = 35
    variable_bptt: bool = False
    optimizer: str = "adam"
    schedule: str = "cosine"
    lr: float | None = None
    clip: float = 0.25
    epochs: int = 10
    max_minutes: float | None = None
    patience: int | None = None
    validate_every: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        _check_types(self)
        _check_least(self, 1, "batch_size", "bptt", "epochs")
        _check_least(self, 0, "seed")

    @property
    def rate(self) -> float:
        """The learning rate, whether it was given or not."""
        if self.lr is not None:
            return self.lr
        return RATES.get(self.optimizer.partition(":")[0].strip(), 1.0)


Settings = TypeVar("Settings", ModelSettings, TrainingSettings)


def read_recipe(name: str) -> tuple[ModelSettings, TrainingSettings]:
    """The settings of a recipe: the name of one in ``wordkit/lm/recipes``, or a TOML file.

    Raises
    ------
    ModelError
        There is none, or it has a value that makes no sense.
    FormatError
        It is not written in TOML, or has a name that is no setting.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    own, file = resources.files("wordkit") / "lm" / "recipes" / f"{name}.toml", Path(name)
    if name not in recipe_names() and not file.is_file():
        raise ModelError(
            f"no recipe is named {name!r}, nor is there such a file; known are "
            f"{', '.join(recipe_names())}"
        )
    path = own if name in recipe_names() else file
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # of TOML, or of UTF-8
        raise FormatError(f"the recipe {path} cannot be read: {error}") from None
    known = {field.name for kind in (ModelSettings, TrainingSettings) for field in fields(kind)}
    for name in values.keys() - known:
        raise FormatError(f"the recipe {path} sets {name!r}: known are {', '.join(sorted(known))}")
    return changed(ModelSettings(), values), changed(TrainingSettings(), values)


def recipe_names() -> list[str]:
    """The recipes that come with wordkit."""
    folder = resources.files("wordkit") / "lm" / "recipes"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name[-5:] == ".toml")


def changed(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """The settings with those values that are of their kind."""
    own = {field.name for field in fields(settings)}
    return replace(settings, **{name: v for name, v in values.items() if name in own})


def _check_types(settings: Any) -> None:
    """Values may come from a file."""
    for field in fields(settings):
        value, kind = getattr(settings, field.name), field.type
        allowed: tuple[type, ...] = {"str": (str,), "int": (int,), "bool": (bool,)}.get(
            str(kind).removesuffix(" | None"), (int, float)
        )
        if value is None and str(kind).endswith("None"):
            continue
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise ModelError(f"{field.name} must be of the type {kind}, not {value!r}")


def _check_least(settings: Any, least: int, *names: str) -> None:
    for name in names:
        if getattr(settings, name) < least:
            raise ModelError(f"{name} must be at least {least}, not {getattr(settings, name)}")
