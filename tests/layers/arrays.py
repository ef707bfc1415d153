"""Layers of given arrays, with the sizes that the arrays have."""

from __future__ import annotations

from typing import Any

from wordkit.layers.affine import Affine
from wordkit.layers.embedding import Embedding, EmbeddingBag
from wordkit.layers.losses.negative_sampling import NegativeSamplingLoss
from wordkit.layers.losses.softmax import SoftmaxLoss


def affine(weight: Any, bias: Any = None) -> Affine:
    return Affine(*weight.shape, bias=bias is not None, weights=given(weight=weight, bias=bias))


def embedding(weight: Any) -> Embedding:
    return Embedding(*weight.shape, weights={"weight": weight})


def embedding_bag(weight: Any, **options: Any) -> EmbeddingBag:
    return EmbeddingBag(*weight.shape, weights={"weight": weight}, **options)


def softmax_loss(weight: Any, bias: Any = None, **options: Any) -> SoftmaxLoss:
    words, size = weight.shape
    weights = given(weight=weight, bias=bias)
    return SoftmaxLoss(size, words, bias=bias is not None, weights=weights, **options)


def negative_sampling(weight: Any, **options: Any) -> NegativeSamplingLoss:
    return NegativeSamplingLoss(*weight.shape[::-1], weights={"weight": weight}, **options)


def normalizing(kind: Any, gamma: Any, beta: Any) -> Any:
    return kind(len(gamma), weights={"gamma": gamma, "beta": beta})


def given(**weights: Any) -> dict[str, Any]:
    return {name: array for name, array in weights.items() if array is not None}
