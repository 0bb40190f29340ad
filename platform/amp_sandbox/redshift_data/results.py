"""Results, kept in pages while they are computed: a result of any size takes the memory of a page."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from amp_sandbox.redshift_data import fields, store
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.types import Result, Row

PAGE_ROWS = 1000
# https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html#data-api-considerations
MOST_BYTES = 500 * 1024 * 1024
CSV = "CSV"


@dataclass(frozen=True)
class KeptResult:
    """What is known of a result once it is kept; without `columns` there is none, and `rows` counts changed ones."""

    rows: int
    size: int
    columns: list[dict[str, Any]] | None


def keep_result(db: sqlite3.Connection, statement: str, result: Result, form: str) -> KeptResult:
    """Read a result to its end, and keep it. Raises SqlError."""
    if result.columns is None:
        result.rows()
        return KeptResult(result.row_count or 0, 0, None)
    count = size = 0
    for number, rows in enumerate(_pages(result)):
        if form == CSV:
            body = fields.csv_records(result.columns, rows, header=number == 0)
        else:
            body = json.dumps(fields.records(result.columns, rows), separators=(",", ":"))
        count, size = count + len(rows), size + len(body)
        if size > MOST_BYTES:
            result.close()
            raise SqlError("54000", f"The query result is larger than {MOST_BYTES >> 20} MB.")
        store.add_page(db, statement, number, body)
    return KeptResult(count, size, [fields.metadata(column) for column in result.columns])


def _pages(result: Result) -> Iterator[Sequence[Row]]:
    for chunk in result:
        for start in range(0, len(chunk), PAGE_ROWS):
            yield chunk[start : start + PAGE_ROWS]
