"""From one seed many generators, each for one purpose."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    """The generator of a seed for one purpose, independent of those for others.

    Purposes are told apart by names, not by numbers: ``default_rng(seed)`` and
    ``default_rng([seed, 0])`` are one and the same stream.

    Parameters
    ----------
    seed
        A whole number from 0.
    name
        What is drawn: another name, other draws.
    numbers
        Which of many: the epoch, say.

    Examples
    --------
    >>> float(stream(1, "dropout").random()) == float(stream(1, "weights").random())
    False
    """
    key = zlib.crc32(name.encode()), *numbers
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
