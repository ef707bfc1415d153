"""Attention against loops over single numbers, differences, and PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.layers.scores import SCORES
from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.attention import additive as attention
from wordkit.layers.attention.kinds import ATTENTIONS
from wordkit.layers.attention.vector import AttentionalVector
from wordkit.layers.gradient_check import check_gradients

N, T, S, H, D = 3, 2, 4, 3, 2
SIZES = dict.fromkeys(ATTENTIONS, 4) | {"dot": H}  # M, of the memory
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]], bool)
every_kind = pytest.mark.parametrize("kind", ATTENTIONS)
masked_or_not = pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])


def layer_of(kind: str, xp: Any = np, dtype: Any = float) -> Any:
    rng = np.random.default_rng(3)
    return ATTENTIONS[kind](H, SIZES[kind], rng=rng).replace(
        lambda _, array: xp.asarray(rng.normal(size=array.shape).astype(dtype))
    )


def vector_of(kind: str, xp: Any = np) -> AttentionalVector:
    weights = {"weight": xp.asarray(np.random.default_rng(4).normal(size=(SIZES[kind] + H, D)))}
    return AttentionalVector(layer_of(kind, xp), H, SIZES[kind], D, weights=weights)


def inputs_of(kind: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.normal(size=(N, T, H)), rng.normal(size=(N, S, SIZES[kind]))


@every_kind
def test_arrays_of_ones_own(kind: str) -> None:
    own = layer_of(kind).params
    layer = ATTENTIONS[kind](H, SIZES[kind], weights=own)
    assert layer.params.keys() == own.keys()
    assert all(layer.params[name] is own[name] for name in own)


# --- forward, one score at a time ---------------------------------------------------


def by_hand(kind: str, mask: Any) -> tuple[np.ndarray, np.ndarray]:
    """Contexts (N, T, M) and weights (N, T, S)."""
    queries, memory = inputs_of(kind)
    contexts, weights = np.zeros((N, T, SIZES[kind])), np.zeros((N, T, S))
    params, score = layer_of(kind).params, SCORES[kind]
    for n, t in np.ndindex(N, T):
        there = [s for s in range(S) if mask is None or mask[n, s]]
        exponentials = {s: math.exp(score(params, queries[n, t], memory[n, s])) for s in there}
        for s in there:
            weights[n, t, s] = exponentials[s] / sum(exponentials.values())
            contexts[n, t] += weights[n, t, s] * memory[n, s]
    return contexts, weights


def on(xp: Any, mask: np.ndarray | None) -> Any:
    return None if mask is None else xp.asarray(mask)


@every_kind
@masked_or_not
def test_against_the_formulas(xp: Any, kind: str, mask: np.ndarray | None) -> None:
    layer = layer_of(kind, xp)
    found = layer.forward(*map(xp.asarray, inputs_of(kind)), on(xp, mask))
    contexts, weights = by_hand(kind, mask)
    np.testing.assert_allclose(to_host(found), contexts, rtol=1e-12)
    np.testing.assert_allclose(to_host(layer.weights), weights, rtol=1e-12)
    if mask is not None:
        assert not to_host(layer.weights)[~np.broadcast_to(mask[:, None], (N, T, S))].any()


@every_kind
@masked_or_not
def test_the_vector(xp: Any, kind: str, mask: np.ndarray | None) -> None:
    layer, (h, memory) = vector_of(kind, xp), inputs_of(kind)
    found = layer.forward(xp.asarray(h), xp.asarray(memory), on(xp, mask))
    both = np.concatenate([by_hand(kind, mask)[0], h], axis=-1)
    expected = np.tanh(both @ to_host(layer.params["weight"]))
    np.testing.assert_allclose(to_host(found), expected, rtol=1e-11)


# --- backward -----------------------------------------------------------------------


@every_kind
@masked_or_not
def test_gradients(xp: Any, kind: str, mask: np.ndarray | None) -> None:
    inputs = (*map(xp.asarray, inputs_of(kind)), on(xp, mask))
    check_gradients(layer_of(kind, xp), *inputs)
    check_gradients(vector_of(kind, xp), *inputs)


@every_kind
@pytest.mark.parametrize("numbers", [2 * T * S * H, 2 * S * H, 1])
def test_by_blocks(kind: str, numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of some rows, of some steps of a row, of a step of a row."""
    monkeypatch.setattr(attention, "NUMBERS_AT_ONCE", numbers)
    check_gradients(layer_of(kind), *inputs_of(kind), MASK)


@every_kind
@pytest.mark.parametrize("maker", [layer_of, vector_of])
def test_step_by_step(xp: Any, kind: str, maker: Any) -> None:
    """A step after the other, and back: as all at once."""
    whole, steps, mask = maker(kind, xp), maker(kind, xp), xp.asarray(MASK)
    queries, memory = map(xp.asarray, inputs_of(kind))
    y = to_host(whole.forward(queries, memory, mask))
    gradient = xp.asarray(np.random.default_rng(6).normal(size=y.shape))
    d_queries, d_memory = whole.backward(gradient)
    steps.read(memory, mask)
    found = [to_host(steps.attend(queries[:, t : t + 1])) for t in range(T)]
    np.testing.assert_allclose(np.concatenate(found, axis=1), y, rtol=1e-12)
    back = [to_host(steps.attend_backward(gradient[:, t : t + 1])) for t in reversed(range(T))]
    np.testing.assert_allclose(np.concatenate(back[::-1], axis=1), to_host(d_queries), rtol=1e-10)
    np.testing.assert_allclose(to_host(steps.read_backward()), to_host(d_memory), rtol=1e-10)
    assert steps.grads.keys() == whole.params.keys()
    for name, expected in whole.grads.items():
        np.testing.assert_allclose(to_host(steps.grads[name]), to_host(expected), rtol=1e-10)


