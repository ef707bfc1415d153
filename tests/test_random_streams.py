"""One generator for each purpose: what shares none with another."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.lm.small import corpus
from wordkit.lm import fit as lm
from wordkit.lm.settings import LMSettings, LMTraining
from wordkit.random_streams import stream
from wordkit.seq2seq import fit as seq2seq
from wordkit.seq2seq import settings as seq2seq_settings


def test_names_numbers_and_seeds_tell_streams_apart() -> None:
    ways = [(1, "a"), (2, "a"), (1, "b"), (1, "a", 0), (1, "a", 1), (1, "a", 0, 0), (2**40, "a")]
    draws = {stream(*way).bytes(16) for way in ways}  # type: ignore[arg-type]
    plain = [0, 1, [1, 1], [1, 2]]
    draws |= {np.random.default_rng(seed).bytes(16) for seed in plain}
    assert len(draws) == len(ways) + len(plain)
    assert stream(1, "a", 3).bytes(16) == stream(1, "a", 3).bytes(16)


def test_a_stream_stays_what_it_was() -> None:
    """From one version to the next, or seeds would mean something else."""
    assert stream(1, "dropout").integers(10**9, size=3).tolist() == [
        714959831,
        454800131,
        499476404,
    ]
    assert stream(7, "windows", 2).integers(10**9, size=3).tolist() == [
        636135058,
        148915594,
        101487102,
    ]


@pytest.fixture
def seeds(monkeypatch: pytest.MonkeyPatch) -> list:
    """What all generators are seeded with."""
    found: list = []
    real = np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda seed: found.append(seed) or real(seed))
    return found


def names_of(seeds: list) -> set[int]:
    assert all(isinstance(seed, np.random.SeedSequence) for seed in seeds)
    return {seed.spawn_key[0] for seed in seeds}


def test_language_models_share_no_stream(tmp_path: Path, seeds: list) -> None:
    settings = LMSettings(embedding_size=4, hidden_size=4, dropout=0.5)
    training = LMTraining(batch_size=2, bptt=8, variable_bptt=True, epochs=3)
    lm.fit(corpus(times=4), tmp_path / "m", settings=settings, training=training)
    names = ("weights", "dropout", "windows")
    assert names_of(seeds) == {zlib.crc32(name.encode()) for name in names}
    assert {seed.spawn_key[1:] for seed in seeds} >= {(), (0,), (1,), (2,)}


def test_encoder_decoders_share_no_stream(tmp_path: Path, seeds: list) -> None:
    settings = seq2seq_settings.Seq2SeqSettings(embedding_size=4, hidden_size=4, dropout=0.5)
    training = seq2seq_settings.Seq2SeqTraining(epochs=3)
    pairs = [(["a"], ["x"]), (["b", "a"], ["y", "x"])] * 4
    seq2seq.fit(pairs, tmp_path / "m", settings=settings, training=training)
    names = ("weights", "draws", "pairs")
    assert names_of(seeds) == {zlib.crc32(name.encode()) for name in names}
    assert {seed.spawn_key[1:] for seed in seeds} >= {(), (0,), (1,), (2,)}
