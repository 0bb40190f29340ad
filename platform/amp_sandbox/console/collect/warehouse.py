"""The numbers of the warehouse's marts, asked in SQL as the analyst, who may read them all.

https://docs.aws.amazon.com/redshift/latest/dg/r_SVV_TABLES.html
"""

from dataclasses import dataclass

from amp_sandbox.console.collect.facts import Collector, Facts, Number, State
from amp_sandbox.console.formats import NONE, number
from amp_sandbox.settings import Settings
from amp_sandbox.warehouse.client import query

ANALYST = "analyst"
SCHEMA = "marts"
NEWEST_DAY = "daily_flash"
"""The mart that has a row for every day, and so tells how fresh the marts are."""

_NAMES = f"SELECT table_name FROM svv_tables WHERE table_schema = '{SCHEMA}' AND table_type = 'BASE TABLE' ORDER BY 1"  # noqa: S608


@dataclass(frozen=True)
class MartRows:
    """A mart and how many rows it has."""

    name: str
    rows: int


def warehouse_collectors(settings: Settings) -> tuple[Collector, ...]:
    """The collector of the marts."""
    return (Collector(("warehouse",), 10, lambda: {"warehouse": _facts(settings)}),)


def mart_rows(settings: Settings) -> list[MartRows]:
    """The marts that were built, and their rows."""
    (answer,) = query(settings, ANALYST, _NAMES)
    names = [row[0] for row in answer.rows]
    if not names:
        return []
    # The names are of the warehouse's own catalog; quoted all the same, as any name may be a keyword.
    counts = " UNION ALL ".join(
        f"SELECT {position} AS position, count(*) AS rows FROM {SCHEMA}.{_quoted(name)}"  # noqa: S608
        for position, name in enumerate(names)
    )
    (answer,) = query(settings, ANALYST, counts)
    found = dict(answer.rows)
    return [MartRows(name, found[position]) for position, name in enumerate(names)]


def newest_day(settings: Settings) -> str | None:
    """The newest day that the marts speak of."""
    (answer,) = query(settings, ANALYST, f"SELECT max(dt) FROM {SCHEMA}.{NEWEST_DAY}")  # noqa: S608
    ((day,),) = answer.rows
    return None if day is None else str(day)


def _facts(settings: Settings) -> Facts:
    marts = mart_rows(settings)
    rows = sum(mart.rows for mart in marts)
    day = newest_day(settings) if any(mart.name == NEWEST_DAY for mart in marts) else None
    state: State = "ready" if rows else "idle"
    numbers = (Number("marts", number(len(marts))), Number("newest day", day or NONE))
    return Facts(state, number(rows), "rows in marts", numbers)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
