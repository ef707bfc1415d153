"""What encoder-decoders do where nothing else is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parameters import defaults
from wordkit.seq2seq.decode import Translation, translate
from wordkit.seq2seq.decoder import Decoder
from wordkit.seq2seq.encoder import Encoder
from wordkit.seq2seq.evaluation import pick_examples
from wordkit.seq2seq.model import EncoderDecoder

DEFAULTS: dict[Any, dict[str, Any]] = {
    Translation: {"score": 0.0, "others": ()},
    translate: {
        "beam": 1,
        "n_best": 1,
        "length_penalty": 0.6,
        "allow_unknown": False,
        "replace_unknown": False,
        "attention": True,
    },
    EncoderDecoder: {"extra_length": 10, "seed": 1},
    Encoder.forward: {"training": False},
    Decoder.forward: {"training": False},
    pick_examples: {"count": 3},
}


@pytest.mark.parametrize("what", DEFAULTS, ids=lambda what: what.__qualname__)
def test_defaults(what: Any) -> None:
    assert defaults(what) == DEFAULTS[what]
