"""A tree of layers: what it learns, by which paths, and whose arrays it may be given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.affine import Affine
from wordkit.layers.base import BLANK, Layer, distinct
from wordkit.layers.losses.softmax import SoftmaxLoss
from wordkit.layers.normalization import LayerNorm

PATHS = ["first.weight", "first.bias", "scale.gamma", "scale.beta", "last.weight", "last.bias"]


def tree() -> Layer:
    """Three layers, the last of which has the first one's matrix."""
    rng = np.random.default_rng(1)
    first = Affine(4, 4, rng=rng)
    last = SoftmaxLoss(4, 4, weights={"weight": first.params["weight"]}, rng=rng)
    return Layer(children={"first": first, "scale": LayerNorm(4), "last": last})


def test_params_are_named_by_their_paths() -> None:
    layer = tree()
    assert list(layer.params) == list(layer.grads) == PATHS
    assert layer.params["first.weight"] is layer.children["first"].params["weight"]
    assert set(layer.grads.values()) == {None}


def test_a_shared_array_has_two_paths_and_is_one() -> None:
    layer = tree()
    assert layer.params["first.weight"] is layer.params["last.weight"]
    assert [path for path in PATHS if path not in distinct(layer.params)] == ["last.weight"]


def test_gradients_are_the_childrens() -> None:
    layer = tree()
    layer.children["first"].forward(np.ones((2, 4), np.float32))
    layer.children["first"].backward(np.ones((2, 4), np.float32))
    np.testing.assert_array_equal(layer.grads["first.bias"], [2, 2, 2, 2])
    assert layer.grads["scale.gamma"] is None


def test_put_keeps_what_is_shared(xp: Any) -> None:
    layer, rng = tree(), np.random.default_rng(2)
    weights = {
        path: xp.asarray(rng.normal(size=array.shape))
        for path, array in distinct(layer.params).items()
    }
    assert layer.put(weights) is layer
    assert all(layer.params[path] is array for path, array in weights.items())
    assert layer.params["last.weight"] is weights["first.weight"]


def test_replace_is_called_once_for_a_shared_array() -> None:
    layer, called = tree(), []

    def change(path: str, array: np.ndarray) -> np.ndarray:
        called.append(path)
        return array.astype(np.float64)

    layer.replace(change)
    assert called == [path for path in PATHS if path != "last.weight"]
    assert {array.dtype for array in layer.params.values()} == {np.dtype(np.float64)}
    assert layer.params["first.weight"] is layer.params["last.weight"]


def test_arrays_of_ones_own_are_not_copied_and_the_rest_is_drawn() -> None:
    weight = np.eye(3, 2, dtype=np.float32)
    layer = Affine(3, 2, weights={"weight": weight})
    assert layer.params["weight"] is weight
    np.testing.assert_array_equal(layer.params["bias"], [0, 0])


def test_one_seed_one_result() -> None:
    one, two, other = (Affine(3, 2, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.params["weight"], two.params["weight"])
    assert (one.params["weight"] != other.params["weight"]).all()


def test_blank_weights_take_no_memory_and_wait_for_put() -> None:
    huge = Affine(10**9, 10**9, rng=BLANK)
    assert huge.params["weight"].strides == (0, 0)
    layer = Affine(2, 1, rng=BLANK)
    layer.put({"weight": np.array([[1.0], [2.0]]), "bias": np.array([3.0])})
    np.testing.assert_array_equal(layer.forward(np.array([[1.0, 1.0]])), [[6.0]])


def test_without_a_generator() -> None:
    with pytest.raises(ModelError, match=r"^Affine needs a generator .*rng=np\.random\.default_r"):
        Affine(3, 2)
    assert to_host(LayerNorm(2).params["gamma"]).tolist() == [1, 1]  # nothing is drawn


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"wait": np.eye(2)}, "Affine has no weights 'wait': it has weight, bias"),
        ({"weight": np.eye(3)}, r"weight of this Affine must have the shape \(2, 2\), not \(3, 3"),
        ({"bias": np.zeros(3)}, r"bias of this Affine must have the shape \(2,\), not \(3,\)"),
    ],
)
def test_arrays_that_do_not_fit(weights: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Affine(2, 2, rng=np.random.default_rng(1), weights=weights)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first.bias": None}, r"needs the weights 'first\.bias', of the shape \(4,\)"),
        ({"first.bias": np.zeros(4, int)}, "must be floating-point numbers .* found int64"),
        ({"scale.beta": np.zeros(5, np.float32)}, r"of the shape \(4,\).* found float32 \(5,\)"),
        ({"last.bias": np.zeros(4)}, r"of one type: 'first\.weight' are float32, 'last\.bias'"),
    ],
)
def test_put_of_what_does_not_fit(change: dict[str, Any], message: str) -> None:
    layer = tree()
    before = dict(layer.params)
    weights = {k: w for k, w in (before | change).items() if w is not None}
    with pytest.raises(ModelError, match=message):
        layer.put(weights)
    assert all(layer.params[path] is array for path, array in before.items())


def test_repr_says_what_it_learns() -> None:
    assert repr(Affine(3, 2, rng=BLANK)) == "Affine(weight (3, 2), bias (2,))"
