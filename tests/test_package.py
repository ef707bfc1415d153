"""What ``import wordkit`` offers."""

import subprocess
import sys

import pytest

import wordkit


def test_every_name_is_there() -> None:
    for name in wordkit.__all__:
        assert getattr(wordkit, name) is not None
    assert set(wordkit._HOMES) == set(wordkit.__all__) - {"__version__"}
    with pytest.raises(AttributeError, match="nothing"):
        _ = wordkit.nothing


def test_importing_is_light() -> None:
    code = "import wordkit, sys; print('numpy' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
