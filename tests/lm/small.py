"""A text and models small enough for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.layers.recurrent.formulas import FORMULAS
from wordkit.corpus.corpus import Corpus
from wordkit.layers.recurrent.cells import CELLS
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.settings import LMSettings
from wordkit.lm.texts import UNITS

LINES = [f"the {who} {did} ," for who in ("cat", "dog", "hen", "<unk>") for did in ("ate", "ran")]


def corpus(lines: list[str] = LINES, times: int = 1) -> Corpus:
    return Corpus.build("\n".join(lines * times).split("\r"), text=UNITS["tokens"], min_count=1)


def small_model(
    *, dtype: Any = np.float64, xp: Any = np, **settings: Any
) -> RecurrentLanguageModel:
    """Weights large enough that everything matters."""
    chosen = LMSettings(**{"embedding_size": 4, "hidden_size": 4, **settings})
    vocabulary = corpus().vocabulary
    rng = np.random.default_rng(1)
    return RecurrentLanguageModel(chosen, vocabulary).replace(
        lambda _, weight: xp.asarray((weight + rng.normal(0, 0.4, weight.shape)).astype(dtype))
    )


def probabilities(model: RecurrentLanguageModel, ids: Any) -> np.ndarray:
    """p of the word after each of the ids, (T, V), by a loop over words, gate by gate."""
    params, formula = model.params, FORMULAS[model.settings.cell]
    names, size = CELLS[model.settings.cell].state_names, model.settings.hidden_size
    states = [dict.fromkeys(names, np.zeros(size)) for _ in range(model.settings.layers)]
    found = []
    for word in ids:
        x = params["embedding.weight"][word]
        for n, state in enumerate(states):
            start = f"recurrent.{n}."
            own = {k.removeprefix(start): w for k, w in params.items() if k.startswith(start)}
            states[n] = formula(own, x, state)
            x = states[n]["h"]
        scores = params["output.weight"] @ x + params["output.bias"]
        found.append(np.exp(scores) / np.exp(scores).sum())
    return np.array(found)
