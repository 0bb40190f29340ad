"""CREATE VIEW, late-binding views, and materialised views.

A view is kept as its query with every table's schema, and becomes part of the queries that read it. A late-binding
view is looked at only when it is read. A materialised view is a table with its query.

**Left out:** incremental refresh: REFRESH computes the view again. AUTO REFRESH YES, and regular views over external
tables, as in Redshift: SQLSTATE 0A000.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html
https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-create-sql-command.html
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from amp_sandbox.warehouse import errors, results, security
from amp_sandbox.warehouse.ddl import definition as defined
from amp_sandbox.warehouse.ddl.create import read_definition, record, record_columns
from amp_sandbox.warehouse.ddl.create import rest_of as rest
from amp_sandbox.warehouse.ddl.definition import Definition
from amp_sandbox.warehouse.ddl.names import new_oid, owned, quoted, require_owner, target_schema
from amp_sandbox.warehouse.sql import changes, compiling, names
from amp_sandbox.warehouse.sql.catalog import Relation
from amp_sandbox.warehouse.sql.compiling import Compiled
from amp_sandbox.warehouse.sql.decide import Allow
from amp_sandbox.warehouse.sql.statements import Source
from amp_sandbox.warehouse.types import Column, Result

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session

_LATE = ("WITH", "NO", "SCHEMA", "BINDING")


def create_view(session: "Session", source: Source) -> Result:
    """CREATE [OR REPLACE] VIEW name [(columns)] AS query [WITH NO SCHEMA BINDING]."""
    tokens = source.tokens
    tokens.expect("CREATE")
    replaces = tokens.accept("OR", "REPLACE")
    tokens.expect("VIEW")
    parts = tokens.qualified_name()
    listed: list[str] = []
    if tokens.accept("("):
        listed = tokens.names()
        tokens.expect(")")
    tokens.expect("AS")
    words = [one.upper for one in tokens.rest]
    late = tuple(words[-4:]) == _LATE
    query = tokens.text[tokens.rest[0].start : tokens.rest[-5 if late else -1].end + 1] if len(words) > 4 * late else ""
    schema, name = target_schema(session, parts, temporary=False)
    known = session.catalog().find(schema, name)
    if known is not None:
        if not replaces:
            raise errors.duplicate_table(name)
        if known.kind != "v":
            raise errors.wrong_object_type(f'"{name}" is not a view')
        require_owner(session, known)
    text, columns, read = _late(query, listed) if late else _bound(session, query, listed)
    _keep(session, schema, name, known, text, read_view(columns), read, late=late)
    return Result("CREATE VIEW")


def create_materialized_view(session: "Session", source: Source) -> Result:
    """CREATE MATERIALIZED VIEW name [attributes] [AUTO REFRESH NO] AS query."""
    tokens = source.tokens
    tokens.expect("CREATE", "MATERIALIZED", "VIEW")
    parts = tokens.qualified_name()
    made = Definition()
    defined.read_attributes(tokens, made)
    if tokens.accept("AUTO", "REFRESH") and not tokens.accept("NO"):
        raise errors.not_supported("AUTO REFRESH YES")
    tokens.expect("AS")
    schema, name = target_schema(session, parts, temporary=False)
    if session.catalog().find(schema, name) is not None:
        raise errors.duplicate_table(name)
    text, columns, read = _bound(session, rest(source), [], external=True)
    made.columns = read_definition(columns).columns
    defined.require_columns(made, [one.name for one in made.columns])
    oid = new_oid(session.db)
    lines = ", ".join(f"{quoted(one.name)} {one.type.duckdb}" for one in made.columns)
    session.db.execute(f"CREATE TABLE {quoted(schema, name)} ({lines})")
    record(session, schema, name, "m", made, oid, text)
    _depend(session, oid, read)
    security.object_created(session, "view", schema, name)
    session.changed()
    _fill(session, Relation(schema, name, "m", tuple(Column(c.name, c.type) for c in made.columns), oid, text))
    return Result("CREATE MATERIALIZED VIEW")


def refresh(session: "Session", source: Source) -> Result:
    """REFRESH MATERIALIZED VIEW: https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-refresh-sql-command.html"""
    tokens = source.tokens
    tokens.expect("REFRESH", "MATERIALIZED", "VIEW")
    parts = tokens.qualified_name()
    tokens.one_of("CASCADE", "RESTRICT")
    tokens.end()
    relation = owned(session, parts, "m")
    session.db.execute(f"DELETE FROM {quoted(relation.schema, relation.name)}")  # noqa: S608 - a quoted name
    _fill(session, relation)
    session.notice(f"Materialized view {relation.name} was recomputed successfully.", "INFO")
    return Result("REFRESH")


def read_view(columns: tuple[Column, ...] | None) -> Definition:
    """A view's columns; none of a late-binding one."""
    return read_definition(columns) if columns is not None else Definition()


