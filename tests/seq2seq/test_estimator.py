"""An encoder-decoder from text to text, as scikit-learn's tools and people use it."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold

from tests.training.interrupted import interrupted_after
from wordkit.errors import CorpusError, ModelError
from wordkit.seq2seq.estimator import Seq2Seq, pairs_of
from wordkit.seq2seq.model import EncoderDecoder
from wordkit.seq2seq.settings import Seq2SeqSettings, Seq2SeqTraining

NUMBERS = {"one": "1", "two": "2", "three": "3"}
PAIRS = [(f"{a} {b}", f"{NUMBERS[a]} {NUMBERS[b]}") for a in NUMBERS for b in NUMBERS]
SMALL: dict[str, Any] = {
    "hidden_size": 32, "batch_size": 10, "lr": 0.02, "epochs": 8, "attention": "dot",
    "progress": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def model() -> Seq2Seq:
    return Seq2Seq(**SMALL).fit(PAIRS * 20, valid=PAIRS)


def test_the_parameters_are_those_of_the_settings() -> None:
    own = inspect.signature(Seq2Seq).parameters
    settings = [field for kind in (Seq2SeqSettings, Seq2SeqTraining) for field in fields(kind)]
    assert own.keys() == {field.name for field in settings} | {"progress"}
    assert all(own[field.name].default == field.default for field in settings)
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in own.values())


def test_translates(model: Seq2Seq) -> None:
    assert model.predict(["two one", "three three"]) == ["2 1", "3 3"]
    best, *others = model.translate("two one", n_best=3)
    assert best.text == "2 1"
    assert best.score > others[0].score > others[1].score
    assert model.translate(["two one"], beam=1)[0][0].text == "2 1"
    assert model.predict([]) == []
    found = model.evaluate(PAIRS)
    assert (found.exact_match, found.token_accuracy, found.pairs) == (1, 1, 9)
    assert -0.5 < model.score(PAIRS) < 0


def test_attention(model: Seq2Seq, tmp_path: Path) -> None:
    found = model.attention("two one")
    assert (found.source, found.target) == (["two", "one"], ["2", "1"])
    np.testing.assert_allclose(np.asarray(found).sum(axis=1), 1, rtol=1e-5)
    assert list(found.to_frame().columns) == ["two", "one"]
    assert repr(found) == "AttentionMap(2 target by 2 source tokens)"
    found.plot(tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 1000
    with pytest.raises(ModelError, match="the text or its translation is empty"):
        model.attention("")
    plain = Seq2Seq(**{**SMALL, "attention": "none", "epochs": 1}).fit(PAIRS)
    with pytest.raises(ModelError, match="no attention: train one with attention='dot'"):
        plain.attention("two one")


def test_what_pairs_may_be(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    file = tmp_path / "pairs.tsv"
    file.write_text("".join(f"{source}\t{target}\n" for source, target in PAIRS))
    sources, targets = zip(*PAIRS, strict=True)
    expected = [(tuple(source.split()), tuple(target.split())) for source, target in PAIRS]
    frame = pandas.DataFrame({"target": targets, "source": sources})
    lists = [(source.split(), target.split()) for source, target in PAIRS]
    for given in (PAIRS, None), (file, None), (sources, targets), (frame, None), (lists, None):
        found = pairs_of(*given, "words")
        assert [(tuple(source), tuple(target)) for source, target in found] == expected
    assert pairs_of([("ab", "c")], None, "chars") == [(("a", "b"), ("c",))]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("text", None), "expected a list of pairs of a source and a target, found str"),
        ((3, None), "target, found int"),
        ((["ab"], None), "pair 1: expected a source and a target, found 'ab'"),
        (([("a",)], None), r"pair 1: expected a source and a target, found \('a',\)"),
        (([("a", 1)], None), "pair 1: expected a string or a list of strings, found 1"),
        ((["a"], ["b", "c"]), "found 1 sources and 2 targets: expected one for each"),
    ],
)
def test_what_pairs_may_not_be(given: tuple[Any, Any], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        pairs_of(*given, "words")


def test_texts_may_not_be(model: Seq2Seq) -> None:
    for wrong, message in (
        ("two one", "found a string: put one text in a list"),
        (3, "found int"), ([3], "found a int in it"),
    ):  # fmt: skip
        with pytest.raises(ModelError, match=message):
            model.predict(wrong)  # type: ignore[arg-type]


def test_a_frame_without_columns() -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(CorpusError, match="source and target, found"):
        Seq2Seq().fit(pandas.DataFrame({"source": ["a"]}))


def test_saved_and_loaded(model: Seq2Seq, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    again = Seq2Seq.load(tmp_path / "m")
    assert again.get_params() == {**model.get_params(), "progress": True, "embedding_size": 16}
    assert again.translate("one two", n_best=2) == model.translate("one two", n_best=2)
    assert pickle.loads(pickle.dumps(model)).predict(["one two"]) == ["1 2"]


def test_not_fitted(tmp_path: Path) -> None:
    new = Seq2Seq()
    for ask in (
        lambda: new.predict(["a"]), lambda: new.translate("a"), lambda: new.attention("a"),
        lambda: new.evaluate(PAIRS), lambda: new.score(PAIRS), lambda: new.save(tmp_path / "m"),
    ):  # fmt: skip
        with pytest.raises(NotFittedError, match="this Seq2Seq is not fitted yet: call fit"):
            ask()


def test_searched() -> None:
    sources, targets = zip(*PAIRS * 4, strict=True)
    grid = GridSearchCV(Seq2Seq(**SMALL), {"epochs": [1, 4]}, cv=KFold(2))
    assert grid.fit(sources, targets).best_params_ == {"epochs": 4}
    assert clone(grid.best_estimator_).get_params() == grid.best_estimator_.get_params()


def test_a_folder_is_trained_in_anew_or_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Seq2Seq(**SMALL).fit(PAIRS * 5, folder=tmp_path / "a")
    with interrupted_after(9, EncoderDecoder, monkeypatch):
        Seq2Seq(**SMALL).fit(PAIRS * 5, folder=tmp_path / "b")
    resumed = Seq2Seq(**SMALL).fit(PAIRS * 5, folder=tmp_path / "b", resume=True)
    assert resumed.score(PAIRS) == whole.score(PAIRS)
    assert [row["step"] for row in resumed.history_] == [row["step"] for row in whole.history_]
    anew = Seq2Seq(**{**SMALL, "hidden_size": 4}).fit(PAIRS, folder=tmp_path / "b")
    assert anew.model_.settings.hidden_size == 4
    with interrupted_after(3, EncoderDecoder, monkeypatch) as caught:
        Seq2Seq(**SMALL).fit(PAIRS)
    assert "give fit a folder" in str(caught.value)
    with pytest.raises(ModelError, match="resume needs the folder"):
        Seq2Seq().fit(PAIRS, resume=True)
