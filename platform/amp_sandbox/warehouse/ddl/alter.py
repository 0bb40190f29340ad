"""ALTER TABLE, TRUNCATE and COMMENT.

**Left out:** ALTER TABLE APPEND, SET LOCATION and partitions of external tables, row level security (SQLSTATE 0A000);
changes of a table or column that a regular view names (2BP01), which Redshift makes in part.

https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
https://docs.aws.amazon.com/redshift/latest/dg/r_TRUNCATE.html
https://docs.aws.amazon.com/redshift/latest/dg/r_COMMENT.html
"""

from typing import TYPE_CHECKING

from sqlglot import exp

from amp_sandbox.warehouse import errors, security
from amp_sandbox.warehouse.ddl import definition as defined
from amp_sandbox.warehouse.ddl.definition import Definition
from amp_sandbox.warehouse.ddl.names import new_oid, owned, quoted
from amp_sandbox.warehouse.sql import changes
from amp_sandbox.warehouse.sql.catalog import Relation
from amp_sandbox.warehouse.sql.datatypes import read_type
from amp_sandbox.warehouse.sql.decide import resolve
from amp_sandbox.warehouse.sql.statements import Source
from amp_sandbox.warehouse.sql.tokens import Tokens
from amp_sandbox.warehouse.types import Result

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session


def alter_table(session: "Session", source: Source) -> Result:
    """ALTER TABLE name …; views can be renamed so too."""
    tokens = source.tokens
    tokens.expect("ALTER", "TABLE")
    relation = owned(session, tokens.qualified_name(), "r", "v", "m")
    if tokens.accept("RENAME", "TO"):
        _rename(session, relation, tokens)
    elif relation.kind != "r":
        raise errors.wrong_object_type(f'"{relation.name}" is not a table')
    elif tokens.accept("RENAME"):
        tokens.accept("COLUMN")
        _rename_column(session, relation, tokens)
    elif tokens.accept("ADD"):
        _add(session, relation, tokens)
    elif tokens.accept("DROP"):
        _drop(session, relation, tokens)
    elif tokens.accept("ALTER"):
        _alter(session, relation, tokens)
    else:
        word = tokens.take().text.upper()
        raise errors.not_supported(f"ALTER TABLE {word[:40]}")
    session.changed()
    return Result("ALTER TABLE")


def truncate(session: "Session", source: Source) -> Result:
    """TRUNCATE, which commits the transaction it is in."""
    tokens = source.tokens
    tokens.expect("TRUNCATE")
    tokens.accept("TABLE")
    parts = tokens.qualified_name()
    tokens.end()
    relation = resolve(parts, session.world())
    if relation.kind != "r":
        raise errors.wrong_object_type(f'"{relation.name}" is not a table')
    grants = session.grants()
    if relation.schema != session.temporary_schema and not grants.can(
        "TRUNCATE", "table", relation.schema, relation.name
    ):
        raise errors.must_be_owner("relation", relation.name)
    with session.atomic():
        session.db.execute(f"DELETE FROM {quoted(relation.schema, relation.name)}")  # noqa: S608 - a quoted name
    if session.transaction_status == "T":
        session.commit()
    return Result("TRUNCATE TABLE")


def comment(session: "Session", source: Source) -> Result:
    """COMMENT ON TABLE | VIEW | COLUMN … IS 'text' | NULL."""
    tokens = source.tokens
    tokens.expect("COMMENT", "ON")
    kind = tokens.one_of("TABLE", "VIEW", "COLUMN")
    if kind is None:
        raise errors.not_supported(f"COMMENT ON {tokens.take().text.upper()[:40]}")
    parts = tokens.qualified_name()
    tokens.expect("IS")
    text = None if tokens.accept("NULL") else tokens.string()
    tokens.end()
    if kind == "COLUMN":
        relation = owned(session, parts[:-1], "r", "v", "m")
        if parts[-1] not in [one.name for one in relation.columns]:
            raise errors.undefined_column(parts[-1])
        session.db.execute(
            "UPDATE amp_sys.columns SET comment = $1 WHERE relation = $2 AND name = $3", [text, relation.oid, parts[-1]]
        )
    else:
        relation = owned(session, parts, "v" if kind == "VIEW" else "r", "m")
        session.db.execute("UPDATE amp_sys.relations SET comment = $1 WHERE oid = $2", [text, relation.oid])
    return Result("COMMENT")


