"""What trains a model: optimizers, schedules, and the loop around them.

    from wordkit.training import Adam, Trainer

They are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wordkit.names import offered

if TYPE_CHECKING:
    from wordkit.training.descent.averaged_sgd import ASGD
    from wordkit.training.descent.clipping import clip_by_norm, clip_by_value
    from wordkit.training.descent.optimizers import (
        SGD,
        AdaDelta,
        AdaGrad,
        Adam,
        AdamW,
        Momentum,
        Nesterov,
        RMSProp,
    )
    from wordkit.training.history import History
    from wordkit.training.runs.trainer import Trainer

_HOMES = {
    "ASGD": "wordkit.training.descent.averaged_sgd",
    "AdaDelta": "wordkit.training.descent.optimizers",
    "AdaGrad": "wordkit.training.descent.optimizers",
    "Adam": "wordkit.training.descent.optimizers",
    "AdamW": "wordkit.training.descent.optimizers",
    "History": "wordkit.training.history",
    "Momentum": "wordkit.training.descent.optimizers",
    "Nesterov": "wordkit.training.descent.optimizers",
    "RMSProp": "wordkit.training.descent.optimizers",
    "SGD": "wordkit.training.descent.optimizers",
    "Trainer": "wordkit.training.runs.trainer",
    "clip_by_norm": "wordkit.training.descent.clipping",
    "clip_by_value": "wordkit.training.descent.clipping",
}
__getattr__, __dir__ = offered(__name__, _HOMES)
__all__ = [
    "ASGD",
    "SGD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "History",
    "Momentum",
    "Nesterov",
    "RMSProp",
    "Trainer",
    "clip_by_norm",
    "clip_by_value",
]
