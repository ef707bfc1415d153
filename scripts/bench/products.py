"""Products of matrices in one thread: wordkit, NumPy's BLAS, and what a core can do at most.

    python scripts/bench/products.py

With WORDKIT_INSTRUCTIONS=avx2, all of them go without AVX-512.

The most is what twelve independent chains of multiply-adds in registers reach, which is a bound
of every product. The shapes are those of lm.py and seq2seq.py. Times are CPU times of the thread,
the least of several, so that other programs on the machine matter little.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from wordkit.backend.compiling import njit
from wordkit.backend.instructions import instruction_set
from wordkit.backend.products import Times
from wordkit.backend.simd_kernels import LANES, add_up, hold, load, multiply_add, pointer

CHAINS, TURNS = 12, 2_000_000
SHAPES = {
    "softmax, 100": (700, 100, 10_000),
    "softmax, 256": (700, 256, 10_000),
    "softmax, 650": (700, 650, 10_000),
    "LSTM 100, a window": (700, 100, 400),
    "GRU 256, a window": (700, 256, 768),
    "LSTM 650, a window": (700, 650, 2600),
    "LSTM 650, a step": (20, 650, 2600),
    "dates, a window": (128 * 29, 256, 1024),
    "dates, a step": (64, 256, 1024),
}


def main() -> None:
    """Print the bound, and a line for each shape, forwards and for both gradients."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one worker
    numbers = np.full(2 * LANES, 0.5, np.float32)
    most = 2 * CHAINS * LANES * TURNS / seconds(lambda: chains(numbers, TURNS)) / 1e9
    print(f"instructions: {instruction_set()}; a core does at most {most:.0f} GFLOP/s")
    rng = np.random.default_rng(0)
    with threadpool_limits(1):
        for name, (n, k, m) in SHAPES.items():
            x, w, y = (rng.random(shape, np.float32) for shape in ((n, k), (k, m), (n, m)))
            whole = [(x.T, y)] if n > 100 else []  # the weights' gradient is of all steps at once
            for left, right in (x, w), (y, w.T), *whole:
                compare(name, left, right, most)


def compare(name: str, left: np.ndarray, right: np.ndarray, most: float) -> None:
    """One product. The copy that wordkit makes of the right matrix counts for a window."""
    out = np.empty((len(left), right.shape[1]), np.float32)
    kept = Times(right, len(left), 35)
    many = len(left) > 100
    own = seconds(lambda: (Times(right, len(left)) if many else kept)(left, out))
    blas = seconds(lambda: np.matmul(left, right, out=out))
    work = 2 * left.shape[0] * right.size / 1e9
    print(
        f"{name:18s} {left.shape!s:>14s} x {right.shape!s:14s} "
        f"wordkit {work / own:4.0f} GFLOP/s ({work / own / most:.0%}), BLAS {work / blas:4.0f}",
        flush=True,
    )


def seconds(work: Callable[[], object]) -> float:
    """The least CPU time of this thread, of several."""
    work()
    taken = []
    while len(taken) < 5 or (sum(taken) < 0.2 and len(taken) < 200):
        started = time.thread_time()
        work()
        taken.append(time.thread_time() - started)
    return min(taken)


@njit
def chains(numbers, turns):
    """Multiply-adds that wait for nothing but the one before in their own chain."""
    p = pointer(numbers)
    a, b = load(p, 0), load(p, LANES)
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = s8 = s9 = s10 = s11 = a
    for _ in range(turns):
        s0, s1, s2 = multiply_add(s0, b, a), multiply_add(s1, b, a), multiply_add(s2, b, a)
        s3, s4, s5 = multiply_add(s3, b, a), multiply_add(s4, b, a), multiply_add(s5, b, a)
        s6, s7, s8 = multiply_add(s6, b, a), multiply_add(s7, b, a), multiply_add(s8, b, a)
        s9, s10, s11 = multiply_add(s9, b, a), multiply_add(s10, b, a), multiply_add(s11, b, a)
    hold(numbers)
    return add_up(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11)


if __name__ == "__main__":
    main()
