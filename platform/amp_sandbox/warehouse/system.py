"""What the warehouse keeps about its objects, in the schema `amp_sys` of its own database.

DuckDB keeps the rows; these tables keep what Redshift knows beyond it (declared types, keys that only inform,
encodings, views' texts, external schemas). They change in the transaction of the statement that changes them. No
statement of a user can name `amp_sys`.

* `schemas`: one row a schema, `public` too. External ones have their Glue database and role.
* `relations`: tables (`r`), views (`v`) and materialised views (`m`), with an oid that never comes back. Temporary
  tables are in the schema `pg_temp_<pid>` of their session.
* `columns`, `constraints`: of relations, by oid. Columns of late-binding views are not kept.
* `dependencies`: which relations a view reads, which is why they cannot be dropped without CASCADE.

The security model has tables of its own here, made by `security.install`; the catalogs (`pg_class`, `svv_tables`, …)
are views over both, made by `catalogs.install`.
"""

from typing import Any

SCHEMA = "amp_sys"

DDL = """
CREATE SCHEMA IF NOT EXISTS amp_sys;
CREATE SCHEMA IF NOT EXISTS public;
CREATE SEQUENCE IF NOT EXISTS amp_sys.oids START 100000;
CREATE TABLE IF NOT EXISTS amp_sys.schemas (
    oid BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,              -- 'local', 'external', 'temporary'
    glue_database VARCHAR,              -- of external ones
    iam_role VARCHAR,
    region VARCHAR,
    quota_mb BIGINT
);
CREATE TABLE IF NOT EXISTS amp_sys.relations (
    oid BIGINT NOT NULL,
    schema_name VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,              -- 'r', 'v', 'm'
    definition VARCHAR,                 -- of views: the query, as Redshift's SQL
    late_binding BOOLEAN NOT NULL DEFAULT false,
    auto_refresh BOOLEAN NOT NULL DEFAULT false,
    diststyle VARCHAR NOT NULL DEFAULT 'AUTO',  -- AUTO, EVEN, KEY, ALL
    sort_style VARCHAR NOT NULL DEFAULT 'AUTO', -- AUTO, COMPOUND, INTERLEAVED, NONE
    backup BOOLEAN NOT NULL DEFAULT true,
    comment VARCHAR,
    created_at TIMESTAMP NOT NULL
);
CREATE TABLE IF NOT EXISTS amp_sys.columns (
    relation BIGINT NOT NULL,           -- relations.oid
    position INTEGER NOT NULL,          -- from 1; gaps where columns were dropped
    name VARCHAR NOT NULL,
    type_oid BIGINT NOT NULL,
    typmod INTEGER NOT NULL,
    type_name VARCHAR NOT NULL,         -- as format_type shows it: character varying(20)
    not_null BOOLEAN NOT NULL,
    default_sql VARCHAR,                -- as Redshift's SQL
    identity_seed BIGINT,
    identity_step BIGINT,
    identity_by_default BOOLEAN NOT NULL DEFAULT false,
    encoding VARCHAR NOT NULL DEFAULT 'none',   -- az64, lzo, raw …; shown, without effect
    distkey BOOLEAN NOT NULL DEFAULT false,
    sortkey INTEGER NOT NULL DEFAULT 0, -- place in the sort key; 0: not in it
    comment VARCHAR
);
CREATE TABLE IF NOT EXISTS amp_sys.constraints (
    oid BIGINT NOT NULL,
    relation BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,              -- 'p', 'u', 'f': informational, as in Redshift
    columns VARCHAR[] NOT NULL,
    referenced BIGINT,                  -- relations.oid
    referenced_columns VARCHAR[]
);
CREATE TABLE IF NOT EXISTS amp_sys.dependencies (
    view BIGINT NOT NULL,
    relation BIGINT NOT NULL
);
"""


def install(db: Any) -> None:
    """Make the tables, in a database that has none or has them already."""
    db.execute(DDL)
    known = db.execute("SELECT 1 FROM amp_sys.schemas WHERE name = 'public'").fetchone()
    if known is None:
        db.execute("INSERT INTO amp_sys.schemas (oid, name, kind) VALUES (2200, 'public', 'local')")
