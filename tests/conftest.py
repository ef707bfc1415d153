"""Settings that all tests share."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

import wordkit  # noqa: F401, before NumPy and numba: it may have to choose their instructions

# No deadlines: a busy machine is no bug. In CI the same examples every time.
settings.register_profile("wordkit", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("wordkit")


@pytest.fixture(autouse=True, scope="session")
def interrupts_arrive() -> Iterator[None]:
    """``nohup`` and scripts start what runs in the background with Ctrl-C ignored.

    Tests send it, to themselves and to processes that would inherit that.
    """
    before = signal.getsignal(signal.SIGINT)
    if before == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
