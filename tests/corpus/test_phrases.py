"""Phrases against their definition in plain Python, against gensim and against NLTK."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.collocations import BigramCollocationFinder
from nltk.metrics import BigramAssocMeasures

from wordkit.corpus import collocations
from wordkit.corpus.corpus import Corpus
from wordkit.corpus.phrases import Phrase, apart, join_phrases
from wordkit.corpus.text import TextOptions
from wordkit.errors import CorpusError, FormatError

Documents = list[list[str]]
PLAIN: dict = {"connectors": (), "stop_words": True}
"""All pairs are alike."""


def texts(corpus: Corpus) -> Documents:
    return [corpus.document(n) for n in range(corpus.documents)]


def zipf_documents(seed: int = 1) -> Documents:
    """Text in which some words are followed by a favourite more often than by chance."""
    rng = np.random.default_rng(seed)
    ids = np.minimum(rng.zipf(1.3, 12_000), 300)
    favoured = rng.random(len(ids) - 1) < 0.15
    ids[1:][favoured] = ids[:-1][favoured] * 7 % 300
    words = [f"w{i}" for i in ids]
    cuts = sorted({0, len(words), *rng.integers(0, len(words), 400).tolist()})
    return [words[a:b] for a, b in pairwise(cuts)]


# --- against plain Python -----------------------------------------------------------


def pair_at(document: list[str], place: int, connectors: set[str]) -> tuple[str, ...]:
    """Two words with at most two connectors between them; () if none begins here."""
    for end in range(place + 2, min(place + 4, len(document)) + 1):
        if document[place] in connectors:
            break
        if document[end - 1] not in connectors:
            return tuple(document[place:end])
    return ()


def twin_pass(
    documents: Documents, score: str, threshold: float, min_count: int, connectors: set[str]
) -> tuple[Documents, list[Phrase]]:
    words = Counter(word for document in documents for word in document)
    total = sum(words.values())
    words = Counter({word: n for word, n in words.items() if word not in connectors})
    pairs = Counter(
        pair
        for document in documents
        for place in range(len(document))
        if (pair := pair_at(document, place, connectors))
    )
    good = {}
    for pair, n in pairs.items():
        a, b = pair[0], pair[-1]
        if score == "npmi":
            value = math.log(n * total / (words[a] * words[b])) / -math.log(n / total)
        else:
            value = (n - min_count) / (words[a] * words[b]) * (len(words) + len(pairs))
        if n >= min_count and value > threshold and "<eos>" not in (a, b):
            good[pair] = value
    joined, times = [], Counter()
    for document in documents:
        out, place = [], 0
        while place < len(document):
            pair = pair_at(document, place, connectors)
            if pair in good:
                times[pair] += 1
                out.append("_".join(pair))
                place += len(pair) - 1
            else:
                out.append(document[place])
            place += 1
        joined.append(out)
    return joined, [Phrase("_".join(pair), n, good[pair]) for pair, n in times.items()]


@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "c", "d", "a_b", "<eos>"]), min_size=1, max_size=12),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([("npmi", 0.1234567), ("npmi", 0.4321), ("word2vec", 0.77777123)]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(1, 20),
    st.sampled_from([[], ["c"], ["d", "c"], ["a_b", "nowhere"]]),
)
@settings(max_examples=300, deadline=None)
def test_against_plain_python(
    documents: Documents,
    rule: tuple[str, float],
    min_count: int,
    passes: int,
    piece: int,
    pairs_at_once: int,
    connectors: list[str],
) -> None:
    score, threshold = rule
    documents = [*documents, ["b"]]  # <eos> alone is no corpus
    corpus = Corpus.build(documents, min_count=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collocations, "PIECE", piece)
        patch.setattr(collocations, "PAIRS_AT_ONCE", pairs_at_once)
        found, phrases = join_phrases(
            corpus, score=score, threshold=threshold, min_count=min_count, passes=passes,
            connectors=connectors, stop_words=True,
        )  # fmt: skip
    expected: list[Phrase] = []
    for _ in range(passes):
        documents, more = twin_pass(documents, score, threshold, min_count, set(connectors))
        expected += sorted(more, key=lambda phrase: (-phrase.count, phrase.joined, -phrase.score))
    assert texts(found) == documents
    assert [(p.joined, p.count) for p in phrases] == [(p.joined, p.count) for p in expected]
    np.testing.assert_allclose([p.score for p in phrases], [p.score for p in expected])
    counts = Counter(word for document in documents for word in document)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert list(zip(found.vocabulary.words, found.vocabulary.counts, strict=True)) == ranked
    assert found.ids.dtype == np.int32
    assert found.offsets.dtype == np.int64


def test_two_pairs_that_make_one_word_are_listed_by_score() -> None:
    """In the second pass "a_b a_b" and "a_b_a b" are joined, once each."""
    text = "b d a_b a", "d b d", "d d b b a_b d d b", "a_b a b a_b a_b a_b a a_b a", "a"
    corpus = Corpus.build([line.split() for line in text], min_count=1)
    _, phrases = join_phrases(corpus, threshold=0.1234567, min_count=1, **PLAIN)
    twins = [phrase for phrase in phrases if phrase.joined == "a_b_a_b"]
    assert [phrase.count for phrase in twins] == [1, 1]
    assert twins[0].score > twins[1].score


@given(st.lists(st.sampled_from([0, 2, 3, 4]), max_size=30))
def test_pairs_that_share_no_word(lengths: list[int]) -> None:
    """Pairs of these lengths at these places, 0 for none; connectors begin none."""
    wanted, expected, free, place = [], [], 0, 0
    for length in lengths:
        if length:
            wanted.append((place, length))
            if place >= free:
                expected.append(place)
                free = place + length
        place += max(length - 1, 1)
    places, sizes = np.array(wanted, np.int64).reshape(-1, 2).T
    assert apart(places, sizes).tolist() == expected


# --- against the programs that own the scores ---------------------------------------


@pytest.mark.parametrize(("score", "threshold"), [("word2vec", 3.0), ("npmi", 0.35)])
def test_gensim_finds_the_same(score: str, threshold: float) -> None:
    gensim = pytest.importorskip("gensim.models.phrases")
    documents = zipf_documents()
    scoring = {"word2vec": "default"}.get(score, score)
    oracle = gensim.Phrases(documents, min_count=5, threshold=threshold, scoring=scoring)
    corpus = Corpus.build(documents, min_count=1)
    found, phrases = join_phrases(corpus, score=score, threshold=threshold, passes=1, **PLAIN)
    assert texts(found) == [oracle[document] for document in documents]
    assert len(phrases) > 20
    assert {p.joined: p.score for p in phrases} == pytest.approx(oracle.find_phrases(documents))


@pytest.mark.parametrize(("score", "threshold"), [("word2vec", 3.0), ("npmi", 0.35)])
def test_gensim_finds_the_same_with_connectors(score: str, threshold: float) -> None:
    gensim = pytest.importorskip("gensim.models.phrases")
    connectors = ["of", "the"]  # never three in a row, which only gensim takes
    documents = zipf_documents(3)
    for n, document in enumerate(documents):
        document += [["w80", "of", "w90"], ["w50", "of", "the", "w60"], ["the", "w5", "of"]][n % 3]
    scoring = {"word2vec": "default"}.get(score, score)
    oracle = gensim.Phrases(
        documents, min_count=5, threshold=threshold, scoring=scoring,
        connector_words=frozenset(connectors),
    )  # fmt: skip
    corpus = Corpus.build(documents, min_count=1)
    found, phrases = join_phrases(
        corpus, score=score, threshold=threshold, passes=1, connectors=connectors, stop_words=True
    )
    assert {"w80_of_w90", "w50_of_the_w60"} <= {phrase.joined for phrase in phrases}
    assert texts(found) == [oracle[document] for document in documents]
    assert {p.joined: p.score for p in phrases} == pytest.approx(oracle.find_phrases(documents))


def test_defaults_find_names_and_leave_function_words() -> None:
    """What always stands together is a phrase, unless it begins or ends with a function word."""
    texts_ = []
    for n in range(40):
        texts_ += [f"this movie{n % 7} has been seen{n}", f"w{n} kung fu v{n}", f"the{n} story{n}"]
        texts_ += [f"x{n} bank of america y{n}", f"u{n} lord of the rings z{n}", f"at least t{n}"]
    corpus = Corpus.build(texts_, min_count=1)
    _, phrases = join_phrases(corpus)
    assert {p.joined for p in phrases} == {"kung_fu", "bank_of_america", "lord_of_the_rings"}
    _, phrases = join_phrases(corpus, stop_words=True)
    assert {"has_been", "at_least"} & {p.joined for p in phrases} == {"has_been"}
    _, phrases = join_phrases(corpus, connectors=[])
    assert {p.joined for p in phrases} == {"kung_fu"}
    with pytest.raises(CorpusError, match="connectors must be a list of words, not a string"):
        join_phrases(corpus, connectors="of")


@pytest.mark.parametrize("score", collocations.MEASURES)
def test_nltk_scores_the_same(score: str) -> None:
    documents = zipf_documents(2)
    finder = BigramCollocationFinder.from_documents(documents)
    finder.apply_freq_filter(5)
    measure = getattr(BigramAssocMeasures, score)
    oracle = {"_".join(pair): value for pair, value in finder.score_ngrams(measure)}
    threshold = float(np.median(list(oracle.values())))
    corpus = Corpus.build(documents, min_count=1)
    _, phrases = join_phrases(corpus, score=score, threshold=threshold, passes=1, **PLAIN)
    assert len(phrases) > 20
    assert all(phrase.score > threshold for phrase in phrases)
    assert {p.joined: p.score for p in phrases} == pytest.approx(
        {p.joined: oracle[p.joined] for p in phrases}
    )


def test_what_is_rarer_than_by_chance_is_not_joined() -> None:
    """The likelihood ratio of "a b" is high because it should be far more frequent."""
    corpus = Corpus.build([["a", "a", "b", "b"]] * 500, min_count=1)
    options = {"score": "likelihood_ratio", "threshold": 10, "passes": 1, **PLAIN}
    assert join_phrases(corpus, **options)[1] == []
    corpus = Corpus.build([["a", "b", "c", "c"]] * 500, min_count=1)
    assert [p.joined for p in join_phrases(corpus, **options)[1]] == ["a_b"]


# --- what comes out -----------------------------------------------------------------

NEW_YORK = [
    *(f"the{n} new york times" for n in range(10)),
    *(f"in{n} new york" for n in range(5)),
    *(f"hard{n} times" for n in range(2)),
    *(f"other{n} words{n}" for n in range(30)),
]


def test_new_york_times(tmp_path: Path) -> None:
    corpus = Corpus.build(NEW_YORK, tmp_path / "corpus", min_count=1)
    found, phrases = join_phrases(tmp_path / "corpus", tmp_path / "phrases")
    assert found.document(0) == ["the0", "new_york_times"]
    assert found.document(10) == ["in0", "new_york"]
    assert [(p.joined, p.count) for p in phrases] == [("new_york", 15), ("new_york_times", 10)]
    assert "york" not in found.vocabulary
    loaded = Corpus.load(tmp_path / "phrases")
    in_memory, same = join_phrases(corpus)
    assert same == phrases
    np.testing.assert_array_equal(loaded.ids, in_memory.ids)
    np.testing.assert_array_equal(loaded.offsets, in_memory.offsets)
    assert loaded.vocabulary.words == in_memory.vocabulary.words
    assert loaded.vocabulary.counts.tolist() == in_memory.vocabulary.counts.tolist()
    assert loaded.settings["phrases"]["threshold"] == 0.5
    assert loaded.settings["text"] == corpus.settings["text"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "phrases"]


def test_a_corpus_may_replace_itself(tmp_path: Path) -> None:
    Corpus.build(NEW_YORK, tmp_path / "corpus", min_count=1)
    join_phrases(tmp_path / "corpus", tmp_path / "corpus")
    assert Corpus.load(tmp_path / "corpus").document(0) == ["the0", "new_york_times"]


def test_delimiter() -> None:
    corpus = Corpus.build(NEW_YORK, min_count=1)
    _, phrases = join_phrases(corpus, delimiter=" ", passes=1)
    assert phrases[0].joined == "new york"


def test_nothing_to_join(tmp_path: Path) -> None:
    corpus = Corpus.build(["a b c"], min_count=1)
    found, phrases = join_phrases(corpus)
    assert (found, phrases) == (corpus, [])
    written, phrases = join_phrases(corpus, tmp_path / "same")
    assert phrases == []
    assert texts(written) == texts(corpus)
    assert "phrases" not in written.settings


def test_counts_are_those_of_the_text() -> None:
    """A corpus may have the vocabulary, and the counts, of a larger one."""
    train = Corpus.build(NEW_YORK * 50, min_count=1)
    valid = Corpus.build(NEW_YORK, vocabulary=train.vocabulary)
    own = Corpus.build(NEW_YORK, min_count=1)
    found, expected = join_phrases(valid), join_phrases(own)
    assert found[1] == expected[1]
    assert found[0].vocabulary.counts.tolist() == expected[0].vocabulary.counts.tolist()


def test_ends_of_lines_and_unknown_words_are_not_joined() -> None:
    text = TextOptions(eos="line")
    corpus = Corpus.build([f"rare{n} end\n" for n in range(20)], text=text, unk=True)
    assert set(corpus.vocabulary.words) == {"<unk>", "<eos>", "end"}
    assert join_phrases(corpus, threshold=-1)[1] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"score": "npmi", "threshold": 1.1}, "npmi must be from -1 to 1, not 1.1"),
        ({"score": "word2vec", "threshold": -1}, "word2vec must be 0 or more, not -1"),
        ({"score": "word2vec", "threshold": math.inf}, "a finite number, not inf"),
        ({"score": "pmi", "threshold": math.nan}, "a finite number, not nan"),
        ({"score": "npmi", "threshold": math.nan}, "npmi must be from -1 to 1, not nan"),
        ({"score": "pmi"}, "pmi has no usual threshold"),
        ({"score": "__init__"}, "unknown score '__init__': expected one of npmi"),
        ({"min_count": 0}, "min_count must be at least 1, not 0"),
        ({"passes": 0}, "passes must be at least 1, not 0"),
    ],
)
def test_bad_settings(options: dict, message: str, tmp_path: Path) -> None:
    corpus = Corpus.build(["a b c"], min_count=1)
    with pytest.raises(CorpusError, match=message):
        join_phrases(corpus, tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


def test_damaged() -> None:
    corpus = Corpus.build(["a b c"], min_count=1)
    for id in -1, 3:
        corpus.ids[1] = id
        with pytest.raises(CorpusError, match="ids that its vocabulary lacks"):
            join_phrases(corpus)


def test_no_place_for_the_output(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FormatError, match="is a file"):
        join_phrases(NEW_YORK * 2, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"
