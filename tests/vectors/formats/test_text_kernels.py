"""Text to float32 and back, against Python's float() and NumPy's str()."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordkit.vectors.formats.text import _parse_block, _positional_range
from wordkit.vectors.formats.text_kernels import LONGEST, parse_rows, print_rows

WORDLESS = np.empty(0, np.uint8)


def printed(values, positional=None):
    """Each number as the kernel prints it."""
    bits = np.array(values, np.float32).reshape(-1, 1).view(np.uint32)
    out = np.empty(len(bits) * (LONGEST + 1), np.uint8)
    used = print_rows(WORDLESS, bits, 32, False, positional or _positional_range(), out)
    return out[:used].tobytes().decode().splitlines()


def parsed(texts):
    """Each text as the kernel reads it, and whether it was sure."""
    data = np.frombuffer("".join(text + "\n" for text in texts).encode(), np.uint8)
    values, lines = np.empty((len(texts), 1), np.float32), np.empty((len(texts), 3), np.int64)
    parse_rows(data, False, values, lines)
    return values[:, 0], lines[:, 1] >= 0


def read(texts):
    """Each text as a reader of files reads it: by the kernel, or where it doubts by float()."""
    values = np.empty((len(texts), 1), np.float32)
    _parse_block("file", False, "".join(text + "\n" for text in texts).encode(), values, 1)
    return values[:, 0]


def expected(texts):
    with np.errstate(over="ignore"):
        return np.array([float(text) for text in texts]).astype(np.float32)


def same(a, b):
    return np.array_equal(a.view(np.uint32), b.view(np.uint32))


def random_bits(n, seed=0):
    return np.random.default_rng(seed).integers(0, 2**32, n, np.uint32).view(np.float32)


def neighbours(values):
    values = np.array(values, np.float32)
    with np.errstate(over="ignore"):
        above = np.nextafter(values, np.float32(np.inf))
    return np.concatenate([values, np.nextafter(values, np.float32(0)), above])


SAMPLES = {
    "any bits": random_bits(100_000),
    "like vectors": (np.random.default_rng(1).standard_normal(50_000) / 10).astype(np.float32),
    "whole": np.arange(-3000, 3000, dtype=np.float32) * 11_111,
    "powers of two": neighbours([2.0**e for e in range(-149, 128)]),
    "powers of ten": neighbours([float(f"1e{e}") for e in range(-45, 39)]),
    "least": np.arange(2000, dtype=np.uint32).view(np.float32),
    "bounds": neighbours([1e-4, 1e6, 1e16, 3.4028235e38, 1.1754944e-38]),
    "special": np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan], np.float32),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_numbers_are_printed_as_numpy_prints_them(name):
    values = SAMPLES[name]
    assert printed(values) == [str(value) for value in values]


@given(st.lists(st.floats(width=32), max_size=20))
def test_any_number_is_printed_as_numpy_prints_it(values):
    assert printed(values) == [str(np.float32(value)) for value in values]


@pytest.mark.parametrize("upper", [1e6, 1e16])
def test_the_range_without_an_exponent_is_that_of_the_numpy_at_hand(upper):
    low, _ = _positional_range()
    values = np.abs(np.concatenate([SAMPLES["powers of ten"], random_bits(5000), [np.float32(7)]]))
    values = values[np.isfinite(values) & (values > 0)]
    plain = {
        True: lambda v: np.format_float_positional(v, unique=True, trim="0"),
        False: lambda v: np.format_float_scientific(v, unique=True, trim="-", exp_digits=2),
    }
    wanted = [plain[bool(1e-4 <= float(v) < np.float32(upper))](v) for v in values]
    assert printed(values, (low, int(np.float32(upper).view(np.uint32)))) == wanted


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_printed_reads_back_to_the_same_bits(name):
    values = SAMPLES[name][~np.isnan(SAMPLES[name])]
    assert same(read(printed(values)), values)


def test_the_kernel_itself_reads_all_finite_numbers():
    values = SAMPLES["any bits"][np.isfinite(SAMPLES["any bits"])]
    back, sure = parsed(printed(values))
    assert sure.all()
    assert same(back, values)


def test_seventeen_digits_are_read_without_falling_back():
    texts = [repr(value) for value in np.random.default_rng(2).standard_normal(20_000).tolist()]
    back, sure = parsed(texts)
    assert sure.mean() > 0.999
    assert same(back[sure], expected(texts)[sure])


def test_numbers_half_way_between_two_float32_are_rounded_right():
    low = np.abs(random_bits(3000, seed=3))
    low = low[np.isfinite(low) & (low < 1e30) & (low > 1e-30)]
    high = np.nextafter(low, np.float32(np.inf))
    middle = (low.astype(np.float64) + high.astype(np.float64)) / 2
    texts = []
    for value in middle.tolist():
        exact = np.format_float_scientific(value, unique=False, precision=60, trim="-")
        digits, exponent = exact.split("e")
        digits += "" if "." in digits else "."
        texts += [exact, f"{digits}{'0' * 30}1e{exponent}", np.format_float_scientific(value)]
    assert same(read(texts), expected(texts))


DECIMALS = st.from_regex(r"[+-]?([0-9]{1,25}\.?[0-9]{0,25}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?",
                         fullmatch=True)  # fmt: skip


@given(st.lists(DECIMALS, max_size=10))
def test_any_decimal_is_read_as_python_reads_it(texts):
    assert same(read(texts), expected(texts))


@pytest.mark.parametrize(
    "text",
    ["0", "-0", "+0.0", "0e999999999999", "-.5", "5.", "1E5", "1e+05", "1e-400", "1e400", "-1e400",
     "0" * 400 + "1", "1" + "0" * 38, "0." + "0" * 60 + "1", "0." + "0" * 44 + "14", "inf", "-inf",
     "Infinity", "1e-50", "3.4028235677973366e38", "3.4028235677973365e38",
     "7.006492321624085e-46", "7.006492321624086e-46"],
)  # fmt: skip
def test_odd_decimals(text):
    assert same(read([text]), expected([text]))


@pytest.mark.parametrize(
    "text",
    ["", ".", "-", "+-1", "e5", "1e", "1e+", "1.2.3", "0x10", "1,5", "--1", "1 2", " 1",
     "1:", ":1", "1/", "1e5:", "1e5/", "1f5"],
)  # fmt: skip
def test_the_kernel_refuses_what_is_no_plain_number(text):
    assert not parsed([text])[1][0]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("the 1 2", "the"),
        ("the\t1\t2", "the"),
        ("the 1 2 \t\r", "the"),
        (" 1 2", ""),
        ("5 1 2", "5"),
        ("the 1", None),
        ("the 1 2 3", None),
        ("new york 1 2", None),
        ("the  1 2", None),
        ("the 1 x", None),
        ("", None),
    ],
)
def test_lines_with_a_word(line, word):
    """One good line behind each, so that a bad one does not swallow what follows."""
    data = f"{line}\nnext 3 4\n".encode()
    values, lines = np.empty((2, 2), np.float32), np.empty((2, 3), np.int64)
    parse_rows(np.frombuffer(data, np.uint8), True, values, lines)
    start, word_end, end = lines[0]
    assert data[start:end].decode() == line
    assert (None if word_end < 0 else data[start:word_end].decode()) == word
    if word is not None:
        assert values[0].tolist() == [1, 2]
    assert values[1].tolist() == [3, 4]
    assert data[lines[1, 0] : lines[1, 1]] == b"next"


def test_lines_are_printed_with_their_words():
    words = np.frombuffer(b"the\n\nnew york\n", np.uint8)
    bits = np.array([[1, -0.5], [0, 2], [1e-7, 3]], np.float32).view(np.uint32)
    out = np.empty(500, np.uint8)
    layouts = {
        (32, False): "the 1.0 -0.5\n 0.0 2.0\nnew york 1e-07 3.0\n",
        (32, True): "the 1.0 -0.5 \n 0.0 2.0 \nnew york 1e-07 3.0 \n",
        (9, False): "the\t1.0\t-0.5\n\t0.0\t2.0\nnew york\t1e-07\t3.0\n",
    }
    for (separator, trailing), text in layouts.items():
        used = print_rows(words, bits, separator, trailing, _positional_range(), out)
        assert out[:used].tobytes().decode() == text
