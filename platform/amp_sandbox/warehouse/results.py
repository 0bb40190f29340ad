"""Rows and columns of DuckDB's results as Redshift's.

Rows come in chunks while they are computed, so that a result of any size takes little memory: as Arrow columns, or as
tuples where a type has no Arrow form that Python reads as a session's value.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.arrow_rows import ArrowRows
from amp_sandbox.warehouse.sql.scope import Columns
from amp_sandbox.warehouse.types import Column, RedshiftType, Result, Row

CHUNK = 10_000
MOST_KEPT_BYTES = 256 * 1024 * 1024  # of a cursor

_TUPLES = (types.INTERVAL, types.TIMETZ, types.VARBYTE)
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_ACTUAL = {
    "BOOLEAN": types.BOOLEAN,
    "TINYINT": types.SMALLINT,
    "UTINYINT": types.SMALLINT,
    "SMALLINT": types.SMALLINT,
    "USMALLINT": types.INTEGER,
    "INTEGER": types.INTEGER,
    "UINTEGER": types.BIGINT,
    "BIGINT": types.BIGINT,
    "UBIGINT": types.numeric(38, 0),
    "HUGEINT": types.numeric(38, 0),
    "FLOAT": types.REAL,
    "DOUBLE": types.DOUBLE,
    "VARCHAR": types.VARCHAR_ANY,
    "DATE": types.DATE,
    "TIME": types.TIME,
    "TIME WITH TIME ZONE": types.TIMETZ,
    "TIMESTAMP": types.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": types.TIMESTAMPTZ,
    "INTERVAL": types.INTERVAL,
    "JSON": types.SUPER,
    "BLOB": types.VARBYTE,
    '"NULL"': types.VARCHAR_ANY,
}


def columns_of(inferred: Columns, description: Sequence[Any]) -> tuple[Column, ...]:
    """The columns of a result: what was found out of their types, where it is what DuckDB made of them."""
    found = []
    for place, described in enumerate(description):
        name, kind = inferred[place] if place < len(inferred) else (str(described[0]), None)
        found.append(Column(name, _type(kind, str(described[1]))))
    return tuple(found)


def rows(db: Any, columns: Sequence[Column]) -> Iterator[Sequence[Row]]:
    """The rows of the query that the connection has just run."""
    if any(column.type in _TUPLES for column in columns):
        while chunk := db.fetchmany(CHUNK):
            yield chunk
        return
    for batch in db.to_arrow_reader(CHUNK):
        if batch.num_rows:
            yield ArrowRows(batch)


class Kept:
    """A cursor's rows, in memory, and how far they have been fetched."""

    def __init__(self, columns: tuple[Column, ...], result: Result) -> None:
        self.columns = columns
        self._chunks: list[Sequence[Row]] = []
        size = 0
        for chunk in result:
            size += chunk.nbytes if isinstance(chunk, ArrowRows) else len(chunk) * 200
            if size > MOST_KEPT_BYTES:
                result.close()
                raise errors.SqlError("54000", f"the cursor's rows take more than {MOST_KEPT_BYTES >> 20} MB")
            self._chunks.append(chunk)
        self._place = 0

    def fetch(self, count: int | None) -> Result:
        """The next rows; all that are left for None."""
        return Result("FETCH", self.columns, self._next(count))

    def _next(self, count: int | None) -> Iterator[Sequence[Row]]:
        while self._chunks and (count is None or count > 0):
            chunk = self._chunks[0][self._place :]
            if count is not None and len(chunk) > count:
                self._place += count
                yield chunk[:count]
                return
            self._chunks.pop(0)
            self._place = 0
            if count is not None:
                count -= len(chunk)
            yield chunk


def _type(inferred: RedshiftType | None, actual: str) -> RedshiftType:
    if found := _DECIMAL.fullmatch(actual):
        kept = types.numeric(int(found[1]), int(found[2]))
    elif actual in _ACTUAL:
        kept = _ACTUAL[actual]
    else:
        kept = types.VARCHAR_ANY
    if inferred is None or inferred == types.UNKNOWN:
        return kept
    return inferred if _same(inferred, kept) else kept


def _same(inferred: RedshiftType, kept: RedshiftType) -> bool:
    if inferred.oid == types.NUMERIC_OID:
        return inferred == kept
    return inferred.duckdb == kept.duckdb or (inferred.duckdb == "VARCHAR" and kept.duckdb == "VARCHAR")
