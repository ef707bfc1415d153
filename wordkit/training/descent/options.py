"""Optimizers and schedules by name: ``sgd``, ``cosine:final=0.1``, ``adam:beta1=0,beta2=0.9``."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

from wordkit.errors import ModelError
from wordkit.training.descent.averaged_sgd import ASGD
from wordkit.training.descent.optimizers import (
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)
from wordkit.training.descent.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    NaturalExponential,
    OneCycle,
    Plateau,
    Schedule,
)

OPTIMIZERS = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adadelta": AdaDelta,
    "adam": Adam,
    "adamw": AdamW,
    "asgd": ASGD,
}
SCHEDULES = {
    "constant": Constant,
    "plateau": Plateau,
    "inverse-time": InverseTime,
    "exponential": Exponential,
    "natural-exponential": NaturalExponential,
    "cosine": Cosine,
    "one-cycle": OneCycle,
}


def optimizer_from_text(text: str, **known: float) -> Optimizer:
    """An optimizer by name; ``known`` are options for those that have them.

    Raises
    ------
    ModelError
        An unknown name or option, or one that is no number or out of its range.

    Examples
    --------
    >>> optimizer_from_text("adam:beta2=0.99", weight_decay=1e-6).beta2
    0.99
    """
    return _from_text(text, "optimizer", OPTIMIZERS, known)


def schedule_from_text(text: str, *, rate: float, **known: float) -> Schedule:
    """A schedule by name; ``known`` are options (``steps``, say) for those that have them.

    Raises
    ------
    ModelError
        As ``optimizer_from_text``, or an option that is missing.

    Examples
    --------
    >>> schedule_from_text("cosine:final=0.5", rate=1, steps=10).rate(10)
    0.5
    """
    return _from_text(text, "schedule", SCHEDULES, {"rate": rate, **known})


def _from_text(
    text: str, what: str, choices: Mapping[str, Callable[..., Any]], known: Mapping[str, Any]
) -> Any:
    """Build what a text names; its numbers go before the ``known`` ones."""
    name, _, rest = text.strip().partition(":")
    if name not in choices:
        raise ModelError(f"{what} must be one of {', '.join(choices)}, not {name!r}")
    parameters = inspect.signature(choices[name]).parameters
    options = {key: value for key, value in known.items() if key in parameters}
    for part in filter(None, rest.split(",")):
        key, equals, number = (field.strip() for field in part.partition("="))
        if not equals:
            raise ModelError(f"{what} {text!r}: expected option=number, found {part.strip()!r}")
        if key not in parameters:
            has = f"it has {', '.join(parameters)}" if parameters else "it has none"
            raise ModelError(f"{what} {name} has no option {key!r}: {has}")
        options[key] = _number(number, f"{what} {name}: {key}")
    for key, parameter in parameters.items():
        if key not in options and parameter.default is parameter.empty:
            raise ModelError(f"{what} {name} needs a value: {name}:{key}=NUMBER")
    return choices[name](**options)


def _number(text: str, what: str) -> float:
    """A whole number if it is written as one."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ModelError(f"{what} must be a number, not {text!r}")
    try:
        return int(text)
    except ValueError:
        return value
