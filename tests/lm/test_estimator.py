"""A language model from text to text, as scikit-learn's tools and people use it."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import fields
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold

from tests.training.interrupted import interrupted_after
from wordkit.corpus.corpus import Corpus
from wordkit.errors import CorpusError, FormatError, ModelError
from wordkit.lm.estimator import LanguageModel
from wordkit.lm.fit import fit
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.settings import LMSettings, LMText, LMTraining

TEXTS = ["The cat sat on the mat.", "The dog ate, and the hen ran."] * 12
SMALL: dict[str, Any] = {
    "embedding_size": 8, "hidden_size": 16, "batch_size": 2, "bptt": 10, "lr": 0.05, "epochs": 6,
    "progress": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel(**SMALL).fit(TEXTS, valid=TEXTS[:4])


def test_the_parameters_are_those_of_the_settings() -> None:
    own = inspect.signature(LanguageModel).parameters
    settings = [field for kind in (LMSettings, LMTraining, LMText) for field in fields(kind)]
    assert own.keys() == {field.name for field in settings} | {"recipe", "progress"}
    assert all(own[field.name].default == field.default for field in settings)
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in own.values())
    for field in settings:
        assert field.metadata["parameter"].help in (LanguageModel.__doc__ or "")


def test_learns_and_writes(model: LanguageModel) -> None:
    assert model.perplexity(TEXTS) < 4 < len(model.model_.vocabulary)
    assert model.score(TEXTS) == pytest.approx(-np.log(model.perplexity(TEXTS)))
    assert model.generate("The cat", greedy=True) == "The cat sat on the mat."
    assert model.generate("The cat", greedy=True, max_tokens=2) == "The cat sat on"
    three = model.generate(samples=3, seed=5)
    assert len(three) == 3
    assert three == model.generate(samples=3, seed=5)
    assert model.generate("The dog ate", beam=3) == "The dog ate, and the hen ran."
    for options in {}, {"temperature": 0.5, "seed": 7}, {"top_k": 2}, {"top_p": 0.5}:
        assert "".join(model.stream("The", **options)) == model.generate("The", **options)


def test_what_fit_does_is_what_the_command_does(model: LanguageModel, tmp_path: Path) -> None:
    """The same numbers, from a file."""
    file = tmp_path / "text.txt"
    file.write_text("\n".join(TEXTS) + "\n")
    LanguageModel(**SMALL).fit(file, folder=tmp_path / "m")
    own = LanguageModel(**SMALL).fit(Path(file))
    again = LanguageModel.load(tmp_path / "m")
    for path, weight in own.model_.params.items():
        np.testing.assert_array_equal(again.model_.params[path], weight)
    assert again.get_params() == {**own.get_params(), "units": "words", "progress": True}


def test_history(model: LanguageModel, tmp_path: Path) -> None:
    epochs = model.history_.epochs()
    assert [row["epoch"] for row in epochs] == [1, 2, 3, 4, 5, 6]
    assert epochs[-1]["validation_perplexity"] < epochs[0]["validation_perplexity"]
    assert len(repr(model.history_).split("\n")) == 7
    assert len(model.history_[:2]) == 2
    assert model.history_.to_frame().shape[0] == len(model.history_)
    model.history_.plot(tmp_path / "loss.png")
    assert (tmp_path / "loss.png").stat().st_size > 1000


def test_saved_and_loaded(model: LanguageModel, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    again = LanguageModel.load(tmp_path / "m")
    assert again.generate("The dog", greedy=True) == model.generate("The dog", greedy=True)
    assert len(again.history_) == 0
    with pytest.raises(FormatError):
        LanguageModel.load(tmp_path)


@pytest.mark.parametrize("copied", [lambda m: pickle.loads(pickle.dumps(m)), lambda m: _joblib(m)])
def test_between_processes(model: LanguageModel, copied: Any) -> None:
    assert copied(model).perplexity(TEXTS) == model.perplexity(TEXTS)


def _joblib(model: LanguageModel) -> Any:
    return joblib.Parallel(2)(joblib.delayed(clone(model).fit)(TEXTS) for _ in range(1))[0].fit(
        TEXTS, valid=TEXTS[:4]
    )


def test_not_fitted(tmp_path: Path) -> None:
    new = LanguageModel()
    for ask in (
        lambda: new.perplexity(TEXTS), new.generate, new.stream,
        lambda: new.surprisal("a"), lambda: new.save(tmp_path / "m"),
    ):  # fmt: skip
        with pytest.raises(NotFittedError, match="this LanguageModel is not fitted yet: call fit"):
            ask()


def test_searched() -> None:
    grid = GridSearchCV(
        LanguageModel(**SMALL), {"lower": [True, False], "epochs": [1, 3]}, cv=KFold(2)
    ).fit(TEXTS)
    assert grid.best_params_["epochs"] == 3


def test_recipes() -> None:
    model = LanguageModel(recipe="ptb-small", layers=1)
    assert (model.recipe, model.layers, model.hidden_size) == ("ptb-small", 1, 200)
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(recipe="ptb-textbook", epochs=2) is model
    assert (model.hidden_size, model.epochs) == (100, 2)
    with pytest.raises(ModelError, match="no recipe is named 'mine'"):
        LanguageModel(recipe="mine")


def test_text_options_are_parameters() -> None:
    lowered = LanguageModel(**SMALL, lower=True, punctuation="drop", min_count=13).fit(TEXTS)
    assert lowered.model_.vocabulary.words == ["<unk>", "the", "<eos>"]
    assert lowered.perplexity(["THE, the!"]) > 1
    characters = LanguageModel(**SMALL, units="chars").fit(TEXTS)
    assert " " in characters.model_.vocabulary
    assert characters.generate("The ca", max_tokens=3, greedy=True)[:6] == "The ca"


def test_what_a_text_may_be() -> None:
    lists = [["a", "b", "c"]] * 30
    own = LanguageModel(**SMALL).fit(lists)
    assert own.model_.vocabulary.words == ["<eos>", "a", "b", "c"]
    assert own.perplexity(iter(["a b c"])) == own.perplexity([["a", "b", "c"]])
    corpus = Corpus.build(lists, min_count=1)
    assert "<eos>" not in LanguageModel(**SMALL).fit(corpus).model_.vocabulary
    for wrong, kind in ("a long text", "a string"), (3, "int"):
        with pytest.raises(CorpusError, match=f"list of texts or a pathlib.Path, found {kind}"):
            LanguageModel(**SMALL).fit(wrong)


def test_parameters_are_checked_by_fit() -> None:
    model = LanguageModel(**{**SMALL, "layers": 0})
    with pytest.raises(ModelError, match="layers must be a whole number from 1 to 1,000, not 0"):
        model.fit(TEXTS)
    with pytest.raises(ModelError, match="units must be one of words, chars, tokens"):
        LanguageModel(units="letters").fit(TEXTS)
    with pytest.raises(ModelError, match="beam finds one text"):
        LanguageModel(**SMALL).fit(TEXTS).generate(beam=2, samples=2)


def test_a_folder_is_trained_in_anew_or_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = LanguageModel(**SMALL).fit(TEXTS, folder=tmp_path / "a")
    with interrupted_after(20, RecurrentLanguageModel, monkeypatch):
        LanguageModel(**SMALL).fit(TEXTS, folder=tmp_path / "b")
    resumed = LanguageModel(**SMALL).fit(TEXTS, folder=tmp_path / "b", resume=True)
    anew = LanguageModel(**SMALL, units="chars").fit(TEXTS, folder=tmp_path / "b")
    assert resumed.perplexity(TEXTS) == whole.perplexity(TEXTS)
    assert " " in anew.model_.vocabulary
    assert anew.history_[0]["epoch"] <= 1
    with pytest.raises(ModelError, match="resume needs the folder"):
        LanguageModel().fit(TEXTS, resume=True)


def test_interrupted_without_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    with interrupted_after(3, RecurrentLanguageModel, monkeypatch) as caught:
        LanguageModel(**SMALL).fit(TEXTS)
    assert "give fit a folder to keep its checkpoints" in str(caught.value)


def test_a_command_does_not_replace_a_run(tmp_path: Path) -> None:
    corpus = Corpus.build(TEXTS, min_count=1)
    options: dict[str, Any] = {"training": LMTraining(epochs=1, batch_size=2)}
    fit(corpus, tmp_path / "m", **options)
    with pytest.raises(ModelError, match="resume"):
        fit(corpus, tmp_path / "m", **options)


def test_streams_have_the_defaults_of_texts() -> None:
    one, other = (
        {name: each.default for name, each in inspect.signature(method).parameters.items()}
        for method in (LanguageModel.generate, LanguageModel.stream)
    )
    assert other == {name: one[name] for name in other}
    assert one.keys() - other.keys() == {"samples", "beam"}
    assert one["max_tokens"] == 100
