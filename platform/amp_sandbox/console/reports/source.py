"""The warehouse as reports ask it: as the analyst, by a query's name, with its parameters beside it.

A report can never read more than analysts may, as the warehouse itself refuses the rest.

**Left out:** connections that are kept: one takes 11 ms, and a rotated password would end it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from amp_sandbox import paths
from amp_sandbox.marts.files import for_psycopg, statements
from amp_sandbox.settings import Settings
from amp_sandbox.warehouse.client import connected, kept_access

ANALYST = "analyst"
DAILY_FLASH = "daily_flash"

Row = Mapping[str, Any]
Ask = Callable[..., "list[Row] | None"]
"""Runs a query with the parameters that it takes. None says that what it reads was not built yet."""


@contextmanager
def analyst(settings: Settings) -> Iterator[Ask]:
    """A connection of the analyst's."""
    with connected(kept_access(settings, ANALYST), "console reports") as connection:
        yield asking(connection)


def asking(connection: "psycopg.Connection[tuple[Any, ...]]") -> Ask:
    """Queries through a connection."""

    def ask(name: str, **values: date) -> list[Row] | None:
        [statement] = statements(query_file(name).read_text(encoding="utf-8"))
        taken = {one: values[one] for one in statement.parameters}
        try:
            with connection.cursor(row_factory=dict_row) as cursor:
                # psycopg would take a text for one that somebody might have pasted values into; a file has none.
                return list(cursor.execute(for_psycopg(statement).encode(), taken).fetchall())
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
            return None

    return ask


def query_file(name: str) -> Path:
    """The file of a query."""
    folder = paths.DAG_REPORTS if name == DAILY_FLASH else Path(__file__).parent / "sql"
    return folder / f"{name}.sql"
