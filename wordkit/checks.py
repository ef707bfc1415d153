"""Parameters: limits and help, declared beside the parameter and checked here.

The type and the default of a parameter stand where Python has a place for them: in the field
of a dataclass, or in the ``__init__`` of an estimator. Limits, and a line of help, stand in
the same field, or in a table of the estimator::

    @dataclass(frozen=True)
    class Settings:
        cell: str = parameter("lstm", Choice(CELLS), help="Kind of recurrent layer.")
        dropout: float = parameter(0.0, Interval(0, below=1), help="Share dropped.")
        lr: float | None = parameter(None, Interval(above=0), help="Learning rate.")

        def __post_init__(self) -> None:
            check_parameters(self)

    class PPMI(BaseEstimator):
        _parameters: ClassVar = {
            "smoothing": Parameter(Interval(0, 10), help="Power of the context counts."),
        }
        def __init__(self, *, smoothing: float = 0.75): ...
        def fit(self, X):
            check_parameters(self)

``parameters_of`` joins both, for code that makes options from them.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any, Protocol

from wordkit.errors import ModelError, WordkitError

KINDS: dict[str, tuple[type, str]] = {
    "int": (Integral, "a whole number"),
    "float": (Real, "a number"),
    "bool": (bool, "true or false"),
    "str": (str, "a string"),
}
"""The annotations that are checked: which type a value must have, and how to call it."""


class Limits(Protocol):
    """Which values a parameter of the right type may have."""

    def allow(self, value: Any) -> bool:
        """Whether a value of the right type is within the limits."""

    def describe(self, kind: str) -> str:
        """What must be given, for a message; ``kind`` is as in ``KINDS``: "a number"."""


@dataclass(frozen=True)
class Interval:
    """Finite numbers from ``low`` to ``high``, both allowed, or ``above`` and ``below`` others."""

    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None

    def allow(self, value: Any) -> bool:
        """Whether a number is finite and within the bounds."""
        return bool(
            abs(value) < math.inf
            and (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def describe(self, kind: str) -> str:
        """The bounds in words: "a number from 0 to below 1"."""
        limits = self.low, self.high, self.above, self.below
        low, high, above, below = ("" if x is None else f"{x:,.12g}" for x in limits)
        if low and (high or below):
            return f"{kind} from {low} to {high or f'below {below}'}"
        words = {"at least": low, "above": above, "at most": high, "below": below}
        found = " and ".join(f"{word} {limit}" for word, limit in words.items() if limit)
        return f"{kind}{' of' * found.startswith('at')} {found}".rstrip()


SHARE = Interval(0, below=1)
"""Of a whole: from none of it to not quite all."""


@dataclass(frozen=True)
class Choice:
    """One of some names: a tuple of them, or the registry of what they stand for."""

    names: Collection[str]

    def allow(self, value: Any) -> bool:
        """Whether a value is one of the names."""
        return value in self.names

    def describe(self, kind: str) -> str:
        """The names in words: "one of rnn, gru, lstm"."""
        names = list(self.names)
        return " or ".join(names) if len(names) == 2 else f"one of {', '.join(names)}"


@dataclass(frozen=True)
class Parameter:
    """Limits and help of a parameter; ``parameters_of`` adds what Python knows of it.

    The annotation ``float | None`` becomes the kind "float", and optional; ``none`` is what
    None means there, for the help: "never". ``advice`` ends the message about a value that is
    not allowed.
    """

    limits: Limits | None = None
    help: str = ""
    none: str = "none"
    kind: str = ""
    optional: bool = False
    default: Any = None
    advice: str = ""

    def check(self, name: str, value: Any, error: type[WordkitError] = ModelError) -> None:
        """Raise ``error``, with what was expected and what found, if a value is not allowed."""
        if value is None and self.optional:
            return
        allowed, noun = KINDS.get(self.kind, (object, "a value"))
        counts = not isinstance(value, bool) or allowed in (bool, object)  # True is an Integral
        if not (isinstance(value, allowed) and counts) or (
            self.limits and not self.limits.allow(value)
        ):
            expected = self.limits.describe(noun) if self.limits else noun
            raise error(f"{name} must be {expected}, not {value!r}{self.ending}")

    @property
    def ending(self) -> str:
        """The advice, as the end of a message."""
        return f"; {self.advice}" if self.advice else ""


def parameter(
    default: Any,
    limits: Limits | None = None,
    *,
    help: str = "",
    none: str = "none",
    advice: str = "",
) -> Any:
    """Declare a field of a dataclass, with its limits and help."""
    declared = Parameter(limits, help, none, advice=advice)
    return dataclasses.field(default=default, metadata={"parameter": declared})


def parameters_of(owner: Any) -> dict[str, Parameter]:
    """The parameters of a dataclass or an estimator, of the class or an instance, by name."""
    cls = owner if isinstance(owner, type) else type(owner)
    table = getattr(cls, "_parameters", {})
    if dataclasses.is_dataclass(cls):
        table = {f.name: f.metadata.get("parameter") for f in dataclasses.fields(cls)}
    found = {}
    for name, known in inspect.signature(cls).parameters.items():
        hint = str(known.annotation)
        found[name] = replace(
            table.get(name) or Parameter(),
            kind=hint.removesuffix(" | None"),
            optional=hint.endswith(" | None"),
            default=known.default,
        )
    return found


def check_parameters(owner: Any, error: type[WordkitError] = ModelError) -> None:
    """Raise ``error`` for the first parameter that is not allowed."""
    for name, declared in parameters_of(owner).items():
        declared.check(name, getattr(owner, name), error)
