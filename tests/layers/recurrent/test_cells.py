"""Recurrent layers against loops over single numbers, differences, and PyTorch."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest

from tests.layers.recurrent.formulas import FORMULAS
from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.base import Layer
from wordkit.layers.gradient_check import check_gradients
from wordkit.layers.recurrent import loop
from wordkit.layers.recurrent.cells import CELLS
from wordkit.layers.recurrent.loop import Recurrent
from wordkit.layers.recurrent.lstm import LSTM
from wordkit.layers.recurrent.rnn import RNN

N, T, D, H = 3, 5, 4, 6
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 1, 0, 1, 1]], bool)
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    **{cell: (cell, {}) for cell in CELLS},
    "rnn relu": ("rnn", {"activation": "relu"}),
    "lstm peephole": ("lstm", {"peephole": True}),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def layer_of(kind: str, xp: Any = np, dtype: Any = float, d: int = D, h: int = H) -> Recurrent:
    """Weights large enough that everything matters."""
    cell, options = KINDS[kind]
    rng = np.random.default_rng(zlib.crc32(kind.encode()))
    layer: Recurrent = CELLS[cell](d, h, rng=rng, **options)
    return layer.replace(
        lambda _, array: xp.asarray(rng.normal(0, 0.5, array.shape).astype(dtype))
    )


def inputs_of(n: int = N, t: int = T, d: int = D) -> np.ndarray:
    return np.random.default_rng(9).normal(size=(n, t, d))


def state_of(layer: Recurrent, n: int = N, seed: int = 4) -> dict[str, np.ndarray]:
    rng, size = np.random.default_rng(seed), len(layer.params["weight_hh"])
    return {name: rng.normal(0, 0.5, (n, size)) for name in layer.state_names}


def on(xp: Any, state: dict[str, np.ndarray]) -> dict[str, Any]:
    return {name: xp.asarray(array) for name, array in state.items()}


# --- forward, one sequence at a time ------------------------------------------------


def twin_forward(kind: str, x: Any, state: Any, mask: Any) -> tuple[np.ndarray, dict]:
    (cell, options), weights = KINDS[kind], layer_of(kind).params
    outputs, final = [], []
    for n, sequence in enumerate(x):
        own = {name: array[n] for name, array in state.items()}
        outputs.append([])
        for t, row in enumerate(sequence):
            if mask[n, t]:
                own = FORMULAS[cell](weights, row, own, **options)
            outputs[-1].append(own["h"])
        final.append(own)
    return np.array(outputs), {name: np.array([own[name] for own in final]) for name in state}


@every_kind
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
def test_against_the_formulas(xp: Any, kind: str, mask: np.ndarray | None) -> None:
    layer, x = layer_of(kind, xp), inputs_of()
    state = state_of(layer)
    expected, final = twin_forward(kind, x, state, np.ones((N, T)) if mask is None else mask)
    y = layer.forward(
        xp.asarray(x),
        state=on(xp, state),
        mask=None if mask is None else xp.asarray(mask),
    )
    np.testing.assert_allclose(to_host(y), expected, rtol=1e-12, atol=1e-15)
    assert list(layer.final_state) == list(layer.state_names)
    for name, array in layer.final_state.items():
        np.testing.assert_allclose(to_host(array), final[name], rtol=1e-12, atol=1e-15)


# --- backward -----------------------------------------------------------------------


class Whole(Layer):
    """All that goes in and comes out of a layer with states, as one input and output each."""

    def __init__(self, layer: Any, names: tuple[str, ...], mask: Any = None):
        super().__init__()
        self.own, self.children, self.own_grads = layer.own, layer.children, layer.own_grads
        self.layer, self.names, self.mask = layer, names, mask

    def forward(self, x: Any, *state: Any) -> Any:
        y = self.layer.forward(
            x, state=dict(zip(self.names, state, strict=True)), mask=self.mask, training=True
        )
        self.shape = y.shape
        parts = [y, *(self.layer.final_state[name] for name in self.names)]
        self.sizes = [part.size for part in parts]
        return np.concatenate([to_host(part).ravel() for part in parts])

    def backward(self, gradient: Any) -> Any:
        d_y, *d_state = np.split(gradient, np.cumsum(self.sizes)[:-1])
        shapes = [self.layer.final_state[name].shape for name in self.names]
        d_state = [g.reshape(shape) for g, shape in zip(d_state, shapes, strict=True)]
        d_x = self.layer.backward(
            d_y.reshape(self.shape),
            state_gradient=dict(zip(self.names, d_state, strict=True)),
        )
        return d_x, *(self.layer.initial_state_gradient[name] for name in self.names)


@every_kind
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
def test_gradients_of_everything(kind: str, mask: np.ndarray | None) -> None:
    """By x, params and the initial state, of y and the final state together."""
    layer = layer_of(kind)
    state = state_of(layer)
    check_gradients(Whole(layer, layer.state_names, mask), inputs_of(), *state.values())


@every_kind
def test_gradients_on_both(xp: Any, kind: str) -> None:
    check_gradients(layer_of(kind, xp), xp.asarray(inputs_of(2, 3)))


@every_kind
def test_two_windows_are_one(kind: str) -> None:
    """State handed on forwards, gradient handed on backwards: as if never cut."""
    x, gradient = inputs_of(), inputs_of(d=H)
    whole, parts = layer_of(kind), layer_of(kind)
    y, d_x = whole.forward(x).copy(), whole.backward(gradient)
    first = parts.forward(x[:, :2]).copy()
    middle = parts.final_state
    kept = {name: array.copy() for name, array in middle.items()}
    second = parts.forward(x[:, 2:], state=middle)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), y, rtol=1e-12)
    d_second = parts.backward(gradient[:, 2:]).copy()
    grads = {name: array.copy() for name, array in parts.grads.items()}
    handed = parts.initial_state_gradient
    parts.forward(x[:, :2])
    for name in kept:
        np.testing.assert_array_equal(middle[name], kept[name])
    d_first = parts.backward(gradient[:, :2], state_gradient=handed)
    np.testing.assert_allclose(np.concatenate([d_first, d_second], axis=1), d_x, rtol=1e-12)
    for name, array in whole.grads.items():
        np.testing.assert_allclose(parts.grads[name] + grads[name], array, rtol=1e-10)


@every_kind
def test_steps_are_forward(xp: Any, kind: str) -> None:
    layer, x = layer_of(kind, xp), xp.asarray(inputs_of())
    y = layer.forward(x).copy()
    state = layer.step(x[:, 0])
    for t in range(1, T):
        before = {name: array.copy() for name, array in state.items()}
        after = layer.step(x[:, t], state)
        np.testing.assert_allclose(to_host(after["h"]), to_host(y[:, t]), rtol=1e-12)
        for name, array in before.items():  # a beam goes on from the same state twice
            np.testing.assert_array_equal(to_host(state[name]), to_host(array))
        state = after


@every_kind
def test_a_step_between_forward_and_backward(kind: str) -> None:
    """``step`` keeps nothing, and takes nothing away."""
    layer, x, gradient = layer_of(kind), inputs_of(), inputs_of(d=H)
    layer.forward(x)
    expected = layer.backward(gradient).copy()
    layer.forward(x)
    layer.step(x[:, 1] + 3)
    np.testing.assert_array_equal(layer.backward(gradient), expected)


@every_kind
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_of_other_sizes(kind: str, dtype: type) -> None:
    """Buffers go on from one block to the next: what they hold must not."""
    layer = layer_of(kind, dtype=dtype)
    for n, t in [(3, 5), (3, 2), (1, 7), (3, 5), (2, 1)]:
        x = inputs_of(n, t).astype(dtype)
        gradient = inputs_of(n, t, H).astype(dtype)
        fresh = layer_of(kind, dtype=dtype)
        np.testing.assert_array_equal(layer.forward(x), fresh.forward(x))
        np.testing.assert_array_equal(layer.backward(gradient), fresh.backward(gradient))
        for name, array in fresh.grads.items():
            np.testing.assert_array_equal(layer.grads[name], array)


# --- float32: the kernels -----------------------------------------------------------


@every_kind
@pytest.mark.parametrize("size", [1, 16, 50])
@pytest.mark.parametrize("n", [4, 12])
@pytest.mark.parametrize("masked", [False, True])
def test_float32_is_float64(kind: str, size: int, n: int, masked: bool) -> None:
    """What runs in the kernels against the readable code, also where gates saturate."""
    t, scale = 6, 4.0
    rough, exact = layer_of(kind, dtype=np.float32, h=size), layer_of(kind, h=size)
    for name, param in exact.params.items():
        param[...] = rough.params[name]
    x = (inputs_of(n, t) * scale).astype(np.float32)
    gradient = inputs_of(n, t, size).astype(np.float32)
    state = {k: a.astype(np.float32) for k, a in state_of(rough, n).items()}
    d_state = {k: a.astype(np.float32) for k, a in state_of(rough, n, seed=5).items()}
    mask = np.random.default_rng(1).random((n, t)) < 0.7 if masked else None
    results = []
    for layer, dtype in ((rough, np.float32), (exact, np.float64)):
        y = layer.forward(
            x.astype(dtype), state={k: a.astype(dtype) for k, a in state.items()}, mask=mask
        )
        d_x = layer.backward(
            gradient.astype(dtype),
            state_gradient={k: a.astype(dtype) for k, a in d_state.items()},
        )
        assert y.dtype == d_x.dtype == dtype
        results.append(
            {"y": y, "x": d_x}
            | {f"grads {k}": g for k, g in layer.grads.items()}
            | {f"final {k}": a for k, a in layer.final_state.items()}
            | {f"initial {k}": a for k, a in layer.initial_state_gradient.items()}
        )
    for name, expected in results[1].items():
        atol = 3e-6 * max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(results[0][name], expected, rtol=1e-4, atol=atol, err_msg=name)


# --- PyTorch ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rnn", "rnn relu", "gru", "lstm"])
def test_against_pytorch(kind: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    layer, x, gradient = layer_of(kind), inputs_of(), inputs_of(d=H)
    options = {"nonlinearity": "relu"} if "relu" in kind else {}
    module = getattr(torch.nn, kind.split()[0].upper())
    other = module(D, H, batch_first=True, dtype=torch.float64, **options)
    params = dict(layer.params)
    if "bias" in params:
        params |= {"bias_ih": params.pop("bias"), "bias_hh": np.zeros_like(layer.params["bias"])}
    with torch.no_grad():
        for name, array in params.items():
            getattr(other, f"{name}_l0").copy_(torch.tensor(array.T))
    state = state_of(layer)
    tensors = [torch.tensor(a[None], requires_grad=True) for a in state.values()]
    given = torch.tensor(x, requires_grad=True)
    expected, final = other(given, tuple(tensors) if len(tensors) > 1 else tensors[0])
    expected.backward(torch.tensor(gradient))
    np.testing.assert_allclose(layer.forward(x, state=state), expected.detach(), rtol=1e-12)
    np.testing.assert_allclose(layer.backward(gradient), given.grad, rtol=1e-9, atol=1e-14)
    final = final if isinstance(final, tuple) else (final,)
    for name, tensor, start in zip(layer.state_names, final, tensors, strict=True):
        np.testing.assert_allclose(layer.final_state[name], tensor[0].detach(), rtol=1e-12)
        found = layer.initial_state_gradient[name]
        np.testing.assert_allclose(found, start.grad[0], rtol=1e-9, atol=1e-14)
    for name, array in layer.grads.items():
        theirs = getattr(other, f"{'bias_ih' if name == 'bias' else name}_l0").grad.numpy().T
        np.testing.assert_allclose(array, theirs, rtol=1e-9, atol=1e-13)


# --- bad input ----------------------------------------------------------------------


def test_no_steps() -> None:
    layer = layer_of("lstm")
    state = state_of(layer)
    assert layer.forward(inputs_of(t=0), state=state).shape == (N, 0, H)
    np.testing.assert_array_equal(layer.final_state["c"], state["c"])
    assert layer.backward(np.zeros((N, 0, H))).shape == (N, 0, D)
    assert not layer.grads["weight_hh"].any()


def test_weights_that_do_not_fit() -> None:
    narrow = np.zeros((D, 3 * H))
    with pytest.raises(ModelError, match=r"weight_ih of this LSTM .* \(4, 24\), not \(4, 18\)"):
        LSTM(D, H, weights={"weight_ih": narrow}, rng=np.random.default_rng(1))
    with pytest.raises(ModelError, match="activation must be one of tanh, relu, not 'step'"):
        RNN(D, H, rng=np.random.default_rng(1), activation="step")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": np.zeros((2, 3, 7))}, "must have 4 features, not 7"),
        ({"state": {"h": np.zeros((2, H))}}, r"must have the arrays \{'h': \(2, 6\), 'c'"),
        ({"state": {k: np.zeros((1, H)) for k in "hc"}}, r"not \{'h': \(1, 6\)"),
        ({"mask": np.ones((3, 2), bool)}, r"mask must have the shape \(2, 3\), not \(3, 2\)"),
    ],
)
def test_input_that_does_not_fit(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        layer_of("lstm").forward(**({"x": np.zeros((2, 3, D))} | options))


@every_kind
def test_gradients_that_do_not_fit(kind: str) -> None:
    layer = layer_of(kind)
    with pytest.raises(ModelError, match="no gradient before the first forward"):
        layer.backward(inputs_of(d=H))
    layer.forward(inputs_of())
    for shape in ((1, T, H), (N, 1, H), (N, T, 1), (N, T + 1, H), (T, H)):
        with pytest.raises(ModelError, match=r"the shape of the output, \(3, 5, 6\), not"):
            layer.backward(np.zeros(shape))
    for state in ({}, {"c": np.zeros((N, H))}, dict.fromkeys(layer.state_names, np.zeros(H))):
        with pytest.raises(ModelError, match="the gradient of the state must have the arrays"):
            layer.backward(inputs_of(d=H), state_gradient=state)


@every_kind
def test_weights_of_two_types(kind: str) -> None:
    (cell, options), layer = KINDS[kind], layer_of(kind)
    weights = {name: array.astype(np.float32) for name, array in layer.params.items()}
    weights["weight_ih"] = layer.params["weight_ih"]
    with pytest.raises(ModelError, match="must be of one type, found float32 and float64"):
        CELLS[cell](D, H, weights=weights, **options)


@every_kind
def test_steps_of_another_type(kind: str) -> None:
    """The state and the input become what the weights are."""
    layer, x = layer_of(kind, dtype=np.float32), inputs_of()[:, 0]
    state = state_of(layer)
    expected = layer.step(
        x.astype(np.float32), {name: a.astype(np.float32) for name, a in state.items()}
    )
    for name, array in layer.step(x, state).items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, expected[name])


@every_kind
def test_a_step_in_threads(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = layer_of(kind, dtype=np.float32, d=D, h=20)
    x, state = inputs_of(n=7)[:, 0].astype(np.float32), state_of(layer, n=7)
    alone, threads = layer.step(x, state), set()
    monkeypatch.setattr(loop, "WORTH_THREADS", 0)
    monkeypatch.setattr(loop, "available_workers", lambda: 3)
    cell = layer._cell

    def noted(step: loop.Step) -> None:
        threads.add(len(step.gates))
        cell(step)

    monkeypatch.setattr(layer, "_cell", noted)
    for name, array in layer.step(x, state).items():
        np.testing.assert_array_equal(array, alone[name])
    assert threads == {2, 3}


@every_kind
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_layer_that_reads_its_own_output(kind: str, dtype: type) -> None:
    layer, gradient = layer_of(kind, dtype=dtype, d=H), inputs_of(d=H).astype(dtype)
    y = layer.forward(inputs_of(d=H).astype(dtype))
    expected = layer_of(kind, dtype=dtype, d=H)
    z = expected.forward(y.copy())
    np.testing.assert_array_equal(layer.forward(y), z)
    np.testing.assert_array_equal(layer.backward(gradient), expected.backward(gradient))
    for name, array in expected.grads.items():
        np.testing.assert_array_equal(layer.grads[name], array)


@every_kind
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_padding_need_be_no_number(kind: str, dtype: type) -> None:
    layer, x, gradient = layer_of(kind, dtype=dtype), inputs_of(), inputs_of(d=H).astype(dtype)
    results = []
    for filling in (0, np.nan):
        x[~MASK] = filling
        given = x.astype(dtype)
        parts = [layer.forward(given, mask=MASK).copy(), layer.backward(gradient).copy()]
        results.append([*parts, *(array.copy() for array in layer.grads.values())])
        np.testing.assert_array_equal(given, x.astype(dtype))
    for found, expected in zip(*reversed(results), strict=True):
        np.testing.assert_array_equal(found, expected)
