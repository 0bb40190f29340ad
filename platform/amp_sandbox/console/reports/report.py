"""What reports are made of: figures, tables of values, and drawings; and how their values are written.

A `Sheet` holds values as the warehouse gave them. The page writes them for people, the CSV file for programs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from amp_sandbox.console import formats
from amp_sandbox.console.reports.days import Days
from amp_sandbox.console.reports.plots import Drawing
from amp_sandbox.console.reports.source import Ask
from amp_sandbox.console.tables import Cell, Table

Kind = Literal["day", "moment", "text", "id", "count", "decimal", "share", "points"]
"""`share` is a part of one, written in per cent; `points` the difference of two shares, in percentage points."""

Number = int | float | Decimal

_NUMBERS = ("count", "decimal", "share", "points")


@dataclass(frozen=True)
class Column:
    """A column: its name in rows and files, its heading, and what kind of values it has."""

    key: str
    heading: str
    kind: Kind


@dataclass(frozen=True)
class Sheet:
    """A table of values. The page shows the first `shown` rows, the file has all."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    empty: str = "There is nothing of these days."
    note: str = ""
    shown: int = 100


@dataclass(frozen=True)
class Change:
    """How a figure differs from what it is compared with: from when that is, and in which words."""

    since: str
    text: str
    more: str = ""


@dataclass(frozen=True)
class Figure:
    """A number that stands out, and how it changed."""

    name: str
    value: str
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Content:
    """What a report says of some days. `lead` is a sentence before all of it."""

    sheets: Sequence[Sheet]
    drawings: Sequence[Drawing] = ()
    figures: Sequence[Figure] = ()
    lead: str = ""


@dataclass(frozen=True)
class Report:
    """A report: its address, what it is for, and what makes it. One that is `live` is loaded again while it is open."""

    name: str
    title: str
    about: str
    build: Callable[[Ask, Days], Content]
    live: bool = False


def written(kind: Kind, value: Any) -> str:
    """A value as people read it; what is not known is a dash."""
    if value is None:
        return formats.NONE
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if kind == "count":
        return f"{value:,.0f}"
    if kind == "decimal":
        return f"{value:,.1f}"
    if kind == "share":
        return f"{100 * value:.1f} %"
    if kind == "points":
        return signed(100 * value)
    return str(value)


def signed(value: Number, decimals: int = 1) -> str:
    """A difference, which says in which direction it goes: +1.5, −0.3, 0.0."""  # noqa: RUF002 - a minus sign
    text = f"{abs(value):,.{decimals}f}"
    if not float(text.replace(",", "")):
        return text
    return f"{'+' if value > 0 else '−'}{text}"  # noqa: RUF001 - a minus sign is what is meant


def change(since: str, value: Number | None, before: Number | None) -> Change:
    """How a number differs from one before it; without either of them, nobody knows."""
    if value is None or before is None:
        return Change(since, formats.NONE)
    whole = isinstance(value, int) and isinstance(before, int)
    more = f"{signed(100 * (float(value) / float(before) - 1))} %" if before else ""
    return Change(since, signed(float(value) - float(before), 0 if whole else 1), more)


def plotted(value: Number | None) -> float | None:
    """A number as plots take it."""
    return None if value is None else float(value)


def table_of(sheet: Sheet) -> Table:
    """A sheet as pages show it."""
    rows = [tuple(_cell(column.kind, row.get(column.key)) for column in sheet.columns) for row in sheet.rows]
    more = f"The first {sheet.shown} of {len(rows):,} rows; the file has all." if len(rows) > sheet.shown else ""
    note = " ".join(part for part in (sheet.note, more) if part)
    headings = tuple(column.heading for column in sheet.columns)
    return Table(sheet.title, headings, rows[: sheet.shown], sheet.empty, note=note)


def _cell(kind: Kind, value: Any) -> Cell:
    text = written(kind, value)
    if kind in _NUMBERS:
        return Cell(text, "number")
    if kind in ("day", "moment"):
        return Cell(text, "time")
    return Cell(text, "id" if kind == "id" else "text")
