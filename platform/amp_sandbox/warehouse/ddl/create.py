"""CREATE TABLE, CREATE TABLE AS and SELECT INTO.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html
https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_AS.html
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from amp_sandbox.warehouse import errors, results, security, types
from amp_sandbox.warehouse.ddl import definition as defined
from amp_sandbox.warehouse.ddl.definition import ColumnDefinition, Definition
from amp_sandbox.warehouse.ddl.names import new_oid, quoted, target_schema
from amp_sandbox.warehouse.sql import changes
from amp_sandbox.warehouse.sql.catalog import TableColumn
from amp_sandbox.warehouse.sql.compiling import Compiled
from amp_sandbox.warehouse.sql.decide import require, resolve
from amp_sandbox.warehouse.sql.statements import Source
from amp_sandbox.warehouse.types import Column, RedshiftType, Result

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session


def create_table(session: "Session", source: Source) -> Result:
    """CREATE [TEMP] TABLE [IF NOT EXISTS] name (…) or … AS query."""
    tokens = source.tokens
    tokens.expect("CREATE")
    tokens.accept("LOCAL")
    temporary = tokens.one_of("TEMP", "TEMPORARY") is not None
    tokens.expect("TABLE")
    if_absent = tokens.accept("IF", "NOT", "EXISTS")
    parts = tokens.qualified_name()
    if parts[-1].startswith("#"):
        raise errors.not_supported("a temporary table named #name; CREATE TEMP TABLE is")
    schema, name = target_schema(session, parts, temporary=temporary)
    if if_absent and session.catalog().find(schema, name) is not None:
        session.notice(f'Relation "{name}" already exists and will be skipped')
        return Result("CREATE TABLE")
    made = Definition()
    names: list[str] = []
    if tokens.at("(") and _is_name_list(source):
        tokens.expect("(")
        names = tokens.names()
        tokens.expect(")")
    elif tokens.at("("):
        defined.read_elements(tokens, made)
    defined.read_attributes(tokens, made)
    if tokens.accept("AS"):
        query = session.compiled(rest_of(source))
        return _as_query(session, schema, name, query, made, names)
    tokens.end()
    if made.like is not None:
        _like(session, made)
    if not made.columns:
        raise errors.syntax_error("a table needs columns")
    defined.require_columns(made, [one.name for one in made.columns])
    _make(session, schema, name, made)
    return Result("CREATE TABLE")


def create_table_as(session: "Session", parts: Sequence[str], query: Compiled, *, temporary: bool) -> Result:
    """SELECT … INTO: https://docs.aws.amazon.com/redshift/latest/dg/r_SELECT_INTO.html"""
    schema, name = target_schema(session, parts, temporary=temporary)
    return _as_query(session, schema, name, query, Definition(), [])


def read_definition(columns: Sequence[Column]) -> Definition:
    """The definition of a table with the columns of a query."""
    return Definition(columns=[ColumnDefinition(one.name, kept_type(one.type)) for one in columns])


def kept_type(kind: RedshiftType) -> RedshiftType:
    """The type of a column that is made of a query's: text has a length then.

    https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_AS.html
    """
    if kind.duckdb == "VARCHAR" and kind.length is None:
        return types.varchar(types.MAX_VARCHAR) if kind.oid != types.UNKNOWN.oid else types.varchar(256)
    if kind.oid == types.INTERVAL.oid:
        raise errors.not_supported("a column of type interval")
    return types.BIGINT if kind.oid == types.OID.oid else kind


def _as_query(
    session: "Session", schema: str, name: str, query: Compiled, made: Definition, names: Sequence[str]
) -> Result:
    if query.columns is None:
        raise errors.syntax_error("CREATE TABLE AS needs a query")
    if query.parameters:
        raise errors.not_supported("a parameter in CREATE TABLE AS")
    rows = session.db.execute(f"DESCRIBE {query.sql}").fetchall()
    columns = list(results.columns_of(query.columns, [(row[0], row[1]) for row in rows]))
    if names and len(names) != len(columns):
        raise errors.syntax_error("CREATE TABLE AS has another number of names than of columns")
    columns = [Column(names[n] if names else one.name, one.type) for n, one in enumerate(columns)]
    made.columns = read_definition(columns).columns
    for one in made.columns:
        if one.name == "?column?" and [other.name for other in made.columns].count("?column?") > 1:
            raise errors.duplicate_column(one.name)
    defined.require_columns(made, [one.name for one in made.columns])
    _make(session, schema, name, made)
    values = ", ".join(
        changes.stored_column(f"c{n}", one.type, target.type)
        for n, (one, target) in enumerate(zip(columns, made.columns, strict=True))
    )
    listed = ", ".join(f"c{n}" for n in range(len(columns)))
    into = quoted(schema, name)
    session.db.execute(f"INSERT INTO {into} SELECT {values} FROM ({query.sql}) AS amp_rows({listed})")  # noqa: S608
    count = session.db.fetchone()
    return Result("SELECT", row_count=int(count[0]) if count else 0)


