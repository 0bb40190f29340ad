"""Moments as whole milliseconds since 1970, and how they are written and read on a wall clock."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def stamp(moment: int) -> str:
    """Return RFC 3339 in UTC with milliseconds: 2026-11-22T10:00:00.000Z."""
    day, rest = divmod(moment, DAY)
    seconds, milliseconds = divmod(rest, SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_date(day)}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z"


def midnight(day: date) -> int:
    """Return the moment at which a day begins in UTC."""
    return (day - date(1970, 1, 1)).days * DAY


def moment_of(when: datetime) -> int:
    """Return the moment of a datetime that has a time zone."""
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def local_moment(day: date, hour: int, minute: int, zone: str) -> int:
    """Return the moment at which clocks in `zone` show that time on that day."""
    return moment_of(datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone)))


@lru_cache(maxsize=8_192)
def local_hour(hours_since_1970: int, zone: str) -> int:
    """Return the hour of the day (0-23) that clocks in `zone` show."""
    return datetime.fromtimestamp(hours_since_1970 * 3_600, ZoneInfo(zone)).hour


@lru_cache(maxsize=64)
def _date(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
