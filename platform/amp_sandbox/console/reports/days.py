"""The days that a report is about: read from an address, and checked.

**Left out:** anything but whole days of UTC, which are the lake's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from amp_sandbox.errors import SandboxError

USUAL_DAYS = 28
MOST_DAYS = 366
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
"""What lies outside is a slip of the fingers, as nobody has data of it."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class BadDaysError(SandboxError):
    """The days that were asked for cannot be shown."""


@dataclass(frozen=True)
class Days:
    """From the first day to the last, both included."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1


def asked(query: Mapping[str, str], known: Days) -> Days:
    """The days of an address's `from` and `to`; without them, the four weeks up to the newest that is known.

    Four weeks begin no earlier than the days that are known, where they end among these.

    Raises BadDaysError when they are no days, or not in order, or too many.
    """
    last = _day("to", query.get("to", "")) or known.last
    usual = last - timedelta(days=USUAL_DAYS - 1)
    first = _day("from", query.get("from", "")) or (max(usual, known.first) if known.first <= last else usual)
    if first > last:
        raise BadDaysError("The first day is after the last.", f"From {first} to {last} there are no days.")
    days = Days(first, last)
    if len(days) > MOST_DAYS:
        raise BadDaysError("These are too many days.", f"There are {len(days)}, and a report has {MOST_DAYS} at most.")
    return days


def _day(name: str, text: str) -> date | None:
    if not text.strip():
        return None
    try:
        if not _DAY.fullmatch(text.strip()):
            raise ValueError(text)
        day = date.fromisoformat(text.strip())
        if not EARLIEST <= day <= LATEST:
            raise ValueError(text)
        return day
    except ValueError:
        raise BadDaysError(
            f"“{name}” is no day: {text[:40]}", "A day of this century is written as 2026-03-02."
        ) from None
