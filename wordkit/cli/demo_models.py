"""The models of wordkit demo: one that writes, and one that translates dates."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np

from wordkit.cli.output import say

SENTENCES = 3
DATES = ("tuesday, september 27, 1994", "jan 3 2031", "11/5/98")


def show_language_model(text: Path, folder: Path) -> list[str]:
    """Train on a part of the docstrings, for some minute; returns what the model writes."""
    from wordkit.corpus.corpus import Corpus
    from wordkit.corpus.text import TextOptions
    from wordkit.lm.fit import fit
    from wordkit.lm.generate import generate, prompt_ids
    from wordkit.lm.perplexity import perplexity
    from wordkit.lm.sampling import Sampling
    from wordkit.lm.settings import LMSettings, LMTraining
    from wordkit.lm.spacing import joined

    lines = text.read_text("utf-8").splitlines()
    written = TextOptions(punctuation="split", eos="line")
    corpus = Corpus.build(lines[::8], text=written, min_count=5, unk=True)
    held_out = Corpus.build(lines[4::400], text=written, vocabulary=corpus.vocabulary)
    shutil.rmtree(folder, ignore_errors=True)
    model, _ = fit(
        corpus,
        folder,
        valid=held_out,
        settings=LMSettings(embedding_size=128, hidden_size=128, tie=True, dropout=0.2),
        training=LMTraining(epochs=4, lr=0.005, max_minutes=1.5),
        progress=True,
    )
    counts = corpus.vocabulary.counts
    unigram = math.exp(-np.log(counts / counts.sum())[held_out.ids[1:]].mean())
    own = perplexity(model, held_out.ids)
    say(f"     Perplexity {own:.1f}, of the unigram model {unigram:.1f}")
    start, _ = prompt_ids(model, None)
    steps = generate(model, start, 40, sampling=Sampling(temperature=0.6), samples=SENTENCES)
    texts = np.array(list(steps)).T
    return ["".join(joined(model.vocabulary.decode(ids[ids >= 0].tolist()))) for ids in texts]


def show_dates(folder: Path, picture: Path) -> list[tuple[str, str]]:
    """Train on dates as people write them; returns some that it has not seen, with its answers."""
    from wordkit.corpus.pair_tasks import date_pairs
    from wordkit.plots.attention import attention_map
    from wordkit.seq2seq.decode import translate
    from wordkit.seq2seq.fit import fit
    from wordkit.seq2seq.settings import Seq2SeqSettings, Seq2SeqTraining

    pairs = [(tuple(question), tuple(answer)) for question, answer in date_pairs(12_000)]
    shutil.rmtree(folder, ignore_errors=True)
    model, _ = fit(
        [pair for pair in pairs if "".join(pair[0]) not in DATES],
        folder,
        settings=Seq2SeqSettings(units="chars", hidden_size=128, attention="dot", reverse=True),
        training=Seq2SeqTraining(epochs=9, lr=0.006, batch_size=64, max_minutes=1.0),
        progress=True,
    )
    found = translate(model, [list(date) for date in DATES])
    first = found[0]
    if first.attention is not None and first.tokens:
        attention_map(first.attention, list(DATES[0]), first.tokens, picture)
    return [(date, "".join(each.tokens)) for date, each in zip(DATES, found, strict=True)]
