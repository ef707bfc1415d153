"""Rows of float32 numbers to and from decimal text, exactly.

Reading gives what ``np.float32(float(text))`` gives, printing what
``str(np.float32(x))`` gives: the shortest decimal that reads back to the same
number, and of those the nearest.

Indices are int64, text is uint8.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from wordkit.backend.compiling import njit

_SPACE, _TAB, _NEWLINE, _RETURN = 32, 9, 10, 13
_PLUS, _MINUS, _POINT, _ZERO, _E = 43, 45, 46, 48, 101


# --- reading ------------------------------------------------------------------------

_LARGEST_POWER = 60
_POWERS = np.array([float(f"1e{k}") for k in range(_LARGEST_POWER + 1)])
_EXACT_POWER = 22  # 10**22 is the last power of ten that a double holds exactly
_EXACT_MANTISSA = 1 << 53
_FULL = 10**17  # one more digit still fits in an int64
_DOUBT = 1e-15  # more than the relative error of two roundings and a rounded power of ten


@njit(inline="always")
def _parse_number(data: np.ndarray, p: int) -> tuple[np.float32, int, bool]:
    """Parse the number at ``data[p]``: return its value, its end, and whether it is certain."""
    negative = data[p] == _MINUS
    p += negative | (data[p] == _PLUS)  # no branch, as signs cannot be predicted
    start, point = p, -1
    mantissa, exponent = np.int64(0), np.int64(0)
    while True:
        digit = np.int64(data[p]) - _ZERO
        if 0 <= digit <= 9:
            if mantissa < _FULL:
                mantissa = mantissa * 10 + digit
            else:
                exponent += 1
        elif data[p] == _POINT and point < 0:
            point = p
        else:
            break
        p += 1
    dropped = exponent > 0
    if point >= 0:
        exponent -= p - point - 1
    well = p - start > (point >= 0)
    if data[p] | 32 == _E:
        written, p, exponent_well = _parse_exponent(data, p + 1)
        exponent += written
        well &= exponent_well
    value, sure = _round(mantissa, exponent, dropped)
    return value * (1 - 2 * negative), p, well and sure


@njit
def _parse_exponent(data: np.ndarray, p: int) -> tuple[int, int, bool]:
    negative = data[p] == _MINUS
    p += negative | (data[p] == _PLUS)
    start, exponent = p, np.int64(0)
    while 0 <= np.int64(data[p]) - _ZERO <= 9:
        exponent = min(exponent * 10 + np.int64(data[p]) - _ZERO, np.int64(1_000_000))
        p += 1
    return exponent * (1 - 2 * negative), p, p > start


@njit(inline="always")
def _round(mantissa: Any, exponent: Any, dropped: Any) -> tuple[np.float32, bool]:
    """Return ``mantissa * 10**exponent``, and whether it is certainly what float() gives.

    A mantissa below 2**53 times or divided by an exact power of ten is rounded only once and
    so is correct (Clinger 1990). Any other product lies within a relative 1e-15 of the true
    one: if both ends of that range round to the same float32, it is the result.
    """
    size = abs(exponent)
    if size > _LARGEST_POWER:
        return np.float32(0), False
    value = np.float64(mantissa)
    value = value / _POWERS[size] if exponent < 0 else value * _POWERS[size]
    if mantissa < _EXACT_MANTISSA and size <= _EXACT_POWER and not dropped:
        return np.float32(value), True
    low, high = np.float32(value * (1 - _DOUBT)), np.float32(value * (1 + _DOUBT))
    return low, low == high


@njit
def parse_rows(data: np.ndarray, has_word: bool, values: np.ndarray, lines: np.ndarray) -> None:
    """Read one row of numbers from each line.

    Parameters
    ----------
    data : uint8 (n,)
        Whole lines, each with its newline.
    has_word : bool
        Whether a word and a space or tab precede the numbers.
    values : float32 (rows, D)
        Filled with the numbers.
    lines : int64 (rows, 3)
        Filled with the start of each line, the end of its word, and the end of the line.
        The word's end is -1 unless the line is a word without spaces and D plain numbers,
        with one space or tab before each: the slow parser handles such lines.
    """
    p = 0
    for row in range(values.shape[0]):
        lines[row, 0] = p
        if has_word:
            while data[p] != _SPACE and data[p] != _TAB and data[p] != _NEWLINE:
                p += 1
        word_end = p
        well = True
        for column in range(values.shape[1]):
            if has_word or column > 0:
                well = data[p] == _SPACE or data[p] == _TAB
                p += well
            if well:
                values[row, column], p, well = _parse_number(data, p)
            if not well:
                break
        while data[p] == _SPACE or data[p] == _TAB or data[p] == _RETURN:
            p += 1
        well = well and data[p] == _NEWLINE
        while data[p] != _NEWLINE:
            p += 1
        lines[row, 1] = word_end if well else -1
        lines[row, 2] = p
        p += 1


# --- printing -----------------------------------------------------------------------

LONGEST = 24  # bytes: more than any printed float32 and its separator take
_ONE, _TEN = np.uint64(1), np.uint64(10)
_POWERS_OF_TEN = 10 ** np.arange(9, dtype=np.int64)
_SPLIT = 36
_LOW_BITS = (1 << _SPLIT) - 1
_WHOLE = 32
_FRACTION_BITS = (1 << _WHOLE) - 1


def _scales() -> np.ndarray:
    """Return, for each binary exponent q, the decimal one k, and 2**q / 10**k in fixed point.

    k is the largest with 10**k no wider than the interval around a number c * 2**q
    in which all decimals read back to it. The interval is 2**q wide, or 3/4 of that
    where the number is a power of two (rows 256 and up), as its lower neighbour is
    then nearer. The fixed point has 68 bits of fraction, rounded up, in two halves.
    """
    table = np.zeros((512, 3), np.int64)
    for row in range(512):
        q, width = max(row % 256, 1) - 150, 0.75 if row >= 256 else 1.0
        k = math.floor(math.log10(width) + q * math.log10(2))
        scale = math.ceil(Fraction(2) ** q / Fraction(10) ** k * 2**68)
        table[row] = k, scale >> _SPLIT, scale & _LOW_BITS
    return table


_SCALES = _scales()


@njit(inline="always")
def _scaled(quarters: int, high: int, low: int) -> tuple[int, bool]:
    """Multiply ``quarters`` by a scale: the integer part, and whether the fraction is zero."""
    product = quarters * high + (quarters * low >> _SPLIT)
    return product >> _WHOLE, product & _FRACTION_BITS == 0


@njit(inline="always")
def _shortest(bits: int) -> tuple[int, int]:
    """Return the shortest decimal n * 10**k of a positive finite float32, given as bits.

    The interval of decimals that read back to the number (bounds included where its
    mantissa is even: round half to even) is scaled by 10**-k to at most ten whole
    numbers wide: a multiple of ten in it is the shortest, else the nearest whole
    number is. The idea is Schubfach's (Giulietti 2020).
    """
    field, fraction = bits >> 23, bits & 0x7FFFFF
    at_power = fraction == 0 and field > 1
    c = (fraction | 0x800000 if field > 0 else fraction) << 2
    row = field + 256 * at_power
    k, high, low = _SCALES[row, 0], _SCALES[row, 1], _SCALES[row, 2]
    odd = bits & 1
    value, value_whole = _scaled(c, high, low)
    below, below_whole = _scaled(c - 2 + at_power, high, low)
    above, above_whole = _scaled(c + 2, high, low)
    least = (below + 4 - (below_whole and not odd)) >> 2
    most = (above - (above_whole and odd)) >> 2
    nearest, rest = value >> 2, value & 3
    nearest += (rest == 3) | ((rest == 2) & ((nearest & 1) | (not value_whole)))
    tens = most // 10
    round_ten = tens * 10 >= least
    n = tens if round_ten else min(max(nearest, least), most)
    k += round_ten
    while n % 10 == 0:
        n, k = n // 10, k + 1
    return n, k


@njit(inline="always")
def _print_digits(out: np.ndarray, p: int, n: int, count: int) -> int:
    """Print ``n`` of ``count`` digits; nine bytes are written, for speed, padded with zeros."""
    rest = np.uint64(n * _POWERS_OF_TEN[9 - count])
    for i in range(p + 8, p - 1, -1):
        tens = rest // _TEN
        out[i] = _ZERO + rest - tens * _TEN
        rest = tens
    return p + count


@njit(inline="always")
def _print_positional(out: np.ndarray, p: int, n: int, count: int, point: int) -> int:
    """Print ``n`` of ``count`` digits with the decimal point after the ``point``-th."""
    if point <= 0:
        out[p], out[p + 1] = _ZERO, _POINT
        out[p + 2], out[p + 3], out[p + 4] = _ZERO, _ZERO, _ZERO  # as many as may be needed
        return _print_digits(out, p + 2 - point, n, count)
    if point < count:
        end = _print_digits(out, p + 1, n, count)
        for i in range(np.uint64(p), np.uint64(p + point)):
            out[i] = out[i + _ONE]
        out[p + point] = _POINT
        return end
    p = _print_digits(out, p, n, count)
    for i in range(np.uint64(p), np.uint64(p + point - count)):
        out[i] = _ZERO
    p += point - count
    out[p], out[p + 1] = _POINT, _ZERO
    return p + 2


@njit(inline="always")
def _print_scientific(out: np.ndarray, p: int, n: int, count: int, exponent: int) -> int:
    end = _print_digits(out, p + 1, n, count)
    out[p] = out[p + 1]
    out[p + 1] = _POINT
    p = end if count > 1 else p + 1
    size = abs(exponent)
    out[p], out[p + 1] = _E, _MINUS if exponent < 0 else _PLUS
    out[p + 2], out[p + 3] = _ZERO + size // 10, _ZERO + size % 10
    return p + 4


@njit(inline="always")
def _print_number(out: np.ndarray, p: int, bits: Any, positional: tuple[int, int]) -> int:
    """Print a number, with few branches: signs and lengths cannot be predicted."""
    out[p] = _MINUS
    p += bits >> 31 and bits <= 0xFF800000
    bits &= 0x7FFFFFFF
    if bits >= 0x7F800000:
        text = b"inf" if bits == 0x7F800000 else b"nan"
        for i in range(3):
            out[p + i] = text[i]
        return p + 3
    if bits == 0:
        return _print_positional(out, p, 0, 1, 1)
    n, k = _shortest(bits)
    count = 1
    for power in range(1, 9):
        count += n >= _POWERS_OF_TEN[power]
    if positional[0] <= bits < positional[1]:
        return _print_positional(out, p, n, count, k + count)
    return _print_scientific(out, p, n, count, k + count - 1)


@njit
def print_rows(
    words: np.ndarray,
    bits: np.ndarray,
    separator: int,
    trailing: bool,
    positional: tuple[int, int],
    out: np.ndarray,
) -> int:
    """Print one line for each row of numbers and return the bytes used.

    Parameters
    ----------
    words : uint8 (n,)
        The words, each followed by a newline; empty for lines without words.
    bits : uint32 (rows, D)
        The float32 numbers, viewed as integers.
    separator : uint8
        Written before each number that is not first on its line.
    trailing : bool
        Whether a separator also follows the last number.
    positional : (int, int)
        The bits of the least number that prints as 0.1, not 1e-01, and of the upper bound.
    out : uint8 (m,)
        Filled; at least ``words.size + rows * (D * LONGEST + 1)`` long.
    """
    p, w = 0, 0
    for row in range(bits.shape[0]):
        if words.size:
            while words[w] != _NEWLINE:
                out[p] = words[w]
                p, w = p + 1, w + 1
            out[p] = separator
            p, w = p + 1, w + 1
        for column in range(bits.shape[1]):
            p = _print_number(out, p, np.int64(bits[row, column]), positional)
            out[p] = separator
            p += 1
        if not trailing:
            p -= 1
        out[p] = _NEWLINE
        p += 1
    return p
