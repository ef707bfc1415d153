"""What a Python programmer would write, as it stands, on a text of their own."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from wordkit.errors import CorpusError
from wordkit.vectors.evaluation.sets import find_evaluation_set

SESSION = """
import wordkit as wk
from wordkit import Corpus, SkipGram, LanguageModel, Seq2Seq

corpus = Corpus.from_files("books/", unwrap=True)
train, valid, test = corpus.split(0.8, 0.1, 0.1, seed=1)
vectors = SkipGram(epochs=5).fit(corpus).vectors_
vectors.most_similar("whale"); vectors.similarity("whale", "ship")
vectors.plot(around="whale")
vectors.evaluate("ws353"); vectors.to_frame()

model = LanguageModel(hidden_size=200, layers=2, tie=True, epochs=5)
model.fit(train, valid=valid)
model.history_.plot()
model.perplexity(test)
model.generate("It was a dark", max_tokens=50, temperature=0.8)
for piece in model.stream("Call me", max_tokens=200): print(piece, end="")
model.surprisal("It was a dark and stormy night.")
model.save("model"); model = wk.load("model")

pairs = wk.datasets.dates(20_000)
train, valid = pairs.split(0.9, 0.1, seed=1)
dates = Seq2Seq(units="chars", attention="dot", epochs=5).fit(train, valid=valid)
dates.predict(["saturday, november 21, 2026"])
dates.translate("11/21/26", beam=5, n_best=3)
dates.attention("jan 3 2031").plot("map.png")
dates.evaluate(valid)
"""
WORDS = "it was a dark and stormy night when the whale met the ship of the captain call me ishmael"


def book(words: list[str]) -> str:
    """Paragraphs of lines that are broken at 70 columns."""
    sentences = [" ".join([*words[n:], *words[:n]]).capitalize() + "." for n in range(len(words))]
    return "\n\n".join(textwrap.fill(" ".join(sentences[n:] + sentences[:n])) for n in range(12))


def evaluation_set_is_there() -> bool:
    try:
        find_evaluation_set("ws353")
    except CorpusError:
        return False
    return True


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"hidden_size=200": "hidden_size=16", "20_000": "3_000",
                      "epochs=5)": "epochs=2)"}, id="small"),
        pytest.param({}, id="as it stands", marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_it_runs(tmp_path: Path, changes: dict[str, str]) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("pandas")
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "one.txt").write_text(book(WORDS.split()))
    (tmp_path / "books" / "two.txt").write_text(book(WORDS.split()[::-1]))
    code = (
        SESSION
        if evaluation_set_is_there()
        else SESSION.replace('vectors.evaluate("ws353"); ', "")
    )
    for old, new in changes.items():
        assert old in code
        code = code.replace(old, new)
    code += "print(); print(dates.predict(['november 21, 2026'])[0])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Call me")
    assert (tmp_path / "map.png").exists()
    assert re.search(r"epoch 1 of \d: perplexity [\d.]+, validation [\d.]+, rate ", done.stderr)
    if not changes:
        assert done.stdout.endswith("2026-11-21\n")