def _fill(session: "Session", relation: Relation) -> None:
    owner = session.grants().owner("table", relation.schema, relation.name)
    if owner is None or relation.definition is None:
        raise errors.undefined_table(relation.name)
    world = replace(session.world(), grants=session.grants().acting_as(owner), search_path=())
    tree = compiling.parse(relation.definition)
    compiled = compiling.compile_tree(tree, compiling.allowed(tree, world), session.external(), shown=False)
    assert compiled.columns is not None
    described = session.db.execute(f"DESCRIBE {compiled.sql}").fetchall()
    source = results.columns_of(compiled.columns, [(row[0], row[1]) for row in described])
    values = ", ".join(
        changes.stored_column(f"c{n}", one.type, target.type)
        for n, (one, target) in enumerate(zip(source, relation.columns, strict=True))
    )
    listed = ", ".join(f"c{n}" for n in range(len(source)))
    into = quoted(relation.schema, relation.name)
    session.db.execute(f"INSERT INTO {into} SELECT {values} FROM ({compiled.sql}) AS amp_rows({listed})")  # noqa: S608


def _late(query: str, listed: list[str]) -> tuple[str, None, list[Relation]]:
    """A late-binding view: its tables need not be there, and must have their schema.

    https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html#r_CREATE_VIEW_late-binding-views
    """
    tree = compiling.parse(query)
    if not isinstance(tree, exp.Query):
        raise errors.syntax_error("a view needs a query")
    if listed:
        raise errors.not_supported("a list of columns of a late-binding view")
    for table in names.tables(tree):
        if isinstance(table.this, exp.Identifier) and not table.args.get("db"):
            raise errors.syntax_error(
                "All the relation names inside should be qualified when creating VIEW WITH NO SCHEMA BINDING."
            )
    return query, None, []


def _bound(
    session: "Session", query: str, listed: list[str], *, external: bool = False
) -> tuple[str, tuple[Column, ...], list[Relation]]:
    """A view's query with the schemas of its tables, its columns, and what it reads."""
    tree = compiling.parse(query)
    if not isinstance(tree, exp.Query) or tree.args.get("into") is not None:
        raise errors.syntax_error("a view needs a query")
    allow = compiling.allowed(tree, session.world())
    read = [one.relation for one in allow.bound.values() if one.relation.kind != "s"]
    for relation in read:
        if relation.kind == "x" and not external:
            raise errors.not_supported("an external table in a view without WITH NO SCHEMA BINDING")
        if relation.schema.startswith("pg_temp_"):
            raise errors.not_supported("a temporary table in a view")
    text = _qualified(query, tree, allow)
    compiled = compiling.compile_tree(tree, allow, session.external(described=True), shown=False)
    return text, _columns(session, compiled, listed), read


def _columns(session: "Session", compiled: Compiled, listed: list[str]) -> tuple[Column, ...]:
    if compiled.parameters or compiled.columns is None:
        raise errors.not_supported("a parameter in a view")
    described = session.db.execute(f"DESCRIBE {compiled.sql}").fetchall()
    columns = results.columns_of(compiled.columns, [(row[0], row[1]) for row in described])
    if len(listed) > len(columns):
        raise errors.syntax_error("CREATE VIEW specifies more column names than columns")
    named = [Column(listed[n] if n < len(listed) else one.name, one.type) for n, one in enumerate(columns)]
    names_of = [one.name for one in named]
    for name in names_of:
        if names_of.count(name) > 1:
            raise errors.duplicate_column(name)
    return tuple(named)


def _qualified(query: str, tree: exp.Expr, allow: Allow) -> str:
    """The query with a schema before each table that was named without one."""
    places = []
    for table in names.tables(tree):
        bound = allow.bound.get(id(table))
        if bound is not None and not table.args.get("db"):
            places.append((int(table.this.meta["start"]), bound.relation.schema))
    for place, schema in sorted(places, reverse=True):
        query = f"{query[:place]}{quoted(schema)}.{query[place:]}"
    return query


def _keep(
    session: "Session",
    schema: str,
    name: str,
    known: Relation | None,
    text: str,
    made: Definition,
    read: list[Relation],
    *,
    late: bool,
) -> None:
    db = session.db
    if known is None:
        oid = new_oid(db)
        record(session, schema, name, "v", made, oid, text)
        security.object_created(session, "view", schema, name)
    else:
        oid = known.oid
        db.execute("UPDATE amp_sys.relations SET definition = $1 WHERE oid = $2", [text, oid])
        db.execute("DELETE FROM amp_sys.columns WHERE relation = $1", [oid])
        db.execute("DELETE FROM amp_sys.dependencies WHERE view = $1", [oid])
        record_columns(session, oid, made)
    db.execute("UPDATE amp_sys.relations SET late_binding = $1 WHERE oid = $2", [late, oid])
    _depend(session, oid, read)
    session.changed()


def _depend(session: "Session", oid: int, read: list[Relation]) -> None:
    for relation in {one.oid for one in read if one.oid}:
        session.db.execute("INSERT INTO amp_sys.dependencies (view, relation) VALUES ($1, $2)", [oid, relation])
