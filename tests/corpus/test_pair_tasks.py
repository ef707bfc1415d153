"""Generated questions: right answers, all different, of every form."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Callable

import pytest

from wordkit.corpus.pair_tasks import DIFFERENT_DATES, TASKS, addition_pairs, date_pairs
from wordkit.errors import CorpusError

Task = Callable[..., list[tuple[str, str]]]


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
class TestBoth:
    def test_questions_differ(self, task: Task) -> None:
        questions = [question for question, _ in task(50_000)]
        assert len(set(questions)) == len(questions) == 50_000

    def test_one_seed_one_list(self, task: Task) -> None:
        assert task(500, seed=3) == task(500, seed=3)
        assert task(500, seed=3) != task(500, seed=4)

    def test_the_end_is_like_the_beginning(self, task: Task) -> None:
        """Parts cut from one list are of one kind: here by the length of the questions."""
        lengths = [len(question) for question, _ in task(50_000)]
        mean = sum(lengths) / len(lengths)
        for part in lengths[:5000], lengths[-5000:]:
            # three standard errors are 0.06 for sums and 0.25 for dates
            assert sum(part) / len(part) == pytest.approx(mean, abs=0.3 if mean > 10 else 0.07)

    def test_there_are_at_least_one(self, task: Task) -> None:
        with pytest.raises(CorpusError, match="asked for 0 different questions"):
            task(0)


def test_sums_are_right() -> None:
    for question, answer in addition_pairs(5000):
        assert re.fullmatch(r"(0|[1-9]\d{0,2})\+(0|[1-9]\d{0,2})", question)
        assert answer == str(sum(map(int, question.split("+"))))


def test_no_sum_is_asked_the_other_way_round() -> None:
    sums = [tuple(map(int, question.split("+"))) for question, _ in addition_pairs(50_000)]
    assert len({(max(pair), min(pair)) for pair in sums}) == 50_000
    assert sum(a < b for a, b in sums) == pytest.approx(25_000, abs=1000)  # either order


def test_short_numbers_are_not_rare() -> None:
    """A third of the summands has at most one digit as they are drawn, fewer once different."""
    lengths = Counter(len(n) for question, _ in addition_pairs(1000) for n in question.split("+"))
    assert lengths.keys() == {1, 2, 3}
    assert all(400 < count < 1000 for count in lengths.values())


def test_all_sums_that_there_are() -> None:
    everything = addition_pairs(55, digits=1)
    assert {frozenset(map(int, question.split("+"))) for question, _ in everything} == {
        frozenset((a, b)) for a in range(10) for b in range(10)
    }
    with pytest.raises(CorpusError, match="there are 55 sums of two numbers below 10:"):
        addition_pairs(56, digits=1)


@pytest.mark.parametrize("digits", [0, 19])
def test_digits_out_of_range(digits: int) -> None:
    with pytest.raises(CorpusError, match=f"digits must be from 1 to 18, not {digits}"):
        addition_pairs(1, digits=digits)


def test_long_numbers() -> None:
    longest = 0
    for question, answer in addition_pairs(100, digits=18):
        a, b = question.split("+")
        assert int(answer) == int(a) + int(b)
        longest = max(longest, len(a), len(b))
    assert longest == 18


NAMED = ["%B %d, %Y", "%B %d %Y", "%b %d, %Y", "%b %d %Y", "%A, %B %d, %Y", "%A %B %d %Y"]


def read_date(question: str) -> datetime.date:
    """What Python's own reader makes of it."""
    if "/" in question:
        date = datetime.datetime.strptime(question, "%m/%d/%y").date()
        # POSIX reads 69 as 1969
        return date.replace(year=2069) if date.year == 1969 else date
    for form in NAMED:
        try:
            date = datetime.datetime.strptime(question, form).date()
        except ValueError:
            continue
        assert "%A" not in form or question.lower().startswith(date.strftime("%A").lower())
        return date
    raise AssertionError(question)


def test_dates_are_right() -> None:
    years = set()
    for question, answer in date_pairs(5000):
        assert read_date(question).isoformat() == answer
        assert question == " ".join(question.split())
        assert len(question) <= 29  # as in the textbook
        years.add(int(answer[:4]))
    assert years == set(range(1970, 2070))


@pytest.mark.parametrize(
    "form",
    [
        r"\d+/\d+/\d\d",
        r"[A-Z][a-z]+ \d+, \d{4}",
        r"[a-z]+ \d+, \d{4}",
        r"[A-Z]+ \d+, \d{4}",
        r"Oct \d+, \d{4}",
        r"sep \d+, \d{4}",
        r"JUN \d+, \d{4}",
        r"[A-Z][a-z]+day, [A-Z][a-z]+ \d+, \d{4}",
        r"[a-z]+day, [a-z]+ \d+, \d{4}",
        r"[A-Z]+DAY, [A-Z]+ \d+, \d{4}",
        r"[A-Z][a-z]+ \d+ \d{4}",
        r"feb \d+ \d{4}",
        r"[A-Z]+DAY [A-Z]+ \d+ \d{4}",
    ],
)
def test_each_form_is_there(form: str) -> None:
    assert any(re.fullmatch(form, question) for question, _ in date_pairs(3000))


def test_how_many_dates_there_are() -> None:
    """Counted day by day: every way to write it, in sets."""
    day, total = datetime.date(1970, 1, 1), 0
    while day.year < 2070:
        written = [f"{day:{form}}" for form in NAMED]
        cases = {case(text) for text in written for case in (str, str.lower, str.upper)}
        total += len(cases) + 1  # and slashes
        day += datetime.timedelta(1)
    assert total == DIFFERENT_DATES
    with pytest.raises(CorpusError, match="there are 675,375 ways to write"):
        date_pairs(675_376)
