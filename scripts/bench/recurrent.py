"""Training recurrent language models: wordkit and PyTorch in turn, beside the sgemm bound.

    OPENBLAS_NUM_THREADS=2 python scripts/bench/recurrent.py [--rounds 3] [--cases 0 1 2 3]

A step is everything: embedding, layers, softmax over 10,000 words, backwards, and SGD. The
bound is the time of its matrix products alone, each over the whole window at once, by the
BLAS that NumPy has: 3 products for each weight matrix, one forwards and two backwards.

Each time is taken in a process of its own: the threads of one library, waiting in a loop for
their next work, would slow down the other.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from wordkit.layers.dropout import Dropout
from wordkit.layers.embedding import Embedding
from wordkit.layers.recurrent import GRU, LSTM, RNN
from wordkit.layers.recurrent_stack import Stack
from wordkit.layers.softmax_loss import SoftmaxLoss
from wordkit.training.optimizers import SGD

WORDS, BATCH, STEPS, RATE = 10_000, 20, 35, 0.1


class Case(NamedTuple):
    """A model: ``cell`` is a name in ``torch.nn``."""

    cell: str
    layers: int
    size: int
    dropout: float
    tied: bool


CASES = (
    Case("LSTM", 1, 100, 0.0, False),
    Case("LSTM", 2, 650, 0.5, True),
    Case("GRU", 1, 256, 0.0, False),
    Case("RNN", 1, 256, 0.0, False),
)


def main() -> None:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", type=int, nargs="*", default=range(len(CASES)))
    parser.add_argument("--only", choices=PROGRAMS, help="print the seconds of a step of one")
    arguments = parser.parse_args()
    for number in arguments.cases:
        if arguments.only:
            print(seconds(CASES[number], arguments.only))
        else:
            run(number, arguments.rounds)


def run(number: int, rounds: int) -> None:
    """Time the bound, wordkit and PyTorch, one after the other in each round."""
    times: dict[str, list[float]] = {program: [] for program in PROGRAMS}
    for _ in range(rounds):
        for program, taken in times.items():
            command = [sys.executable, __file__, "--only", program, "--cases", str(number)]
            taken.append(float(subprocess.run(command, capture_output=True, check=True).stdout))
    least, own, other = (median(taken) for taken in times.values())
    case, tokens = CASES[number], BATCH * STEPS
    print(
        f"{case.cell} {case.layers}x{case.size}: wordkit {tokens / own:,.0f} tokens/s, "
        f"PyTorch {tokens / other:,.0f}, bound {tokens / least:,.0f}; "
        f"{other / own:.2f} x PyTorch, {least / own:.0%} of the bound",
        flush=True,
    )


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


def bound(case: Case) -> Callable[[], float]:
    """The products alone."""
    rng, rows = np.random.default_rng(0), BATCH * STEPS
    shapes = [((rows, d), (d, h), (rows, h)) for d, h in weights_of(case)]
    arrays = [[rng.random(shape, np.float32) for shape in product] for product in shapes]
    gradients = [[np.empty(shape, np.float32) for shape in product[:2]] for product in shapes]

    def step() -> float:
        for (x, w, y), (by_x, by_w) in zip(arrays, gradients, strict=True):
            np.matmul(x, w, out=y)
            np.matmul(y, w.T, out=by_x)
            np.matmul(x.T, y, out=by_w)
        return 0.0

    return step


def ours(case: Case) -> Callable[[], float]:
    """A step of wordkit."""
    rng, size, ids = np.random.default_rng(1), case.size, token_ids()

    def uniform(*shape: int) -> np.ndarray:
        return rng.uniform(-0.1, 0.1, shape).astype(np.float32)

    width = {"RNN": 1, "GRU": 3, "LSTM": 4}[case.cell] * size
    kind: Any = {"RNN": RNN, "GRU": GRU, "LSTM": LSTM}[case.cell]
    embedding = Embedding(uniform(WORDS, size))
    biases = 2 if case.cell == "GRU" else 1
    layers = [
        kind(uniform(size, width), uniform(size, width), *(uniform(width) for _ in range(biases)))
        for _ in range(case.layers)
    ]
    dropouts = [Dropout(case.dropout, rng) for _ in range(case.layers + 1)]
    stack = Stack(layers, dropout=dropouts[1:-1])
    weight = embedding.params["weight"] if case.tied else uniform(WORDS, size)
    output = SoftmaxLoss(weight, uniform(WORDS))
    named = {"in": embedding, "stack": stack, "out": output}
    params = {f"{n}.{k}": p for n, layer in named.items() for k, p in layer.params.items()}
    optimizer, state = SGD(), None

    def step() -> float:
        nonlocal state
        x = dropouts[0].forward(embedding.forward(ids[:, :-1]), training=True)
        y = stack.forward(x, state=state, training=True)
        loss = output.forward(dropouts[-1].forward(y, training=True), ids[:, 1:])
        state = stack.final_state
        by_x = stack.backward(dropouts[-1].backward(output.backward()))
        embedding.backward(dropouts[0].backward(by_x))
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


PROGRAMS = {"bound": bound, "wordkit": ours, "PyTorch": theirs}

if __name__ == "__main__":
    main()
