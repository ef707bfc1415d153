"""Recurrent language models: wordkit, PyTorch and NumPy's BLAS, alternating.

    python scripts/bench/lm.py [LSTM-100 LSTM-650 GRU-256 RNN-256 sampling memory] [--rounds 3]

With WORDKIT_INSTRUCTIONS=avx2, all of them go without AVX-512.

A step of training is everything: embedding, layers, softmax over 10,000 words, backwards,
and SGD, on 20 sequences of 35 words. Beside it stands the time that its matrix products alone
take the BLAS that NumPy has, each over the whole window at once: 3 products for each weight
matrix, one forwards and two backwards. It is no bound: wordkit has products of its own.

Each time is taken in a process of its own: the threads of one library, waiting in a loop for
their next work, would slow down the other.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import numpy as np
from peers import printed_by

from wordkit.backend.instructions import instruction_set
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.layers.dropout import Dropout
from wordkit.layers.embedding import Embedding
from wordkit.layers.losses.softmax import SoftmaxLoss
from wordkit.layers.recurrent.cells import CELLS
from wordkit.layers.recurrent.stack import Stack
from wordkit.lm.generate import generate
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.lm.sampling import Sampling
from wordkit.lm.settings import LMSettings
from wordkit.training.descent.optimizers import SGD

WORDS, BATCH, STEPS, RATE = 10_000, 20, 35, 0.1


class Case(NamedTuple):
    """A model: ``cell`` is a name in ``torch.nn``."""

    cell: str
    layers: int
    size: int
    dropout: float
    tied: bool


CASES = {
    "LSTM-100": Case("LSTM", 1, 100, 0.0, False),
    "LSTM-650": Case("LSTM", 2, 650, 0.5, True),
    "GRU-256": Case("GRU", 1, 256, 0.0, False),
    "RNN-256": Case("RNN", 1, 256, 0.0, False),
}
LARGE = CASES["LSTM-650"]


def main() -> None:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [*CASES, "sampling", "memory"]
    parser.add_argument("cases", nargs="*", metavar="case", help=f"of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=[*PROGRAMS, *SAMPLERS, "peak"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only == "peak":
        print(peak_memory())
    elif arguments.only in SAMPLERS:
        print(*SAMPLERS[arguments.only](LARGE))
    elif arguments.only:
        print(seconds(CASES[arguments.cases[0]], arguments.only))
    else:
        print(f"instructions: {instruction_set()}")
        for name in arguments.cases or names:
            cases: dict[str, Callable[[int], None]] = {"sampling": sampling, "memory": memory}
            cases.get(name, lambda rounds, name=name: training(name, rounds))(arguments.rounds)


def training(name: str, rounds: int) -> None:
    """Time the products, wordkit and PyTorch, one after the other in each round."""
    times: dict[str, list[float]] = {program: [] for program in PROGRAMS}
    for _ in range(rounds):
        for program, taken in times.items():
            taken += printed_by(name, "--only", program)
    blas, own, other = (median(taken) for taken in times.values())
    case, tokens = CASES[name], BATCH * STEPS
    print(
        f"{case.cell} {case.layers}x{case.size}: wordkit {tokens / own:,.0f} tokens/s, "
        f"PyTorch {tokens / other:,.0f}, the products in the BLAS {tokens / blas:,.0f}; "
        f"{other / own:.2f} x PyTorch, {blas / own:.0%} of the speed of those products",
        flush=True,
    )


def sampling(rounds: int) -> None:
    """Words per second, one text at a time and 64 at once."""
    speeds: dict[str, list[list[float]]] = {sampler: [] for sampler in SAMPLERS}
    for _ in range(rounds):
        for sampler, taken in speeds.items():
            taken.append(printed_by("--only", sampler))
    (one, many), (other,) = (
        [median(runs) for runs in zip(*taken, strict=True)] for taken in speeds.values()
    )
    print(
        f"sampling, LSTM 2x650: wordkit {one:,.0f} words/s, PyTorch {other:,.0f}, "
        f"{one / other:.1f} x; 64 texts at once {many:,.0f} words/s, {many / one:.1f} x one",
        flush=True,
    )


def memory(rounds: int) -> None:
    """What training takes beside what Python and the libraries do."""
    megabytes = printed_by("--only", "peak")[0]
    params = sum(d * h for d, h in weights_of(LARGE)) * 4e-6
    gates = 4 * LARGE.size
    numbers = WORDS + LARGE.layers * (2 * gates + 6 * LARGE.size)
    window = BATCH * STEPS * numbers * 4e-6
    print(
        f"memory, LSTM 2x650: {megabytes:,.0f} MB; parameters {params:,.0f} MB, activations of a "
        f"window (scores, gates and their gradients, inputs and states) {window:,.0f} MB: "
        f"(total - activations) / parameters = {(megabytes - window) / params:.1f}",
        flush=True,
    )


def peak_memory() -> float:
    """Megabytes that some steps add to what the smallest model takes."""
    small = ours(Case("LSTM", 2, 32, 0.5, True))
    for _ in range(2):
        small()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large = ours(LARGE)
    for _ in range(4):
        large()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3


def seconds(case: Case, program: str) -> float:
    """Of one step, the median of several."""
    step, taken = PROGRAMS[program](case), []
    for number in range(13 if case.size > 500 else 53):
        started = time.perf_counter()
        step()
        if number > 2:
            taken.append(time.perf_counter() - started)
    return median(taken)


def token_ids() -> np.ndarray:
    """A block of words and the next ones."""
    return np.random.default_rng(0).integers(0, WORDS, (BATCH, STEPS + 1)).astype(np.int32)


def weights_of(case: Case) -> list[tuple[int, int]]:
    """The shapes of all matrices that vectors are multiplied by, of ``weight_hh`` too."""
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[case.cell] * case.size
    return [(case.size, gates)] * (2 * case.layers) + [(case.size, WORDS)]


def products(case: Case) -> Callable[[], float]:
    """The matrix products alone."""
    rng, rows = np.random.default_rng(0), BATCH * STEPS
    shapes = [((rows, d), (d, h), (rows, h)) for d, h in weights_of(case)]
    arrays = [[rng.random(shape, np.float32) for shape in product] for product in shapes]
    gradients = [[np.empty(shape, np.float32) for shape in product[:2]] for product in shapes]

    def step() -> float:
        for (x, w, y), (d_x, d_w) in zip(arrays, gradients, strict=True):
            np.matmul(x, w, out=y)
            np.matmul(y, w.T, out=d_x)
            np.matmul(x.T, y, out=d_w)
        return 0.0

    return step


def ours(case: Case) -> Callable[[], float]:
    """A step of wordkit."""
    rng, size, ids = np.random.default_rng(1), case.size, token_ids()

    embedding = Embedding(WORDS, size, rng=rng)
    layers = [CELLS[case.cell.lower()](size, size, rng=rng) for _ in range(case.layers)]
    dropouts = [Dropout(case.dropout, rng) for _ in range(case.layers + 1)]
    stack = Stack(layers, dropout=dropouts[1:-1])
    tied = {"weight": embedding.params["weight"]} if case.tied else {}
    output = SoftmaxLoss(size, WORDS, rng=rng, weights=tied)
    named = {"in": embedding, "stack": stack, "out": output}
    params = {f"{n}.{k}": p for n, layer in named.items() for k, p in layer.params.items()}
    optimizer, state = SGD(), None

    def step() -> float:
        nonlocal state
        x = dropouts[0].forward(embedding.forward(ids[:, :-1]), training=True)
        y = stack.forward(x, state=state, training=True)
        loss = output.forward(dropouts[-1].forward(y, training=True), ids[:, 1:])
        state = stack.final_state
        d_x = stack.backward(dropouts[-1].backward(output.backward()))
        embedding.backward(dropouts[0].backward(d_x))
        grads = {f"{n}.{k}": g for n, layer in named.items() for k, g in layer.grads.items()}
        optimizer.step(params, grads, RATE)
        return float(loss)

    return step


def theirs(case: Case) -> Callable[[], float]:
    """The same of PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(2)
    ids = token_ids()
    embedding = nn.Embedding(WORDS, case.size)
    recurrent = getattr(nn, case.cell)(
        case.size, case.size, case.layers, batch_first=True, dropout=case.dropout
    )
    decoder, drop = nn.Linear(case.size, WORDS), nn.Dropout(case.dropout)
    if case.tied:
        decoder.weight = embedding.weight
    model = nn.ModuleList([embedding, recurrent, decoder])
    for parameter in model.parameters():
        nn.init.uniform_(parameter, -0.1, 0.1)
    optimizer, state = torch.optim.SGD(model.parameters(), lr=RATE), None
    inputs, targets = torch.tensor(ids[:, :-1]), torch.tensor(ids[:, 1:]).long().reshape(-1)

    def step() -> float:
        nonlocal state
        optimizer.zero_grad()
        y, state = recurrent(drop(embedding(inputs)), state)
        state = tuple(s.detach() for s in state) if case.cell == "LSTM" else state.detach()
        scores = decoder(drop(y)).reshape(-1, WORDS)
        loss = nn.functional.cross_entropy(scores, targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def our_sampler(case: Case) -> tuple[float, float]:
    """Words per second: of one text, and of 64."""
    settings = LMSettings(
        cell=case.cell.lower(), layers=case.layers, embedding_size=case.size,
        hidden_size=case.size, tie=case.tied,
    )  # fmt: skip
    words = [f"w{n}" for n in range(WORDS)]
    model = RecurrentLanguageModel(settings, Vocabulary(words, range(WORDS, 0, -1)))
    speeds = []
    for samples, length in (1, 200), (64, 40):
        taken = []
        for _ in range(4):
            started = time.perf_counter()
            made = generate(
                model, np.zeros(1, np.int32), length, sampling=Sampling(), samples=samples
            )
            for _ in made:
                pass
            taken.append(samples * length / (time.perf_counter() - started))
        speeds.append(median(taken[1:]))
    return speeds[0], speeds[1]


def their_sampler(case: Case) -> tuple[float]:
    """The same of PyTorch, of one text."""
    import torch
    from torch import nn

    torch.set_num_threads(2)
    embedding = nn.Embedding(WORDS, case.size)
    recurrent = getattr(nn, case.cell)(case.size, case.size, case.layers, batch_first=True)
    decoder, state, taken = nn.Linear(case.size, WORDS), None, []
    word = torch.zeros(1, 1, dtype=torch.long)
    with torch.no_grad():
        for _ in range(4):
            started = time.perf_counter()
            for _ in range(100):
                y, state = recurrent(embedding(word), state)
                word = torch.multinomial(decoder(y[:, -1]).softmax(-1), 1)
            taken.append(100 / (time.perf_counter() - started))
    return (median(taken[1:]),)


PROGRAMS = {"BLAS": products, "wordkit": ours, "PyTorch": theirs}
SAMPLERS: dict[str, Callable[[Case], tuple[float, ...]]] = {
    "our sampler": our_sampler,
    "their sampler": their_sampler,
}

if __name__ == "__main__":
    main()
