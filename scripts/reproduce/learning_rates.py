"""At which learning rate does each optimizer learn? What the default rates were chosen by.

    python scripts/reproduce/learning_rates.py [dates sums words chars] [--optimizers sgd …]

For each task, optimizer and rate the best perplexity of validation after a short training
with the defaults of its kind of model: encoder-decoders learn dates and sums, language models
the words and the characters of the Penn Treebank's beginning (needs $WORDKIT_DATA). "-" is a
training that diverged; the default rate is in bold.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.pair_tasks import addition_pairs, date_pairs
from wordkit.errors import ModelError
from wordkit.lm import fit as lm
from wordkit.lm import settings as of_lm
from wordkit.lm.texts import UNITS
from wordkit.seq2seq import fit as seq2seq
from wordkit.seq2seq import settings as of_seq2seq
from wordkit.training.descent.options import OPTIMIZERS
from wordkit.training.settings import TrainingSettings

PTB = Path(os.environ.get("WORDKIT_DATA", "data")) / "ptb" / "ptb.train.txt"
WIDTHS = {
    of_lm.LMTraining: of_lm.LMSettings().hidden_size,
    of_seq2seq.Seq2SeqTraining: of_seq2seq.Seq2SeqSettings().hidden_size,
}
FACTORS = (0.1, 0.3, 1, 3, 10)


def dates(folder: Path, **training: Any) -> float:
    """3,000 dates, 120 steps, with attention."""
    return pairs_perplexity(date_pairs(3500), folder, {"attention": "dot"}, epochs=5, **training)


def sums(folder: Path, **training: Any) -> float:
    """3,000 sums of numbers of up to two digits, 240 steps, without attention."""
    return pairs_perplexity(addition_pairs(3500, digits=2), folder, {}, epochs=10, **training)


def pairs_perplexity(pairs: Any, folder: Path, model: dict[str, Any], **training: Any) -> float:
    """Of the last 500 pairs, when those before are learnt."""
    pairs = [(list(source), list(target)) for source, target in pairs]
    settings = of_seq2seq.Seq2SeqSettings(units="chars", **model)
    chosen = of_seq2seq.Seq2SeqTraining(**training)
    trained, _ = seq2seq.fit(
        pairs[:-500], folder, valid=pairs[-500:], settings=settings, training=chosen
    )
    return trained.history["validation_perplexity"]


def words(folder: Path, **training: Any) -> float:
    """1,000 lines in words, 150 steps."""
    return text_perplexity("tokens", 1000, folder, epochs=5, **training)


def chars(folder: Path, **training: Any) -> float:
    """300 lines in characters, 250 steps."""
    return text_perplexity("chars", 300, folder, epochs=5, **training)


def text_perplexity(units: str, lines: int, folder: Path, **training: Any) -> float:
    """Of the next tenth of the lines, when those before are learnt."""
    text = PTB.read_text(encoding="utf-8").splitlines(keepends=True)[: lines + lines // 10]
    parts = ["".join(text[:lines]), "".join(text[lines:])]
    train, valid = (Corpus.build([part], text=UNITS[units], min_count=1) for part in parts)
    chosen = of_lm.LMTraining(**training)
    trained, _ = lm.fit(train, folder, valid=valid, training=chosen)
    return trained.history["validation_perplexity"]


TASKS: dict[str, tuple[Callable[..., float], type[TrainingSettings]]] = {
    "dates": (dates, of_seq2seq.Seq2SeqTraining),
    "sums": (sums, of_seq2seq.Seq2SeqTraining),
    "words": (words, of_lm.LMTraining),
    "chars": (chars, of_lm.LMTraining),
}


def main() -> None:
    """Print a row for each task and optimizer: rates, and the perplexities they come to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", metavar="task", help=", ".join(TASKS))
    parser.add_argument("--optimizers", nargs="*", default=list(OPTIMIZERS))
    parser.add_argument(
        "--rates", nargs="*", type=float, help="in place of the default by factors"
    )
    parser.add_argument("--clip", type=float, help="in place of the default")
    options = parser.parse_args()
    clip = {} if options.clip is None else {"clip": options.clip}
    for name in options.tasks or TASKS:
        for optimizer in options.optimizers:
            learn, kind = TASKS[name]
            default = kind(optimizer=optimizer, **clip).rate_for(WIDTHS[kind])
            rates = options.rates or [factor * default for factor in FACTORS]
            cells = [
                cell(learn, math.isclose(rate, default), optimizer=optimizer, lr=rate, **clip)
                for rate in rates
            ]
            print(f"| {name} | {optimizer} | {' | '.join(cells)} |", flush=True)


def cell(learn: Callable[..., float], default: bool, *, lr: float, **training: Any) -> str:
    """A rate and the perplexity that it comes to."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = f"{learn(Path(folder), lr=lr, **training):.4g}"
        except ModelError:  # the loss or the weights are not finite
            found = "-"
    return f"**{lr:.3g}: {found}**" if default else f"{lr:.3g}: {found}"


if __name__ == "__main__":
    main()
