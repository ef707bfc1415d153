"""Optimizers against their papers, a number at a time, and against PyTorch."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.base import RowGradient
from wordkit.training.descent import gradients, optimizers
from wordkit.training.descent.averaged_sgd import ASGD
from wordkit.training.descent.optimizers import (
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)
from wordkit.training.descent.options import OPTIMIZERS

RNG = np.random.default_rng(0)
V, D, STEPS = 5, 3, 6
START = RNG.normal(size=(V, D))
GRADIENTS = RNG.normal(size=(STEPS, V, D))
RATES = [0.1, 0.3, 0.2, 0.05, 0.4, 0.1]

# --- the twins: weights of one number, gradient by gradient, rate by rate -----------


def sgd(w: float, steps: Iterator) -> float:
    for g, rate in steps:
        w = w - rate * g
    return w


def decayed_sgd(w: float, steps: Iterator) -> float:
    for g, rate in steps:
        w = w - rate * (g + 0.01 * w)
    return w


def momentum(w: float, steps: Iterator) -> float:
    v = 0.0
    for g, rate in steps:
        v = 0.8 * v + g
        w = w - rate * v
    return w


def nesterov(w: float, steps: Iterator) -> float:
    """With the gradient taken at the point ahead, as the paper has it: w is that point."""
    before, velocity = w, 0.0  # where the weights are, and what moved them
    for g, rate in steps:
        velocity = 0.8 * velocity - rate * g
        before = before + velocity
        w = before + 0.8 * velocity
    return w


def adagrad(w: float, steps: Iterator) -> float:
    total = 0.0
    for g, rate in steps:
        total += g**2
        w = w - rate * g / (math.sqrt(total) + 1e-3)
    return w


def rmsprop(w: float, steps: Iterator) -> float:
    mean = 0.0
    for g, rate in steps:
        mean = 0.7 * mean + 0.3 * g**2
        w = w - rate * g / (math.sqrt(mean) + 1e-3)
    return w


def adadelta(w: float, steps: Iterator) -> float:
    mean, mean_delta = 0.0, 0.0
    for g, rate in steps:
        mean = 0.95 * mean + 0.05 * g**2
        delta = -math.sqrt(mean_delta + 1e-4) / math.sqrt(mean + 1e-4) * g
        mean_delta = 0.95 * mean_delta + 0.05 * delta**2
        w = w + rate * delta
    return w


def adam(w: float, steps: Iterator, decay: float = 0.0) -> float:
    m, v = 0.0, 0.0
    for t, (g, rate) in enumerate(steps, 1):
        w_before = w
        m = 0.8 * m + 0.2 * g
        v = 0.9 * v + 0.1 * g**2
        m_hat, v_hat = m / (1 - 0.8**t), v / (1 - 0.9**t)
        w = w - rate * m_hat / (math.sqrt(v_hat) + 1e-3) - rate * decay * w_before
    return w


def adamw(w: float, steps: Iterator) -> float:
    return adam(w, steps, decay=0.2)


ADAM: dict[str, float] = {"beta1": 0.8, "beta2": 0.9, "epsilon": 1e-3}
TWINS: list[tuple[Callable[..., Optimizer], dict[str, float], Callable[..., float]]] = [
    (SGD, {}, sgd),
    (SGD, {"weight_decay": 0.01}, decayed_sgd),
    (Momentum, {"momentum": 0.8}, momentum),
    (AdaGrad, {"epsilon": 1e-3}, adagrad),
    (RMSProp, {"rho": 0.7, "epsilon": 1e-3}, rmsprop),
    (AdaDelta, {"rho": 0.95, "epsilon": 1e-4}, adadelta),
    (Adam, ADAM, adam),
    (AdamW, {**ADAM, "weight_decay": 0.2}, adamw),
    (ASGD, {}, sgd),
]


def by_hand(twin: Callable[..., float], rates: list[float], used: Any = None) -> np.ndarray:
    """The twin, for each number; with ``used``, only the steps of its row count."""
    found = np.empty((V, D))
    for row, column in np.ndindex(V, D):
        steps = [(GRADIENTS[n, row, column], rates[n]) for n in range(STEPS)]
        if used is not None:
            steps = [step for n, step in enumerate(steps) if row in used[n]]
        found[row, column] = twin(START[row, column], steps)
    return found


@pytest.mark.parametrize(("optimizer", "options", "twin"), TWINS)
def test_against_the_paper(xp: Any, optimizer: Any, options: Any, twin: Any) -> None:
    found, w = optimizer(**options), xp.asarray(START.copy())
    for g, rate in zip(GRADIENTS, RATES, strict=True):
        found.step({"w": w}, {"w": xp.asarray(g)}, rate)
    np.testing.assert_allclose(to_host(w), by_hand(twin, RATES), rtol=1e-12)


@pytest.mark.parametrize("beta2", [0.9999, 0.999999])
def test_adam_keeps_the_digits_of_what_is_left_of_1(
    beta2: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the kernels as in NumPy."""
    rows = []
    for kernels in (True, False):
        found = Adam(beta1=beta2, beta2=beta2)
        w, g = np.zeros(4, np.float32), np.ones(4, np.float32)
        with monkeypatch.context() as context:
            if not kernels:
                context.setattr(optimizers, "fits_kernels", lambda array: False)
            found.step({"w": w}, {"w": g}, 0.1)
        rows.append([w, *found.slots["w"]])
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-6)


