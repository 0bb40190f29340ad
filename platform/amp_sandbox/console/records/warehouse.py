"""The marts of the warehouse and their rows, read as the analyst."""

from collections.abc import Sequence
from typing import Any

from amp_sandbox.console.collect.warehouse import ANALYST, SCHEMA, mart_rows
from amp_sandbox.console.tables import Cell, Table, count, identifier, in_address, text
from amp_sandbox.settings import Settings
from amp_sandbox.warehouse.client import query

ROWS_SHOWN = 50


def marts(settings: Settings) -> Sequence[Table]:
    """The marts and how many rows each has."""
    rows = [
        (identifier(f"{SCHEMA}.{mart.name}", f"/hops/warehouse/{in_address(mart.name)}"), count(mart.rows))
        for mart in mart_rows(settings)
    ]
    return (Table("Marts", ("table", "rows"), rows, "No mart was built yet.", "sandbox batch"),)


def rows_of(settings: Settings, name: str) -> Table | None:
    """The newest rows of a mart; None when there is no such mart."""
    if name not in {mart.name for mart in mart_rows(settings)}:
        return None
    # A name that the warehouse's own catalog has; nothing of a request is part of the statement.
    (answer,) = query(settings, ANALYST, f'SELECT * FROM {SCHEMA}."{name}" ORDER BY 1 DESC LIMIT {ROWS_SHOWN}')  # noqa: S608
    rows = [tuple(_cell(value) for value in row) for row in answer.rows]
    note = f"The newest {ROWS_SHOWN} rows." if len(rows) == ROWS_SHOWN else ""
    return Table(f"{SCHEMA}.{name}", answer.columns, rows, "It has no rows.", "sandbox batch", note)


def _cell(value: Any) -> Cell:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Cell(f"{value:,}", "number")
    return text(value)
