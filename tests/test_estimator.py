"""Estimators without scikit-learn's parent do what those with it do."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline

from wordkit import Cbow, SkipGram
from wordkit.errors import ModelError

TEXTS = [["cat", "eats", "fish"], ["dog", "eats", "meat"]] * 30


class Lowered(TransformerMixin, BaseEstimator):
    """A step that could be anybody's."""

    def fit(self, X: list, y: object = None) -> Lowered:
        return self

    def transform(self, X: list) -> list:
        return [[word.lower() for word in text] for text in X]


def test_parameters_come_and_go() -> None:
    model = SkipGram(window=3, vector_size=4)
    assert model.get_params()["window"] == 3
    assert list(model.get_params()) == list(SkipGram().get_params())
    assert model.set_params(window=2, alpha=0.1) is model
    assert (model.window, model.alpha) == (2, 0.1)
    with pytest.raises(ModelError, match="SkipGram has no parameter 'mode': it has vector_size"):
        model.set_params(mode="mean")


def test_clones_are_as_their_models_were_before_fit() -> None:
    model = Cbow(vector_size=4, mode="sum", sample=0, epochs=1).fit(TEXTS)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "vectors_")


def test_what_is_not_a_default_is_printed() -> None:
    assert repr(SkipGram()) == "SkipGram()"
    assert repr(Cbow(window=3, mode="mean")) == "Cbow(window=3, mode='mean')"


def test_pickled_between_processes() -> None:
    model = SkipGram(vector_size=4, sample=0, epochs=1, workers=1).fit(TEXTS)
    twin = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(twin.vectors_.vectors, model.vectors_.vectors)
    assert twin.get_params() == model.get_params()


def test_in_pipelines_and_searches() -> None:
    def score(pipeline: object, X: list, y: object = None) -> float:
        return -pipeline[-1].loss_per_epoch_[-1]

    pipeline = make_pipeline(Lowered(), SkipGram(vector_size=4, sample=0, workers=1, alpha=0.5))
    search = GridSearchCV(pipeline, {"skipgram__epochs": [1, 20]}, scoring=score, cv=KFold(2))
    assert search.fit(TEXTS).best_params_ == {"skipgram__epochs": 20}


def test_scikit_learn_is_not_imported() -> None:
    program = (
        "import sys, wordkit; wordkit.SkipGram(); print({'sklearn', 'scipy'} & {*sys.modules})"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert found.stdout.split() == [b"set()"]
