"""What language models do where nothing else is asked for. Of settings, see ``test_settings``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parameters import defaults
from wordkit.lm.generate import beam_search, generate
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.ngram import NGramModel
from wordkit.lm.perplexity import score_text
from wordkit.lm.sampling import Sampling
from wordkit.lm.spacing import joined
from wordkit.lm.texts import UNITS

DEFAULTS: dict[Any, dict[str, Any]] = {
    Sampling: {"temperature": 1.0, "greedy": False},
    generate: {"samples": 1, "seed": 1, "stop": True, "ban_unk": True},
    beam_search: {"width": 5, "stop": True, "ban_unk": True},
    RecurrentLanguageModel: {"text": UNITS["tokens"], "seed": 1},
    RecurrentLanguageModel.hidden: {"training": False},
    NGramModel: {"order": 5},
    score_text: {"oov": 0},
    joined: {"characters": False},
}


@pytest.mark.parametrize("what", DEFAULTS, ids=lambda what: what.__qualname__)
def test_defaults(what: Any) -> None:
    assert defaults(what) == DEFAULTS[what]
