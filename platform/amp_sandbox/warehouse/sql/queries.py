"""Queries: SELECT with all its clauses, set operations and WITH, written for DuckDB.

Every query is built anew from what was read; nothing of the statement's text reaches DuckDB.

**Left out:** PIVOT, UNPIVOT, TABLESAMPLE, CONNECT BY, named windows, FOR UPDATE, FETCH FIRST, INTERSECT and EXCEPT ALL:
SQLSTATE 0A000.

https://docs.aws.amazon.com/redshift/latest/dg/r_SELECT_synopsis.html
"""

from collections.abc import Sequence

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql import conditions as _conditions  # noqa: F401 - registers its writers
from amp_sandbox.warehouse.sql import expressions as _expressions  # noqa: F401 - registers its writers
from amp_sandbox.warehouse.sql.calls import common, duck, number, text
from amp_sandbox.warehouse.sql.function_calls import ordering
from amp_sandbox.warehouse.sql.scope import Columns, Scope, alias_of, aliased, renamed
from amp_sandbox.warehouse.sql.select_list import projections_of
from amp_sandbox.warehouse.sql.sources import join_of, joins_of, source_of
from amp_sandbox.warehouse.sql.writing import as_type, only, parameter_as, plain
from amp_sandbox.warehouse.sql.writing import write as expression

_MODIFIERS = ("with_", "order", "limit", "offset")
_SELECT = (*_MODIFIERS, "expressions", "distinct", "from_", "joins", "where", "group", "having", "qualify", "exclude")


def write(node: exp.Expr, scope: Scope) -> tuple[exp.Query, Columns]:
    """A query in a scope of its own, and its columns. Raises SqlError."""
    if isinstance(node, exp.Select):
        return _select(node, scope)
    if isinstance(node, exp.SetOperation):
        return _set_operation(node, scope)
    if isinstance(node, exp.Subquery):
        return _wrapped(node, scope)
    raise errors.not_supported(f"{node.key.upper()} as a query")


def padded(query: exp.Query, columns: Columns) -> exp.Query:
    """The outermost query of a statement, whose CHAR columns come padded with blanks.

    https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html
    """
    if not any(kind is not None and kind.oid == types.CHAR_OID and kind.length for _, kind in columns):
        return query
    source = exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier("amp_padded", quoted=True)))
    source.args["alias"].set("columns", [exp.to_identifier(f"c{n}", quoted=True) for n in range(len(columns))])
    shown = []
    for place, (name, kind) in enumerate(columns):
        written: exp.Expr = exp.column(exp.to_identifier(f"c{place}", quoted=True))
        if kind is not None and kind.oid == types.CHAR_OID and kind.length:
            written = duck("rpad", written, number(kind.length), text(" "))
        shown.append(aliased(written, name))
    return exp.Select(expressions=shown, from_=exp.From(this=source))


def with_of(node: exp.Expr, scope: Scope) -> exp.With | None:
    """WITH's queries; they can be seen in this query and those within it."""
    given = node.args.get("with_")
    if given is None:
        return None
    only(given, "expressions", "recursive")
    recursive = bool(given.args.get("recursive"))
    written = []
    for cte in given.expressions:
        only(cte, "this", "alias")
        name = cte.alias_or_name.lower()
        names = [one.name.lower() for one in cte.args["alias"].args.get("columns") or []]
        inner = scope.inner()
        if recursive and isinstance(cte.this, exp.SetOperation):
            inner.ctes = {**scope.ctes, name: _first_columns(cte.this, inner, names)}
        query, columns = write(cte.this, inner)
        columns = renamed(columns, names)
        scope.ctes = {**scope.ctes, name: columns}
        written.append(exp.CTE(this=query, alias=alias_of(name, columns)))
    return exp.With(expressions=written, recursive=recursive)


def _wrapped(node: exp.Subquery, scope: Scope) -> tuple[exp.Query, Columns]:
    only(node, "this", *_MODIFIERS)
    with_of(node, scope)
    inner, columns = write(node.this, scope.inner())
    if not any(node.args.get(name) for name in ("order", "limit", "offset")):
        return (inner if isinstance(inner, exp.Select) and not inner.args.get("order") else _all_of(inner)), columns
    scope.aliases.update(columns)
    return _limited(_all_of(inner), node, scope), columns


def _all_of(query: exp.Query) -> exp.Select:
    source = exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier("amp_inner", quoted=True)))
    return exp.Select(expressions=[exp.Star()], from_=exp.From(this=source))


def _select(node: exp.Select, scope: Scope) -> tuple[exp.Query, Columns]:
    only(node, *_SELECT)
    with_ = with_of(node, scope)
    where = node.args.get("where")
    source = node.args.get("from_")
    joins = node.args.get("joins") or []
    parts: dict[str, object] = {}
    if source is not None:
        only(source, "this")
        # Conditions of WHERE hold for every row, so partitions may be pruned by them; not below outer joins.
        pruning = where.this if where is not None and not any(one.args.get("side") for one in joins) else None
        parts["from_"] = exp.From(this=source_of(source.this, scope, pruning))
        parts["joins"] = joins_of(source.this, scope, pruning) + [join_of(one, scope, pruning) for one in joins]
    projections, columns = projections_of(node, scope)
    if where is not None:  # after the list, as a condition may name a column of it by its alias
        parts["where"] = exp.Where(this=plain(where.this, scope))
    if not projections:
        raise errors.syntax_error("SELECT without a list of columns")
    parts["expressions"] = projections
    parts["distinct"] = _distinct(node.args.get("distinct"))
    parts["group"] = _group(node.args.get("group"), scope, len(columns))
    for name, kind in (("having", exp.Having), ("qualify", exp.Qualify)):
        if node.args.get(name) is not None:
            parts[name] = kind(this=plain(node.args[name].this, scope))
    select = exp.Select(**{name: value for name, value in parts.items() if value is not None})
    if with_ is not None:
        select.set("with_", with_)
    return _limited(select, node, scope), columns


