"""Layers to build networks from: each forwards and backwards, on NumPy and CuPy alike.

    from wordkit.layers import LSTM, Affine, Embedding, SoftmaxCrossEntropy, check_gradients

They are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wordkit.names import offered

if TYPE_CHECKING:
    from wordkit.layers.activations import Activation, Softmax
    from wordkit.layers.affine import Affine
    from wordkit.layers.attention.additive import AdditiveAttention
    from wordkit.layers.attention.dot import DotAttention
    from wordkit.layers.attention.general import GeneralAttention
    from wordkit.layers.attention.vector import AttentionalVector
    from wordkit.layers.base import Layer
    from wordkit.layers.dropout import Dropout, EmbeddingDropout, WeightDrop
    from wordkit.layers.embedding import Embedding, EmbeddingBag
    from wordkit.layers.gradient_check import check_gradients, numeric_gradient
    from wordkit.layers.losses.dense import SigmoidCrossEntropy, SoftmaxCrossEntropy, SquaredError
    from wordkit.layers.losses.hierarchical_softmax import HierarchicalSoftmaxLoss
    from wordkit.layers.losses.negative_sampling import NegativeSamplingLoss, UnigramSampler
    from wordkit.layers.losses.softmax import SoftmaxLoss
    from wordkit.layers.normalization import BatchNorm, LayerNorm
    from wordkit.layers.recurrent.gru import GRU
    from wordkit.layers.recurrent.lstm import LSTM
    from wordkit.layers.recurrent.mgu import MGU
    from wordkit.layers.recurrent.rnn import RNN
    from wordkit.layers.recurrent.stack import Bidirectional, Stack
    from wordkit.layers.sequential import Sequential

_HOMES = {
    "Activation": "wordkit.layers.activations",
    "AdditiveAttention": "wordkit.layers.attention.additive",
    "Affine": "wordkit.layers.affine",
    "AttentionalVector": "wordkit.layers.attention.vector",
    "BatchNorm": "wordkit.layers.normalization",
    "Bidirectional": "wordkit.layers.recurrent.stack",
    "DotAttention": "wordkit.layers.attention.dot",
    "Dropout": "wordkit.layers.dropout",
    "Embedding": "wordkit.layers.embedding",
    "EmbeddingBag": "wordkit.layers.embedding",
    "EmbeddingDropout": "wordkit.layers.dropout",
    "GRU": "wordkit.layers.recurrent.gru",
    "GeneralAttention": "wordkit.layers.attention.general",
    "HierarchicalSoftmaxLoss": "wordkit.layers.losses.hierarchical_softmax",
    "LSTM": "wordkit.layers.recurrent.lstm",
    "Layer": "wordkit.layers.base",
    "LayerNorm": "wordkit.layers.normalization",
    "MGU": "wordkit.layers.recurrent.mgu",
    "NegativeSamplingLoss": "wordkit.layers.losses.negative_sampling",
    "RNN": "wordkit.layers.recurrent.rnn",
    "Sequential": "wordkit.layers.sequential",
    "SigmoidCrossEntropy": "wordkit.layers.losses.dense",
    "Softmax": "wordkit.layers.activations",
    "SoftmaxCrossEntropy": "wordkit.layers.losses.dense",
    "SoftmaxLoss": "wordkit.layers.losses.softmax",
    "SquaredError": "wordkit.layers.losses.dense",
    "Stack": "wordkit.layers.recurrent.stack",
    "UnigramSampler": "wordkit.layers.losses.negative_sampling",
    "WeightDrop": "wordkit.layers.dropout",
    "check_gradients": "wordkit.layers.gradient_check",
    "numeric_gradient": "wordkit.layers.gradient_check",
}
__getattr__, __dir__ = offered(__name__, _HOMES)
__all__ = [
    "GRU",
    "LSTM",
    "MGU",
    "RNN",
    "Activation",
    "AdditiveAttention",
    "Affine",
    "AttentionalVector",
    "BatchNorm",
    "Bidirectional",
    "DotAttention",
    "Dropout",
    "Embedding",
    "EmbeddingBag",
    "EmbeddingDropout",
    "GeneralAttention",
    "HierarchicalSoftmaxLoss",
    "Layer",
    "LayerNorm",
    "NegativeSamplingLoss",
    "Sequential",
    "SigmoidCrossEntropy",
    "Softmax",
    "SoftmaxCrossEntropy",
    "SoftmaxLoss",
    "SquaredError",
    "Stack",
    "UnigramSampler",
    "WeightDrop",
    "check_gradients",
    "numeric_gradient",
]
