"""Losses against their formulas, one example at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.base import Layer
from wordkit.layers.gradient_check import check_gradients
from wordkit.layers.losses.dense import (
    REDUCTIONS,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    SquaredError,
    log_sigmoid,
)

RNG = np.random.default_rng(0)
SCORES = RNG.normal(size=(2, 3, 5))
TARGETS = np.array([[4, -1, 0], [2, 2, -1]])
LABELS = RNG.integers(-1, 2, SCORES.shape)


def softmax_by_hand(smoothing: float) -> list[float]:
    """Cross-entropy with the distribution: 1 - smoothing on the target, the rest on all."""
    losses = []
    for scores, target in zip(SCORES.reshape(-1, 5), TARGETS.ravel(), strict=True):
        if target >= 0:
            total = sum(math.exp(score) for score in scores)
            loss = 0.0
            for word, score in enumerate(scores):
                share = smoothing / 5 + (1 - smoothing if word == target else 0)
                loss -= share * math.log(math.exp(score) / total)
            losses.append(loss)
    return losses


def sigmoid_by_hand() -> list[float]:
    losses = []
    for score, label in zip(SCORES.ravel(), LABELS.ravel(), strict=True):
        if label >= 0:
            yes = 1 / (1 + math.exp(-score))
            losses.append(-math.log(yes if label else 1 - yes))
    return losses


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("kind", ["softmax", "smoothed", "sigmoid"])
def test_against_the_formula(xp: Any, kind: str, reduction: str) -> None:
    layer, targets, losses = {
        "softmax": (SoftmaxCrossEntropy(reduction=reduction), TARGETS, softmax_by_hand(0)),
        "smoothed": (
            SoftmaxCrossEntropy(reduction=reduction, label_smoothing=0.3),
            TARGETS,
            softmax_by_hand(0.3),
        ),
        "sigmoid": (SigmoidCrossEntropy(reduction=reduction), LABELS, sigmoid_by_hand()),
    }[kind]
    expected = sum(losses) / (len(losses) if reduction == "mean" else 1)
    found = layer.forward(xp.asarray(SCORES), xp.asarray(targets))
    assert float(found) == pytest.approx(expected)
    check_gradients(layer, xp.asarray(SCORES), xp.asarray(targets))
    ignored = to_host(layer.backward())[targets < 0]
    assert ignored.size
    assert not ignored.any()


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_squared_error(xp: Any, reduction: str) -> None:
    targets = RNG.integers(-2, 3, SCORES.shape)
    pairs = list(zip(SCORES.ravel(), targets.ravel(), strict=True))
    expected = sum((score - target) ** 2 for score, target in pairs)
    expected /= len(pairs) if reduction == "mean" else 1
    layer = SquaredError(reduction=reduction)
    found = layer.forward(xp.asarray(SCORES), xp.asarray(targets))
    assert float(found) == pytest.approx(expected)
    check_gradients(layer, xp.asarray(SCORES), xp.asarray(targets))
    layer.forward(xp.asarray(SCORES), xp.asarray(targets.astype(float)))
    expected_gradient = 2 * (SCORES - targets) / (len(pairs) if reduction == "mean" else 1)
    np.testing.assert_allclose(to_host(layer.backward()), expected_gradient)


def test_targets_of_another_shape() -> None:
    """Subtracted, they would give a matrix."""
    with pytest.raises(ModelError, match=r"the shape of the predictions, \(4, 1\), not \(4,\)"):
        SquaredError().forward(np.zeros((4, 1)), np.zeros(4))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_against_pytorch(smoothing: float, reduction: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    scores = torch.tensor(SCORES.reshape(-1, 5), requires_grad=True)
    expected = torch.nn.functional.cross_entropy(
        scores,
        torch.tensor(TARGETS.ravel()),
        ignore_index=-1,
        reduction=reduction,
        label_smoothing=smoothing,
    )
    expected.backward()
    layer = SoftmaxCrossEntropy(reduction=reduction, label_smoothing=smoothing)
    assert float(layer.forward(SCORES, TARGETS)) == pytest.approx(expected.item())
    unsmoothed = SoftmaxCrossEntropy(reduction=reduction).forward(SCORES, TARGETS)
    assert float(layer.unsmoothed) == pytest.approx(float(unsmoothed))
    np.testing.assert_allclose(layer.backward().reshape(-1, 5), scores.grad, atol=1e-12)


cross_entropies = pytest.mark.parametrize(
    ("layer", "targets"),
    [
        (SoftmaxCrossEntropy(), TARGETS),
        (SoftmaxCrossEntropy(label_smoothing=0.2), TARGETS),
        (SigmoidCrossEntropy(), LABELS),
    ],
)


@cross_entropies
def test_all_ignored(layer: Layer, targets: np.ndarray) -> None:
    assert layer.forward(SCORES, np.full_like(targets, -1)) == 0
    assert not layer.backward().any()


@pytest.mark.parametrize(
    ("layer", "targets"),
    [
        (SoftmaxCrossEntropy(), TARGETS),
        (SoftmaxCrossEntropy(label_smoothing=0.2), TARGETS),
        (SigmoidCrossEntropy(), LABELS),
        (SquaredError(), LABELS),
    ],
)
def test_float32_scores_give_a_float64_loss(layer: Layer, targets: np.ndarray) -> None:
    loss = layer.forward(SCORES.astype(np.float32), targets)
    assert loss.dtype == np.float64
    assert layer.backward(loss).dtype == np.float32


def test_the_sum_is_float64() -> None:
    """A float32 sum of this size is a multiple of 2."""
    scores = np.zeros(1001, np.float32)
    scores[0] = 2**24
    loss = SigmoidCrossEntropy(reduction="sum").forward(scores, np.zeros(1001, np.int32))
    assert float(loss) == pytest.approx(2**24 + 1000 * math.log(2), abs=1e-3)


@given(st.floats(-700, 700))
def test_log_sigmoid(x: float) -> None:
    expected = -math.log1p(math.exp(-x)) if x > 0 else x - math.log1p(math.exp(x))
    assert float(log_sigmoid(np.float64(x))) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out(dtype: type) -> None:
    """Scores of which the exponential overflows or vanishes."""
    far = np.array([[1000, -1000], [-1000, 1000]], dtype)
    softmax = SoftmaxCrossEntropy(reduction="sum")
    assert softmax.forward(far, np.array([0, 0])) == 2000
    np.testing.assert_array_equal(softmax.backward(), [[0, 0], [-1, 1]])
    sigmoid = SigmoidCrossEntropy(reduction="sum")
    assert sigmoid.forward(far, np.array([[1, 0], [1, 0]])) == 2000
    np.testing.assert_array_equal(sigmoid.backward(), [[0, 0], [-1, 1]])
    sigmoid.forward(np.array([-30, 30], dtype), np.array([0, 1]))
    tiny = np.exp(-30)
    np.testing.assert_allclose(sigmoid.backward(), [tiny, -tiny], rtol=1e-5)


def test_unknown_reduction() -> None:
    with pytest.raises(ModelError, match="reduction must be one of mean, sum"):
        SoftmaxCrossEntropy(reduction="none")


@pytest.mark.parametrize("share", [-0.1, 1.0, math.nan])
def test_smoothing_that_is_no_share(share: float) -> None:
    with pytest.raises(ModelError, match="label_smoothing must be from 0 to below 1"):
        SoftmaxCrossEntropy(label_smoothing=share)


@pytest.mark.parametrize("share", [0, 0.999])
def test_shares_at_their_limits(share: float) -> None:
    assert np.isfinite(SoftmaxCrossEntropy(label_smoothing=share).forward(SCORES, TARGETS))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_ignored_need_be_no_number(wrong: float) -> None:
    scores, layer = SCORES.copy(), SoftmaxCrossEntropy()
    expected = float(layer.forward(scores, TARGETS))
    gradient = layer.backward()
    scores[TARGETS < 0] = wrong
    with np.errstate(invalid="ignore"):
        assert float(layer.forward(scores, TARGETS)) == expected
    np.testing.assert_array_equal(layer.backward(), gradient)


def test_targets_that_are_none() -> None:
    with pytest.raises(ModelError, match="targets must have the shape"):
        SoftmaxCrossEntropy().forward(SCORES, TARGETS.ravel()[1:])
    with pytest.raises(ModelError, match="targets must be below 5, found 5"):
        SoftmaxCrossEntropy().forward(SCORES, np.full_like(TARGETS, 5))
