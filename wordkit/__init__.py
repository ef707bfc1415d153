"""wordkit: word vectors, language models and translation from your own text.

Names are imported when they are first used, so that ``import wordkit`` and
``wordkit --help`` answer at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wordkit.corpus.encoded import Corpus
    from wordkit.corpus.phrases import join_phrases
    from wordkit.corpus.text import TextOptions
    from wordkit.corpus.vocabulary import Vocabulary
    from wordkit.embeddings.cooccurrence import Cooccurrence
    from wordkit.embeddings.count_vectors import CountVectors
    from wordkit.embeddings.ppmi import PPMI
    from wordkit.embeddings.svd import SVD
    from wordkit.embeddings.text_vectors import TextVectors
    from wordkit.embeddings.textbook_word2vec import TextbookWord2Vec
    from wordkit.embeddings.word2vec import Cbow, SkipGram
    from wordkit.errors import WordkitError
    from wordkit.vectors.word_vectors import WordVectors

__version__ = "0.1.0"

_HOMES = {
    "Cbow": "wordkit.embeddings.word2vec",
    "Cooccurrence": "wordkit.embeddings.cooccurrence",
    "Corpus": "wordkit.corpus.encoded",
    "CountVectors": "wordkit.embeddings.count_vectors",
    "PPMI": "wordkit.embeddings.ppmi",
    "SVD": "wordkit.embeddings.svd",
    "SkipGram": "wordkit.embeddings.word2vec",
    "TextOptions": "wordkit.corpus.text",
    "TextVectors": "wordkit.embeddings.text_vectors",
    "TextbookWord2Vec": "wordkit.embeddings.textbook_word2vec",
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
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'wordkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
