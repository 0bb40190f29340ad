"""FROM: tables, views, queries and arrays of SUPER, and how they are joined, written for DuckDB.

Tables get their schema, views become subqueries, external tables the objects they have now.

**Left out:** LATERAL, joins in parentheses, TABLESAMPLE, PIVOT and VALUES: SQLSTATE 0A000.

https://docs.aws.amazon.com/redshift/latest/dg/r_FROM_clause30.html
"""

from collections.abc import Sequence

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql.calls import cast, duck
from amp_sandbox.warehouse.sql.decide import Bound
from amp_sandbox.warehouse.sql.scope import Columns, Scope, alias_of, aliased, renamed
from amp_sandbox.warehouse.sql.writing import only, plain
from amp_sandbox.warehouse.sql.writing import write as expression
from amp_sandbox.warehouse.types import RedshiftType


def from_of(node: exp.From, scope: Scope) -> exp.From:
    """FROM of an UPDATE, where joins are with the table that is changed."""
    only(node, "this")
    source = source_of(node.this, scope, None)
    joins = joins_of(node.this, scope, None)
    if joins:
        source.set("joins", joins)
    return exp.From(this=source)


def sources(nodes: Sequence[exp.Expr], scope: Scope) -> list[exp.Expr]:
    """The tables of USING."""
    written = []
    for node in nodes:
        source = source_of(node, scope, None)
        joins = joins_of(node, scope, None)
        if joins:
            source.set("joins", joins)
        written.append(source)
    return written


def source_of(node: exp.Expr, scope: Scope, pruning: exp.Expr | None) -> exp.Expr:
    """One table of FROM."""
    if isinstance(node, exp.Table):
        return _table(node, scope, pruning)
    if isinstance(node, exp.Subquery):
        if isinstance(node.this, exp.Table):
            raise errors.not_supported("a join in parentheses")
        return _derived(node, scope)
    if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
        raise errors.not_supported("LATERAL")
    return _unnested(node, scope)


def joins_of(node: exp.Expr, scope: Scope, pruning: exp.Expr | None) -> list[exp.Expr]:
    """The joins that hang on a table of FROM."""
    return [join_of(one, scope, pruning) for one in node.args.get("joins") or []]


def join_of(node: exp.Join, scope: Scope, pruning: exp.Expr | None) -> exp.Join:
    """One join; a comma is CROSS JOIN."""
    only(node, "this", "on", "using", "side", "kind", "method", "pivots")
    side, kind, method = (str(node.args.get(name) or "").upper() for name in ("side", "kind", "method"))
    if side not in ("", "LEFT", "RIGHT", "FULL") or kind not in ("", "INNER", "OUTER", "CROSS"):
        raise errors.not_supported(f"{side} {kind} JOIN".strip())
    if method not in ("", "NATURAL"):
        raise errors.not_supported(f"{method} JOIN")
    before = list(scope.sources)
    source = source_of(node.this, scope, None if side else pruning)
    if node.this.args.get("joins"):
        raise errors.not_supported("a nested join")
    new = [alias for alias in scope.sources if alias not in before]
    using = [one.name.lower() for one in node.args.get("using") or []]
    if method == "NATURAL":
        left = {name for alias in before for name, _ in scope.sources[alias]}
        using = [name for alias in new for name, _ in scope.sources[alias] if name in left]
        if not using:
            kind = "CROSS"
    written = exp.Join(this=source, side=side or None, kind=kind or None)
    if using:
        _check_using(using, before, new, scope)
        scope.merged += [name for name in using if name not in scope.merged]
        written.set("using", [exp.to_identifier(name, quoted=True) for name in using])
    elif node.args.get("on") is not None:
        written.set("on", plain(node.args["on"], scope))
    elif kind != "CROSS" and (side or kind):
        raise errors.syntax_error("a join needs ON or USING")
    elif not kind:
        written.set("kind", "CROSS")
    return written


def relation(bound: Bound, scope: Scope, pruning: exp.Expr | None, alias: str) -> tuple[exp.Expr, Columns]:
    """The rows of a table or view, and its columns."""
    found = bound.relation
    columns: Columns = tuple((one.name, one.type) for one in found.columns)
    if found.kind == "v":
        assert bound.body is not None
        assert bound.allow is not None
        query, actual = _query(bound.body, Scope(scope.rewriting, bound.allow))
        return exp.Subquery(this=query), columns or actual
    if found.kind == "x":
        scope.rewriting.has_external = True
        return scope.rewriting.external(found.external, pruning, alias), columns
    schema, name = ("amp_catalog", found.view) if found.kind == "s" else (found.schema, found.name)
    table = exp.Table(this=exp.to_identifier(name, quoted=True), db=exp.to_identifier(schema, quoted=True))
    return table, columns


