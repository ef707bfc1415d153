"""The softmax over all words: in blocks, in kernels, in threads, against the plain one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.layers.arrays import softmax_loss
from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.gradient_check import check_gradients
from wordkit.layers.losses import softmax
from wordkit.layers.losses.dense import REDUCTIONS, SoftmaxCrossEntropy

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_softmax_loss(xp: Any, reduction: str) -> None:
    weight, h = RNG.normal(size=(5, 3)), RNG.normal(size=(4, 3))
    targets = np.array([1, 0, -1, 4])
    layer = softmax_loss(xp.asarray(weight), reduction=reduction)
    plain = SoftmaxCrossEntropy(reduction=reduction).forward(h @ weight.T, targets)
    found = layer.forward(xp.asarray(h), xp.asarray(targets))
    assert float(found) == pytest.approx(float(plain))
    check_gradients(layer, xp.asarray(h), xp.asarray(targets))


@pytest.fixture(params=["one block", "blocks of 2 rows", "threads"])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows there are at once."""
    if request.param == "blocks of 2 rows":
        monkeypatch.setattr(softmax, "SCORES_AT_ONCE", 2 * 37)
    if request.param == "threads":
        monkeypatch.setattr(softmax, "WORTH_THREADS", 0)
        monkeypatch.setattr(softmax, "available_workers", lambda: 3)


def softmax_inputs(dtype: type = float) -> tuple[np.ndarray, ...]:
    """W (37, 3), b (37,), h (7, 3): vectors of words end within a register."""
    rng = np.random.default_rng(2)
    return tuple(rng.normal(size=shape).astype(dtype) for shape in ((37, 3), 37, (7, 3)))


SEVEN = np.array([36, 0, -1, 4, 4, -7, 20])


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("with_bias", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_softmax_loss_in_blocks(
    xp: Any, dtype: type, with_bias: bool, smoothing: float, reduction: str
) -> None:
    """In float32, where a kernel computes it, and in float64, against the plain one."""
    weight, bias, h = softmax_inputs(dtype)
    plain = SoftmaxCrossEntropy(reduction=reduction, label_smoothing=smoothing)
    expected = float(plain.forward(h.astype(float) @ weight.T + with_bias * bias, SEVEN))
    layer = softmax_loss(
        xp.asarray(weight),
        xp.asarray(bias) if with_bias else None,
        reduction=reduction,
        label_smoothing=smoothing,
    )
    for training in (True, False, True):
        loss = layer.forward(xp.asarray(h), xp.asarray(SEVEN), training=training)
        assert loss.dtype == np.float64
        assert float(loss) == pytest.approx(expected, rel=1e-6)
        assert float(layer.unsmoothed) == pytest.approx(float(plain.unsmoothed), rel=1e-6)
    scores, tolerance = plain.backward(), 1e-6 if dtype == np.float32 else 1e-14
    np.testing.assert_allclose(to_host(layer.backward()), scores @ weight, atol=tolerance)
    d_weight, found = scores.T @ h, layer.grads
    np.testing.assert_allclose(to_host(found["weight"]), d_weight, atol=tolerance)
    if with_bias:
        np.testing.assert_allclose(to_host(found["bias"]), scores.sum(axis=0), atol=tolerance)
    assert layer.backward().dtype == found["weight"].dtype == dtype


@pytest.mark.usefixtures("blocks")
def test_softmax_loss_gradients(xp: Any) -> None:
    weight, bias, h = (xp.asarray(a) for a in softmax_inputs())
    check_gradients(softmax_loss(weight, bias, label_smoothing=0.1), h, xp.asarray(SEVEN))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_loss_by_what_comes_after(dtype: type) -> None:
    """(N, T, D) goes in, and the gradient of what the loss is multiplied by."""
    weight, bias, h = softmax_inputs(dtype)
    layer = softmax_loss(weight, bias)
    layer.forward(h, SEVEN)
    one = layer.backward().copy(), layer.grads["bias"].copy()
    loss = layer.forward(h[None], SEVEN[None])
    for _ in range(2):
        three = layer.backward(np.float64(3)), layer.grads["bias"]
        assert three[0].shape == (1, 7, 3)
        np.testing.assert_allclose(three[0][0], 3 * one[0], rtol=1e-6)
        np.testing.assert_allclose(three[1], 3 * one[1], rtol=1e-6)
        assert layer.backward(loss).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_loss_of_nothing(dtype: type) -> None:
    weight, bias, h = softmax_inputs(dtype)
    layer = softmax_loss(weight, bias)
    layer.forward(h, SEVEN)
    layer.backward()
    for rows, targets in ((h, np.full(7, -1)), (h[:0], SEVEN[:0])):
        assert layer.forward(rows, targets) == 0
        assert not layer.backward().any()
        assert not any(gradient.any() for gradient in layer.grads.values())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_loss_far_out(dtype: type) -> None:
    weight = np.zeros((20, 1), dtype)
    weight[3], weight[19] = 1000, -1000
    layer = softmax_loss(weight, reduction="sum")
    assert layer.forward(np.ones((2, 1), dtype), np.array([3, 19])) == pytest.approx(2000)
    np.testing.assert_allclose(layer.backward(), [[0], [2000]], atol=1e-30)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_softmax_loss_that_is_not_finite(dtype: type, wrong: float) -> None:
    """It must not look finite: training stops by it."""
    for place in (0, 20, 36):  # in a register and after the last
        weight, bias, h = softmax_inputs(dtype)
        bias[place] = wrong
        with np.errstate(invalid="ignore"):
            assert np.isnan(softmax_loss(weight, bias).forward(h, SEVEN))


def test_softmax_loss_of_words_there_are_not() -> None:
    weight, _, h = softmax_inputs(np.float32)
    with pytest.raises(ModelError, match="targets must be below 37, found 40"):
        softmax_loss(weight).forward(h, SEVEN + 4)


def test_gradient_of_an_evaluation() -> None:
    weight, _, h = softmax_inputs()
    layer = softmax_loss(weight)
    layer.forward(h, SEVEN, training=False)
    with pytest.raises(ModelError, match="the last forward was not in training"):
        layer.backward()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("h", "targets", "message"),
    [
        ((7, 3), (6,), r"targets must have the shape \(7,\), not \(6,\)"),
        ((7, 3), (8,), r"targets must have the shape \(7,\), not \(8,\)"),
        ((2, 3, 3), (3, 2), r"targets must have the shape \(2, 3\), not \(3, 2\)"),
        ((7, 4), (7,), "h must have 3 features, not 4"),
    ],
)
def test_softmax_loss_of_other_shapes(
    dtype: type, h: tuple[int, ...], targets: tuple[int, ...], message: str
) -> None:
    layer = softmax_loss(*softmax_inputs(dtype)[:2])
    with pytest.raises(ModelError, match=message):
        layer.forward(np.zeros(h, dtype), np.zeros(targets, int))


