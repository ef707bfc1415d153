"""Two classic sequence-to-sequence tasks, generated: sums and dates.

Sums are those of Zaremba and Sutskever (2014), read and written character by character.
No two pairs of a list have the same question, so that parts of one list share none: no test
question occurs in training.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Hashable, Iterator

import numpy as np

from wordkit.errors import CorpusError

TextPair = tuple[str, str]
"""A question and its answer."""

_BLOCK = 1 << 12  # questions drawn at a time


def addition_pairs(count: int = 50_000, *, digits: int = 3, seed: int = 1) -> list[TextPair]:
    """Different sums, such as ("16+75", "91").

    Short numbers are as frequent as long ones: first the number of digits is drawn, then
    the digits. Of a+b and b+a only one occurs, as either gives away the other.

    Parameters
    ----------
    digits
        The largest number of digits of a summand, 1 to 18.

    Raises
    ------
    CorpusError
        There are fewer sums than ``count``, or ``digits`` is out of range.
    """
    if not 1 <= digits <= 18:
        raise CorpusError(f"digits must be from 1 to 18, not {digits}")
    numbers = 10**digits
    _check_count(count, numbers * (numbers + 1) // 2, f"sums of two numbers below {numbers:,}")
    rng = np.random.default_rng(seed)
    return _different(_sums(digits, rng), count, rng)


def _sums(digits: int, rng: np.random.Generator) -> Iterator[tuple[Hashable, TextPair]]:
    limits = 10 ** np.arange(1, digits + 1, dtype=np.int64)
    while True:
        summands = rng.integers(0, rng.choice(limits, (_BLOCK, 2)))
        for a, b in summands.tolist():
            yield frozenset((a, b)), (f"{a}+{b}", str(a + b))


# English names of our own: those of ``calendar`` change with the locale
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
           "September", "October", "November", "December")  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FORMS = (
    "{month} {day}, {year}",
    "{month} {day} {year}",
    "{short_month} {day}, {year}",
    "{short_month} {day} {year}",
    "{weekday}, {month} {day}, {year}",
    "{weekday} {month} {day} {year}",
    *["{month_number}/{day}/{two_digit_year:02}"] * 2,  # as frequent as each kind above
)
_CASES: tuple[Callable[[str], str], ...] = (str, str.lower, str.upper)
_FIRST, _END = datetime.date(1970, 1, 1).toordinal(), datetime.date(2070, 1, 1).toordinal()
_MAYS = 100 * 31
DIFFERENT_DATES = (
    (_END - _FIRST) * (6 * 3 + 1)  # six forms in three cases, and slashes, which have no case
    - _MAYS * 2 * 3  # May is its own short form
)


def date_pairs(count: int = 50_000, *, seed: int = 1) -> list[TextPair]:
    """Dates as people write them, and in ISO form, such as ("JUN 17, 2013", "2013-06-17").

    Months long or short, weekdays, with commas or without, American slashes; as written,
    lower-case or upper-case. The years are 1970 to 2069, a century, so that two digits mean
    one year: 70 to 99 are 19.., 00 to 69 are 20...

    Raises
    ------
    CorpusError
        There are fewer dates than ``count``.
    """
    _check_count(count, DIFFERENT_DATES, "ways to write the dates from 1970 to 2069")
    rng = np.random.default_rng(seed)
    return _different(_dates(rng), count, rng)


def _dates(rng: np.random.Generator) -> Iterator[tuple[Hashable, TextPair]]:
    choices = [_END - _FIRST, len(_FORMS), len(_CASES)]
    while True:
        for day, form, case in rng.integers(0, choices, (_BLOCK, 3)).tolist():
            date = datetime.date.fromordinal(_FIRST + day)
            question = _CASES[case](_written(date, _FORMS[form]))
            yield question, (question, date.isoformat())


def _written(date: datetime.date, form: str) -> str:
    month = _MONTHS[date.month - 1]
    return form.format(
        weekday=_WEEKDAYS[date.weekday()],
        month=month,
        short_month=month[:3],
        month_number=date.month,
        day=date.day,
        year=date.year,
        two_digit_year=date.year % 100,
    )


def _check_count(count: int, most: int, what: str) -> None:
    if not 1 <= count <= most:
        raise CorpusError(
            f"asked for {count:,} different questions, and there are {most:,} {what}: ask for "
            "1 or more, and no more than that"
        )


def _different(
    drawn: Iterator[tuple[Hashable, TextPair]], count: int, rng: np.random.Generator
) -> list[TextPair]:
    """Return the first ``count`` pairs with distinct keys, shuffled.

    In the order drawn, short sums, of which there are few, would all be near the beginning,
    so that a part cut from the end would differ in kind.
    """
    found: dict[Hashable, TextPair] = {}
    while len(found) < count:
        key, pair = next(drawn)
        found.setdefault(key, pair)
    pairs = list(found.values())
    return [pairs[place] for place in rng.permutation(count).tolist()]


TASKS: dict[str, Callable[..., list[TextPair]]] = {
    "addition": addition_pairs,
    "dates": date_pairs,
}
