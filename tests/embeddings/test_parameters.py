"""Every parameter of every estimator is declared."""

from __future__ import annotations

import pytest

import wordkit
from tests.parameters import defaults_and_limits
from wordkit.checks import KINDS, parameters_of

ESTIMATORS = ["Cooccurrence", "PPMI", "SVD", "CountVectors", "SkipGram", "Cbow", "TextVectors"]


@pytest.mark.parametrize("name", [*ESTIMATORS, "TextbookWord2Vec"])
def test_numbers_and_names_have_limits(name: str) -> None:
    for parameter, declared in parameters_of(getattr(wordkit, name)).items():
        if declared.kind in KINDS and declared.kind != "bool":
            assert declared.limits is not None, parameter


@pytest.mark.parametrize("name", ESTIMATORS[3:6])
def test_what_the_command_line_offers_has_help(name: str) -> None:
    for parameter, declared in parameters_of(getattr(wordkit, name)).items():
        assert declared.help.endswith("."), parameter


@pytest.mark.parametrize("name", [*ESTIMATORS, "TextbookWord2Vec"])
def test_defaults_are_allowed(name: str) -> None:
    for parameter, declared in parameters_of(getattr(wordkit, name)).items():
        if parameter != "vectors":  # has none
            declared.check(parameter, declared.default)


WORKERS = {"workers": "None, a whole number of at least 1"}
SEED = {"seed": "1, a whole number from 0 to 4,294,967,295"}
SIZE = {"vector_size": "100, a whole number from 1 to 10,000"}
COOCCURRENCE = {
    "window": "10, a whole number from 1 to 10,000",
    "weighting": "harmonic",
    "context": "symmetric",
    "sample": "0.0001, a number from 0 to 1,000,000,000",
    "memory_mb": "1024, a number above 0",
    "progress": "True",
}
PPMI = {
    "smoothing": "0.75, a number from 0 to 10",
    "shift": "1.0, a number above 0 and at most 1,000,000",
    "base": "None, a number above 1 and at most 1,000,000",
}
SVD = {**SIZE, **SEED, "power": "0.25, a number from -10 to 10", "add_context": "False"}
WORD2VEC = {
    **SIZE, **SEED,
    "window": "5, a whole number from 1 to 1,000",
    "negative": "5, a whole number from 1 to 1,000",
    "ns_exponent": "0.75, a number from -10 to 10",
    "progress": "True",
}  # fmt: skip
TRAINED = {
    **WORD2VEC, **WORKERS,
    "loss": "ns",
    "sample": "0.0001, a number from 0 to 1,000,000,000",
    "min_alpha": "0.0001, a number from 0 to 10",
    "epochs": "10, a whole number from 1 to 100,000",
    "init": "None",
    "freeze": "False",
    "reproducible": "False",
}  # fmt: skip
DECLARED = {
    "Cooccurrence": {**COOCCURRENCE, **WORKERS},
    "PPMI": {**PPMI, **WORKERS, "positive": "True", "copy": "True"},
    "SVD": {**SVD, **WORKERS, "n_iter": "3, a whole number from 0 to 1,000"},
    "CountVectors": {**COOCCURRENCE, **PPMI, **SVD, **WORKERS, "method": "ppmi-svd"},
    "SkipGram": {
        **TRAINED, "negatives": "shared", "alpha": "0.025, a number above 0 and at most 10",
    },
    "Cbow": {**TRAINED, "mode": "word2vec", "alpha": "0.065, a number above 0 and at most 10"},
    "TextbookWord2Vec": {
        **WORD2VEC,
        "method": "skipgram",
        "loss": "negative-sampling",
        "dynamic_window": "True",
        "cbow_mode": "mean",
        "sample": "0.001, a number from 0 to 1,000,000,000",
        "alpha": "0.025, a number above 0",
        "min_alpha": "0.0001, a number of at least 0",
        "epochs": "5, a whole number from 1 to 100,000",
        "batch_size": "256, a whole number of at least 1",
        "device": "cpu",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", DECLARED)
def test_defaults_and_limits(name: str) -> None:
    assert defaults_and_limits(getattr(wordkit, name)) == DECLARED[name]
