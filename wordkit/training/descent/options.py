"""Optimizers and schedules by name: ``sgd``, ``cosine:final=0.1``, ``adam:beta1=0,beta2=0.9``."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

from wordkit.errors import ModelError
from wordkit.registry import Registry

_OPTIMIZERS = "wordkit.training.descent.optimizers"
_SCHEDULES = "wordkit.training.descent.schedules"
OPTIMIZERS = Registry(
    "optimizer",
    {
        "sgd": f"{_OPTIMIZERS}.SGD",
        "momentum": f"{_OPTIMIZERS}.Momentum",
        "nesterov": f"{_OPTIMIZERS}.Nesterov",
        "adagrad": f"{_OPTIMIZERS}.AdaGrad",
        "rmsprop": f"{_OPTIMIZERS}.RMSProp",
        "adadelta": f"{_OPTIMIZERS}.AdaDelta",
        "adam": f"{_OPTIMIZERS}.Adam",
        "adamw": f"{_OPTIMIZERS}.AdamW",
        "asgd": "wordkit.training.descent.averaged_sgd.ASGD",
    },
)
SCHEDULES = Registry(
    "schedule",
    {
        "constant": f"{_SCHEDULES}.Constant",
        "plateau": f"{_SCHEDULES}.Plateau",
        "inverse-time": f"{_SCHEDULES}.InverseTime",
        "exponential": f"{_SCHEDULES}.Exponential",
        "natural-exponential": f"{_SCHEDULES}.NaturalExponential",
        "cosine": f"{_SCHEDULES}.Cosine",
        "one-cycle": f"{_SCHEDULES}.OneCycle",
    },
)


def optimizer_from_text(text: str, **known: float) -> Any:
    """Make an optimizer by name; ``known`` are options for the optimizers that have them.

    Raises
    ------
    ModelError
        A name or option is unknown, or a value is not a number or out of range.

    Examples
    --------
    >>> optimizer_from_text("adam:beta2=0.99", weight_decay=1e-6).beta2
    0.99
    """
    return _from_text(text, OPTIMIZERS, known)


def schedule_from_text(text: str, *, rate: float, **known: float) -> Any:
    """Make a schedule by name; ``known`` are options, such as ``steps``, for those with them.

    Raises
    ------
    ModelError
        As ``optimizer_from_text``, or an option that is missing.

    Examples
    --------
    >>> schedule_from_text("cosine:final=0.5", rate=1, steps=10).rate(10)
    0.5
    """
    return _from_text(text, SCHEDULES, {"rate": rate, **known})


def _from_text(text: str, choices: Registry, known: Mapping[str, Any]) -> Any:
    """Build what a text names; its options take precedence over the ``known`` ones."""
    name, _, rest = text.strip().partition(":")
    what, build = choices.what, choices[name]
    parameters = inspect.signature(build).parameters
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
    return build(**options)


def _number(text: str, what: str) -> float:
    """Parse a number: as an int if it is written as a whole number."""
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