def _rename(session: "Session", relation: Relation, tokens: Tokens) -> None:
    name = tokens.identifier()
    tokens.end()
    _require_unread(session, relation)
    if session.catalog().find(relation.schema, name) is not None:
        raise errors.duplicate_table(name)
    if relation.kind in "rm":
        session.db.execute(f"ALTER TABLE {quoted(relation.schema, relation.name)} RENAME TO {quoted(name)}")
    session.db.execute("UPDATE amp_sys.relations SET name = $1 WHERE oid = $2", [name, relation.oid])
    kind = "view" if relation.kind in "vm" else "table"
    security.object_renamed(session, kind, relation.schema, relation.name, name)


def _rename_column(session: "Session", relation: Relation, tokens: Tokens) -> None:
    old = tokens.identifier()
    tokens.expect("TO")
    new = tokens.identifier()
    tokens.end()
    relation.column(old)
    _require_unread(session, relation)
    if new in [one.name for one in relation.columns]:
        raise errors.duplicate_column(new)
    session.db.execute(
        f"ALTER TABLE {quoted(relation.schema, relation.name)} RENAME COLUMN {quoted(old)} TO {quoted(new)}"
    )
    session.db.execute(
        "UPDATE amp_sys.columns SET name = $1 WHERE relation = $2 AND name = $3", [new, relation.oid, old]
    )
    session.db.execute(
        "UPDATE amp_sys.constraints"
        " SET columns = list_transform(columns, lambda c: CASE WHEN c = $1 THEN $2 ELSE c END)"
        " WHERE relation = $3",
        [old, new, relation.oid],
    )
    security.object_column_renamed(session, relation.schema, relation.name, old, new)


def _add(session: "Session", relation: Relation, tokens: Tokens) -> None:
    made = Definition()
    if tokens.at("CONSTRAINT") or tokens.at("PRIMARY") or tokens.at("UNIQUE") or tokens.at("FOREIGN"):
        wrapped = Tokens(tokens.text, [*tokens.rest])
        made.constraints.append(defined.read_constraint(wrapped))
        wrapped.end()
        defined.require_columns(made, [one.name for one in relation.columns])
        _add_constraint(session, relation, made)
        return
    tokens.accept("COLUMN")
    column = defined.read_column(tokens, made)
    tokens.end()
    if column.name in [one.name for one in relation.columns]:
        raise errors.duplicate_column(column.name)
    if column.identity is not None or made.constraints or made.distkey or made.sortkeys:
        raise errors.not_supported("ALTER TABLE ADD COLUMN with a key or IDENTITY")
    if column.not_null and column.default is None:
        raise errors.syntax_error("ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression")
    default = ""
    if column.default is not None:
        default = f" DEFAULT {_constant(session, column)}"
    table = quoted(relation.schema, relation.name)
    session.db.execute(f"ALTER TABLE {table} ADD COLUMN {quoted(column.name)} {column.type.duckdb}{default}")
    if column.not_null:
        session.db.execute(f"ALTER TABLE {table} ALTER COLUMN {quoted(column.name)} SET NOT NULL")
    session.db.execute(
        "INSERT INTO amp_sys.columns (relation, position, name, type_oid, typmod, type_name, not_null, default_sql,"
        " encoding) SELECT $1, max(position) + 1, $2, $3, $4, $5, $6, $7, $8 FROM amp_sys.columns WHERE relation = $1",
        [
            relation.oid,
            column.name,
            column.type.oid,
            column.type.typmod,
            column.type.sql(),
            column.not_null,
            column.default,
            column.encoding or "none",
        ],
    )


def _constant(session: "Session", column: defined.ColumnDefinition) -> str:
    """A DEFAULT as it is now, which is what rows that are there get."""
    assert column.default is not None
    written = changes.default_expression(column.default, column.type).sql(dialect="duckdb")
    value = session.db.execute(f"SELECT CAST({written} AS VARCHAR)").fetchone()[0]
    return "NULL" if value is None else exp.Literal.string(value).sql(dialect="duckdb")


def _add_constraint(session: "Session", relation: Relation, made: Definition) -> None:
    one = made.constraints[0]
    parent = resolve(one.referenced, session.world()) if one.referenced is not None else None
    session.db.execute(
        "INSERT INTO amp_sys.constraints (oid, relation, name, kind, columns, referenced, referenced_columns)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            number := new_oid(session.db),
            relation.oid,
            one.name or f"{relation.name}_{one.kind}_{number}",
            one.kind,
            list(one.columns),
            parent.oid if parent is not None else None,
            list(one.referenced_columns),
        ],
    )


