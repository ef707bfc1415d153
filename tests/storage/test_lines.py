"""Files of lines, and those that have none."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.errors import BackendError, FormatError
from wordkit.storage import lines
from wordkit.storage.lines import VARIABLE, longest_line, read_lines


def test_the_limit_is_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert longest_line() == 16 * 2**20
    for text, limit in {"": 16 * 2**20, "1": 2**20, "0.5": 2**19, "20000": 20_000 * 2**20}.items():
        monkeypatch.setenv(VARIABLE, text)
        assert longest_line() == limit


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e300", "1e-300", "many", "1 MB"])
def test_a_limit_that_is_none(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(BackendError, match=f"{VARIABLE} must be a number of megabytes above 0"):
        longest_line()


@given(
    st.lists(st.sampled_from([b"\n", b"\r", b"ab", b"\x00" * 9, b"c" * 20])).map(b"".join),
    st.integers(1, 40),
    st.integers(1, 40),
    st.none() | st.integers(0, 5),
)
def test_against_plain_python(content: bytes, block: int, limit: int, most: int | None) -> None:
    """Up to a block more than the limit is let through: nothing is read twice for exactness."""
    longest, error = max(map(len, content.split(b"\n"))), None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_BLOCK", block)
        patch.setenv(VARIABLE, str(limit / 2**20))
        options = {} if most is None else {"most": most}
        try:
            found = read_lines(io.BytesIO(content), "name", **options)
        except FormatError as caught:
            error = str(caught)
    if error is None:
        assert found == content
        assert longest <= limit + block
        assert most is None or content.count(b"\n") <= most
    elif "longer than" in error:
        assert longest > limit
    else:
        assert f"more than {most} lines" in error
        assert most is not None
        assert content.count(b"\n") > most


def test_the_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_BLOCK", 8)
    monkeypatch.setenv(VARIABLE, str(100 / 2**20))
    content = b"one\ntwo\n\n" + b"x" * 300
    with pytest.raises(FormatError, match=r"^name, line 4 is longer than 100 bytes.*WORDKIT_MAX"):
        read_lines(io.BytesIO(content), "name")
