"""Pairs and models small enough for tests, and what a model should say, one word at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.layers.recurrent.formulas import FORMULAS, State
from tests.layers.scores import SCORES
from wordkit.backend.arrays import to_host
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.layers.recurrent.cells import CELLS
from wordkit.seq2seq.fit import pair_batches
from wordkit.seq2seq.model import EncoderDecoder
from wordkit.seq2seq.settings import Seq2SeqSettings
from wordkit.training.pair_batches import PairBatch

SOURCE = Vocabulary(["<unk>", "a", "b", "c"], [1, 6, 4, 2])
TARGET = Vocabulary(["<unk>", "<bos>", "<eos>", "x", "y"], [1, 0, 3, 5, 4])
SHARED = Vocabulary(["<unk>", "<bos>", "<eos>", "a", "b", "c", "x", "y"], [1, 0, 3, 6, 4, 2, 5, 4])
PAIRS = [
    (["a", "b", "c", "a"], ["x"]),
    (["c", "b"], ["y", "x", "x"]),
    (["b", "what", "a"], ["x", "y"]),
]


def small_model(*, dtype: Any = np.float64, xp: Any = np, **values: Any) -> EncoderDecoder:
    """Weights large enough that everything matters."""
    settings = Seq2SeqSettings(**{"embedding_size": 3, "hidden_size": 2, **values})
    words = (SHARED, SHARED) if settings.share_vocabulary else (SOURCE, TARGET)
    rng = np.random.default_rng(1)
    return EncoderDecoder(settings, *words).replace(
        lambda _, weight: xp.asarray((weight + rng.normal(0, 0.5, weight.shape)).astype(dtype))
    )


def batch_of(model: EncoderDecoder, pairs: Any = PAIRS) -> PairBatch:
    (batch,) = pair_batches(model, pairs, batch_size=len(pairs), shuffle=False).epoch(0, 0)
    return batch._replace(sampled=model.settings.scheduled_sampling)


class Twin:
    """The model by its formulas, for one pair, a step at a time."""

    def __init__(self, model: EncoderDecoder):
        self.settings = model.settings
        self.params = {name: to_host(param) for name, param in model.params.items()}
        self.layers = range(model.settings.layers)

    def log_probabilities(self, source: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
        """Of each word after those of the target, (T, V); how much each looked at the source."""
        s, p = self.settings, self.params
        memory, states = self.encode(list(source))
        peek, fed = states[-1]["h"], np.zeros(s.hidden_size)
        logs, looks = [], []
        for word in target:
            x = [p["decoder.embedding.weight"][word]]
            x += [fed] * s.input_feeding + [peek] * s.peeky
            y, states = self.layers_step("decoder.layers", np.concatenate(x), states)
            if s.attention != "none":
                weights = softmax(np.array([self.score(y, m) for m in memory]))
                context = sum(w * m for w, m in zip(weights, memory, strict=True))
                y = fed = np.tanh(np.concatenate([context, y]) @ p["decoder.attentional.weight"])
                looks.append(weights)
            y = np.concatenate([y, peek]) if s.peeky else y
            scores = p["output.weight"] @ y + p["output.bias"]
            logs.append(np.log(softmax(scores)))
        return np.array(logs), np.array(looks)

    def encode(self, source: list[int]) -> tuple[list[np.ndarray], list]:
        """What the encoder says of each word, and the states that the decoder begins with."""
        s, p = self.settings, self.params
        xs = [p["encoder.embedding.weight"][word] for word in source]
        xs = xs[::-1] if s.reverse else xs
        finals = []
        for number in self.layers:
            if number == 0 and s.bidirectional:
                ahead, first = self.run("encoder.layers.0.forward", xs, s.hidden_size // 2)
                back, second = self.run("encoder.layers.0.backward", xs[::-1], s.hidden_size // 2)
                ys = [np.concatenate(both) for both in zip(ahead, back[::-1], strict=True)]
                final = {
                    name: np.concatenate([first[name], second[name]])
                    @ p[f"encoder.bridge.{name}.weight"]
                    + p[f"encoder.bridge.{name}.bias"]
                    for name in first
                }
            else:
                ys, final = self.run(f"encoder.layers.{number}", xs, s.hidden_size)
            if number and s.residual:
                ys = [y + x for y, x in zip(ys, xs, strict=True)]
            xs = ys
            finals.append(final)
        return xs[::-1] if s.reverse else xs, finals

    def run(self, name: str, xs: list, size: int) -> tuple[list, State]:
        state = dict.fromkeys(CELLS[self.settings.cell].state_names, np.zeros(size))
        ys = []
        for x in xs:
            state = self.cell(name, x, state)
            ys.append(state["h"])
        return ys, state

    def layers_step(self, name: str, x: np.ndarray, states: list) -> tuple[np.ndarray, list]:
        after = []
        for number in self.layers:
            after.append(self.cell(f"{name}.{number}", x, states[number]))
            h = after[-1]["h"]
            x = x + h if number and self.settings.residual else h
        return x, after

    def cell(self, name: str, x: np.ndarray, state: State) -> State:
        return FORMULAS[self.settings.cell](self.under(name), x, state)

    def score(self, query: np.ndarray, word: np.ndarray) -> float:
        weights = self.under("decoder.attentional.attention")
        return SCORES[self.settings.attention](weights, query, word)

    def under(self, name: str) -> dict[str, np.ndarray]:
        start = name + "."
        return {k.removeprefix(start): w for k, w in self.params.items() if k.startswith(start)}


def softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum()