def _drop(session: "Session", relation: Relation, tokens: Tokens) -> None:
    if tokens.accept("CONSTRAINT"):
        name = tokens.identifier()
        tokens.one_of("CASCADE", "RESTRICT")
        tokens.end()
        gone = session.db.execute(
            "DELETE FROM amp_sys.constraints WHERE relation = $1 AND name = $2", [relation.oid, name]
        ).fetchone()
        if not gone or not gone[0]:
            raise errors.undefined_object("constraint", name)
        return
    tokens.accept("COLUMN")
    name = tokens.identifier()
    tokens.one_of("CASCADE", "RESTRICT")
    tokens.end()
    relation.column(name)
    _require_unread(session, relation)
    if len(relation.columns) == 1:
        raise errors.not_supported("ALTER TABLE DROP of the last column")
    keys = session.db.execute(
        "SELECT distkey OR sortkey > 0 FROM amp_sys.columns WHERE relation = $1 AND name = $2", [relation.oid, name]
    ).fetchone()
    if keys and keys[0]:
        raise errors.not_supported(f"ALTER TABLE DROP of {name}, which is a distribution or sort key,")
    session.db.execute(f"ALTER TABLE {quoted(relation.schema, relation.name)} DROP COLUMN {quoted(name)}")
    session.db.execute("DELETE FROM amp_sys.columns WHERE relation = $1 AND name = $2", [relation.oid, name])
    session.db.execute(
        "DELETE FROM amp_sys.constraints WHERE relation = $1 AND list_contains(columns, $2)", [relation.oid, name]
    )
    security.object_column_dropped(session, relation.schema, relation.name, name)


def _alter(session: "Session", relation: Relation, tokens: Tokens) -> None:
    if tokens.accept("COLUMN"):
        _alter_column(session, relation, tokens)
        return
    made = Definition()
    style = "DISTSTYLE" if tokens.at("DISTSTYLE") else "SORTKEY" if not tokens.at("DISTKEY") else "DISTKEY"
    if style == "DISTSTYLE":
        defined.read_attributes(tokens, made)
    elif tokens.accept("DISTKEY"):
        made.distkey, made.diststyle = tokens.identifier(), "KEY"
    else:
        defined.read_attributes(tokens, made)
    tokens.end()
    defined.require_columns(made, [one.name for one in relation.columns])
    _spread(session, relation, made, distribution=style != "SORTKEY")


def _spread(session: "Session", relation: Relation, made: Definition, *, distribution: bool) -> None:
    """Keep how rows are spread, which is shown, and has no effect on a single machine."""
    if distribution:
        session.db.execute("UPDATE amp_sys.relations SET diststyle = $1 WHERE oid = $2", [made.diststyle, relation.oid])
        session.db.execute(
            "UPDATE amp_sys.columns SET distkey = coalesce(name = $1, false) WHERE relation = $2",
            [made.distkey, relation.oid],
        )
        return
    session.db.execute("UPDATE amp_sys.relations SET sort_style = $1 WHERE oid = $2", [made.sort_style, relation.oid])
    session.db.execute(
        "UPDATE amp_sys.columns SET sortkey = coalesce(list_position($1::VARCHAR[], name), 0) WHERE relation = $2",
        [list(made.sortkeys), relation.oid],
    )


def _alter_column(session: "Session", relation: Relation, tokens: Tokens) -> None:
    """ALTER COLUMN name TYPE varchar(n), or ENCODE, as Redshift allows."""
    column = relation.column(tokens.identifier())
    if tokens.accept("ENCODE"):
        encoding = tokens.identifier()
        tokens.end()
        if encoding not in defined.ENCODINGS:
            raise errors.invalid_parameter(f'invalid encoding type specified: "{encoding}"')
        session.db.execute(
            "UPDATE amp_sys.columns SET encoding = $1 WHERE relation = $2 AND name = $3",
            [encoding, relation.oid, column.name],
        )
        return
    tokens.expect("TYPE")
    kind = read_type(tokens)
    tokens.end()
    if kind.oid != column.type.oid or kind.length is None:
        raise errors.not_supported("ALTER COLUMN TYPE to anything but another length of VARCHAR")
    table = quoted(relation.schema, relation.name)
    longest = session.db.execute(f"SELECT max(strlen({quoted(column.name)})) FROM {table}").fetchone()[0]  # noqa: S608
    if longest is not None and longest > kind.length:
        raise errors.string_too_long(kind.sql())
    session.db.execute(
        "UPDATE amp_sys.columns SET typmod = $1, type_name = $2 WHERE relation = $3 AND name = $4",
        [kind.typmod, kind.sql(), relation.oid, column.name],
    )


def _require_unread(session: "Session", relation: Relation) -> None:
    """Views are kept as text, so what they name keeps its name."""
    catalog = session.catalog()
    views = [one for one in map(catalog.by_oid, catalog.views_of.get(relation.oid, ())) if one is not None]
    if views:
        raise errors.SqlError(
            "2BP01",
            f"cannot alter {relation.name} because other objects depend on it",
            detail="\n".join(f"view {one.qualified} depends on {relation.name}" for one in views),
        )
