"""wordkit: word vectors, language models and translation from your own text.

Names are imported when they are first used, so that ``import wordkit`` and
``wordkit --help`` answer at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wordkit.backend.environment import check_environment
from wordkit.backend.instructions import narrow
from wordkit.names import offered

if TYPE_CHECKING:
    from wordkit import datasets, layers
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
    from wordkit.lm.estimator import LanguageModel
    from wordkit.lm.ngram import NGramModel
    from wordkit.plots.words import plot_words
    from wordkit.saved import load
    from wordkit.seq2seq.estimator import Seq2Seq
    from wordkit.vectors.evaluation.scores import evaluate
    from wordkit.vectors.usage_change import usage_changes
    from wordkit.vectors.word_vectors import WordVectors

__version__ = "0.1.0"
narrow()  # before numba and NumPy are loaded

_HOMES = {
    "Cbow": "wordkit.embeddings.word2vec.estimators",
    "Cooccurrence": "wordkit.embeddings.counts.cooccurrence",
    "Corpus": "wordkit.corpus.corpus",
    "CountVectors": "wordkit.embeddings.counts.count_vectors",
    "LanguageModel": "wordkit.lm.estimator",
    "NGramModel": "wordkit.lm.ngram",
    "PPMI": "wordkit.embeddings.counts.ppmi",
    "SVD": "wordkit.embeddings.counts.svd",
    "Seq2Seq": "wordkit.seq2seq.estimator",
    "SkipGram": "wordkit.embeddings.word2vec.estimators",
    "TextOptions": "wordkit.corpus.text",
    "TextVectors": "wordkit.embeddings.texts",
    "TextbookWord2Vec": "wordkit.embeddings.word2vec.textbook",
    "Vocabulary": "wordkit.corpus.vocabulary",
    "WordVectors": "wordkit.vectors.word_vectors",
    "WordkitError": "wordkit.errors",
    "datasets": "wordkit.datasets",
    "evaluate": "wordkit.vectors.evaluation.scores",
    "join_phrases": "wordkit.corpus.phrases",
    "layers": "wordkit.layers",
    "load": "wordkit.saved",
    "plot_words": "wordkit.plots.words",
    "usage_changes": "wordkit.vectors.usage_change",
}


def _check(name: str) -> None:
    if name != "WordkitError":  # with which this is caught
        check_environment()


__getattr__, __dir__ = offered(__name__, _HOMES, _check)
__all__ = [
    "PPMI",
    "SVD",
    "Cbow",
    "Cooccurrence",
    "Corpus",
    "CountVectors",
    "LanguageModel",
    "NGramModel",
    "Seq2Seq",
    "SkipGram",
    "TextOptions",
    "TextVectors",
    "TextbookWord2Vec",
    "Vocabulary",
    "WordVectors",
    "WordkitError",
    "__version__",
    "datasets",
    "evaluate",
    "join_phrases",
    "layers",
    "load",
    "plot_words",
    "usage_changes",
]
