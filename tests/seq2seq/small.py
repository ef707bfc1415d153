"""Pairs and models small enough for tests, and what a model should say, one word at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from wordkit.backend.arrays import to_host
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.seq2seq.fit import pair_batches
from wordkit.seq2seq.initial_weights import initial_weights
from wordkit.seq2seq.model import Seq2Seq
from wordkit.seq2seq.settings import ModelSettings
from wordkit.training.pair_batches import PairBatch

SOURCE = Vocabulary(["<unk>", "a", "b", "c"], [1, 6, 4, 2])
TARGET = Vocabulary(["<unk>", "<bos>", "<eos>", "x", "y"], [1, 0, 3, 5, 4])
SHARED = Vocabulary(["<unk>", "<bos>", "<eos>", "a", "b", "c", "x", "y"], [1, 0, 3, 6, 4, 2, 5, 4])
PAIRS = [
    (["a", "b", "c", "a"], ["x"]),
    (["c", "b"], ["y", "x", "x"]),
    (["b", "what", "a"], ["x", "y"]),
]


def small_model(*, dtype: Any = np.float64, xp: Any = np, **values: Any) -> Seq2Seq:
    """Weights large enough that everything matters."""
    settings = ModelSettings(**{"embedding_size": 3, "hidden_size": 2, **values})
    words = (SHARED, SHARED) if settings.share_vocabulary else (SOURCE, TARGET)
    rng = np.random.default_rng(1)
    weights = {
        name: xp.asarray((weight + rng.normal(0, 0.5, weight.shape)).astype(dtype))
        for name, weight in initial_weights(settings, *words, rng).items()
    }
    return Seq2Seq(settings, *words, weights)


def batch_of(model: Seq2Seq, pairs: Any = PAIRS) -> PairBatch:
    (batch,) = pair_batches(model, pairs, len(pairs), shuffle=False).epoch(0, 0)
    return batch


class Twin:
    """The model by its formulas, for one pair, a step at a time."""

    def __init__(self, model: Seq2Seq):
        self.settings = model.settings
        self.params = {name: to_host(param) for name, param in model.params.items()}
        self.layers = range(model.settings.layers)

    def log_probabilities(self, source: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
        """Of each word after those of the target, (T, V); how much each looked at the source."""
        s, p = self.settings, self.params
        memory, states = self.encode(list(source))
        peek, fed = states[-1][0], np.zeros(s.hidden_size)
        logs, looks = [], []
        for word in target:
            x = [p["target_embedding.weight"][word]]
            x += [fed] * s.input_feeding + [peek] * s.peeky
            y, states = self.layers_step("decoder", np.concatenate(x), states)
            if s.attention != "none":
                weights = softmax(np.array([self.score(y, m) for m in memory]))
                context = sum(w * m for w, m in zip(weights, memory, strict=True))
                y = fed = np.tanh(np.concatenate([context, y]) @ p["attentional.weight"])
                looks.append(weights)
            y = np.concatenate([y, peek]) if s.peeky else y
            scores = p["output.weight"] @ y + p["output.bias"]
            logs.append(np.log(softmax(scores)))
        return np.array(logs), np.array(looks)

    def encode(self, source: list[int]) -> tuple[list[np.ndarray], list]:
        """What the encoder says of each word, and the states that the decoder begins with."""
        s, p = self.settings, self.params
        xs = [p["source_embedding.weight"][word] for word in source]
        xs = xs[::-1] if s.reverse else xs
        finals = []
        for number in self.layers:
            if number == 0 and s.bidirectional:
                ahead, first = self.run("encoder.0.forward", xs, s.hidden_size // 2)
                back, second = self.run("encoder.0.backward", xs[::-1], s.hidden_size // 2)
                ys = [np.concatenate(both) for both in zip(ahead, back[::-1], strict=True)]
                joined = [np.concatenate(both) for both in zip(first, second, strict=True)]
                final = [
                    joined[k] @ p[f"bridge.{name}.weight"] + p[f"bridge.{name}.bias"]
                    for k, name in enumerate(("h", "c")[: len(joined)])
                ]
            else:
                ys, final = self.run(f"encoder.{number}", xs, s.hidden_size)
            if number and s.residual:
                ys = [y + x for y, x in zip(ys, xs, strict=True)]
            xs = ys
            finals.append(final)
        return xs[::-1] if s.reverse else xs, finals

    def run(self, name: str, xs: list, size: int) -> tuple[list, list]:
        states = [np.zeros(size)] * (2 if self.settings.cell == "lstm" else 1)
        ys = []
        for x in xs:
            states = self.cell(name, x, states)
            ys.append(states[0])
        return ys, states

    def layers_step(self, name: str, x: np.ndarray, states: list) -> tuple[np.ndarray, list]:
        after = []
        for number in self.layers:
            after.append(self.cell(f"{name}.{number}", x, states[number]))
            h = after[-1][0]
            x = x + h if number and self.settings.residual else h
        return x, after

    def cell(self, name: str, x: np.ndarray, states: list) -> list:
        own = {k.rpartition(".")[2]: w for k, w in self.params.items() if k.startswith(name + ".")}
        h, a, b = states[0], x @ own["weight_ih"], states[0] @ own["weight_hh"]
        if self.settings.cell == "lstm":
            i, f, g, o = np.split(a + b + own["bias"], 4)
            c = sigmoid(f) * states[1] + sigmoid(i) * np.tanh(g)
            return [sigmoid(o) * np.tanh(c), c]
        r, z, n = np.split(a + own["bias_ih"], 3)
        r_h, z_h, n_h = np.split(b + own["bias_hh"], 3)
        z = sigmoid(z + z_h)
        return [(1 - z) * np.tanh(n + sigmoid(r + r_h) * n_h) + z * h]

    def score(self, query: np.ndarray, word: np.ndarray) -> float:
        p, start = self.params, "attentional.attention.weight"
        if self.settings.attention == "dot":
            return float(query @ word)
        if self.settings.attention == "general":
            return float(query @ (word @ p[start]))
        inside = np.tanh(query @ p[f"{start}_query"] + word @ p[f"{start}_memory"])
        return float(inside @ p[f"{start}_score"])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum()