def test_softmax_loss_of_what_is_no_target() -> None:
    weight, bias, h = softmax_inputs(np.float32)
    with pytest.raises(ModelError, match="targets must be integers, not float64"):
        softmax_loss(weight).forward(h, np.zeros(7))
    with pytest.raises(ModelError, match="at least one score to choose from: V is 0"):
        softmax_loss(weight[:0]).forward(h, np.full(7, -1))
    with pytest.raises(ModelError, match=r"must have the shape \(37,\), not \(36,\)"):
        softmax_loss(weight, bias[:36])


@pytest.mark.parametrize("kind", "bhilBHIL")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_loss_by_integers_of_any_type(kind: str, dtype: type) -> None:
    weight, bias, h = softmax_inputs(dtype)
    layer, targets = softmax_loss(weight, bias), np.abs(SEVEN)
    expected = layer.forward(h, targets)
    assert layer.forward(h, targets.astype(kind)) == expected


@pytest.mark.parametrize("kinds", ["dff", "fdf", "ffd", "fdd"])
def test_softmax_loss_of_mixed_types(kinds: str) -> None:
    """Of W, b and h: what comes back has the type of the weights."""
    weight, bias, h = softmax_inputs(np.float32)
    plain = softmax_loss(weight, bias)
    expected, d_h = plain.forward(h, SEVEN), plain.backward()
    weight, bias, h = (a.astype(kind) for a, kind in zip((weight, bias, h), kinds, strict=True))
    mixed = softmax_loss(weight, bias)
    assert float(mixed.forward(h, SEVEN)) == pytest.approx(float(expected), rel=1e-6)
    np.testing.assert_allclose(mixed.backward(), d_h, atol=1e-6)
    np.testing.assert_allclose(mixed.grads["bias"], plain.grads["bias"], atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("masked", [[0], [3, 16], [36]])
def test_softmax_loss_where_a_word_is_masked(dtype: type, masked: list[int]) -> None:
    """Its score is -inf: as if it were not there; no word is target 0, where -1 might pick."""
    weight, bias, h = softmax_inputs(dtype)
    left = np.delete(np.arange(37), masked)
    targets = np.array([1, 35, -1, 4, 4, -7, 20])
    few = softmax_loss(weight[left], bias[left])
    expected = few.forward(h, np.where(targets < 0, -1, np.searchsorted(left, targets)))
    d_h = few.backward()
    bias[masked] = -np.inf
    layer = softmax_loss(weight, bias)
    assert float(layer.forward(h, targets)) == pytest.approx(float(expected), rel=1e-6)
    np.testing.assert_allclose(layer.backward(), d_h, atol=1e-6)
    np.testing.assert_allclose(layer.grads["bias"][left], few.grads["bias"], atol=1e-6)
    np.testing.assert_allclose(layer.grads["bias"][masked], 0, atol=1e-30)
    assert layer.forward(h, np.full(7, masked[0])) == np.inf
