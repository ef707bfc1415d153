"""Signals that are noted, held back, and then handled as before."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from wordkit.interrupts import INTERRUPTS, noted_interrupts, uninterrupted

every_signal = pytest.mark.parametrize("sent", INTERRUPTS)


@pytest.fixture(autouse=True)
def arrived() -> Iterator[list[int]]:
    """What arrives at the handlers that were there before."""
    found: list[int] = []
    before = {sent: signal.getsignal(sent) for sent in INTERRUPTS}
    for sent in INTERRUPTS:
        signal.signal(sent, lambda number, frame: found.append(number))
    yield found
    for sent, handler in before.items():
        signal.signal(sent, handler)


@every_signal
def test_the_first_is_noted_and_the_second_acts(arrived: list[int], sent: int) -> None:
    with noted_interrupts() as noted:
        assert not noted
        signal.raise_signal(sent)
        assert (noted, arrived) == ([sent], [])
        signal.raise_signal(INTERRUPTS[0])
        assert (noted, arrived) == ([sent], [INTERRUPTS[0]])


@every_signal
def test_held_back_until_the_block_has_ended(arrived: list[int], sent: int) -> None:
    with uninterrupted():
        signal.raise_signal(sent)
        signal.raise_signal(INTERRUPTS[0])
        assert not arrived
    assert arrived == [sent]


@every_signal
@pytest.mark.parametrize("block", [noted_interrupts, uninterrupted])
def test_afterwards_all_is_as_before(arrived: list[int], block: Any, sent: int) -> None:
    """After an error, too."""
    with block():
        pass
    signal.raise_signal(sent)
    with pytest.raises(ZeroDivisionError), block():
        _ = 1 / 0
    signal.raise_signal(sent)
    assert arrived == [sent, sent]


@every_signal
@pytest.mark.parametrize("block", [noted_interrupts, uninterrupted])
def test_one_that_is_ignored_stays_so(arrived: list[int], block: Any, sent: int) -> None:
    signal.signal(sent, signal.SIG_IGN)
    with block() as noted:
        signal.raise_signal(sent)
        assert signal.getsignal(sent) == signal.SIG_IGN
    assert not noted
    assert signal.getsignal(sent) == signal.SIG_IGN
    assert not arrived
