"""Dates as people write them, and sums: questions and answers for sequence to sequence."""

from __future__ import annotations

import datetime

from scripts.corpora.dice import Dice

PAIRS = 300
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August",
          "September", "October", "November", "December"]  # fmt: skip
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
DATES = (
    "{day} {month} {year}",
    "{weekday}, {day} {month} {year}",
    "{month} {day}, {year}",
    "{short_weekday} {month} {day} {year}",
    "the {ordinal} of {month} {year}",
    "{weekday} the {ordinal} of {month}, {year}",
    "{short_month} {ordinal}, {year}",
    "{day} {short_month} '{two_digit_year:02}",
    "{day}.{month_number}.{year}",
    "{year}/{month_number}/{day}",
)


def dates(seed: int) -> list[str]:
    """Dates from 1970 to 2069 in ways that people write them, a tab, and in ISO form."""
    dice = Dice(seed)
    first, end = datetime.date(1970, 1, 1), datetime.date(2070, 1, 1)
    found: dict[str, str] = {}
    while len(found) < PAIRS:
        date = first + datetime.timedelta(dice.below((end - first).days))
        written = DATES[len(found) % len(DATES)].format(**parts_of(date))
        case = dice.one((str, str, str.lower, str.upper))
        found.setdefault(case(written), date.isoformat())
    return [f"{question}\t{answer}" for question, answer in found.items()]


def parts_of(date: datetime.date) -> dict[str, str | int]:
    """What the ways to write a date are made of."""
    month, weekday = MONTHS[date.month - 1], WEEKDAYS[date.weekday()]
    teen = 10 < date.day < 20
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(date.day % 10, "th")
    return {
        "day": date.day,
        "ordinal": f"{date.day}{ending}",
        "weekday": weekday,
        "short_weekday": weekday[:3],
        "month": month,
        "short_month": month[:3],
        "month_number": date.month,
        "year": date.year,
        "two_digit_year": date.year % 100,
    }


def sums(seed: int) -> list[str]:
    """Sums of two numbers below 1,000, a tab, and what they come to; no sum stands twice."""
    dice = Dice(seed)
    found: dict[frozenset[int], str] = {}
    while len(found) < PAIRS:
        a, b = (dice.below(10 ** dice.one((1, 2, 3))) for _ in range(2))
        found.setdefault(frozenset((a, b)), f"{a}+{b}\t{a + b}")
    return list(found.values())
