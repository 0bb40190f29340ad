from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.console.reports.days import EARLIEST, LATEST, MOST_DAYS, BadDaysError, Days, asked

NEWEST = date(2026, 3, 28)
KNOWN = Days(date(2026, 1, 10), NEWEST)


def test_without_days_they_are_the_four_weeks_up_to_the_newest() -> None:
    assert asked({}, KNOWN) == Days(date(2026, 3, 1), NEWEST)
    assert asked({"from": "", "to": " "}, KNOWN) == Days(date(2026, 3, 1), NEWEST)


def test_four_weeks_begin_no_earlier_than_the_days_that_are_known() -> None:
    week = Days(date(2026, 3, 22), NEWEST)
    assert asked({}, week) == week
    assert asked({"to": "2026-03-25"}, week) == Days(date(2026, 3, 22), date(2026, 3, 25))
    # Where nothing is known, nothing is a reason for fewer.
    assert asked({"to": "2026-02-28"}, week) == Days(date(2026, 2, 1), date(2026, 2, 28))


def test_one_of_both_is_enough() -> None:
    assert asked({"to": "2026-02-28"}, KNOWN) == Days(date(2026, 2, 1), date(2026, 2, 28))
    assert asked({"from": "2026-03-20"}, KNOWN) == Days(date(2026, 3, 20), NEWEST)


def test_days_are_counted_with_both_ends() -> None:
    days = Days(date(2026, 2, 27), date(2026, 3, 1))
    assert (len(days), list(days)) == (3, [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)])
    assert len(list(asked({"from": "2026-03-28", "to": "2026-03-28"}, KNOWN))) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("yesterday", "2026-02-30", "2026-3-1", "20260301", "2026-W10-1", "01.03.2026", "2026-03-01T00:00"),
        *("0000-01-01", "1999-12-31", "2100-01-01", "-2026-03-01", "2026-03-01\n;", "' OR 1=1 --"),
        "٢٠٢٦-٠٣-٠١",  # noqa: RUF001 - these are digits to Python
    ],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    for name in ("from", "to"):
        with pytest.raises(BadDaysError, match=f"“{name}” is no day"):
            asked({name: text}, KNOWN)


def test_days_that_are_out_of_order_or_too_many_are_refused() -> None:
    with pytest.raises(BadDaysError, match="after the last"):
        asked({"from": "2026-03-02", "to": "2026-03-01"}, KNOWN)
    asked({"from": (NEWEST - timedelta(days=MOST_DAYS - 1)).isoformat()}, KNOWN)
    with pytest.raises(BadDaysError, match="too many"):
        asked({"from": (NEWEST - timedelta(days=MOST_DAYS)).isoformat()}, KNOWN)
    with pytest.raises(BadDaysError, match="too many"):
        asked({"from": "2000-01-01", "to": "2099-12-31"}, KNOWN)


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_typed_there_are_days_or_a_word_on_why_not(first: str, last: str) -> None:
    try:
        days = asked({"from": first, "to": last}, KNOWN)
    except BadDaysError:
        return
    assert 1 <= len(days) <= MOST_DAYS


@given(st.dates(), st.dates())
def test_days_are_taken_as_they_are_written(first: date, last: date) -> None:
    in_order = EARLIEST <= first <= last <= LATEST
    if in_order and (last - first).days < MOST_DAYS:
        assert asked({"from": first.isoformat(), "to": last.isoformat()}, KNOWN) == Days(first, last)