def _set_operation(node: exp.SetOperation, scope: Scope) -> tuple[exp.Query, Columns]:
    """UNION, INTERSECT, EXCEPT and MINUS; a long chain without recursion."""
    chain: list[tuple[exp.SetOperation, exp.Query, Columns]] = []
    with_s = []
    outer = node
    left: exp.Expr = node
    while isinstance(left, exp.SetOperation):
        only(left, "this", "expression", "distinct", *_MODIFIERS)
        if left is not outer and any(left.args.get(name) for name in ("order", "limit", "offset")):
            raise errors.syntax_error("ORDER BY and LIMIT within a set operation need parentheses")
        with_s.append(with_of(left, scope))
        chain.append((left, exp.select(), ()))
        left = left.this
    written, columns = write(left, scope.inner())
    for operation, _, _ in reversed(chain):
        right, others = write(operation.args["expression"], scope.inner())
        if len(others) != len(columns):
            raise errors.syntax_error(f"each {operation.key.upper()} query must have the same number of columns")
        if isinstance(operation, exp.Except | exp.Intersect) and not operation.args.get("distinct"):
            raise errors.not_supported(f"{operation.key.upper()} ALL")
        columns = tuple((name, common([one, other])) for (name, one), (_, other) in zip(columns, others, strict=True))
        written = type(operation)(
            this=_operand(written), expression=_operand(right), distinct=bool(operation.args.get("distinct"))
        )
    assert isinstance(written, exp.Query)
    for one in with_s:
        if one is not None:
            written.set("with_", one)
    scope.aliases.update(columns)
    return _limited(written, outer, scope), columns


def _operand(query: exp.Expr) -> exp.Expr:
    if any(query.args.get(name) for name in (*_MODIFIERS,)):
        return exp.Subquery(this=query)
    return query


def _first_columns(node: exp.SetOperation, scope: Scope, names: Sequence[str]) -> Columns:
    """The columns of a recursive query, which are those of its first part."""
    first: exp.Expr = node
    while isinstance(first, exp.SetOperation):
        first = first.this
    return renamed(write(first, scope.inner())[1], names)


def _distinct(node: exp.Expr | None) -> exp.Expr | None:
    if node is None:
        return None
    if node.args.get("on") is not None:
        raise errors.not_supported("DISTINCT ON")
    return exp.Distinct()


def _group(node: exp.Expr | None, scope: Scope, count: int) -> exp.Expr | None:
    """GROUP BY: https://docs.aws.amazon.com/redshift/latest/dg/r_GROUP_BY_clause.html"""
    if node is None:
        return None
    only(node, "expressions", "rollup", "cube", "grouping_sets")
    written = exp.Group(expressions=[_grouped(one, scope, count) for one in node.expressions])
    for name in ("rollup", "cube", "grouping_sets"):
        sets = node.args.get(name) or []
        written.set(
            name, [type(one)(expressions=[_grouped(each, scope, count) for each in one.expressions]) for one in sets]
        )
    return written


def _grouped(node: exp.Expr, scope: Scope, count: int) -> exp.Expr:
    if isinstance(node, exp.Literal) and not node.is_string:
        if not node.name.isdigit() or not 1 <= int(node.name) <= count:
            raise errors.SqlError("42P10", f"GROUP BY position {node.name} is not in select list")
        return node
    if isinstance(node, (exp.Rollup, exp.Cube, exp.GroupingSets, exp.Tuple)):
        only(node, "expressions")
        return type(node)(expressions=[_grouped(one, scope, count) for one in node.expressions])
    if isinstance(node, exp.Paren):
        return exp.Paren(this=_grouped(node.this, scope, count))
    return plain(node, scope)


def _limited(query: exp.Query, node: exp.Expr, scope: Scope) -> exp.Query:
    """ORDER BY, LIMIT and OFFSET of a query."""
    if node.args.get("order") is not None:
        query.set("order", ordering(node.args["order"], scope, aliases=True))
    for name, kind in (("limit", exp.Limit), ("offset", exp.Offset)):
        given = node.args.get(name)
        if given is None:
            continue
        if isinstance(given, exp.Fetch):
            raise errors.not_supported("FETCH FIRST")
        only(given, "expression")
        if _is_all(given.expression):
            continue
        written, _ = expression(given.expression, Scope(scope.rewriting, scope.allow))
        written, _ = parameter_as(written, types.BIGINT, scope)
        query.set(name, kind(expression=as_type(written, None, types.BIGINT)))
    return query


def _is_all(node: exp.Expr) -> bool:
    return (isinstance(node, exp.Column) and node.name.upper() == "ALL") or isinstance(node, exp.Null)