@every_kind
@masked_or_not
@pytest.mark.parametrize("maker", [layer_of, vector_of])
def test_to_look_is_to_attend(xp: Any, kind: str, maker: Any, mask: np.ndarray | None) -> None:
    """Without anything that is kept for backward."""
    layer, (queries, memory) = maker(kind, xp), map(xp.asarray, inputs_of(kind))
    attention = getattr(layer, "attention", layer)
    found, weights = layer.look(queries, attention.keys(memory), memory, on(xp, mask))
    expected = layer.forward(queries, memory, on(xp, mask))
    np.testing.assert_array_equal(to_host(found), to_host(expected))
    np.testing.assert_array_equal(to_host(weights), to_host(attention.weights))


@every_kind
@pytest.mark.parametrize("maker", [layer_of, vector_of])
def test_nothing_is_left_of_the_block_before(xp: Any, kind: str, maker: Any) -> None:
    """Of the same shape, so that no buffer need be new."""
    used, fresh = maker(kind, xp), maker(kind, xp)
    queries, memory = map(xp.asarray, inputs_of(kind))
    mask = xp.asarray(MASK)
    y = used.forward(queries + 1, memory - 2)
    used.backward(xp.ones_like(y))
    found, expected = (
        [layer.forward(queries, memory, mask), *layer.backward(xp.ones_like(y))]
        for layer in (used, fresh)
    )
    pairs = zip([*found, *used.grads.values()], [*expected, *fresh.grads.values()], strict=True)
    for left, right in pairs:
        np.testing.assert_array_equal(to_host(left), to_host(right))


@every_kind
def test_padding_alone(kind: str) -> None:
    """Nothing to look at: no context, no gradient, and no NaN."""
    layer, mask = layer_of(kind), MASK.copy()
    mask[1] = False
    context = layer.forward(*inputs_of(kind), mask)
    d_queries, d_memory = layer.backward(np.ones(context.shape))
    for array in (context, layer.weights, d_queries, d_memory):
        assert not array[1].any()
        assert np.isfinite(array).all()
    assert context[0].all()


@every_kind
def test_padding_does_not_matter(kind: str) -> None:
    layer, (queries, memory) = layer_of(kind), inputs_of(kind)
    first = layer.forward(queries, memory, MASK).copy()
    memory[~MASK] = 1e6
    np.testing.assert_array_equal(layer.forward(queries, memory, MASK), first)


@every_kind
@masked_or_not
def test_single_precision(kind: str, mask: np.ndarray | None) -> None:
    """Scores of thousands do not overflow."""
    queries, memory = (1000 * x.astype(np.float32) for x in inputs_of(kind))
    layer = layer_of(kind, dtype=np.float32)
    context = layer.forward(queries, memory, mask)
    d_queries, d_memory = layer.backward(np.ones_like(context))
    for array in (context, layer.weights, d_queries, d_memory, *layer.grads.values()):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    np.testing.assert_allclose(layer.weights.sum(axis=-1), 1, rtol=1e-6)


@every_kind
def test_against_pytorch(kind: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    arrays = dict(zip(("queries", "memory"), inputs_of(kind), strict=True)) | layer_of(kind).params
    t = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}
    queries, memory = t["queries"], t["memory"]
    if kind == "additive":
        pairs = (queries @ t["weight_query"])[:, :, None] + (memory @ t["weight_memory"])[:, None]
        scores = torch.tanh(pairs) @ t["weight_score"]
    else:
        keys = memory if kind == "dot" else memory @ t["weight"]
        scores = torch.einsum("nth,nsh->nts", queries, keys)
    scores = scores.masked_fill(~torch.tensor(MASK)[:, None], -torch.inf)
    expected = torch.einsum("nts,nsm->ntm", torch.softmax(scores, dim=-1), memory)
    gradient = np.random.default_rng(7).normal(size=expected.shape)
    expected.backward(torch.tensor(gradient))
    layer = layer_of(kind)
    np.testing.assert_allclose(
        layer.forward(*inputs_of(kind), MASK), expected.detach(), rtol=1e-11
    )
    found = dict(zip(("queries", "memory"), layer.backward(gradient), strict=True)) | layer.grads
    for name, tensor in t.items():
        np.testing.assert_allclose(found[name], tensor.grad, rtol=1e-9, atol=1e-12, err_msg=name)


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(ModelError, match="must be of one size: found 3 and 4"):
        layer_of("dot").forward(np.zeros((1, 1, 3)), np.zeros((1, 2, 4)))
