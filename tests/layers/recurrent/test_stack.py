"""Stacks and bidirectional layers against their parts, differences, and PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.layers.recurrent.test_cells import (
    MASK,
    D,
    H,
    N,
    T,
    Whole,
    inputs_of,
    layer_of,
    on,
)
from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.dropout import Dropout, WeightDrop
from wordkit.layers.gradient_check import check_gradients
from wordkit.layers.recurrent.rnn import RNN
from wordkit.layers.recurrent.stack import Bidirectional, Stack

STACK_STATE = ("0.h", "0.c", "1.h")
BOTH_STATE = ("forward.h", "forward.c", "backward.h")


def stack_of(xp: Any = np, **options: Any) -> Stack:
    return Stack([layer_of("lstm", xp), layer_of("gru", xp, d=H)], **options)


def both_of(xp: Any = np) -> Bidirectional:
    return Bidirectional(layer_of("lstm", xp), layer_of("rnn", xp, h=3))


def state_of(names: tuple[str, ...], sizes: dict[str, int] | None = None) -> dict:
    rng = np.random.default_rng(8)
    return {name: rng.normal(size=(N, (sizes or {}).get(name, H))) for name in names}


def test_a_stack_is_its_layers(xp: Any) -> None:
    stack, x, state = stack_of(xp), xp.asarray(inputs_of()), on(xp, state_of(STACK_STATE))
    below, above = layer_of("lstm", xp), layer_of("gru", xp, d=H)
    low = below.forward(x, state={"h": state["0.h"], "c": state["0.c"]})
    y = above.forward(low, state={"h": state["1.h"]})
    np.testing.assert_array_equal(to_host(stack.forward(x, state=state)), to_host(y))
    assert tuple(stack.final_state) == STACK_STATE
    np.testing.assert_array_equal(
        to_host(stack.final_state["0.c"]), to_host(below.final_state["c"])
    )
    assert stack.params["1.weight_hh"] is stack.layers[1].params["weight_hh"]


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
def test_stack_gradients(residual: bool, mask: np.ndarray | None) -> None:
    stack = stack_of(residual=residual)
    check_gradients(Whole(stack, STACK_STATE, mask), inputs_of(), *state_of(STACK_STATE).values())


class SameMasks(Dropout):
    """Dropout that draws the same masks at each call."""

    def forward(self, x: Any, *, training: bool = False) -> Any:
        self.rng = np.random.default_rng(0)
        return super().forward(x, training=training)


@pytest.mark.parametrize("residual", [False, True])
def test_dropout_between(residual: bool) -> None:
    stack = stack_of(residual=residual, dropout=[SameMasks(0.5, np.random.default_rng(0))])
    plain, x = stack_of(residual=residual), inputs_of()
    np.testing.assert_array_equal(stack.forward(x), plain.forward(x))
    assert not np.allclose(stack.forward(x, training=True), plain.forward(x))
    check_gradients(Whole(stack, STACK_STATE), x, *state_of(STACK_STATE).values())


@pytest.mark.parametrize("residual", [False, True])
def test_stack_steps(xp: Any, residual: bool) -> None:
    stack, x = stack_of(xp, residual=residual), xp.asarray(inputs_of())
    y, state = stack.forward(x).copy(), None
    for t in range(T):
        state = stack.step(x[:, t], state)
        found = to_host(stack.output(state))
        np.testing.assert_allclose(found, to_host(y[:, t]), rtol=1e-12)
    assert state is not None
    np.testing.assert_allclose(
        to_host(state["0.c"]), to_host(stack.final_state["0.c"]), rtol=1e-12
    )


def test_backwards_is_forwards_reversed(xp: Any) -> None:
    """A sequence that is shorter than the block reads as it would alone."""
    both, x, mask = both_of(xp), inputs_of(), MASK[:2]
    y = to_host(both.forward(xp.asarray(x[:2]), mask=xp.asarray(mask)))
    assert y.shape == (2, T, H + 3)
    one = layer_of("lstm", xp).forward(xp.asarray(x[:1]))
    np.testing.assert_allclose(y[:1, :, :H], to_host(one), rtol=1e-12)
    reverse = layer_of("rnn", xp, h=3)
    short = to_host(reverse.forward(xp.asarray(x[1:2, 2::-1].copy())))
    np.testing.assert_allclose(y[1:, :3, H:], short[:, ::-1], rtol=1e-12)
    np.testing.assert_allclose(
        to_host(both.final_state["backward.h"])[1], short[0, -1], rtol=1e-12
    )


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
def test_bidirectional_gradients(mask: np.ndarray | None) -> None:
    state = state_of(BOTH_STATE, {"backward.h": 3})
    check_gradients(Whole(both_of(), BOTH_STATE, mask), inputs_of(), *state.values())


def test_a_stack_of_both(xp: Any) -> None:
    stack = Stack([both_of(xp), layer_of("gru", xp, d=H + 3)])
    check_gradients(stack, xp.asarray(inputs_of(2, 3)))
    assert "0.backward.weight_hh" in stack.grads
    assert "0.forward.c" in stack.final_state
    assert "0.forward.c" in stack.initial_state_gradient


def test_against_pytorch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    other = torch.nn.LSTM(
        D, H, 2, batch_first=True, bidirectional=True, dtype=torch.float64, bias=False
    )
    layers = []
    for number in range(2):
        pair = []
        for suffix in ("", "_reverse"):
            layer = layer_of("lstm", d=2 * H if number else D)
            layer.params["bias"][...] = 0
            for name in ("weight_ih", "weight_hh"):
                weight = getattr(other, f"{name}_l{number}{suffix}").detach().numpy()
                layer.params[name][...] = weight.T
            pair.append(layer)
        layers.append(Bidirectional(*pair))
    stack, x, gradient = Stack(layers), inputs_of(), inputs_of(d=2 * H)
    expected, _ = other(torch.tensor(x))
    expected.backward(torch.tensor(gradient))
    np.testing.assert_allclose(stack.forward(x), expected.detach(), rtol=1e-11)
    stack.backward(gradient)
    theirs = other.weight_ih_l0_reverse.grad.numpy().T
    np.testing.assert_allclose(stack.grads["0.backward.weight_ih"], theirs, rtol=1e-9)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("rate", [0, 0.5])
def test_step_by_step(xp: Any, residual: bool, rate: float) -> None:
    """The same as in one block, gradients and dropout too, also a second time."""
    x, d_y = xp.asarray(inputs_of()), xp.asarray(inputs_of(d=H))
    state, d_state = (on(xp, state_of(STACK_STATE)) for _ in range(2))
    whole, stepwise = (
        stack_of(xp, residual=residual, dropout=[Dropout(rate, np.random.default_rng(3))])
        for _ in range(2)
    )
    for _ in range(2):
        y = whole.forward(x, state=state, training=True)
        d_x = whole.backward(d_y, state_gradient=d_state)
        stepwise.begin(N, T, state, training=True)
        for t in range(T):
            h = stepwise.advance(x[:, t])
            np.testing.assert_allclose(to_host(h), to_host(y[:, t]), rtol=1e-12)
        stepwise.begin_backward(d_state)
        for t in reversed(range(T)):
            found = to_host(stepwise.retreat(d_y[:, t]))
            np.testing.assert_allclose(found, to_host(d_x[:, t]), rtol=1e-9, atol=1e-12)
        stepwise.end_backward()
        for of in ("final_state", "grads", "initial_state_gradient"):
            expected, arrays = getattr(whole, of), getattr(stepwise, of)
            assert arrays.keys() == expected.keys()
            for name, array in arrays.items():
                np.testing.assert_allclose(to_host(array), to_host(expected[name]), rtol=1e-9)


def test_one_step_of_both() -> None:
    with pytest.raises(ModelError, match="reads from both ends"):
        both_of().step(np.zeros((N, D)))


def test_stacks_that_do_not_fit() -> None:
    with pytest.raises(ModelError, match="at least one layer"):
        Stack([])
    with pytest.raises(ModelError, match="between 2 layers there must be 1 of dropout, not 2"):
        stack_of(dropout=[Dropout(0.5, np.random.default_rng(0))] * 2)
    with pytest.raises(ModelError, match="all layers must be of one size"):
        Stack([layer_of("rnn"), layer_of("rnn", d=H, h=2)], residual=True).forward(inputs_of())
    with pytest.raises(ModelError, match="must be of the layers 0, 1, found '2"):
        stack_of().forward(inputs_of(), state={"2.h": np.zeros((N, H))})


def test_a_stack_that_reads_its_own_output() -> None:
    """What the highest layer is about to overwrite, the lowest still needs."""
    stack, twin = (Stack([layer_of("lstm", d=H), layer_of("gru", d=H)]) for _ in range(2))
    y, gradient = stack.forward(inputs_of(d=H)), inputs_of(d=H) + 1
    z = twin.forward(y.copy())
    np.testing.assert_array_equal(stack.forward(y), z)
    np.testing.assert_array_equal(stack.backward(gradient), twin.backward(gradient))
    for name, array in twin.grads.items():
        np.testing.assert_array_equal(stack.grads[name], array)


def test_gradients_before_there_are_any() -> None:
    for layer, width in ((stack_of(), H), (both_of(), H + 3)):
        with pytest.raises(ModelError, match="no gradient before the first forward"):
            layer.backward(np.zeros((N, 5, width)))
        layer.forward(inputs_of())
        with pytest.raises(ModelError, match="the gradient must have the shape of the output"):
            layer.backward(np.zeros((N, 5, width + 1)))


def test_a_layer_in_two_places() -> None:
    layer, drop = layer_of("rnn", d=H), Dropout(0.5, np.random.default_rng(0))
    dropped = WeightDrop(layer, "weight_hh", 0.5, np.random.default_rng(0))
    for make in (
        lambda: Stack([layer, layer]),
        lambda: Bidirectional(layer, layer),
        lambda: Stack([dropped, layer]),
        lambda: Stack([Bidirectional(layer_of("rnn"), layer), layer]),
        lambda: Stack([layer_of("rnn", d=H) for _ in range(3)], dropout=[drop, drop]),
    ):
        with pytest.raises(ModelError, match="share the arrays, not the layer"):
            make()
    Stack([layer, RNN(*layer.params["weight_ih"].shape, weights=layer.params)])


def test_steps_out_of_turn() -> None:
    stack, x, d_y = stack_of(), inputs_of(), inputs_of(d=H)
    for early in (lambda: stack.advance(x[:, 0]), lambda: stack.retreat(d_y[:, 0])):
        with pytest.raises(ModelError, match="is out of turn"):
            early()
    stack.begin(N, T)
    with pytest.raises(ModelError, match="begin_backward is out of turn"):
        stack.begin_backward()
    for t in range(T):
        stack.advance(x[:, t])
    stack.begin_backward()
    with pytest.raises(ModelError, match="the gradient of a step must have the shape"):
        stack.retreat(d_y[:1, 0])
    for t in reversed(range(T)):
        stack.retreat(d_y[:, t])
    with pytest.raises(ModelError, match="retreat is out of turn"):
        stack.retreat(d_y[:, 0])
    stack.end_backward()
    twin = stack_of()
    twin.forward(x)
    twin.backward(d_y)
    for name, array in twin.grads.items():
        np.testing.assert_allclose(stack.grads[name], array, rtol=1e-9)
