"""Every parameter of every estimator is declared."""

from __future__ import annotations

import pytest

import wordkit
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
