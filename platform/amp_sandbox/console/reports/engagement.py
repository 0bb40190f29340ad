"""Engagement by show and by creator: how much is listened to, and how much listeners take part.

**Left out:** distinct listeners over several days: the marts have those of each day, and so listener-days are shown.
"""

from collections.abc import Sequence

from amp_sandbox.console.reports.days import Days
from amp_sandbox.console.reports.plots import Drawing, Series, across
from amp_sandbox.console.reports.report import Column, Content, Report, Sheet, plotted
from amp_sandbox.console.reports.source import Ask, Row

MOST_BARS = 10

_SHOWS = (
    Column("title", "show", "text"),
    Column("creator_display_name", "creator", "text"),
    Column("category", "category", "text"),
    Column("listened_hours", "hours", "decimal"),
    Column("plays", "plays", "count"),
    Column("listener_days", "listener-days", "count"),
    Column("peak_listeners", "most at once", "count"),
    Column("chat_messages", "chat messages", "count"),
    Column("likes", "likes", "count"),
    Column("call_ins", "call-ins", "count"),
    Column("poll_votes", "poll votes", "count"),
    Column("follows", "follows", "count"),
    Column("interactions_per_play", "interactions per play", "decimal"),
    Column("show_id", "id", "id"),
)
_CREATORS = (
    Column("creator_display_name", "creator", "text"),
    Column("shows_a_day", "shows a day, at most", "count"),
    Column("listened_hours", "hours", "decimal"),
    Column("plays", "plays", "count"),
    Column("listener_days", "listener-days", "count"),
    Column("peak_listeners", "most at once", "count"),
    Column("interactions", "interactions", "count"),
    Column("follows", "follows", "count"),
    Column("creator_id", "id", "id"),
)


def build(ask: Ask, days: Days) -> Content:
    """The shows and the creators of these days, those that were listened to most before the others."""
    shows = ask("engagement_by_show", first_day=days.first, last_day=days.last) or []
    creators = ask("engagement_by_creator", first_day=days.first, last_day=days.last) or []
    drawings = [
        _hours("shows", "Shows that were listened to most", shows, "title", "show_id"),
        _hours("creators", "Creators who were listened to most", creators, "creator_display_name", "creator_id"),
    ]
    sheets = [
        Sheet("shows", "By show", _SHOWS, shows, shown=50),
        Sheet("creators", "By creator", _CREATORS, creators, shown=50),
    ]
    return Content(sheets, [one for one in drawings if one.bars])


def _hours(name: str, title: str, rows: Sequence[Row], label: str, otherwise: str) -> Drawing:
    first = rows[:MOST_BARS]
    values = [plotted(row["listened_hours"]) for row in first]
    return across(name, title, [row[label] or row[otherwise] for row in first], [Series("Hours", values)], "hours")


REPORT = Report(
    "engagement",
    "Engagement",
    "How much each show and each creator is listened to, and how much listeners take part.",
    build,
)
