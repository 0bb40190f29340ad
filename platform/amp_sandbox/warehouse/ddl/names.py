"""Names of objects that are made, changed or dropped, and who may do that."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from amp_sandbox.warehouse import errors, security
from amp_sandbox.warehouse.sql.catalog import SYSTEM_SCHEMAS, Relation
from amp_sandbox.warehouse.sql.decide import resolve

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session

# DuckDB's own, and the warehouse's.
_RESERVED = (*SYSTEM_SCHEMAS, "main", "temp", "system", "amp", "catalog_history")
KINDS = {"r": "table", "v": "view", "m": "view", "x": "table", "s": "view"}


def quoted(*parts: str) -> str:
    """A name as DuckDB reads it."""
    return ".".join(exp.to_identifier(one, quoted=True).sql(dialect="duckdb") for one in parts)


def check_schema_name(name: str) -> None:
    """Refuse a name that no schema may have."""
    if name in _RESERVED or name.startswith(("pg_", "amp_")):
        raise errors.reserved_name(f'unacceptable schema name "{name}"')


def target_schema(session: "Session", parts: Sequence[str], *, temporary: bool) -> tuple[str, str]:
    """The schema and name of a table to be made, where the user may make it. Raises SqlError."""
    *outer, name = parts
    if len(outer) == 2 and outer[0] != session.database:
        raise errors.not_supported("an object of another database")
    if temporary or (outer and outer[-1] == "pg_temp"):
        if outer and outer[-1] not in ("pg_temp", session.temporary_schema):
            raise errors.syntax_error("cannot create temporary relation in non-temporary schema")
        return _temporary(session), name
    schema = outer[-1] if outer else _first_schema(session)
    known = session.catalog().schemas.get(schema)
    if schema in SYSTEM_SCHEMAS:
        raise errors.insufficient_privilege("schema", schema)
    if known is None or schema.startswith("pg_temp_"):
        raise errors.undefined_schema(schema)
    if known.kind == "external":
        raise errors.not_supported("CREATE TABLE in an external schema")
    if not session.grants().can("CREATE", "schema", schema, schema):
        raise errors.insufficient_privilege("schema", schema)
    return schema, name


def owned(session: "Session", parts: Sequence[str], *kinds: str) -> Relation:
    """The relation of that name, which the user owns, of one of these kinds. Raises SqlError."""
    relation = resolve(parts, session.world())
    if relation.kind not in kinds:
        wanted = {"r": "table", "v": "view", "m": "materialized view"}[kinds[0]]
        raise errors.wrong_object_type(f'"{relation.name}" is not a {wanted}')
    require_owner(session, relation)
    return relation


def require_owner(session: "Session", relation: Relation) -> None:
    """Raise SqlError 42501 unless the user owns the relation, or its schema."""
    if relation.schema == session.temporary_schema:
        return
    if not session.grants().owns("table", relation.schema, relation.name):
        raise errors.must_be_owner("relation", relation.name)


def new_oid(db: Any) -> int:
    """A number that no object has had."""
    return int(db.execute("SELECT nextval('amp_sys.oids')").fetchone()[0])


def _first_schema(session: "Session") -> str:
    schemas = session.catalog().schemas
    for name in session.search_path()[1:]:
        if name in schemas and schemas[name].kind == "local":
            return name
    raise errors.SqlError("3F000", "no schema has been selected to create in")


def _temporary(session: "Session") -> str:
    """The session's own schema, made when first used."""
    schema = session.temporary_schema
    if schema not in session.catalog().schemas:
        security.require_database_privilege(session, "TEMP")
        session.db.execute(f"CREATE SCHEMA {quoted(schema)}")
        session.db.execute(
            "INSERT INTO amp_sys.schemas (oid, name, kind) VALUES ($1, $2, 'temporary')", [new_oid(session.db), schema]
        )
        session.changed()
    return schema
