"""A simple recurrent network learns to add binary numbers, bit by bit.

    python scripts/reproduce/binary_addition.py [-o error.png] [--activation relu --init he]

The lowest bits come first, as on paper: what is carried over, the state must remember. An
exercise of Andrew Trask 2015, "Anyone Can Learn To Code an LSTM-RNN in Python".
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import exercise_options
import numpy as np

from wordkit.layers.affine import Affine
from wordkit.layers.init import gaussian, he, orthogonal, uniform, xavier
from wordkit.layers.losses.dense import SigmoidCrossEntropy
from wordkit.layers.recurrent.rnn import RNN
from wordkit.progress import progress_bar
from wordkit.training.descent.options import OPTIMIZERS, optimizer_from_text

INITIALISERS: dict[str, tuple[Callable[..., np.ndarray], str]] = {
    "gaussian": (gaussian, "std"),
    "uniform": (uniform, "limit"),
    "xavier": (xavier, "gain"),
    "he": (he, "gain"),
    "orthogonal": (orthogonal, "gain"),
}
"""Each with the option that --spread sets."""
BATCH, TESTED = 32, 2000  # pairs of numbers


class Adder:
    """Bits of both numbers -> RNN -> affine -> scores of the bits of the sum."""

    def __init__(self, init: str, spread: float, width: int, activation: str, seed: int):
        rng, (draw, option) = np.random.default_rng(seed), INITIALISERS[init]
        draw = partial(draw, **{option: spread})
        weights = {
            "weight_ih": draw((2, width), rng),
            "weight_hh": draw((width, width), rng),
            "bias": np.zeros(width, np.float32),
        }
        self.rnn = RNN(2, width, activation=activation, weights=weights)
        self.output = Affine(width, 1, initial=draw, rng=rng)
        self.loss = SigmoidCrossEntropy()

    def scores(self, pairs: np.ndarray, bits: int) -> np.ndarray:
        """From pairs (N, 2) of numbers to (N, bits + 1): above 0 where the bit seems to be 1."""
        x = np.stack([bits_of(numbers, bits) for numbers in pairs.T], axis=-1)
        return self.output.forward(self.rnn.forward(x))[..., 0]

    def error(self, pairs: np.ndarray, bits: int) -> float:
        """The mean of -log p(bit), in nats; sets the gradients."""
        scores = self.scores(pairs, bits)
        error = self.loss.forward(scores, bits_of(pairs.sum(axis=1), bits))
        self.rnn.backward(self.output.backward(self.loss.backward()[..., None]))
        return float(error)

    def exact(self, pairs: np.ndarray, bits: int) -> float:
        """The share of sums of which every bit is right."""
        right = (self.scores(pairs, bits) > 0) == bits_of(pairs.sum(axis=1), bits)
        return float(right.all(axis=1).mean())

    def named(self, what: str) -> dict[str, Any]:
        """The params or grads of both layers."""
        layers = {"rnn": self.rnn, "output": self.output}
        return {
            f"{layer}.{name}": array
            for layer, own in layers.items()
            for name, array in getattr(own, what).items()
        }


def bits_of(numbers: np.ndarray, bits: int) -> np.ndarray:
    """From (N,) to (N, bits + 1), the lowest first; the last one is for the carry."""
    return (numbers[:, None] >> np.arange(bits + 1) & 1).astype(np.float32)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, and print how well it adds."""
    options = parse(arguments)
    bits, rng = options.bits, np.random.default_rng([options.seed, 1])
    pairs = np.stack(np.divmod(rng.permutation(4**bits), 2**bits), axis=1)
    unseen, seen = np.split(pairs, [min(TESTED, len(pairs) // 10)])
    adder = Adder(options.init, options.spread, options.width, options.activation, options.seed)
    optimizer, errors = optimizer_from_text(options.optimizer), []
    print("step\terror\texact sums")
    with progress_bar("training", options.steps, " steps") as bar:
        for step in range(1, options.steps + 1):
            errors.append(adder.error(rng.choice(seen, BATCH), bits))
            if not math.isfinite(errors[-1]):
                raise SystemExit(f"the error is {errors[-1]}: try a lower --spread or --rate")
            optimizer.step(adder.named("params"), adder.named("grads"), options.rate)
            if step % max(1, options.steps // 10) == 0:
                bar.write(f"{step}\t{errors[-1]:.4f}\t{adder.exact(unseen, bits):.1%}")
            bar.update()
    longer = rng.integers(0, 2 ** (4 * bits), (TESTED, 2))
    print(f"\nexact sums of {bits} bits, not trained on: {adder.exact(unseen, bits):.1%}")
    print(f"exact sums of {4 * bits} bits: {adder.exact(longer, 4 * bits):.1%}")
    if options.output:
        draw(errors, options.output)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--init", choices=INITIALISERS, default="xavier", help="how weights are drawn")
    add("--spread", type=float, default=1.0, help="their std, limit or gain")
    add("--rate", type=float, default=0.01, help="learning rate")
    add("--width", type=int, default=16, help="units of the state")
    add("--activation", choices=("tanh", "relu"), default="tanh", help="of the state")
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="what makes steps of gradients")
    add("--bits", type=int, choices=range(2, 11), default=8, help="of the numbers to train on")
    add("--steps", type=int, default=1000, help=f"of {BATCH} sums each")
    add("--seed", type=int, default=1, help="of the weights and the numbers")
    add("-o", "--output", metavar="PNG", help="draw the error (needs matplotlib)")
    options = parser.parse_args(arguments)
    exercise_options.check(options)
    for name in ("spread", "rate"):
        if not math.isfinite(getattr(options, name)):
            raise SystemExit(f"--{name} must be a finite number, not {getattr(options, name)}")
    return options


def draw(errors: Sequence[float], path: str) -> None:
    """The error by step."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), dpi=150, layout="constrained")
    axes = figure.add_subplot(xlabel="step", ylabel="mean of -log p(bit)", yscale="log")
    axes.plot(range(1, len(errors) + 1), errors, color="black", linewidth=0.8)
    figure.savefig(path)


if __name__ == "__main__":
    main()