def _derived(node: exp.Subquery, scope: Scope) -> exp.Expr:
    only(node, "this", "alias")
    given = node.args.get("alias")
    name = given.name.lower() if given is not None and given.name else scope.rewriting.alias()
    names = [one.name.lower() for one in (given.args.get("columns") or [])] if given is not None else []
    fresh = Scope(scope.rewriting, scope.allow, scope.ctes, scope.parent)
    query, columns = _query(node.this, fresh)
    columns = renamed(columns, names)
    scope.add(name, columns)
    return exp.Subquery(this=query, alias=alias_of(name, columns))


def _table(node: exp.Table, scope: Scope, pruning: exp.Expr | None) -> exp.Expr:
    only(node, "this", "db", "catalog", "alias", "joins")
    given = node.args.get("alias")
    names = [one.name.lower() for one in (given.args.get("columns") or [])] if given is not None else []
    if isinstance(node.this, exp.Anonymous):
        return _table_function(node, scope, given, names)
    alias = given.name.lower() if given is not None and given.name else node.name.lower()
    if not node.args.get("db") and node.name.lower() in scope.ctes and id(node) not in scope.allow.bound:
        columns = renamed(scope.ctes[node.name.lower()], names)
        scope.add(alias, columns)
        return exp.Table(this=exp.to_identifier(node.name.lower(), quoted=True), alias=alias_of(alias, columns))
    bound = scope.allow.bound.get(id(node))
    if bound is None:
        raise errors.undefined_table(node.name.lower())
    rows, columns = relation(bound, scope, pruning, alias)
    columns = renamed(columns, names)
    scope.add(alias, columns, bound.relation.schema)
    if bound.partly and names:
        raise errors.not_supported("new names for the columns of a table that is granted in part")
    scope.watch(alias, bound)
    rows.set("alias", alias_of(alias, columns if names or not isinstance(rows, exp.Table) else ()))
    return rows


def _table_function(node: exp.Table, scope: Scope, given: exp.Expr | None, names: Sequence[str]) -> exp.Expr:
    """GENERATE_SERIES over whole numbers; the only one."""
    arguments = [expression(one, scope) for one in node.this.expressions]
    if not 2 <= len(arguments) <= 3:
        raise errors.SqlError("42883", f"function generate_series does not take {len(arguments)} arguments")
    alias = given.name.lower() if given is not None and given.name else "generate_series"
    columns: Columns = ((names[0] if names else alias, types.BIGINT),)
    scope.add(alias, columns)
    written = duck("generate_series", *(cast(one, types.BIGINT) for one, _ in arguments))
    return exp.Table(this=written, alias=alias_of(alias, columns))


def _unnested(node: exp.Expr, scope: Scope) -> exp.Expr:
    """`FROM t, t.items AS i AT n`: the elements of a SUPER array.

    https://docs.aws.amazon.com/redshift/latest/dg/query-super.html
    """
    index = None
    if isinstance(node, exp.AtIndex):
        index, node = node.args["expression"].name.lower(), node.this
    alias = scope.rewriting.alias()
    if isinstance(node, exp.Unnest):
        only(node, "expressions", "alias")
        given = node.args.get("alias")
        if given is not None:
            listed = given.args.get("columns") or []
            alias = (listed[0].name if listed else given.name).lower()
        node = node.expressions[0]
    elif isinstance(node, exp.Alias):
        alias, node = node.alias.lower(), node.this
    array, kind = expression(node, scope)
    if kind != types.SUPER:
        raise errors.wrong_object_type("a table, a query or an array of SUPER is expected in FROM")
    columns: list[tuple[str, RedshiftType | None]] = [(alias, types.SUPER)]
    elements = duck("fn.elements", array)
    shown = [aliased(duck("unnest", elements), alias)]
    if index is not None:
        columns.append((index, types.BIGINT))
        places = duck("range", duck("len", elements.copy()))
        shown.append(aliased(duck("unnest", places), index))
    scope.add(alias, tuple(columns))
    return exp.Subquery(this=exp.Select(expressions=shown), alias=alias_of(alias))


def _check_using(using: Sequence[str], before: Sequence[str], new: Sequence[str], scope: Scope) -> None:
    for name in using:
        for side in (before, new):
            owners = [alias for alias in side if name in dict(scope.sources[alias])]
            if not owners:
                raise errors.undefined_column(name)
            for alias in owners:
                scope.read(alias, name)


def _query(node: exp.Expr, scope: Scope) -> tuple[exp.Query, Columns]:
    from amp_sandbox.warehouse.sql import queries  # queries have FROM, and FROM has queries

    return queries.write(node, scope)
