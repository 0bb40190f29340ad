"""DROP TABLE, VIEW, MATERIALIZED VIEW and SCHEMA.

https://docs.aws.amazon.com/redshift/latest/dg/r_DROP_TABLE.html
https://docs.aws.amazon.com/redshift/latest/dg/r_DROP_SCHEMA.html
"""

from typing import TYPE_CHECKING, Any

from amp_sandbox.warehouse import errors, security
from amp_sandbox.warehouse.ddl.names import check_schema_name, quoted, require_owner
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.sql.catalog import Relation
from amp_sandbox.warehouse.sql.decide import resolve
from amp_sandbox.warehouse.sql.statements import Source
from amp_sandbox.warehouse.types import Result

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session

_WORDS = {"r": "table", "v": "view", "m": "materialized view"}
_KINDS = {"DROP TABLE": "r", "DROP VIEW": "v", "DROP MATERIALIZED VIEW": "m"}


def drop_relations(session: "Session", source: Source) -> Result:
    """DROP TABLE | VIEW | MATERIALIZED VIEW [IF EXISTS] name, … [CASCADE | RESTRICT]."""
    tokens = source.tokens
    tokens.expect(*source.kind.split())
    if_exists = tokens.accept("IF", "EXISTS")
    names = [tokens.qualified_name()]
    while tokens.accept(","):
        names.append(tokens.qualified_name())
    cascade = tokens.one_of("CASCADE", "RESTRICT") == "CASCADE"
    tokens.end()
    wanted = _KINDS[source.kind]
    for parts in names:
        try:
            relation = resolve(parts, session.world())
        except SqlError as error:
            if if_exists and error.sqlstate in ("42P01", "3F000"):
                session.notice(f'{_WORDS[wanted].capitalize()} "{parts[-1]}" does not exist and will be skipped')
                continue
            raise
        if relation.kind != wanted:
            raise errors.wrong_object_type(f'"{relation.name}" is not a {_WORDS[wanted]}')
        if not session.grants().can("DROP", "table", relation.schema, relation.name):
            require_owner(session, relation)
        drop(session, relation, cascade=cascade)
    return Result(source.kind)


def drop(session: "Session", relation: Relation, *, cascade: bool) -> None:
    """Drop a table or view, with the views that read it or not at all."""
    catalog = session.catalog()
    views = [one for one in map(catalog.by_oid, catalog.views_of.get(relation.oid, ())) if one is not None]
    if views and not cascade:
        detail = "\n".join(f"view {one.qualified} depends on {_WORDS[relation.kind]} {relation.name}" for one in views)
        raise errors.dependent_objects(_WORDS[relation.kind], relation.name, detail)
    for view in views:
        if session.catalog().by_oid(view.oid) is not None:
            drop(session, view, cascade=True)
    if relation.schema != session.temporary_schema:
        security.object_dropped(session, "view" if relation.kind in "vm" else "table", relation.schema, relation.name)
    if relation.kind in "rm":
        session.db.execute(f"DROP TABLE {quoted(relation.schema, relation.name)}")
    _forget(session.db, [relation.oid])
    session.changed()


def drop_schema(session: "Session", source: Source) -> Result:
    """DROP SCHEMA [IF EXISTS] name, … [DROP EXTERNAL DATABASE] [CASCADE | RESTRICT]."""
    tokens = source.tokens
    tokens.expect("DROP", "SCHEMA")
    if_exists = tokens.accept("IF", "EXISTS")
    names = tokens.names()
    if tokens.at("DROP", "EXTERNAL", "DATABASE"):
        raise errors.not_supported("DROP SCHEMA … DROP EXTERNAL DATABASE")
    cascade = tokens.one_of("CASCADE", "RESTRICT") == "CASCADE"
    tokens.end()
    for name in names:
        known = session.catalog().schemas.get(name)
        if known is None and if_exists:
            session.notice(f'Schema "{name}" does not exist and will be skipped')
            continue
        if known is None or known.kind == "temporary":
            raise errors.undefined_schema(name)
        check_schema_name(name)
        if not session.grants().owns("schema", name, name):
            raise errors.must_be_owner("schema", name)
        held = [one for (schema, _), one in session.catalog().relations.items() if schema == name]
        if held and not cascade:
            detail = "\n".join(f"{_WORDS[one.kind]} {one.qualified} depends on schema {name}" for one in held)
            raise errors.dependent_objects("schema", name, detail)
        for relation in held:
            if session.catalog().by_oid(relation.oid) is not None:
                drop(session, relation, cascade=True)
        security.object_dropped(session, "schema", name, name)
        if known.kind != "external":
            session.db.execute(f"DROP SCHEMA {quoted(name)}")
        session.db.execute("DELETE FROM amp_sys.schemas WHERE name = $1", [name])
        session.changed()
    return Result("DROP SCHEMA")


def drop_temporary(db: Any, schema: str) -> None:
    """Drop a session's temporary tables, in a transaction of its own."""
    if db.execute("SELECT 1 FROM amp_sys.schemas WHERE name = $1", [schema]).fetchone() is None:
        return
    db.execute("BEGIN")
    try:
        oids = [
            one
            for (one,) in db.execute("SELECT oid FROM amp_sys.relations WHERE schema_name = $1", [schema]).fetchall()
        ]
        db.execute(f"DROP SCHEMA IF EXISTS {quoted(schema)} CASCADE")
        _forget(db, oids)
        db.execute("DELETE FROM amp_sys.schemas WHERE name = $1", [schema])
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def drop_all_temporary(db: Any) -> None:
    """Drop what sessions left that were not closed; at the start."""
    for (schema,) in db.execute("SELECT name FROM amp_sys.schemas WHERE kind = 'temporary'").fetchall():
        drop_temporary(db, schema)


def _forget(db: Any, oids: list[int]) -> None:
    for oid in oids:
        sequences = db.execute(
            "SELECT sequence_name FROM duckdb_sequences() WHERE schema_name = 'amp_sys'"
            " AND starts_with(sequence_name, 'identity_' || CAST($1 AS VARCHAR) || '_')",
            [oid],
        ).fetchall()
        for (sequence,) in sequences:
            db.execute(f"DROP SEQUENCE {quoted('amp_sys', sequence)}")
        for table, column in (
            ("constraints", "relation"),
            ("columns", "relation"),
            ("dependencies", "view"),
            ("dependencies", "relation"),
            ("relations", "oid"),
        ):
            db.execute(f"DELETE FROM amp_sys.{table} WHERE {column} = $1", [oid])  # noqa: S608 - names of ours
