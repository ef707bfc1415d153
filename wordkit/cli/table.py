"""The table of all commands: a new one is a function and a row here."""

from __future__ import annotations

from wordkit.registry import Registry

GROUPS = {
    "corpus": "Build a corpus from text, look at one, or get text.",
    "vectors": "Train word vectors; query, evaluate, convert and plot them.",
    "lm": "Train language models, evaluate them, and generate text.",
    "seq2seq": "Train models that turn one sequence into another; translate, evaluate.",
}
"""The help of each group."""

COMMANDS = Registry(
    "command",
    {
        "corpus build": "wordkit.cli.corpus.build",
        "corpus info": "wordkit.cli.corpus.info",
        "corpus download": "wordkit.cli.corpus.download",
        "corpus docstrings": "wordkit.cli.corpus.docstrings",
        "corpus phrases": "wordkit.cli.corpus.phrases",
        "corpus pairs": "wordkit.cli.corpus_pairs.pairs",
        "vectors train": "wordkit.cli.vectors_train.train",
        "vectors similar": "wordkit.cli.vectors_words.similar",
        "vectors similarity": "wordkit.cli.vectors_words.similarity",
        "vectors analogy": "wordkit.cli.vectors_words.analogy",
        "vectors odd": "wordkit.cli.vectors_words.odd",
        "vectors changes": "wordkit.cli.vectors_words.changes",
        "vectors evaluate": "wordkit.cli.vectors.evaluate",
        "vectors convert": "wordkit.cli.vectors.convert",
        "vectors info": "wordkit.cli.vectors.info",
        "vectors show": "wordkit.cli.vectors.show",
        "vectors plot": "wordkit.cli.vectors_plot.plot",
        "vectors embed": "wordkit.cli.vectors.embed",
        "lm train": "wordkit.cli.lm_train.train",
        "lm perplexity": "wordkit.cli.lm.perplexity",
        "lm score": "wordkit.cli.lm.score",
        "lm generate": "wordkit.cli.lm_generate.generate",
        "lm export": "wordkit.cli.lm.export",
        "lm info": "wordkit.cli.lm.info",
        "seq2seq train": "wordkit.cli.seq2seq_train.train",
        "seq2seq translate": "wordkit.cli.seq2seq.translate",
        "seq2seq evaluate": "wordkit.cli.seq2seq.evaluate",
        "seq2seq attention": "wordkit.cli.seq2seq.attention",
        "seq2seq info": "wordkit.cli.seq2seq.info",
        "thesaurus": "wordkit.cli.thesaurus.thesaurus",
        "demo": "wordkit.cli.demo.demo",
    },
)
