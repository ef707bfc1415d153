"""``wordkit.layers`` has every layer, and a network by hand is ten lines."""

from __future__ import annotations

import inspect
from importlib import import_module
from pkgutil import walk_packages

import numpy as np
import pytest

import wordkit.layers as face
from wordkit.errors import ModelError
from wordkit.layers import (
    Activation,
    Affine,
    Embedding,
    Sequential,
    SoftmaxCrossEntropy,
    check_gradients,
)
from wordkit.layers.base import Layer

INNER = {"Attention", "ProductAttention", "Recurrent"}
"""What is common to several layers, and none itself."""


def test_every_layer_is_offered() -> None:
    found = set()
    for module in walk_packages(face.__path__, "wordkit.layers."):
        if not module.name.endswith("_kernels"):
            members = vars(import_module(module.name)).items()
            found |= {
                name for name, value in members
                if inspect.isclass(value) and issubclass(value, Layer) and name[0] != "_"
            }  # fmt: skip
    assert found - INNER == {name for name in face.__all__ if inspect.isclass(getattr(face, name))
                             and issubclass(getattr(face, name), Layer)}  # fmt: skip
    assert dir(face) == sorted(face.__all__)


def test_a_network_by_hand() -> None:
    from wordkit.training import SGD

    rng = np.random.default_rng(1)
    x = rng.normal(size=(100, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)  # exclusive or
    network = Sequential(Affine(2, 8, rng=rng), Activation("tanh"), Affine(8, 2, rng=rng))
    loss, optimizer = SoftmaxCrossEntropy(), SGD()
    for _ in range(500):
        loss.forward(network.forward(x), y)
        network.backward(loss.backward())
        optimizer.step(network.params, network.grads, 1.0)
    assert (network.forward(x).argmax(axis=1) == y).mean() > 0.95
    checked = check_gradients(network.replace(lambda _, w: w.astype(float)), x[:5])
    assert list(checked.shapes) == ["params['0.weight']", "params['0.bias']", "params['2.weight']",
                                    "params['2.bias']", "input 0"]  # fmt: skip
    assert "params['2.bias'] (2,) agrees with central differences" in repr(checked)
    assert repr(network).startswith("Sequential(0.weight (2, 8), 0.bias (8,)")


def test_shapes_that_do_not_fit() -> None:
    network = Sequential(Affine(2, 8, rng=np.random.default_rng(1)))
    with pytest.raises(ModelError, match="the input of this Affine must have 2 features, not 3"):
        network.forward(np.ones((4, 3)))


def test_a_first_layer_without_gradient() -> None:
    network = Sequential(Embedding(5, 3, rng=np.random.default_rng(1)))
    network.forward(np.array([[1, 2]]))
    assert network.backward(np.ones((1, 2, 3))) is None
