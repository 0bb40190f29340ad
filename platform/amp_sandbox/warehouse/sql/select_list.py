"""The list of columns of a SELECT: `*` becomes its columns, and each column has the name that Redshift gives it.

https://docs.aws.amazon.com/redshift/latest/dg/r_SELECT_list.html
"""

from sqlglot import exp

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.sql.scope import Columns, Scope, aliased
from amp_sandbox.warehouse.sql.writing import only
from amp_sandbox.warehouse.sql.writing import write as expression
from amp_sandbox.warehouse.types import RedshiftType


def projections_of(node: exp.Select, scope: Scope) -> tuple[list[exp.Expr], Columns]:
    """The list of columns: `*` becomes its columns, and each has the name that Redshift gives it."""
    excluded = {one.name.lower() for one in node.args.get("exclude") or []}
    shown: list[exp.Expr] = []
    columns: list[tuple[str, RedshiftType | None]] = []
    for one in node.expressions:
        star = _star(one, scope)
        if star is not None:
            for name, kind, written in star:
                if name not in excluded:
                    shown.append(aliased(written, name))
                    columns.append((name, kind))
            continue
        name, given = (one.alias.lower(), one.this) if isinstance(one, exp.Alias) else (column_name(one), one)
        written, kind = expression(given, scope)
        shown.append(aliased(written, name))
        columns.append((name, kind))
        if isinstance(one, exp.Alias):
            scope.aliases[name] = kind
    return shown, tuple(columns)


def column_name(node: exp.Expr) -> str:
    """The name of a column that has no alias, as PostgreSQL gives it."""
    while isinstance(node, (exp.Paren, exp.Window, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)):
        node = node.this
    if isinstance(node, exp.Column):
        return node.name.lower()
    if isinstance(node, exp.Dot):
        return column_name(node.expression)
    if isinstance(node, (exp.Identifier,)):
        return node.name.lower()
    if isinstance(node, exp.Bracket):
        return column_name(node.this)
    if isinstance(node, exp.Anonymous):
        return node.name.lower().removeprefix("approximate ")
    if isinstance(node, exp.Cast):
        inner = column_name(node.this)
        return inner if inner != "?column?" else _TYPE_NAMES.get(node.to.this.value.lower(), node.to.this.value.lower())
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Select) and node.this.expressions:
        first = node.this.expressions[0]
        return first.alias.lower() if isinstance(first, exp.Alias) else column_name(first)
    return _NAMES.get(type(node), "?column?")


_NAMES = {
    exp.Case: "case",
    exp.Extract: "date_part",
    exp.Trim: "btrim",
    exp.Substring: "substring",
    exp.StrPosition: "position",
    exp.Exists: "?column?",
    exp.Boolean: "bool",
    exp.Interval: "interval",
}
_TYPE_NAMES = {"int": "int4", "bigint": "int8", "smallint": "int2", "double": "float8", "float": "float4"} | {
    "boolean": "bool",
    "decimal": "numeric",
    "char": "bpchar",
}


def _star(node: exp.Expr, scope: Scope) -> list[tuple[str, RedshiftType | None, exp.Expr]] | None:
    star = node.this if isinstance(node, exp.Column) else node
    if not isinstance(star, exp.Star):
        return None
    only(star, "except_")
    except_ = {one.name.lower() for one in star.args.get("except_") or []}
    found: list[tuple[str, RedshiftType | None, exp.Expr]] = []
    if isinstance(node, exp.Column):
        alias = node.table.lower()
        if alias not in scope.sources:
            raise errors.SqlError("42P01", f'missing FROM-clause entry for table "{alias}"')
        wanted = {alias: scope.sources[alias]}
    else:
        wanted = scope.sources
        if not wanted:
            raise errors.syntax_error("SELECT * with no tables specified is not valid")
        for name in scope.merged:
            kind = next(dict(columns)[name] for columns in wanted.values() if name in dict(columns))
            found.append((name, kind, exp.column(exp.to_identifier(name, quoted=True))))
    for alias, columns in wanted.items():
        for name, kind in columns:
            if name not in except_:
                scope.read(alias, name)
            if name in scope.merged and not isinstance(node, exp.Column):
                continue
            identifier = exp.to_identifier(name, quoted=True)
            found.append((name, kind, exp.column(identifier, table=exp.to_identifier(alias, quoted=True))))
    return [one for one in found if one[0] not in except_]