def test_nesterov_is_the_gradient_at_the_point_ahead() -> None:
    """For one rate: of rates that change, the literature has several readings."""
    w, found = START.copy(), Nesterov(momentum=0.8)
    for g in GRADIENTS:
        found.step({"w": w}, {"w": g}, 0.1)
    np.testing.assert_allclose(w, by_hand(nesterov, [0.1] * STEPS), rtol=1e-12)


TORCH: list[tuple[str, dict[str, Any], Callable[..., Optimizer]]] = [
    ("SGD", {}, SGD),
    ("SGD", {"momentum": 0.9}, Momentum),
    ("SGD", {"momentum": 0.9, "nesterov": True}, Nesterov),
    ("Adagrad", {}, AdaGrad),
    ("RMSprop", {}, RMSProp),
    ("Adadelta", {}, AdaDelta),
    ("Adam", {}, Adam),
    ("AdamW", {}, AdamW),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize(("name", "options", "optimizer"), TORCH)
def test_against_torch_with_its_defaults(
    name: str, options: Any, optimizer: Any, weight_decay: float, dtype: Any
) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    w = START.astype(dtype)
    param, ours = torch.nn.Parameter(torch.tensor(w)), optimizer(weight_decay=weight_decay)
    theirs = getattr(torch.optim, name)([param], lr=1.0, weight_decay=weight_decay, **options)
    for g, rate in zip(GRADIENTS.astype(dtype), RATES, strict=True):
        theirs.param_groups[0]["lr"] = rate
        param.grad = torch.tensor(g)
        theirs.step()
        ours.step({"w": w}, {"w": g}, rate)
    exact = {np.float32: {"rtol": 1e-5, "atol": 1e-6}, np.float64: {"rtol": 1e-10}}[dtype]
    np.testing.assert_allclose(w, param.detach().numpy(), **exact)


# --- rows ---------------------------------------------------------------------------

USED = [[0, 3], [3], [1, 3, 4], [0], [4, 1], [3]]


def row_gradient(xp: Any, n: int) -> RowGradient:
    """Each row twice, with a part of its gradient each time, in any order."""
    rows = np.array(USED[n])
    part = RNG.normal(size=(len(rows), D))
    return RowGradient(
        xp.asarray(np.concatenate([rows, rows[::-1]])),
        xp.asarray(np.concatenate([part, (GRADIENTS[n, rows] - part)[::-1]])),
        (V, D),
    )


@pytest.mark.parametrize(("optimizer", "options", "twin"), TWINS)
def test_rows_move_when_they_are_used(xp: Any, optimizer: Any, options: Any, twin: Any) -> None:
    found, w = optimizer(**options), xp.asarray(START.copy())
    lazy = by_hand(twin, RATES, USED)
    if optimizer in (Adam, AdamW):  # of which t counts all steps: by a gradient of zero each
        lazy = lazy_adam(options.get("weight_decay", 0.0))
    for n, rate in enumerate(RATES):
        found.step({"w": w}, {"w": row_gradient(xp, n)}, rate)
    np.testing.assert_allclose(to_host(w), lazy, rtol=1e-10)
    np.testing.assert_array_equal(to_host(w)[2], START[2])


def lazy_adam(decay: float) -> np.ndarray:
    w, m, v = START.copy(), np.zeros((V, D)), np.zeros((V, D))
    for t, (used, g, rate) in enumerate(zip(USED, GRADIENTS, RATES, strict=True), 1):
        for row in used:
            m[row] = 0.8 * m[row] + 0.2 * g[row]
            v[row] = 0.9 * v[row] + 0.1 * g[row] ** 2
            size = m[row] / (1 - 0.8**t) / (np.sqrt(v[row] / (1 - 0.9**t)) + 1e-3)
            w[row] -= rate * (size + decay * w[row])
    return w


@pytest.mark.parametrize("optimizer", [SGD, AdaGrad, ASGD])
def test_rows_are_exact_where_nothing_fades(optimizer: Callable[[], Optimizer]) -> None:
    """The module's promise: as the dense gradient would do."""
    by_rows, dense = START.copy(), START.copy()
    first, second = optimizer(), optimizer()
    for n, rate in enumerate(RATES):
        gradient = row_gradient(np, n)
        first.step({"w": by_rows}, {"w": gradient}, rate)
        second.step({"w": dense}, {"w": gradient.dense()}, rate)
    np.testing.assert_allclose(by_rows, dense, rtol=1e-12)


def test_no_row_no_move() -> None:
    w, found = START.copy(), Adam()
    none = RowGradient(np.zeros(0, np.int32), np.zeros((0, D)), (V, D))
    found.step({"w": w}, {"w": none}, 0.1)
    np.testing.assert_array_equal(w, START)


# --- sharing ------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("kinds", ["dense rows", "rows dense", "rows rows", "dense dense"])
def test_a_shared_array_moves_once_by_the_sum(xp: Any, name: str, kinds: str) -> None:
    shared, alone = xp.asarray(START.copy()), START.copy()
    found, expected = OPTIMIZERS[name](), OPTIMIZERS[name]()
    for n in range(3):
        parts = [
            row_gradient(xp, n + m) if kind == "rows" else xp.asarray(GRADIENTS[n + m].copy())
            for m, kind in enumerate(kinds.split())
        ]
        dense = [to_host(g.dense() if isinstance(g, RowGradient) else g) for g in parts]
        total: Any = dense[0] + dense[1]
        if kinds == "rows rows":
            rows = np.array(sorted({*USED[n], *USED[n + 1]}))
            total = RowGradient(rows, total[rows], (V, D))
        params = {"in": shared, "other": xp.zeros(2), "out": shared}
        grads = {"in": parts[0], "out": parts[1], "other": None}
        found.step(params, grads, 0.1)
        expected.step({"in": alone}, {"in": total}, 0.1)
    np.testing.assert_allclose(to_host(shared), alone, rtol=1e-10)
    assert found.slots.keys() == {"in"}


def test_combining_twice_is_combining_once() -> None:
    w = START.copy()
    params = {"in": w, "out": w}
    once = gradients.combined(params, {"in": row_gradient(np, 0), "out": GRADIENTS[0].copy()})
    before = once["in"].copy()
    twice = gradients.combined(params, once)
    assert twice.keys() == {"in"}
    np.testing.assert_array_equal(twice["in"], before)


# --- precision and memory -----------------------------------------------------------


@pytest.mark.parametrize("rows", [False, True], ids=["all", "rows"])
@pytest.mark.parametrize("weight_decay", [0.0, 0.2])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float32_against_float64(name: str, weight_decay: float, rows: bool) -> None:
    """Which kernels compute differently; some arrays are long enough for several threads."""
    rng = np.random.default_rng(1)
    shape = (gradients.WORTH_THREADS // 100 + 7, 101)
    start, used = rng.uniform(-1, 1, shape), np.arange(0, shape[0], 3)
    exact, single = start.copy(), start.astype(np.float32)
    first, second = (OPTIMIZERS[name](weight_decay=weight_decay) for _ in range(2))
    for rate in (0.1, 0.02, 0.05):
        # of slopes near 0, RMSProp and its kin would divide one rounding by another
        g = rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1], shape)
        given: list[Any] = [g, g.astype(np.float32)]
        if rows:
            given = [RowGradient(used, dense[used], shape) for dense in given]
        first.step({"w": exact}, {"w": given[0]}, rate)
        second.step({"w": single}, {"w": given[1]}, rate)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, exact, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("weight_decay", [0.0, 0.2])
