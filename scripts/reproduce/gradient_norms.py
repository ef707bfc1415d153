"""How gradients vanish or explode on their way back through a recurrent network.

    python scripts/reproduce/gradient_norms.py [-o norms.png] [--radii 0.5 1 2] [--steps 50]

Each step back multiplies the gradient of the state by the recurrent weights and by the
derivative of the activation (Bengio et al. 1994, "Learning Long-Term Dependencies with
Gradient Descent is Difficult"; Pascanu et al. 2013, "On the difficulty of training
recurrent neural networks"):

    |gradient k steps back| <= radius ** k

The weights are an orthogonal matrix times the radius, so that all their eigenvalues are
that long, and without an activation the two sides are equal. tanh makes less of it, the
more so the more it saturates; relu lets about half of the units through: (radius / sqrt 2) ** k.

Clipping by norm shortens what exploded. Its direction stays the same, and what vanished
stays away.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence

import exercise_options
import numpy as np

from wordkit.layers.init import orthogonal
from wordkit.layers.recurrent.rnn import RNN
from wordkit.training.descent.clipping import clip_by_norm

ACTIVATIONS = {"tanh": "-", "relu": ":"}  # and how they are drawn
SEQUENCES = 20


def network(radius: float, activation: str, width: int, seed: int) -> RNN:
    """In float64: in float32 what vanishes would be zero."""
    rng = np.random.default_rng(seed)
    weight_hh = orthogonal((width, width), rng, gain=radius, dtype=float)
    weights = {"weight_ih": np.eye(width), "weight_hh": weight_hh, "bias": np.zeros(width)}
    return RNN(width, width, activation=activation, weights=weights)


def norms_by_distance(rnn: RNN, x: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """The norm of the gradient of the state k steps before the last, (T + 1,).

    From x (N, T, D), and the gradient of the last state, (N, H); the mean over sequences.
    """
    steps = [x[:, t : t + 1] for t in range(x.shape[1])]
    states = [{"h": np.zeros_like(gradient)}]
    for step in steps:
        rnn.forward(step, state=states[-1])
        states.append(rnn.final_state)
    gradients = [gradient]
    for step, state in zip(reversed(steps), reversed(states[:-1]), strict=True):
        y = rnn.forward(step, state=state)
        rnn.backward(np.zeros_like(y), state_gradient={"h": gradients[-1]})
        gradients.append(rnn.initial_state_gradient["h"])
    return np.linalg.norm(gradients, axis=-1).mean(axis=1)


def clipped_norms(
    rnn: RNN, x: np.ndarray, gradient: np.ndarray, limit: float
) -> tuple[float, float]:
    """The norm of the gradient of all weights, the mean over sequences, and that of it clipped."""
    y = rnn.forward(x)
    rnn.backward(np.zeros_like(y), state_gradient={"h": gradient / len(gradient)})
    return clip_by_norm(rnn.grads, limit), clip_by_norm(rnn.grads, math.inf)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, and draw it."""
    options = parse(arguments)
    rng = np.random.default_rng([options.seed, 1])
    x = rng.normal(size=(SEQUENCES, options.steps, options.width))
    gradient = rng.normal(size=(SEQUENCES, options.width))
    gradient /= np.linalg.norm(gradient, axis=1, keepdims=True)
    shown = sorted({1, 5, 10, 20, options.steps} & set(range(options.steps + 1)))
    print("activation\tradius", *(f"{k} back" for k in shown), "weights\tclipped", sep="\t")
    curves = {}
    for activation in ACTIVATIONS:
        for radius in options.radii:
            rnn = network(radius, activation, options.width, options.seed)
            norms = curves[activation, radius] = norms_by_distance(rnn, x, gradient)
            cells = [*norms[shown], *clipped_norms(rnn, x, gradient, options.clip)]
            print(f"{activation}\t{radius:g}", *(f"{cell:.3g}" for cell in cells), sep="\t")
    if options.output:
        draw(curves, options.output)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--radii", type=float, nargs="+", default=[0.5, 0.9, 1, 1.1, 1.5, 2])
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--width", type=int, default=100)
    parser.add_argument("--clip", type=float, default=5.0, help="largest norm of the gradient")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", metavar="PNG", help="draw them (needs matplotlib)")
    options = parser.parse_args(arguments)
    exercise_options.check(options)
    for name, values in (("clip", [options.clip]), ("radii", options.radii)):
        if not all(0 < value < math.inf for value in values):
            raise SystemExit(f"--{name} must be above 0, not {' '.join(map(str, values))}")
    return options


def draw(curves: Mapping[tuple[str, float], np.ndarray], path: str) -> None:
    """A color for each radius; dashed what no activation would make of it."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), dpi=150, layout="constrained")
    axes = figure.add_subplot(xlabel="steps back", ylabel="norm of the gradient", yscale="log")
    radii = sorted({radius for _, radius in curves})
    color = dict(zip(radii, colormaps["viridis"](np.linspace(0, 0.9, len(radii))), strict=True))
    for (activation, radius), norms in curves.items():
        back = np.arange(len(norms))
        label = f"{activation}, radius {radius:g}"
        axes.plot(back, norms, ACTIVATIONS[activation], color=color[radius], label=label)
        axes.plot(back, radius**back, "--", color=color[radius], linewidth=0.5)
    axes.legend(frameon=False, fontsize=7, ncols=2)
    figure.savefig(path)


if __name__ == "__main__":
    main()
