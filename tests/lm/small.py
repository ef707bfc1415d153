"""A text and models small enough for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from wordkit.corpus.encoded import Corpus
from wordkit.lm.initial_weights import initial_weights
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.settings import ModelSettings
from wordkit.lm.texts import UNITS

LINES = [f"the {who} {did} ," for who in ("cat", "dog", "hen", "<unk>") for did in ("ate", "ran")]


def corpus(lines: list[str] = LINES, times: int = 1) -> Corpus:
    return Corpus.build("\n".join(lines * times).split("\r"), text=UNITS["words"], min_count=1)


def small_model(
    *, dtype: Any = np.float64, xp: Any = np, **settings: Any
) -> RecurrentLanguageModel:
    """Weights large enough that everything matters."""
    chosen = ModelSettings(**{"embedding_size": 4, "hidden_size": 4, **settings})
    vocabulary = corpus().vocabulary
    rng = np.random.default_rng(1)
    weights = {
        name: xp.asarray((weight + rng.normal(0, 0.4, weight.shape)).astype(dtype))
        for name, weight in initial_weights(chosen, vocabulary, rng).items()
    }
    return RecurrentLanguageModel(chosen, vocabulary, weights)


def probabilities(model: RecurrentLanguageModel, ids: Any) -> np.ndarray:
    """p of the word after each of the ids, (T, V), by a loop over words, gate by gate."""
    params, cell = model.params, model.settings.cell
    size, layers = model.settings.hidden_size, range(model.settings.layers)
    h = {n: np.zeros(size) for n in layers}
    c = {n: np.zeros(size) for n in layers}
    found = []
    for word in ids:
        x = params["embedding.weight"][word]
        for n in layers:
            own = {k.split(".")[2]: w for k, w in params.items() if k.startswith(f"recurrent.{n}")}
            a, b = x @ own["weight_ih"], h[n] @ own["weight_hh"]
            if cell == "rnn":
                h[n] = np.tanh(a + b + own["bias"])
            elif cell == "lstm":
                i, f, g, o = np.split(a + b + own["bias"], 4)
                c[n] = sigmoid(f) * c[n] + sigmoid(i) * np.tanh(g)
                h[n] = sigmoid(o) * np.tanh(c[n])
            else:
                (r, z, new), (r_h, z_h, n_h) = (
                    np.split(a + own["bias_ih"], 3),
                    np.split(b + own["bias_hh"], 3),
                )
                z = sigmoid(z + z_h)
                h[n] = (1 - z) * np.tanh(new + sigmoid(r + r_h) * n_h) + z * h[n]
            x = h[n]
        scores = params["output.weight"] @ x + params["output.bias"]
        found.append(np.exp(scores) / np.exp(scores).sum())
    return np.array(found)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