def test_sgd_in_kernels_has_the_bits_of_numpy(weight_decay: float) -> None:
    rng = np.random.default_rng(1)
    shape = (gradients.WORTH_THREADS // 100 + 7, 101)
    w, g = (rng.normal(size=shape).astype(np.float32) for _ in range(2))
    slope = g + np.float32(weight_decay) * w
    expected = w - np.float32(0.1) * slope
    OPTIMIZERS["sgd"](weight_decay=weight_decay).step({"w": w}, {"w": g}, 0.1)
    np.testing.assert_array_equal(w, expected)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_blocks_and_layouts_change_nothing(
    name: str, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours: list[np.ndarray] = []
    for size in (1 << 14, 2 * D):
        monkeypatch.setitem(gradients._BLOCK, "host", size)
        w, found = np.array(START, np.float32, order=order), OPTIMIZERS[name]()
        for g, rate in zip(GRADIENTS.astype(np.float32), RATES, strict=True):
            found.step({"w": w}, {"w": g}, np.float64(rate))
        assert {slot.dtype for slots in found.slots.values() for slot in slots} <= {w.dtype}
        ours.append(w)
    np.testing.assert_array_equal(*ours)
    assert not np.array_equal(ours[0], START.astype(np.float32))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_state_goes_on_in_the_same_bits(xp: Any, name: str) -> None:
    whole, broken = xp.asarray(START.copy()), xp.asarray(START.copy())
    first, second, third = (OPTIMIZERS[name]() for _ in range(3))
    for n, rate in enumerate(RATES):
        g = {"w": xp.asarray(GRADIENTS[n])}
        first.step({"w": whole}, g, rate)
        (second if n < 3 else third).step({"w": broken}, g, rate)
        first.validated(float(n))
        (second if n < 3 else third).validated(float(n))
        if n == 2:
            state = second.state()
            third.load_state({k: on_host(v) for k, v in state.items()}, {"w": broken})
    np.testing.assert_array_equal(to_host(whole), to_host(broken))


def on_host(value: Any) -> Any:
    """As from a file: read-only."""
    if not hasattr(value, "shape"):
        return value
    array = to_host(value).copy()
    array.flags.writeable = False
    return array


def test_a_state_replaces_what_is_remembered() -> None:
    params, adam, fresh = {"w": START.copy()}, Adam(), Adam().state()
    adam.step(params, {"w": GRADIENTS[0]}, 0.1)
    adam.load_state(fresh, params)
    assert adam.state() == fresh


def test_a_state_is_of_one_moment() -> None:
    optimizer = ASGD()
    optimizer.validated(2.0)
    state = optimizer.state()
    optimizer.validated(1.0)
    assert state["losses"] == [2.0]


def test_the_state_of_another() -> None:
    params = {"w": START.copy()}
    adam = Adam()
    adam.step(params, {"w": GRADIENTS[0]}, 0.1)
    with pytest.raises(ModelError, match="has 'w/m', which Momentum does not know"):
        Momentum().load_state(adam.state(), params)
    with pytest.raises(ModelError, match="has no 'steps'"):
        Momentum().load_state({}, params)
    with pytest.raises(ModelError, match=r"shape \(5, 3\), the model has \(2, 3\)"):
        Adam().load_state(adam.state(), {"w": START[:2]})
    with pytest.raises(ModelError, match="is of float64 params, the model has float32"):
        Adam().load_state(adam.state(), {"w": START.astype(np.float32)})


@pytest.mark.parametrize("value", [-1, 13.0, True, None, "13", 10**400])
def test_a_count_that_is_none(value: Any) -> None:
    """Adam would divide by 1 - beta^0 after -1 steps, the mean of ASGD by none."""
    params = {"w": START.copy()}
    with pytest.raises(ModelError, match="steps must be a whole number from 0 to below"):
        Adam().load_state({**Adam().state(), "steps": value}, params)
    with pytest.raises(ModelError, match="averaged_steps must be a whole number from 0 to below"):
        ASGD().load_state({**ASGD().state(), "averaged_steps": value}, params)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Momentum(momentum=1), "momentum must be a number from 0 and below 1, not 1"),
        (lambda: Adam(beta2=-0.1), "beta2 must be"),
        (lambda: SGD(weight_decay=math.nan), "weight_decay must be a number from 0, not nan"),
        (lambda: ASGD(patience=-1), "patience must be"),
    ],
)
def test_bad_hyperparameters(make: Callable[[], Optimizer], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        make()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_limits_of_hyperparameters(name: str) -> None:
    optimizer: Any = OPTIMIZERS[name]
    for option in inspect.signature(optimizer).parameters:
        share = option in ("momentum", "rho", "beta1", "beta2")
        for value in (0, 0.999) if share else (0, 1, 1000):
            optimizer(**{option: value})
        for value in (-1e-9, math.nan, math.inf, *([1, 1.5] if share else [])):
            with pytest.raises(ModelError, match=f"{option} must be a number from 0"):
                optimizer(**{option: value})


DEFAULTS = {
    "sgd": {"weight_decay": 0.0},
    "momentum": {"momentum": 0.9, "weight_decay": 0.0},
    "nesterov": {"momentum": 0.9, "weight_decay": 0.0},
    "adagrad": {"epsilon": 1e-10, "weight_decay": 0.0},
    "rmsprop": {"rho": 0.99, "epsilon": 1e-8, "weight_decay": 0.0},
    "adadelta": {"rho": 0.9, "epsilon": 1e-6, "weight_decay": 0.0},
    "adam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0},
    "adamw": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01},
    "asgd": {"patience": 5, "weight_decay": 0.0},
}


