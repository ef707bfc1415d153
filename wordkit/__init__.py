"""wordkit: word vectors, language models and translation from your own text.

Names are imported when they are first used, so that ``import wordkit`` and
``wordkit --help`` answer at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wordkit.backend.environment import check_environment
from wordkit.backend.instructions import narrow

if TYPE_CHECKING:
    from wordkit.corpus.corpus import Corpus
    from wordkit.corpus.phrases import join_phrases
    from wordkit.corpus.text import TextOptions
    from wordkit.corpus.vocabulary import Vocabulary
    from wordkit.embeddings.counts.cooccurrence import Cooccurrence
    from wordkit.embeddings.counts.count_vectors import CountVectors
    from wordkit.embeddings.counts.ppmi import PPMI
    from wordkit.embeddings.counts.svd import SVD
    from wordkit.embeddings.texts import TextVectors
    from wordkit.embeddings.word2vec.estimators import Cbow, SkipGram
    from wordkit.embeddings.word2vec.textbook import TextbookWord2Vec
    from wordkit.errors import WordkitError
    from wordkit.vectors.word_vectors import WordVectors

__version__ = "0.1.0"
narrow()  # before numba and NumPy are loaded

_HOMES = {
    "Cbow": "wordkit.embeddings.word2vec.estimators",
    "Cooccurrence": "wordkit.embeddings.counts.cooccurrence",
    "Corpus": "wordkit.corpus.corpus",
    "CountVectors": "wordkit.embeddings.counts.count_vectors",
    "PPMI": "wordkit.embeddings.counts.ppmi",
    "SVD": "wordkit.embeddings.counts.svd",
    "SkipGram": "wordkit.embeddings.word2vec.estimators",
    "TextOptions": "wordkit.corpus.text",
    "TextVectors": "wordkit.embeddings.texts",
    "TextbookWord2Vec": "wordkit.embeddings.word2vec.textbook",
    "Vocabulary": "wordkit.corpus.vocabulary",
    "WordVectors": "wordkit.vectors.word_vectors",
    "WordkitError": "wordkit.errors",
    "join_phrases": "wordkit.corpus.phrases",
}

__all__ = [
    "PPMI",
    "SVD",
    "Cbow",
    "Cooccurrence",
    "Corpus",
    "CountVectors",
    "SkipGram",
    "TextOptions",
    "TextVectors",
    "TextbookWord2Vec",
    "Vocabulary",
    "WordVectors",
    "WordkitError",
    "__version__",
    "join_phrases",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        if name != "WordkitError":  # with which this is caught
            check_environment()
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'wordkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
