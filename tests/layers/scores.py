"""The score of one query (H,) and one key (M,), as each kind of attention's paper has it.

A new kind in ``ATTENTIONS`` needs its formula here: then it is tested by itself and in
encoder-decoders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

Weights = Mapping[str, np.ndarray]


def dot(w: Weights, query: np.ndarray, key: np.ndarray) -> float:
    return float(sum(q * m for q, m in zip(query, key, strict=True)))


def general(w: Weights, query: np.ndarray, key: np.ndarray) -> float:
    return float(query @ (key @ w["weight"]))


def additive(w: Weights, query: np.ndarray, key: np.ndarray) -> float:
    inside = np.tanh(query @ w["weight_query"] + key @ w["weight_memory"])
    return float(inside @ w["weight_score"])


SCORES: dict[str, Callable[..., float]] = {"dot": dot, "general": general, "additive": additive}