def test_defaults() -> None:
    """PyTorch's (momentum's is what its users give it), and the n of Merity et al. 2018."""
    found = {
        name: {option: p.default for option, p in inspect.signature(optimizer).parameters.items()}
        for name, optimizer in OPTIMIZERS.items()
    }
    assert found == DEFAULTS


# --- averages -----------------------------------------------------------------------


def test_the_trigger() -> None:
    """Algorithm 1 of Merity et al. 2018: v > min over l in {0 .. t - n - 1} of logs[l]."""
    for losses, n in itertools.product(itertools.product((1.0, 2.0, 3.0), repeat=6), range(4)):
        expected = [t > n and v > min(losses[: t - n]) for t, v in enumerate(losses)]
        found, optimizer = [], ASGD(patience=n)
        for loss in losses:
            optimizer.validated(loss)
            found.append(optimizer.averaging)
        first = expected.index(True) if True in expected else len(losses)
        assert found == [t >= first for t in range(len(losses))]


@pytest.mark.parametrize("rows", [False, True])
def test_the_average_is_that_of_the_weights_since_the_trigger(xp: Any, rows: bool) -> None:
    w, optimizer, trail = xp.asarray(START.copy()), ASGD(patience=0, weight_decay=0.0), []
    for n, rate in enumerate(RATES):
        g = row_gradient(xp, n) if rows else xp.asarray(GRADIENTS[n])
        optimizer.step({"w": w}, {"w": g}, rate)
        if n == 1:
            optimizer.validated(1.0)
            optimizer.validated(2.0)
        if n >= 1:
            trail.append(to_host(w).copy())
    last = to_host(w).copy()
    with optimizer.averaged({"w": w}):
        np.testing.assert_allclose(to_host(w), np.mean(trail, axis=0), rtol=1e-12)
    np.testing.assert_array_equal(to_host(w), last)


def test_before_the_trigger_the_weights_are_their_own_average() -> None:
    w, optimizer = START.copy(), ASGD()
    optimizer.step({"w": w}, {"w": GRADIENTS[0]}, 0.1)
    before = w.copy()
    for found in (optimizer, Adam()):
        with found.averaged({"w": w}):
            np.testing.assert_array_equal(w, before)
