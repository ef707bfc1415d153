"""One step of each cell for one sequence, as its paper has it: from x (D,) and a state to a state.

A new cell in ``CELLS`` needs its formula here: then it is tested by itself, in language models
and in encoder-decoders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

State = dict[str, np.ndarray]
Weights = Mapping[str, np.ndarray]


def rnn(w: Weights, x: np.ndarray, state: State, activation: str = "tanh") -> State:
    a = x @ w["weight_ih"] + state["h"] @ w["weight_hh"] + w["bias"]
    return {"h": np.tanh(a) if activation == "tanh" else np.where(a > 0, a, 0)}


def gru(w: Weights, x: np.ndarray, state: State) -> State:
    h = state["h"]
    r, z, n = np.split(x @ w["weight_ih"] + w["bias_ih"], 3)
    r_h, z_h, n_h = np.split(h @ w["weight_hh"] + w["bias_hh"], 3)
    r, z = sigmoid(r + r_h), sigmoid(z + z_h)
    return {"h": (1 - z) * np.tanh(n + r * n_h) + z * h}


def lstm(w: Weights, x: np.ndarray, state: State, peephole: bool = False) -> State:
    h, c = state["h"], state["c"]
    i, f, g, o = np.split(x @ w["weight_ih"] + h @ w["weight_hh"] + w["bias"], 4)
    p_i, p_f, p_o = w["peephole"] if peephole else np.zeros((3, len(h)))
    after = sigmoid(f + p_f * c) * c + sigmoid(i + p_i * c) * np.tanh(g)
    return {"h": sigmoid(o + p_o * after) * np.tanh(after), "c": after}


def mgu(w: Weights, x: np.ndarray, state: State) -> State:
    h = state["h"]
    f, n = np.split(x @ w["weight_ih"] + w["bias_ih"], 2)
    f_h, n_h = np.split(h @ w["weight_hh"] + w["bias_hh"], 2)
    f = sigmoid(f + f_h)
    return {"h": (1 - f) * h + f * np.tanh(n + f * n_h)}


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


FORMULAS: dict[str, Callable[..., State]] = {"rnn": rnn, "gru": gru, "lstm": lstm, "mgu": mgu}
