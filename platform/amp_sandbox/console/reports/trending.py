"""Trending shows: right now, from events that are seconds old, and day by day.

What is trending now is rebuilt by the DAG `lake_on_arrival` whenever data arrives, so it is not there before Airflow
has run; who is on air is a view straight on raw.
"""

from amp_sandbox.console.reports.days import Days
from amp_sandbox.console.reports.plots import Series, across
from amp_sandbox.console.reports.report import Column, Content, Report, Sheet, written
from amp_sandbox.console.reports.source import Ask

MOST_BARS = 10

_SHOW = (
    Column("title", "show", "text"),
    Column("creator_display_name", "creator", "text"),
)
_NOW = (
    Column("place", "place", "count"),
    *_SHOW,
    Column("listeners", "listeners, last hour", "count"),
    Column("listeners_before", "the hour before", "count"),
    Column("likes", "likes", "count"),
    Column("chat_messages", "chat messages", "count"),
    Column("score", "score", "decimal"),
    Column("show_id", "id", "id"),
)
_ON_AIR = (
    *_SHOW,
    Column("listener_count", "listeners", "count"),
    Column("peak_listener_count", "most so far", "count"),
    Column("counted_at", "counted at", "moment"),
    Column("show_id", "id", "id"),
)
_DAYS = (
    Column("dt", "day", "day"),
    Column("place", "place", "count"),
    *_SHOW,
    Column("listeners", "listeners", "count"),
    Column("listeners_before", "mean of three days before", "decimal"),
    Column("score", "score", "decimal"),
    Column("show_id", "id", "id"),
)
_NOT_BUILT = "It was not built yet: the DAG lake_on_arrival does when data arrives and Airflow runs."
_NOBODY = "No show told how many listen within the last ten minutes."


def build(ask: Ask, days: Days) -> Content:
    """What is trending now, who is on air, and what was trending on each day."""
    now, on_air = ask("trending_now"), ask("on_air")
    by_day = ask("trending_days", first_day=days.first, last_day=days.last) or []
    first = (now or [])[:MOST_BARS]
    drawing = across(
        "now",
        "Listeners in the last hour, and in the hour before",
        [row["title"] or row["show_id"] for row in first],
        [
            Series("Last hour", [float(row["listeners"]) for row in first]),
            Series("Hour before", [float(row["listeners_before"]) for row in first]),
        ],
    )
    lead = f"As of {written('moment', now[0]['as_of'])} UTC, when the newest event happened." if now else ""
    sheets = [
        Sheet("now", "Trending now", _NOW, now or [], _NOT_BUILT if now is None else "Nobody listened lately."),
        Sheet("on-air", "On air", _ON_AIR, on_air or [], _NOBODY),
        Sheet("days", "Day by day", _DAYS, by_day, shown=60),
    ]
    return Content(sheets, [drawing] if first else [], lead=lead)


REPORT = Report(
    "trending",
    "Trending shows",
    "What gains listeners right now, seconds after it happens, and what did day by day.",
    build,
    live=True,
)
