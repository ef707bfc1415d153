"""The date model: wordkit, PyTorch and NumPy's BLAS, alternating.

    python scripts/bench/seq2seq.py [--rounds 3]

With WORDKIT_INSTRUCTIONS=avx2, all of them go without AVX-512.

A step is a batch of 128 dates of 29 characters to 10 and an end, LSTM of 256 with dot
attention: forwards, backwards, clipping and Adam. Beside it stands the time that its matrix
products alone take the BLAS that NumPy has, each over all steps at once. Each time is taken
in a process of its own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import numpy as np
from peers import printed_by

from wordkit.backend.instructions import instruction_set
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.seq2seq.decode import translate
from wordkit.seq2seq.model import EncoderDecoder
from wordkit.seq2seq.settings import Seq2SeqSettings
from wordkit.training.descent.clipping import clip_by_norm
from wordkit.training.descent.gradients import combined
from wordkit.training.descent.optimizers import Adam
from wordkit.training.pair_batches import PairBatch

BATCH, SOURCE, TARGET, SIZE, EMBEDDING = 128, 29, 11, 256, 16
CHARACTERS = [chr(number) for number in range(ord("!"), ord("!") + 60)]
DIGITS = list("0123456789-")
WORDS = len(DIGITS) + 3


def main() -> None:
    """Print a line for training and one for decoding."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=[*PROGRAMS, "decoding"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(decoding() if arguments.only == "decoding" else seconds(PROGRAMS[arguments.only]()))
        return
    times: dict[str, list[float]] = {name: [] for name in (*PROGRAMS, "decoding")}
    for _ in range(arguments.rounds):
        for name, taken in times.items():
            taken += printed_by("--only", name)
    blas, own, other, decoded = (median(taken) for taken in times.values())
    print(
        f"instructions: {instruction_set()}\n"
        f"a batch: wordkit {own * 1e3:.1f} ms, PyTorch {other * 1e3:.1f} ms, the products in the "
        f"BLAS {blas * 1e3:.1f} ms; {other / own:.2f} x PyTorch, {blas / own:.0%} of the speed of "
        "those products\n"
        f"5,000 dates, greedily: {decoded:.2f} s"
    )


def seconds(step: Callable[[], float]) -> float:
    """Of one step, the median of several."""
    taken = []
    for number in range(33):
        started = time.perf_counter()
        step()
        if number > 2:
            taken.append(time.perf_counter() - started)
    return median(taken)


def ids() -> tuple[np.ndarray, np.ndarray]:
    """Sources, and targets from their start to their end."""
    rng = np.random.default_rng(0)
    source = rng.integers(1, len(CHARACTERS), (BATCH, SOURCE)).astype(np.int32)
    target = rng.integers(3, WORDS, (BATCH, TARGET + 1)).astype(np.int32)
    target[:, 0], target[:, -1] = 1, 2
    return source, target


def model() -> EncoderDecoder:
    """The date model."""
    settings = Seq2SeqSettings(
        units="chars", embedding_size=EMBEDDING, hidden_size=SIZE, attention="dot"
    )
    source = Vocabulary(["<unk>", *CHARACTERS[1:]], [1] * len(CHARACTERS))
    target = Vocabulary(["<unk>", "<bos>", "<eos>", *DIGITS], [1] * WORDS)
    return EncoderDecoder(settings, source, target)


def ours() -> Callable[[], float]:
    """A step of wordkit."""
    trained, optimizer, (source, target) = model(), Adam(), ids()
    batch = PairBatch(source, np.ones(source.shape, bool), target, np.ones(target.shape, bool))

    def step() -> float:
        loss, count, grads = trained.loss_and_gradients(batch)
        grads = combined(trained.params, grads)
        clip_by_norm(grads, 5.0)
        optimizer.step(trained.params, grads, 1e-3)
        return loss / count

    return step


def theirs() -> Callable[[], float]:
    """The same of PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(2)
    source, target = (torch.tensor(block).long() for block in ids())
    reads, writes = nn.Embedding(len(CHARACTERS), EMBEDDING), nn.Embedding(WORDS, EMBEDDING)
    encoder, decoder = (nn.LSTM(EMBEDDING, SIZE, batch_first=True) for _ in range(2))
    joins, output = nn.Linear(2 * SIZE, SIZE, bias=False), nn.Linear(SIZE, WORDS)
    params = [p for part in (reads, writes, encoder, decoder, joins, output)
              for p in part.parameters()]  # fmt: skip
    optimizer = torch.optim.Adam(params, lr=1e-3)

    def step() -> float:
        optimizer.zero_grad()
        states, last = encoder(reads(source))
        h, _ = decoder(writes(target[:, :-1]), last)
        weights = torch.softmax(h @ states.transpose(1, 2), dim=-1)
        y = torch.tanh(joins(torch.cat([weights @ states, h], dim=-1)))
        loss = nn.functional.cross_entropy(output(y).reshape(-1, WORDS), target[:, 1:].reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(params, 5.0)
        optimizer.step()
        return loss.item()

    return step


def products() -> Callable[[], float]:
    """The matrix products alone."""
    rng, gates = np.random.default_rng(0), 4 * SIZE
    shapes = [(rows, size, gates) for rows in (BATCH * SOURCE, BATCH * TARGET)
              for size in (EMBEDDING, SIZE)]  # fmt: skip
    shapes += [(BATCH * TARGET, 2 * SIZE, SIZE), (BATCH * TARGET, SIZE, WORDS)]
    one = [(rng.random((n, k), np.float32), rng.random((k, m), np.float32),
            np.empty((n, m), np.float32)) for n, k, m in shapes]  # fmt: skip
    h, states = (rng.random((BATCH, t, SIZE), np.float32) for t in (TARGET, SOURCE))

    def step() -> float:
        for left, right, out in one:
            np.matmul(left, right, out=out)
            np.matmul(out, right.T)
            np.matmul(left.T, out)
        weights = h @ states.swapaxes(1, 2)
        for _ in range(3):  # the context, and two gradients of each of the two products
            _ = weights @ states, weights.swapaxes(1, 2) @ h
        return 0.0

    return step


def decoding() -> float:
    """Seconds for 5,000 dates, ten characters each."""
    trained = model()
    trained.params["output.bias"][trained.end] = -1e9  # none ends before its time
    rng = np.random.default_rng(0)
    sources = [list(rng.choice(CHARACTERS[1:], SOURCE)) for _ in range(5_000)]
    translate(trained, sources[:200], max_length=10)
    started = time.perf_counter()
    translate(trained, sources, max_length=10)
    return time.perf_counter() - started


PROGRAMS = {"BLAS": products, "wordkit": ours, "PyTorch": theirs}

if __name__ == "__main__":
    main()
