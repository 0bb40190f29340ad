"""The daily flash: a day in numbers, against the day before and the same day of the week before.

The DAG `lake_daily` writes the same as a page of its own to S3 (`airflow/dags/amp_dags/flash.py`), from the same query.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from amp_sandbox.console.reports.days import Days
from amp_sandbox.console.reports.plots import Series, over_time
from amp_sandbox.console.reports.report import Column, Content, Figure, Kind, Report, Sheet, change, plotted, written
from amp_sandbox.console.reports.source import DAILY_FLASH, Ask

COMPARED = (("day before", 1), ("week before", 7))

# Of a query without rows nothing is known of its columns; these are what the mart has of most interest.
_USUAL = ("listeners", "sessions", "plays", "listened_hours")


def build(ask: Ask, days: Days) -> Content:
    """The flash of the last day, and the days up to it."""
    rows = ask(DAILY_FLASH, first_day=days.first, last_day=days.last) or []
    by_day: Mapping[date, Mapping[str, Any]] = {row["dt"]: row for row in rows}
    names = [name for name in rows[0] if name != "dt"] if rows else list(_USUAL)
    kinds = {name: kind_of(rows, name) for name in names}
    columns = [Column("dt", "day", "day"), *(Column(name, title(name).lower(), kinds[name]) for name in names)]
    shown = [{"dt": day, **by_day.get(day, {})} for day in reversed(list(days))]
    figures = [_figure(by_day, days.last, name, kinds[name]) for name in names]
    lead = "" if days.last in by_day else f"There are no numbers of {days.last}."
    drawings = [
        over_time(
            f"flash-{name.replace('_', '-')}",
            f"{title(name)} a day",
            [day.isoformat() for day in days],
            [Series(title(name), [plotted(by_day.get(day, {}).get(name)) for day in days])],
        )
        for name in ("listeners", "listened_hours")
    ]
    sheet = Sheet("days", "Day by day", columns, shown, note="A dash means that there is no number.")
    return Content([sheet], drawings, figures, lead)


def title(name: str) -> str:
    """The name of a number of the query, as it is shown."""
    return name.replace("_", " ").capitalize()


def kind_of(rows: list[Mapping[str, Any]], name: str) -> Kind:
    """How the numbers of a column are written: those that have decimals with one."""
    return "decimal" if any(isinstance(row[name], Decimal | float) for row in rows) else "count"


def _figure(by_day: Mapping[date, Mapping[str, Any]], day: date, name: str, kind: Kind) -> Figure:
    value = by_day.get(day, {}).get(name)
    before = {since: by_day.get(day - timedelta(days=n), {}).get(name) for since, n in COMPARED}
    return Figure(title(name), written(kind, value), [change(since, value, was) for since, was in before.items()])


REPORT = Report(
    "daily-flash",
    "Daily flash",
    "The platform in numbers, for the first coffee: the last day against the day before and the week before.",
    build,
)
