"""Scores are those of SciPy and gensim, unknown words counted in both ways."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from scipy.stats import spearmanr

from wordkit.corpus.datasets import fetch
from wordkit.errors import CorpusError, ModelError
from wordkit.vectors.evaluation.comparison import compare
from wordkit.vectors.evaluation.scores import evaluate, right_answers
from wordkit.vectors.evaluation.sets import (
    Analogies,
    WordPairs,
    find_evaluation_set,
    read_evaluation_set,
)
from wordkit.vectors.word_vectors import WordVectors

SIZE = 300


def random_vectors() -> WordVectors:
    matrix = np.random.default_rng(0).standard_normal((SIZE, 20), np.float32)
    return WordVectors([f"word{i}" for i in range(SIZE)], matrix)


def structured_vectors() -> WordVectors:
    """Thirty stems in ten forms, each the sum of both and some noise."""
    rng = np.random.default_rng(1)
    stems, forms = rng.standard_normal((30, 1, 20)), rng.standard_normal((1, 10, 20))
    matrix = stems + forms + 0.8 * rng.standard_normal((30, 10, 20))
    return WordVectors([f"word{i}" for i in range(SIZE)], matrix.reshape(SIZE, 20))


def sparse(vectors: WordVectors) -> WordVectors:
    matrix = np.where(vectors.vectors > 0.3, vectors.vectors, 0)
    return WordVectors(vectors.words, scipy.sparse.csr_array(matrix))


def dense(vectors: WordVectors) -> WordVectors:
    return WordVectors(vectors.words, vectors.vectors.toarray())


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    """400 pairs, some with an unknown word, some capitalised.

    None stands there twice: that would make ties, and rounding would break them.
    """
    rng = np.random.default_rng(2)
    first = rng.permutation(SIZE + 9)
    items = [(first[i], first[i - step]) for step in (1, 2) for i in range(200)]
    lines = [f"{rng.choice(['W', 'w'])}ord{a}\tword{b}\t{rng.random():.2f}" for a, b in items]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def analogies_file(tmp_path: Path) -> Path:
    """Stem 1, form 1 : stem 1, form 2 :: stem 2, form 1 : stem 2, form 2."""
    rng = np.random.default_rng(3)
    lines = []
    for section in ("family", "capitals", "gram1-plural"):
        lines.append(f": {section}")
        for _ in range(200):
            (s, t), (f, g) = rng.choice(31, 2, replace=False), rng.choice(10, 2, replace=False)
            lines.append(
                " ".join(f"Word{10 * x + y}" for x, y in [(s, f), (s, g), (t, f), (t, g)])
            )
    path = tmp_path / "questions.txt"
    path.write_text("\n".join(lines))
    return path


# --- gensim as the oracle -----------------------------------------------------------


def in_gensim(vectors: WordVectors):
    keyed = pytest.importorskip("gensim.models.keyedvectors").KeyedVectors(vectors.vector_size)
    keyed.add_vectors(vectors.words, vectors.vectors)
    return keyed


@pytest.mark.parametrize("make", [random_vectors, structured_vectors])
def test_pairs_as_gensim(make, pairs_file):
    vectors = make()
    keyed = in_gensim(vectors)
    found = evaluate(vectors, read_evaluation_set(pairs_file))
    for correlation, dummy in ((found.known, False), (found.all, True)):
        _, expected, unknown = keyed.evaluate_word_pairs(pairs_file, dummy4unknown=dummy)
        assert correlation.rho == pytest.approx(expected.statistic, abs=1e-9)
        assert correlation.p_value == pytest.approx(expected.pvalue, rel=1e-6)
        assert found.coverage == pytest.approx(1 - unknown / 100)
    assert found.known.used < found.total == found.all.used == 400


@pytest.mark.parametrize("make", [random_vectors, structured_vectors])
def test_analogies_as_gensim(make, analogies_file):
    vectors = make()
    keyed = in_gensim(vectors)
    found = evaluate(vectors, read_evaluation_set(analogies_file), restrict_vocab=None)
    accuracy, sections = keyed.evaluate_word_analogies(analogies_file)
    assert found.overall.known.accuracy == accuracy == found.score
    for mine, theirs in zip([*found.sections, found.overall], sections, strict=True):
        assert mine.correct == len(theirs["correct"])
        assert mine.known.used == len(theirs["correct"]) + len(theirs["incorrect"])
    accuracy, _ = keyed.evaluate_word_analogies(analogies_file, dummy4unknown=True)
    assert found.overall.all.accuracy == accuracy
    assert found.coverage == found.overall.known.used / 600 < 1


def test_restricted_analogies_as_gensim(analogies_file):
    # gensim leaves out the questions with a word beyond the limit, where we ask them: so
    # the right answers among its questions are the same, and we may have some more.
    vectors = structured_vectors()
    keyed = in_gensim(vectors)
    questions = read_evaluation_set(analogies_file)
    inside = {f"Word{i}" for i in range(200)}
    kept = [inside.issuperset(question) for question in questions.questions]
    within = Analogies(
        "within",
        tuple(q for q, keep in zip(questions.questions, kept, strict=True) if keep),
        tuple(s for s, keep in zip(questions.sections, kept, strict=True) if keep),
    )
    accuracy, sections = keyed.evaluate_word_analogies(analogies_file, restrict_vocab=200)
    assert evaluate(vectors, within, restrict_vocab=200).score == accuracy
    everything = evaluate(vectors, questions, restrict_vocab=200).overall
    assert everything.known.used > sum(kept)
    assert everything.correct >= len(sections[-1]["correct"]) > 0


@pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`")
def test_cosmul_as_gensim(analogies_file):
    vectors = structured_vectors()
    keyed = in_gensim(vectors)
    questions = read_evaluation_set(analogies_file)
    correct = 0
    for question in questions.questions:
        a, b, c, d = (word.lower() for word in question)
        if {a, b, c, d} <= set(vectors.words):
            [(answer, _)] = keyed.most_similar_cosmul([b, c], [a], topn=1)
            correct += answer == d
    found = evaluate(vectors, questions, method="3cosmul", restrict_vocab=None)
    assert found.overall.correct == correct > 0
    assert found.method == "3cosmul"


# --- without gensim -----------------------------------------------------------------


def test_pairs_by_hand():
    vectors = WordVectors(list("abcd"), [[1, 0], [1, 1], [0, 1], [-1, 0.5]])
    pairs = WordPairs(
        "p", (("a", "b"), ("A", "c"), ("a", "d"), ("a", "zzz")), (9.0, 5.0, 7.0, 8.0)
    )
    found = evaluate(vectors, pairs)
    assert found.known.rho == pytest.approx(spearmanr([9, 5, 7], [0.7, 0, -0.9])[0])
    assert found.all.rho == pytest.approx(spearmanr([9, 5, 7, 8], [0.7, 0, -0.9, 0])[0])
    assert (found.total, found.known.used, found.all.used, found.coverage) == (4, 3, 4, 0.75)
    assert found.score == found.known.rho


def test_a_word_is_found_as_spelt_before_in_lower_case():
    vectors = WordVectors(["us", "US", "a", "b"], [[1, 0], [0, 1], [0, 1], [1, 1]])
    pairs = WordPairs("p", (("US", "a"), ("us", "a"), ("B", "A")), (3.0, 1.0, 2.0))
    assert evaluate(vectors, pairs).known.rho == pytest.approx(1)


@pytest.mark.parametrize("make", [random_vectors, structured_vectors])
def test_sparse_vectors_score_as_the_same_dense_ones(make, pairs_file, analogies_file):
    vectors = sparse(make())
    pairs, questions = read_evaluation_set(pairs_file), read_evaluation_set(analogies_file)
    rho = evaluate(dense(vectors), pairs).known.rho
    assert evaluate(vectors, pairs).known.rho == pytest.approx(rho, abs=1e-9)
    for method in ("3cosadd", "3cosmul"):
        found = evaluate(vectors, questions, method=method)
        assert found == evaluate(dense(vectors), questions, method=method)


def test_pairs_are_computed_in_blocks(monkeypatch, pairs_file):
    test_set = read_evaluation_set(pairs_file)
    expected = evaluate(random_vectors(), test_set)
    monkeypatch.setattr("wordkit.vectors.search.BLOCK", 50)
    assert evaluate(random_vectors(), test_set) == expected


def test_subtotals_of_the_google_set(analogies_file):
    found = evaluate(structured_vectors(), read_evaluation_set(analogies_file))
    family, capitals, plural = found.sections
    semantic, syntactic = found.subtotals
    assert [s.name for s in found.sections] == ["family", "capitals", "gram1-plural"]
    assert (semantic.name, syntactic.name) == ("semantic", "syntactic")
    assert semantic.correct == family.correct + capitals.correct
    assert semantic.known.used == family.known.used + capitals.known.used
    assert (syntactic.correct, syntactic.known.used) == (plural.correct, plural.known.used)
    assert found.overall.correct == semantic.correct + syntactic.correct


def test_no_subtotals_without_syntactic_sections():
    questions = Analogies("a", (("word1", "word2", "word3", "word4"),), ("family",))
    assert evaluate(random_vectors(), questions).subtotals == ()


def test_a_section_of_unknown_words_has_no_accuracy_over_the_known():
    known, unknown = ("word1", "word2", "word3", "word4"), ("x", "y", "z", "word1")
    found = evaluate(random_vectors(), Analogies("a", (known, unknown), ("s", "t")))
    assert found.sections[1].known.used == 0
    assert found.sections[1].known.accuracy is None
    assert found.sections[1].all.accuracy == 0
    assert found.coverage == 0.5


def test_pairs_of_unknown_words_have_no_rho():
    found = evaluate(random_vectors(), WordPairs("p", (("x", "y"),) * 4, (1.0, 2.0, 3.0, 4.0)))
    assert found.score is None
    assert found.all.rho is found.all.p_value is found.all.low is None
    assert found.coverage == 0


def test_intervals_hold_the_scores_and_follow_the_seed(pairs_file, analogies_file):
    vectors = structured_vectors()
    pairs, questions = read_evaluation_set(pairs_file), read_evaluation_set(analogies_file)
    one = evaluate(vectors, pairs, seed=1)
    assert one.known.low < one.known.rho < one.known.high
    assert one == evaluate(vectors, pairs, seed=np.random.default_rng(1))
    assert one.known.low != evaluate(vectors, pairs, seed=2).known.low
    overall = evaluate(vectors, questions).overall
    assert overall.known.low < overall.known.accuracy < overall.known.high
    assert overall.all.low < overall.all.accuracy < overall.all.high


def test_the_first_30_000_words_are_asked_for_by_default(monkeypatch):
    asked = []

    def answer(vectors, questions, *, method, restrict_vocab):
        asked.append((method, restrict_vocab))
        return np.zeros(len(questions), np.int64)

    monkeypatch.setattr("wordkit.vectors.analogies.answer", answer)
    questions = Analogies("a", (("word1", "word2", "word3", "word0"),), ("s",))
    assert evaluate(random_vectors(), questions).restrict_vocab == 30_000
    compare(random_vectors(), random_vectors(), questions)
    assert right_answers(random_vectors(), questions) == [1]
    assert asked == [("3cosadd", 30_000)] * 4


def test_results_are_plain_data(pairs_file, analogies_file):
    for path in (pairs_file, analogies_file):
        found = evaluate(structured_vectors(), read_evaluation_set(path)).to_dict()
        again = json.loads(json.dumps(found, allow_nan=False))
        assert again["name"] == path.stem
        assert again["kind"] == ("pairs" if path == pairs_file else "analogies")


def test_vectors_with_nan_are_refused(pairs_file, analogies_file):
    vectors = random_vectors()
    vectors.vectors[7, 3] = np.nan
    for path in (pairs_file, analogies_file):
        with pytest.raises(ModelError, match="'word7'"):
            evaluate(vectors, read_evaluation_set(path))


# --- asked of the vectors -------------------------------------------------------------


def test_vectors_score_themselves_by_name_or_path(tmp_path: Path) -> None:
    words = [word for pair in find_evaluation_set("sample-similarity").pairs for word in pair]
    words = list(dict.fromkeys(words))
    vectors = WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 4)))
    by_name = vectors.evaluate("sample-similarity")
    assert by_name == evaluate(vectors, find_evaluation_set("sample-similarity"))
    [path] = fetch("sample-similarity")
    assert vectors.evaluate(path) == by_name
    assert repr(by_name).startswith(f"{by_name.name}: Spearman's rho {by_name.score:.3f} (")
    assert f"over the {by_name.total} known of {by_name.total} pairs" in repr(by_name)
    questions = vectors.evaluate("sample-analogies", restrict_vocab=None, method="3cosmul")
    assert questions.method == "3cosmul"
    assert repr(questions).startswith(f"sample-analogies: accuracy {questions.score:.3f} (")
    assert f"over the {questions.overall.known.used} known of" in repr(questions)


def test_what_is_not_defined_says_so() -> None:
    vectors = WordVectors(["a", "b"], np.eye(2))
    nothing = "sample-similarity: Spearman's rho undefined over the 0 known of 60 pairs"
    assert repr(vectors.evaluate("sample-similarity")).startswith(nothing)
    found = repr(vectors.evaluate("sample-analogies"))
    assert re.match(
        r"sample-analogies: accuracy undefined over the 0 known of \d+ questions", found
    )


def test_strings_are_names_and_paths_are_paths(tmp_path: Path) -> None:
    vectors = WordVectors(["a", "b"], np.eye(2))
    path = tmp_path / "mine.txt"
    path.write_text("a b 3\n")
    assert vectors.evaluate(path).name == "mine"
    with pytest.raises(CorpusError, match=r"no evaluation set called .*mine.txt.*pathlib.Path"):
        vectors.evaluate(str(path))
