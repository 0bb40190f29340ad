"""The catalogs: PostgreSQL's `pg_catalog`, the standard's `information_schema`, and Redshift's `svv_*`.

`interface` says what the SQL service asks. They are DuckDB views and macros in `amp_catalog`, over the tables of
`amp_sys`; `rewrite` turns what only catalogs' queries have into calls of those macros.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from amp_sandbox.warehouse.catalogs import base, functions, information_schema, pg_catalog, svv
from amp_sandbox.warehouse.catalogs.functions import FUNCTIONS
from amp_sandbox.warehouse.catalogs.interface import Relation
from amp_sandbox.warehouse.catalogs.rewrite import rewrite, without_catalog_types
from amp_sandbox.warehouse.catalogs.svv import EXTERNAL, SESSIONS, SETTINGS, set_external, set_sessions, set_settings

__all__ = [
    "EXTERNAL",
    "FUNCTIONS",
    "RELATIONS",
    "SESSIONS",
    "SETTINGS",
    "install",
    "rewrite",
    "set_external",
    "set_sessions",
    "set_settings",
    "without_catalog_types",
]

_VIEWS = (*pg_catalog.VIEWS, *information_schema.VIEWS, *svv.VIEWS)

RELATIONS: Mapping[tuple[str, str], Relation] = {
    (one.schema, one.name): Relation(one.view, one.columns) for one in _VIEWS
}


def install(db: Any) -> None:
    """Make views and macros where they are not as they should be; after `system.install` and `security.install`."""
    statements = [
        pg_catalog.TYPE_LIST,
        *base.STATEMENTS,
        functions.LOOKUPS,
        functions.HELPERS,
        *svv.SOURCES,
        functions.SHOWN,
        *functions.statements(),
        *(one.create() for one in _VIEWS),
    ]
    fingerprint = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    if _installed(db) == fingerprint:
        return
    db.execute("BEGIN")
    try:
        db.execute("DROP SCHEMA IF EXISTS amp_catalog CASCADE; CREATE SCHEMA amp_catalog")
        base.create_tables(db, _VIEWS)
        for statement in statements:
            db.execute(statement)
        db.execute("CREATE TABLE amp_catalog.installed AS SELECT ? AS fingerprint", [fingerprint])
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _installed(db: Any) -> str | None:
    found = "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'amp_catalog' AND table_name = 'installed'"
    if not db.execute(found).fetchone():
        return None
    return str(db.execute("SELECT fingerprint FROM amp_catalog.installed").fetchone()[0])
