"""The sum of binary numbers is learnt."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from scripts.reproduce.binary_addition import INITIALISERS, Adder, bits_of, main
from wordkit.layers.gradient_check import numeric_gradient


def shares(output: str) -> dict[int, float]:
    """In percent, by the bits of the numbers."""
    found = re.findall(r"exact sums of (\d+) bits.*: ([\d.]+)%", output)
    return {int(bits): float(share) for bits, share in found}


def test_bits_of_the_lowest_first() -> None:
    numbers = np.array([0, 1, 6, 13, 31])
    found = bits_of(numbers, 4)
    assert ["".join(str(int(bit)) for bit in row[::-1]) for row in found] == [
        f"{number:05b}" for number in numbers
    ]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_it_learns_to_add(capsys: pytest.CaptureFixture[str], activation: str) -> None:
    """Also numbers four times as long as those it was trained on: it learns the rule."""
    main(["--activation", activation, "--init", "orthogonal", "--steps", "500"])
    output = capsys.readouterr()
    assert shares(output.out) == {8: 100.0, 32: 100.0}
    assert output.err == ""  # no bar where there is no terminal
    errors = [float(row.split("\t")[1]) for row in re.findall(r"^\d+\t.*", output.out, re.M)]
    assert len(errors) == 10
    assert errors[0] > 10 * errors[-1]


def test_weights_without_spread_do_not_learn(capsys: pytest.CaptureFixture[str]) -> None:
    """From zero nothing but the last bias has a gradient: all bits of all sums are alike."""
    main(["--init", "gaussian", "--spread", "0", "--steps", "100"])
    assert shares(capsys.readouterr().out)[8] < 2


@pytest.mark.parametrize("init", INITIALISERS)
def test_the_spread_is_that_of_the_weights(init: str) -> None:
    weights = [
        Adder(init, spread, 5, "tanh", seed=1).named("params")["rnn.weight_hh"]
        for spread in (1.0, 3.0)
    ]
    np.testing.assert_allclose(weights[1], 3 * weights[0], rtol=1e-6)


def test_gradients_of_the_error() -> None:
    adder, pairs = Adder("xavier", 1.0, 3, "tanh", seed=2), np.array([[5, 3], [7, 7], [0, 2]])
    adder.error(pairs, 3)
    for name, param in adder.named("params").items():
        gradient = adder.named("grads")[name].copy()

        def error(x: np.ndarray, param: np.ndarray = param) -> float:
            param[...] = x
            return adder.error(pairs, 3)

        # float32: wide differences, loose comparison
        expected = numeric_gradient(error, param.astype(float), 1e-2)
        np.testing.assert_allclose(gradient, expected, rtol=1e-2, atol=1e-4, err_msg=name)


def test_it_draws_the_error(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    main(["--bits", "2", "--steps", "3", "-o", str(tmp_path / "error.png")])
    assert (tmp_path / "error.png").read_bytes()[:4] == b"\x89PNG"


def test_an_error_that_is_not_finite_ends_it() -> None:
    with (
        np.errstate(all="ignore"),
        pytest.raises(SystemExit, match=r"the error is .*: try a lower --spread or --rate"),
    ):
        main(["--activation", "relu", "--spread", "1e20", "--steps", "5"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--width", "0"], "--width must be at least 1, not 0"),
        (["--seed", "-1"], "--seed must be at least 0, not -1"),
        (["--rate", "nan"], "--rate must be a finite number, not nan"),
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
    assert capsys.readouterr().out == ""  # before the training


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit, match="-o needs matplotlib: pip install"):
        main(["-o", str(tmp_path / "x.png")])
