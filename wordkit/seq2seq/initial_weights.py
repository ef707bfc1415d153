"""The weights of an encoder-decoder, and what its training begins with."""

from __future__ import annotations

import numpy as np

from wordkit.corpus.vocabulary import Vocabulary
from wordkit.layers.init import uniform, xavier
from wordkit.layers.recurrent.weights import Shapes, initial_recurrent, recurrent_shapes
from wordkit.seq2seq.settings import ModelSettings

STATES = {"gru": ("h",), "lstm": ("h", "c")}
LIMIT = 0.1
"""Embeddings and output are drawn uniformly from -LIMIT to LIMIT."""


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
        shapes |= recurrent_shapes(f"decoder.{number}", settings.cell, h if number else inputs, h)
    shapes |= _attention_shapes(settings)
    if not settings.tie:
        shapes["output.weight"] = (targets, h * (1 + settings.peeky))
    return shapes | {"output.bias": (targets,)}


def _encoder_shapes(settings: ModelSettings) -> Shapes:
    cell, d, h = settings.cell, settings.embedding_size, settings.hidden_size
    shapes: Shapes = {}
    if settings.bidirectional:
        for direction in ("forward", "backward"):
            shapes |= recurrent_shapes(f"encoder.0.{direction}", cell, d, h // 2)
        for state in STATES[cell]:
            shapes |= {f"bridge.{state}.weight": (h, h), f"bridge.{state}.bias": (h,)}
    else:
        shapes |= recurrent_shapes("encoder.0", cell, d, h)
    for number in range(1, settings.layers):
        shapes |= recurrent_shapes(f"encoder.{number}", cell, h, h)
    return shapes


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

    The bias of the output is the logarithm of each word's share of the text. The bridge
    hands the states on as they are, side by side. For the recurrent layers see
    ``initial_recurrent``.
    """
    weights = {
        name: _initial(name, shape, settings.cell, rng)
        for name, shape in weight_shapes(settings, len(source), len(target)).items()
    }
    counts = np.maximum(target.counts, 0.5)
    weights["output.bias"][:] = np.log(counts / counts.sum())
    return weights


def _initial(name: str, shape: tuple[int, ...], cell: str, rng: np.random.Generator) -> np.ndarray:
    part, _, kind = name.rpartition(".")
    if part.startswith(("encoder", "decoder")):
        return initial_recurrent(name, shape, cell, rng)
    if kind == "bias":
        return np.zeros(shape, np.float32)
    if part.startswith("bridge"):
        return np.eye(*shape, dtype=np.float32)
    if part.endswith("embedding") or part == "output":
        return uniform(shape, rng, limit=LIMIT)
    if kind == "weight_score":
        return xavier((*shape, 1), rng)[:, 0]
    return xavier(shape, rng)
