"""The weights of an encoder-decoder, and what its training begins with."""

from __future__ import annotations

import numpy as np

from wordkit.corpus.vocabulary import Vocabulary
from wordkit.layers.init import orthogonal, uniform, xavier
from wordkit.seq2seq.settings import ModelSettings

GATES = {"gru": 3, "lstm": 4}
STATES = {"gru": ("h",), "lstm": ("h", "c")}
LIMIT = 0.1
"""Embeddings and output are drawn uniformly from -LIMIT to LIMIT."""

Shapes = dict[str, tuple[int, ...]]


def weight_shapes(settings: ModelSettings, sources: int, targets: int) -> Shapes:
    """The weights of a model with so many words on either side, by name.

    A shared embedding is the source's, a tied output the target's embedding.
    """
    d, h = settings.embedding_size, settings.hidden_size
    shapes: Shapes = {"source_embedding.weight": (sources, d)}
    if not settings.share_vocabulary:
        shapes["target_embedding.weight"] = (targets, d)
    shapes |= _encoder_shapes(settings)
    inputs = d + h * (settings.input_feeding + settings.peeky)
    for number in range(settings.layers):
        shapes |= _layer_shapes(f"decoder.{number}", settings.cell, h if number else inputs, h)
    shapes |= _attention_shapes(settings)
    if not settings.tie:
        shapes["output.weight"] = (targets, h * (1 + settings.peeky))
    return shapes | {"output.bias": (targets,)}


def _encoder_shapes(settings: ModelSettings) -> Shapes:
    cell, d, h = settings.cell, settings.embedding_size, settings.hidden_size
    shapes: Shapes = {}
    if settings.bidirectional:
        for direction in ("forward", "backward"):
            shapes |= _layer_shapes(f"encoder.0.{direction}", cell, d, h // 2)
        for state in STATES[cell]:
            shapes |= {f"bridge.{state}.weight": (h, h), f"bridge.{state}.bias": (h,)}
    else:
        shapes |= _layer_shapes("encoder.0", cell, d, h)
    for number in range(1, settings.layers):
        shapes |= _layer_shapes(f"encoder.{number}", cell, h, h)
    return shapes


def _layer_shapes(name: str, cell: str, inputs: int, size: int) -> Shapes:
    width = GATES[cell] * size
    biases = ("bias_ih", "bias_hh") if cell == "gru" else ("bias",)
    shapes: Shapes = {f"{name}.weight_ih": (inputs, width), f"{name}.weight_hh": (size, width)}
    return shapes | {f"{name}.{bias}": (width,) for bias in biases}


def _attention_shapes(settings: ModelSettings) -> Shapes:
    h = settings.hidden_size
    scores: dict[str, Shapes] = {
        "dot": {},
        "general": {"weight": (h, h)},
        "additive": {"weight_query": (h, h), "weight_memory": (h, h), "weight_score": (h,)},
    }
    if settings.attention == "none":
        return {}
    own = {f"attentional.attention.{k}": s for k, s in scores[settings.attention].items()}
    return own | {"attentional.weight": (2 * h, h)}


def initial_weights(
    settings: ModelSettings, source: Vocabulary, target: Vocabulary, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Weights to begin with, float32.

    Input weights are Xavier's, recurrent ones orthogonal, gate by gate. An LSTM remembers
    at first: the bias of its forget gate is 1 (Jozefowicz et al. 2015, "An Empirical
    Exploration of Recurrent Network Architectures"). The bias of the output is the
    logarithm of each word's share of the text. The bridge hands the states on as they are,
    side by side.
    """
    weights: dict[str, np.ndarray] = {}
    for name, shape in weight_shapes(settings, len(source), len(target)).items():
        weights[name] = _initial(name, shape, GATES[settings.cell], rng)
        recurrent = name.startswith(("encoder.", "decoder."))
        if settings.cell == "lstm" and recurrent and name.endswith(".bias"):
            size = shape[0] // 4
            weights[name][size : 2 * size] = 1
    counts = np.maximum(target.counts, 0.5)
    weights["output.bias"][:] = np.log(counts / counts.sum())
    return weights


def _initial(
    name: str, shape: tuple[int, ...], gates: int, rng: np.random.Generator
) -> np.ndarray:
    part, _, kind = name.rpartition(".")
    if kind.startswith("bias"):
        return np.zeros(shape, np.float32)
    if part.startswith("bridge"):
        return np.eye(*shape, dtype=np.float32)
    if part.endswith("embedding") or part == "output":
        return uniform(shape, rng, limit=LIMIT)
    if kind == "weight_score":
        return xavier((*shape, 1), rng)[:, 0]
    if kind not in ("weight_ih", "weight_hh"):
        return xavier(shape, rng)
    inputs, width = shape
    draw = xavier if kind == "weight_ih" else orthogonal
    return np.hstack([draw((inputs, width // gates), rng) for _ in range(gates)])
