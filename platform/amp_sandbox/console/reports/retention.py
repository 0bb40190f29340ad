"""Retention: how many listeners come back, by the day on which they were first seen.

A listener comes back on a day with a session on it. Anonymous visits are left out, as nobody can tell whether they came
back; and of days that are not over, or of which there is no data, nothing is said.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from amp_sandbox.console.reports.days import Days
from amp_sandbox.console.reports.plots import Series, over_time
from amp_sandbox.console.reports.report import Column, Content, Report, Sheet
from amp_sandbox.console.reports.source import Ask, Row

MOST_COLUMNS = 14

_POOLED = (
    Column("days_later", "days later", "count"),
    Column("share", "came back", "share"),
    Column("came_back", "listeners", "count"),
    Column("listeners", "of", "count"),
    Column("cohorts", "first days", "count"),
)


def build(ask: Ask, days: Days) -> Content:
    """Those first seen on these days."""
    rows = ask("retention", first_day=days.first, last_day=days.last) or []
    pooled = together(rows)
    most = min(MOST_COLUMNS, max((row["days_later"] for row in rows), default=0))
    later = range(1, most + 1)
    columns = (
        Column("first_day", "first seen", "day"),
        Column("listeners", "listeners", "count"),
        *(Column(f"after_{n}", f"+{n}", "share") for n in later),
    )
    drawing = over_time(
        "retention",
        "Share of listeners with a session so many days after their first",
        [f"+{n}" for n in later],
        [Series("Came back", [_share(pooled, n) for n in later])],
        percent=True,
    )
    note = "A dash means that the day has no data yet. Of the newest day there may be a part only."
    sheets = [
        Sheet("days-later", "All together", _POOLED, [pooled[n] for n in sorted(pooled) if n], note=note),
        Sheet("first-days", "By the day on which they were first seen", columns, _by_first_day(rows, later)),
    ]
    return Content(sheets, [drawing] if most else [])


def together(rows: Sequence[Row]) -> dict[int, dict[str, Any]]:
    """By the days later: of all listeners of whom it can be known, how many came back."""
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(
            row["days_later"], {"days_later": row["days_later"], "came_back": 0, "listeners": 0, "cohorts": 0}
        )
        one["came_back"] += int(row["came_back"])
        one["listeners"] += int(row["listeners"])
        one["cohorts"] += 1
    for one in found.values():
        one["share"] = one["came_back"] / one["listeners"] if one["listeners"] else None
    return found


def _share(pooled: dict[int, dict[str, Any]], days_later: int) -> float | None:
    share: float | None = pooled.get(days_later, {}).get("share")
    return share


def _by_first_day(rows: Sequence[Row], later: range) -> list[dict[str, Any]]:
    cohorts: dict[date, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        cohort = cohorts[row["first_day"]]
        cohort |= {"first_day": row["first_day"], "listeners": row["listeners"]}
        if row["days_later"] in later and row["listeners"]:
            cohort[f"after_{row['days_later']}"] = row["came_back"] / row["listeners"]
    return [cohorts[day] for day in sorted(cohorts, reverse=True)]


REPORT = Report(
    "retention",
    "Retention",
    "How many listeners come back, so many days after they were first seen.",
    build,
)
