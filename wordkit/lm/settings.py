"""What a language model is like, how it is trained and how it reads text: plain values.

``LanguageModel`` inherits them as its parameters, so that each stands once; ``LMSettings`` is what
a model keeps of itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from wordkit.checks import SHARE, Choice, Interval, check_parameters, parameter
from wordkit.errors import FormatError, ModelError
from wordkit.layers.recurrent.cells import CELLS
from wordkit.storage.toml import loads
from wordkit.training.settings import LAYERS, SIZES, TrainingSettings

MAX_RECIPE = 10_000
"""Bytes; TOML could keep its reader busy for minutes with more."""


@dataclass(kw_only=True)
class LMSettings:
    """What a language model is like.

    The dropouts are those of ``wordkit.layers.dropout``, where their sources stand.
    """

    cell: str = parameter("lstm", Choice(CELLS), help="Kind of recurrent layer.")
    layers: int = parameter(1, LAYERS, help="Recurrent layers.")
    embedding_size: int | None = parameter(
        None,
        SIZES,
        help="Dimensions of a token's vector.",
        none="100, or hidden_size with tie",
    )
    hidden_size: int = parameter(100, SIZES, help="Units of a recurrent layer.")
    dropout: float = parameter(
        0.0, SHARE, help="Share of units dropped between embedding, layers and output."
    )
    embedding_dropout: float = parameter(0.0, SHARE, help="Share of words dropped.")
    weight_drop: float = parameter(0.0, SHARE, help="Share of recurrent weights dropped.")
    variational: bool = parameter(False, help="Drop the same units at all steps of a window.")
    tie: bool = parameter(False, help="Let the output have the weights of the embedding.")

    @property
    def token_size(self) -> int:
        """Dimensions of a token's vector, given or not."""
        chosen = self.hidden_size if self.tie else 100
        return chosen if self.embedding_size is None else self.embedding_size

    def __post_init__(self) -> None:
        check_parameters(self)
        if self.embedding_size is None:
            self.embedding_size = self.token_size
        if self.tie and self.embedding_size != self.hidden_size:
            raise ModelError(
                "to tie output and embedding, embedding_size and hidden_size must be the same, "
                f"not {self.embedding_size} and {self.hidden_size}"
            )


@dataclass(kw_only=True)
class LMTraining(TrainingSettings):
    """How a language model is trained; see the parent, ``Trainer`` and ``TextBatches``."""

    bptt: int = parameter(35, Interval(1), help="Steps of a window.")
    variable_bptt: bool = parameter(
        False, help="Windows about as long as --bptt, cut elsewhere in each epoch."
    )


@dataclass(kw_only=True)
class LMText:
    """How text becomes the tokens of a language model; a ``Corpus`` has its tokens already."""

    units: str | None = parameter(
        None,
        Choice(("words", "chars", "tokens")),
        help="Words and punctuation marks, characters, or what stands between spaces.",
        none="tokens if the text is tokenised, else words",
    )
    lower: bool = parameter(False, help="Lower-case the text.")
    strip_accents: bool = parameter(False, help="Take the accents from letters: é is e.")
    unwrap: bool = parameter(
        False, help="Join lines that were broken at some width: a paragraph is a line."
    )
    punctuation: str = parameter(
        "split", Choice(("split", "drop")), help="A token for each mark, or none (words)."
    )
    min_count: int = parameter(1, Interval(1), help="Rarer tokens become <unk>.")

    def __post_init__(self) -> None:
        check_parameters(self)


KINDS = (LMSettings, LMTraining, LMText)
Settings = TypeVar("Settings", LMSettings, LMTraining, LMText)


def read_recipe(name: str | Path) -> dict[str, Any]:
    """The settings of a recipe: the name of one in ``wordkit/lm/recipes``, or a TOML file.

    Raises
    ------
    ModelError
        There is none, or it has a value that makes no sense.
    FormatError
        It is not written in TOML, or has a name that is no setting.
    """
    own, file = resources.files("wordkit") / "lm" / "recipes" / f"{name}.toml", Path(name)
    if name not in recipe_names() and not file.is_file():
        raise ModelError(
            f"no recipe is named {name!r}, nor is there such a file; known are "
            f"{', '.join(recipe_names())}"
        )
    path = own if name in recipe_names() else file
    with path.open("rb") as opened:
        content = opened.read(MAX_RECIPE + 1)
    if len(content) > MAX_RECIPE:
        raise FormatError(f"the recipe {path} has more than {MAX_RECIPE:,} bytes: it is none")
    try:
        values = loads(content.decode())
    except (ValueError, RecursionError) as error:  # of TOML, or of UTF-8
        raise FormatError(f"the recipe {path} cannot be read: {error}") from None
    known = {field.name for kind in KINDS for field in fields(kind)}
    for name in values.keys() - known:
        raise FormatError(f"the recipe {path} sets {name!r}: known are {', '.join(sorted(known))}")
    for name, value in values.items():
        if isinstance(value, (dict, list)):
            kind = "a table" if isinstance(value, dict) else "an array"
            raise FormatError(f"the recipe {path} sets {name} to {kind}: expected one value")
    changed(LMSettings(), values), changed(LMTraining(), values), changed(LMText(), values)
    return values


def with_recipe(name: str | Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a recipe, if there is one, overridden by those that are given.

    A learning rate is for its optimizer: with another one, that of the recipe does not count.
    """
    values = {} if name is None else read_recipe(name)
    if "optimizer" in given:
        values.pop("lr", None)
    return {**values, **given}


def recipe_names() -> list[str]:
    """The recipes that come with wordkit."""
    folder = resources.files("wordkit") / "lm" / "recipes"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name[-5:] == ".toml")


def changed(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """The settings with those values that are of their kind."""
    own = {field.name for field in fields(settings)}
    return replace(settings, **{name: v for name, v in values.items() if name in own})
