"""The Data API's operations on what is in the database, answered by the catalogs as the request's user sees them.

**Left out:** other databases of the cluster, as there is one: ResourceNotFoundException.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.protocol.pages import page_of
from amp_sandbox.redshift_data import errors
from amp_sandbox.redshift_data.pages import position_of
from amp_sandbox.redshift_data.targets import target_of
from amp_sandbox.warehouse.context import host_of
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.session import Session
from amp_sandbox.warehouse.types import Row

_REFUSED = ("WorkgroupName",)
_PAGE = 1000
_SECONDS = 60
_DATABASES = "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn ORDER BY datname"
_SCHEMAS = "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname LIKE $1 ORDER BY nspname"
_TABLES = """
SELECT table_schema, table_name, table_type FROM svv_tables
WHERE table_schema LIKE $1 AND table_name LIKE $2 ORDER BY table_schema, table_name
"""
_COLUMNS = """
SELECT table_schema, column_name, data_type, is_nullable, character_maximum_length, numeric_precision, numeric_scale,
    column_default
FROM svv_columns WHERE table_schema LIKE $1 AND table_name = $2 ORDER BY table_schema, ordinal_position
"""
_KINDS = {"BASE TABLE": "TABLE", "EXTERNAL TABLE": "EXTERNAL TABLE", "VIEW": "VIEW"}


@operation("redshift-data", "ListDatabases", refuses=_REFUSED)
def list_databases(ctx: Context, req: Request) -> Answer:
    """The databases of the cluster.

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ListDatabases.html
    """
    names = [row[0] for row in _rows(ctx, req, _DATABASES)]
    page, token = _paged(req, names)
    return {"Databases": page, **token}


@operation("redshift-data", "ListSchemas", refuses=_REFUSED)
def list_schemas(ctx: Context, req: Request) -> Answer:
    """The schemas of the database whose names match a pattern (% and _).

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ListSchemas.html
    """
    _require_database(ctx, req)
    names = [row[0] for row in _rows(ctx, req, _SCHEMAS, req.get("SchemaPattern") or "%")]
    page, token = _paged(req, names)
    return {"Schemas": page, **token}


@operation("redshift-data", "ListTables", refuses=_REFUSED)
def list_tables(ctx: Context, req: Request) -> Answer:
    """The tables and views whose names, and whose schemas' names, match patterns (% and _).

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ListTables.html
    """
    _require_database(ctx, req)
    rows = _rows(ctx, req, _TABLES, req.get("SchemaPattern") or "%", req.get("TablePattern") or "%")
    page, token = _paged(req, rows)
    return {"Tables": [{"schema": row[0], "name": row[1], "type": _kind(row)} for row in page], **token}


@operation("redshift-data", "DescribeTable", refuses=_REFUSED)
def describe_table(ctx: Context, req: Request) -> Answer:
    """The columns of a table or view.

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_DescribeTable.html
    """
    _require_database(ctx, req)
    table = req.get("Table")
    if not table:
        raise errors.invalid("Table is needed.")
    rows = _rows(ctx, req, _COLUMNS, req.get("Schema") or "%", table)
    if not rows:
        raise errors.not_found(f"The table {table}")
    schema = rows[0][0]
    page, token = _paged(req, [row for row in rows if row[0] == schema])
    return {"TableName": table, "ColumnList": [_column(table, row) for row in page], **token}


def _rows(ctx: Context, req: Request, sql: str, *values: str) -> list[Row]:
    target = target_of(ctx, req)
    try:
        session = target.open(host_of(ctx))
    except SqlError as error:
        raise errors.database_connection(error.message) from error
    try:
        with _in_time(session):
            return session.execute(session.prepare(sql), values).rows()
    except SqlError as error:
        if error.sqlstate == "57014":
            raise errors.query_timeout(_SECONDS) from error
        raise errors.invalid(error.message) from error
    finally:
        session.close()


@contextmanager
def _in_time(session: Session) -> Iterator[None]:
    timer = threading.Timer(_SECONDS, session.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _paged(req: Request, items: Sequence[Any]) -> tuple[list[Any], dict[str, str]]:
    start = position_of(req, int) or 0
    places = iter(range(start, len(items)))
    page, token = page_of(places, req.get("MaxResults") or _PAGE, lambda place: place + 1)
    return [items[place] for place in page], token


def _require_database(ctx: Context, req: Request) -> None:
    """With ConnectedDatabase, Database is the one that is asked about."""
    asked = req.get("Database")
    if req.get("ConnectedDatabase") and asked and asked != host_of(ctx).database:
        raise errors.not_found(f"The database {asked}")


def _kind(row: Row) -> str:
    kind = _KINDS.get(row[2], str(row[2]))
    return f"SYSTEM {kind}" if row[0] in ("pg_catalog", "information_schema") and kind in ("TABLE", "VIEW") else kind


def _column(table: str, row: Row) -> dict[str, Any]:
    schema, name, kind, nullable, length, precision, scale, default = row
    shown = {
        "isCaseSensitive": str(kind).startswith("character"),
        "isCurrency": False,
        "isSigned": str(kind) in ("smallint", "integer", "bigint", "numeric", "real", "double precision"),
        "label": name,
        "length": length or 0,
        "name": name,
        "nullable": 0 if str(nullable).upper() == "NO" else 1,
        "precision": precision or length or 0,
        "scale": scale or 0,
        "schemaName": schema,
        "tableName": table,
        "typeName": kind,
        "columnDefault": default,
    }
    return {key: value for key, value in shown.items() if value is not None}
