"""Gradients vanish and explode by the powers that the theory gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scripts.reproduce.gradient_norms import clipped_norms, main, network, norms_by_distance

T, H = 30, 60
RNG = np.random.default_rng(0)
X, GRADIENT = RNG.normal(size=(8, T, H)), RNG.normal(size=(8, H))
GRADIENT /= np.linalg.norm(GRADIENT, axis=1, keepdims=True)
POWERS = np.arange(T + 1)


def norms(radius: float, activation: str, x: np.ndarray = X) -> np.ndarray:
    return norms_by_distance(network(radius, activation, H, seed=1), x, GRADIENT)


def test_against_the_jacobians() -> None:
    """The product of W diag(1 - h^2) over the last steps."""
    rnn = network(1.2, "tanh", H, seed=1)
    states = np.concatenate([np.zeros((8, 1, H)), rnn.forward(X)], axis=1)
    gradient, expected = GRADIENT, [1.0]
    for t in reversed(range(T)):
        gradient = gradient * (1 - states[:, t + 1] ** 2) @ rnn.params["weight_hh"].T
        expected.append(np.linalg.norm(gradient, axis=1).mean())
    np.testing.assert_allclose(norms_by_distance(rnn, X, GRADIENT), expected, rtol=1e-10)


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_never_above_the_power_of_the_radius(radius: float, activation: str) -> None:
    found = norms(radius, activation)
    assert found.shape == (T + 1,)
    assert (found <= radius**POWERS * (1 + 1e-9)).all()


def test_half_the_radius_vanishes() -> None:
    for activation in ("tanh", "relu"):
        found = norms(0.5, activation)
        assert (np.diff(found) < 0).all()
        assert found[-1] < 0.5**T


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5, 2.0])
def test_relu_lets_half_of_the_units_through(radius: float) -> None:
    """(radius / sqrt 2) ** k: at 1.5 it grows, at 1 it falls. Some networks more, some less."""
    rng = np.random.default_rng(0)
    x, gradient = rng.normal(size=(8, T, 200)), rng.normal(size=(8, 200)) / np.sqrt(200)
    networks = [network(radius, "relu", 200, seed) for seed in range(5)]
    found = [norms_by_distance(each, x, gradient) for each in networks]
    each = np.mean([(norms[-1] / norms[0]) ** (1 / T) for norms in found])
    assert each == pytest.approx(radius / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize("radius", [0.5, 1.5])
def test_tanh_of_almost_nothing_is_linear(radius: float) -> None:
    np.testing.assert_allclose(norms(radius, "tanh", X * 1e-12), radius**POWERS, rtol=1e-6)


def test_clipping_shortens_what_exploded_and_nothing_else() -> None:
    exploded, limited = clipped_norms(network(2, "relu", H, seed=1), X, GRADIENT, 5.0)
    assert exploded > 1000
    assert limited == pytest.approx(5)
    vanished, left = clipped_norms(network(0.5, "relu", H, seed=1), X, GRADIENT, 5.0)
    assert vanished < 5
    assert left == vanished


def test_table_and_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "norms.png"
    main(["--radii", "0.5", "1.5", "--steps", "12", "--width", "20", "-o", str(picture)])
    header, *rows = (line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert header == [
        "activation", "radius", "1 back", "5 back", "10 back", "12 back", "weights", "clipped"
    ]  # fmt: skip
    assert [row[:2] for row in rows] == [
        ["tanh", "0.5"], ["tanh", "1.5"], ["relu", "0.5"], ["relu", "1.5"]
    ]  # fmt: skip
    assert all(float(row[5]) < 0.5**12 for row in rows if row[1] == "0.5")
    assert picture.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--clip", "0"], "--clip must be above 0, not 0.0"),
        (["--radii", "1", "-1"], "--radii must be above 0, not 1.0 -1.0"),
        (["--steps", "0"], "--steps must be at least 1, not 0"),
        (["-o", "nowhere/x.png"], "-o nowhere/x.png is not a file in a folder that exists"),
    ],
)
def test_options_that_make_no_sense(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    if "-o" in arguments:
        pytest.importorskip("matplotlib")
    with pytest.raises(SystemExit, match=message):
        main(arguments)
    assert capsys.readouterr().out == ""