def _like(session: "Session", made: Definition) -> None:
    assert made.like is not None
    parent = resolve(made.like, session.world())
    require("SELECT", parent, session.grants())
    copied = []
    for one in parent.columns:
        default = one.default if isinstance(one, TableColumn) and made.like_defaults and not one.identity else None
        not_null = isinstance(one, TableColumn) and one.not_null
        copied.append(ColumnDefinition(one.name, one.type, not_null, default))
    made.columns = copied + made.columns


def _make(session: "Session", schema: str, name: str, made: Definition) -> None:
    if session.catalog().find(schema, name) is not None:
        raise errors.duplicate_table(name)
    db = session.db
    oid = new_oid(db)
    lines = []
    for place, one in enumerate(made.columns):
        default = ""
        if one.identity is not None:
            sequence = f"amp_sys.identity_{oid}_{place}"
            seed, step = one.identity
            least = f"MINVALUE {min(seed, -(2**62))} MAXVALUE {max(seed, 2**62)}"
            db.execute(f"CREATE SEQUENCE {sequence} START {seed} INCREMENT {step} {least}")
            default = f" DEFAULT nextval('{sequence}')"
        elif one.default is not None:
            changes.default_expression(one.default, one.type)  # it can be read; INSERT writes it
        lines.append(f"{quoted(one.name)} {one.type.duckdb}{default}{' NOT NULL' if one.not_null else ''}")
    db.execute(f"CREATE TABLE {quoted(schema, name)} ({', '.join(lines)})")
    record(session, schema, name, "r", made, oid)
    if schema != session.temporary_schema:
        security.object_created(session, "table", schema, name)
    session.changed()


def record(
    session: "Session", schema: str, name: str, kind: str, made: Definition, oid: int, definition: str | None = None
) -> None:
    """Keep what DuckDB does not know about a table or view."""
    db = session.db
    db.execute(
        "INSERT INTO amp_sys.relations (oid, schema_name, name, kind, definition, diststyle, sort_style, backup,"
        " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [oid, schema, name, kind, definition, made.diststyle, made.sort_style, made.backup, _now()],
    )
    record_columns(session, oid, made)
    for number, one in enumerate(made.constraints, 1):
        referenced = None
        if one.referenced is not None:
            parent = resolve(one.referenced, session.world()) if one.referenced[-1] != name else None
            referenced = oid if parent is None else parent.oid
        suffix = {"p": "pkey", "u": f"key{number}", "f": f"fkey{number}"}[one.kind]
        db.execute(
            "INSERT INTO amp_sys.constraints (oid, relation, name, kind, columns, referenced, referenced_columns)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                new_oid(db),
                oid,
                one.name or f"{name}_{suffix}",
                one.kind,
                list(one.columns),
                referenced,
                list(one.referenced_columns),
            ],
        )


def record_columns(session: "Session", oid: int, made: Definition) -> None:
    """Keep the columns of a table or view."""
    rows = []
    for place, one in enumerate(made.columns, 1):
        seed, step = one.identity or (None, None)
        sortkey = made.sortkeys.index(one.name) + 1 if one.name in made.sortkeys else 0
        rows.append(
            [
                oid,
                place,
                one.name,
                one.type.oid,
                one.type.typmod,
                one.type.sql(),
                one.not_null,
                one.default,
                seed,
                step,
                one.by_default,
                one.encoding or "none",
                one.name == made.distkey,
                sortkey,
            ]
        )
    if rows:
        session.db.executemany(
            "INSERT INTO amp_sys.columns (relation, position, name, type_oid, typmod, type_name, not_null, default_sql,"
            " identity_seed, identity_step, identity_by_default, encoding, distkey, sortkey)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            rows,
        )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def rest_of(source: Source) -> str:
    """The text of the tokens that are left."""
    rest = source.tokens.rest
    if not rest:
        raise source.tokens.unexpected()
    return source.tokens.text[rest[0].start : rest[-1].end + 1]


def _is_name_list(source: Source) -> bool:
    """Whether the parentheses hold nothing but names, as before AS."""
    rest = source.tokens.rest[1:]
    place = 0
    while place + 1 < len(rest) and rest[place].kind in ("word", "quoted") and rest[place + 1].upper in (",", ")"):
        if rest[place + 1].upper == ")":
            return True
        place += 2
    return False
