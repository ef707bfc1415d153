"""What layers are, and do, where nothing else is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.parameters import defaults
from wordkit.layers import init
from wordkit.layers.activations import Activation, Softmax
from wordkit.layers.affine import Affine
from wordkit.layers.attention.base import Attention
from wordkit.layers.attention.vector import AttentionalVector
from wordkit.layers.dropout import Dropout, EmbeddingDropout, WeightDrop
from wordkit.layers.embedding import Embedding
from wordkit.layers.gradient_check import check_gradients, numeric_gradient
from wordkit.layers.losses.dense import SigmoidCrossEntropy, SoftmaxCrossEntropy, SquaredError
from wordkit.layers.losses.hierarchical_softmax import HierarchicalSoftmaxLoss
from wordkit.layers.losses.negative_sampling import NegativeSamplingLoss, UnigramSampler
from wordkit.layers.losses.softmax import SoftmaxLoss
from wordkit.layers.normalization import BatchNorm, LayerNorm
from wordkit.layers.recurrent.cells import CELLS
from wordkit.layers.recurrent.lstm import LSTM
from wordkit.layers.recurrent.stack import Bidirectional, Stack

MEAN = {"reduction": "mean"}
DEFAULTS: dict[Any, dict[str, Any]] = {
    init.gaussian: {"std": 0.01, "dtype": np.float32},
    init.uniform: {"limit": 0.1, "dtype": np.float32},
    init.xavier: {"gain": 1.0, "dtype": np.float32},
    init.he: {"gain": 1.0, "dtype": np.float32},
    init.orthogonal: {"gain": 1.0, "dtype": np.float32},
    Affine: {"bias": True, "initial": init.xavier},
    Dropout: {"variational": False},
    numeric_gradient: {"epsilon": 1e-5},
    check_gradients: {"rtol": 1e-5, "atol": 1e-8, "seed": 0},
    SquaredError: MEAN,
    SoftmaxCrossEntropy: {**MEAN, "label_smoothing": 0.0},
    SigmoidCrossEntropy: MEAN,
    HierarchicalSoftmaxLoss: MEAN,
    UnigramSampler: {"ns_exponent": 0.75},
    NegativeSamplingLoss: MEAN,
    SoftmaxLoss: {**MEAN, "bias": True, "label_smoothing": 0.0},
    BatchNorm: {"momentum": 0.9, "epsilon": 1e-5},
    LayerNorm: {"epsilon": 1e-5},
    LSTM: {"peephole": False},
    Stack: {"residual": False},
}


@pytest.mark.parametrize("layer", DEFAULTS, ids=lambda layer: layer.__name__)
def test_defaults(layer: Any) -> None:
    assert defaults(layer) == DEFAULTS[layer]


LOSSES = [
    SquaredError, SoftmaxCrossEntropy, SigmoidCrossEntropy, HierarchicalSoftmaxLoss,
    NegativeSamplingLoss, SoftmaxLoss,
]  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_of_a_loss_by_itself_is_1(loss: Any) -> None:
    assert defaults(loss.backward) == {"gradient": 1.0}


@pytest.mark.parametrize(
    "layer",
    [
        Activation, Softmax, Affine, Attention, AttentionalVector, Dropout, EmbeddingDropout,
        WeightDrop, Embedding, BatchNorm, LayerNorm, Bidirectional, Stack,
        *(cell for cell in CELLS.values()),
    ],
)  # fmt: skip
def test_layers_are_not_in_training(layer: Any) -> None:
    assert defaults(layer.forward) == {"training": False}


def test_a_loss_is() -> None:
    """It works out its gradient while it goes forward."""
    assert defaults(SoftmaxLoss.forward) == {"training": True}
