"""The business review: weeks against the weeks before them, and what is listened to.

**Left out:** distinct listeners of a week: the marts have those of days, which cannot be added up. The mean of the days
is shown.
"""

from datetime import timedelta
from typing import Any

from amp_sandbox.console import formats
from amp_sandbox.console.reports.days import Days
from amp_sandbox.console.reports.plots import Series, across, over_time
from amp_sandbox.console.reports.report import Column, Content, Figure, Report, Sheet, change, plotted, written
from amp_sandbox.console.reports.source import Ask, Row

WEEK = 7
MOST_CATEGORIES = 10

_NUMBERS = (
    Column("listeners_a_day", "listeners a day", "decimal"),
    Column("sessions", "sessions", "count"),
    Column("plays", "plays", "count"),
    Column("listened_hours", "listened hours", "decimal"),
    Column("minutes_per_listener", "minutes per listener and day", "decimal"),
    Column("follows", "follows", "count"),
    Column("promotion_clicks", "promotion clicks", "count"),
)


def build(ask: Ask, days: Days) -> Content:
    """The weeks that end with the last day."""
    found = {row["weeks_back"]: row for row in ask("weeks", first_day=days.first, last_day=days.last) or []}
    weeks = [_week(found.get(back), days, back) for back in range(-(-len(days) // WEEK))]
    categories = ask("categories", first_day=days.first, last_day=days.last) or []
    columns = (
        Column("week_from", "week from", "day"),
        Column("week_to", "to", "day"),
        Column("days", "days of seven", "count"),
        *_NUMBERS,
    )
    by_time = list(reversed(weeks))
    drawings = [
        over_time(
            "weeks",
            "Listened hours a week",
            [f"to {week['week_to']}" for week in by_time],
            [Series("Listened hours", [plotted(week["listened_hours"]) for week in by_time])],
        ),
        across(
            "categories",
            "Listened hours by category",
            [row["category"] or formats.NONE for row in categories[:MOST_CATEGORIES]],
            [Series("Listened hours", [plotted(row["listened_hours"]) for row in categories[:MOST_CATEGORIES]])],
        ),
    ]
    note = "Counted back from the last day. A week that lacks days has its number of days, and is compared with none."
    sheets = [
        Sheet("weeks", "Week by week", columns, weeks, note=note),
        Sheet("categories", "By category", _CATEGORY_COLUMNS, categories),
    ]
    return Content(sheets, drawings, [_figure(weeks, column) for column in _NUMBERS])


_CATEGORY_COLUMNS = (
    Column("category", "category", "text"),
    Column("shows", "shows", "count"),
    Column("plays", "plays", "count"),
    Column("listened_hours", "listened hours", "decimal"),
    Column("share", "share of hours", "share"),
)


def _week(row: Row | None, days: Days, back: int) -> dict[str, Any]:
    last = days.last - timedelta(days=WEEK * back)
    numbers = row or dict.fromkeys((column.key for column in _NUMBERS), None)
    ends = {"week_from": max(days.first, last - timedelta(days=WEEK - 1)), "week_to": last}
    return {**ends, "days": row["days"] if row else None, **{one.key: numbers[one.key] for one in _NUMBERS}}


def _figure(weeks: list[dict[str, Any]], column: Column) -> Figure:
    last, before = weeks[0], weeks[1] if len(weeks) > 1 else {"days": None}
    comparable = last["days"] == before["days"] == WEEK
    was = before[column.key] if comparable else None
    value = last[column.key]
    heading = column.heading.capitalize()
    return Figure(heading, written(column.kind, value), [change("week before", value, was)])


REPORT = Report(
    "business-review",
    "Business review",
    "How the business goes, week by week, and what people listen to.",
    build,
)
