"""gensim reads what wordkit writes, wordkit reads what gensim writes, byte for byte the same."""

import numpy as np
import pytest

from wordkit.vectors.word_vectors import WordVectors

pytest.importorskip("gensim", reason="gensim is an optional peer")
from gensim.models import KeyedVectors

load, save = WordVectors.load, WordVectors.save
WORDS = ["the", "caf\u00e9", "a\u00a0b", "日本", "1990", "'s"]
VECTORS = np.random.default_rng(0).standard_normal((len(WORDS), 7)).astype(np.float32)
VECTORS[0] = [0, -0.0, 1e-5, 1e-4, 123456.79, 1e16, 3e-41]
OPTIONS = {
    "word2vec": ({}, {}),
    "word2vec-binary": ({"binary": True}, {"binary": True}),
    "glove": ({"write_header": False}, {"no_header": True}),
}


@pytest.fixture
def keyed():
    keyed = KeyedVectors(VECTORS.shape[1])
    keyed.add_vectors(WORDS, VECTORS)
    return keyed


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("format", OPTIONS)
def test_both_ways(tmp_path, keyed, format, packed):
    theirs, ours = tmp_path / f"theirs{packed}", tmp_path / f"ours{packed}"
    write_options, read_options = OPTIONS[format]
    keyed.save_word2vec_format(str(theirs), **write_options)
    save(WordVectors(WORDS, VECTORS), ours, format)
    if not packed:
        assert ours.read_bytes() == theirs.read_bytes()
    found = load(theirs)
    assert found.words == WORDS
    assert np.array_equal(found.vectors, VECTORS)
    back = KeyedVectors.load_word2vec_format(str(ours), **read_options)
    assert back.index_to_key == WORDS
    assert np.array_equal(back.vectors, VECTORS)


def test_gensim_reads_our_fasttext_text(tmp_path):
    save(WordVectors(WORDS, VECTORS), tmp_path / "v.vec", "fasttext")
    back = KeyedVectors.load_word2vec_format(str(tmp_path / "v.vec"))
    assert back.index_to_key == WORDS
    assert np.array_equal(back.vectors, VECTORS)


def test_the_projector_tables_of_gensims_script(tmp_path, keyed):
    script = pytest.importorskip("gensim.scripts.word2vec2tensor")
    keyed.save_word2vec_format(str(tmp_path / "v.txt"))
    script.word2vec2tensor(str(tmp_path / "v.txt"), str(tmp_path / "v"))
    found = load(tmp_path / "v_tensor.tsv")
    assert found.words == WORDS
    assert np.array_equal(found.vectors, VECTORS)
    save(WordVectors(WORDS, VECTORS), tmp_path / "p", "projector")
    assert (tmp_path / "p/vectors.tsv").read_bytes() == (tmp_path / "v_tensor.tsv").read_bytes()
    theirs = (tmp_path / "v_metadata.tsv").read_bytes()
    assert (tmp_path / "p/metadata.tsv").read_bytes() == theirs
