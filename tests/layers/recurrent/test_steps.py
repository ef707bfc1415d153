"""Recurrent layers step by step: what is called out of turn is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.layers.recurrent.test_cells import D, H, N, every_kind, inputs_of, layer_of
from wordkit.errors import ModelError
from wordkit.layers.recurrent.loop import Recurrent

STEPS = 2
X, BY_H = inputs_of()[:, 0], inputs_of(d=H)[:, 0]


def advanced(kind: str = "lstm", steps: int = STEPS) -> Recurrent:
    """A layer that was told of two steps and has made some."""
    layer = layer_of(kind)
    layer.begin(N, STEPS)
    for _ in range(steps):
        layer.advance(X)
    return layer


@every_kind
def test_before_begin_and_after_forward(kind: str) -> None:
    for layer in (layer_of(kind), layer_of(kind), advanced(kind)):
        for call, arguments in (
            ("advance", (X,)),
            ("begin_backward", ()),
            ("retreat", (BY_H,)),
            ("end_backward", ()),
        ):
            layer.forward(inputs_of())
            with pytest.raises(ModelError, match=f"{call} is out of turn: step by step it is"):
                getattr(layer, call)(*arguments)


def test_steps_that_are_missing_or_too_many() -> None:
    layer = advanced(steps=STEPS - 1)
    for call in (layer.begin_backward, lambda: layer.backward(np.zeros((N, STEPS, H)))):
        with pytest.raises(ModelError, match="backward is out of turn"):
            call()
    layer.advance(X)
    with pytest.raises(ModelError, match="advance is out of turn"):
        layer.advance(X)
    layer.begin_backward()
    layer.retreat(BY_H)
    with pytest.raises(ModelError, match="end_backward is out of turn"):
        layer.end_backward()
    layer.retreat(BY_H)
    with pytest.raises(ModelError, match="retreat is out of turn"):
        layer.retreat(BY_H)
    layer.end_backward()


def test_one_row_for_all() -> None:
    layer = advanced(steps=STEPS - 1)
    with pytest.raises(ModelError, match=r"input of a step must .* \(3, 4\), not \(1, 4\)"):
        layer.advance(np.ones((1, D)))
    layer.advance(X)
    layer.begin_backward()
    with pytest.raises(ModelError, match=r"gradient of a step must .* \(3, 6\), not \(1, 6\)"):
        layer.retreat(np.ones((1, H)))
    layer.retreat(BY_H)


def test_blocks_of_too_few_axes() -> None:
    with pytest.raises(ModelError, match=r"must be \(N, T, D\), not of shape \(3, 4\)"):
        layer_of("gru").forward(X)
    with pytest.raises(ModelError, match=r"must be \(N, D\), not of shape \(3, 5, 4\)"):
        layer_of("gru").step(inputs_of())
