"""Queries: SELECT with all its clauses, set operations and WITH, written for DuckDB.

Every query is built anew from what was read; nothing of the statement's text reaches DuckDB. Tables get their schema,
views become subqueries, external tables the files they have now, `*` its columns.

**Left out:** PIVOT, UNPIVOT, TABLESAMPLE, CONNECT BY, LATERAL, joins in parentheses, FOR UPDATE, and VALUES outside of
INSERT: SQLSTATE 0A000.

https://docs.aws.amazon.com/redshift/latest/dg/r_SELECT_synopsis.html
"""

from collections.abc import Sequence

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql.calls import cast, common, duck, number, text
from amp_sandbox.warehouse.sql.decide import Bound
from amp_sandbox.warehouse.sql.expressions import as_type, only, ordering, parameter_as, plain
from amp_sandbox.warehouse.sql.expressions import write as expression
from amp_sandbox.warehouse.sql.scope import Columns, Scope
from amp_sandbox.warehouse.types import RedshiftType

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
        shown.append(_aliased(written, name))
    return exp.Select(expressions=shown, from_=exp.From(this=source))


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
        parts["from_"] = exp.From(this=_source(source.this, scope, pruning))
        parts["joins"] = _joins(source.this, scope, pruning) + [_join(one, scope, pruning) for one in joins]
    projections, columns = _projections(node, scope)
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


def _first_columns(node: exp.SetOperation, scope: Scope, names: Sequence[str]) -> Columns:
    """The columns of a recursive query, which are those of its first part."""
    first: exp.Expr = node
    while isinstance(first, exp.SetOperation):
        first = first.this
    return renamed(write(first, scope.inner())[1], names)


def renamed(columns: Columns, names: Sequence[str]) -> Columns:
    """The columns under the names of an alias, which may be fewer."""
    if len(names) > len(columns):
        raise errors.syntax_error(f"{len(names)} column names for {len(columns)} columns")
    return tuple((names[n] if n < len(names) else name, kind) for n, (name, kind) in enumerate(columns))


def alias_of(name: str, columns: Columns = ()) -> exp.TableAlias:
    """A table's alias, with its columns' names."""
    listed = [exp.to_identifier(one, quoted=True) for one, _ in columns]
    return exp.TableAlias(this=exp.to_identifier(name, quoted=True), columns=listed)


def from_of(node: exp.From, scope: Scope) -> exp.From:
    """FROM of an UPDATE, where joins are with the table that is changed."""
    only(node, "this")
    source = _source(node.this, scope, None)
    joins = _joins(node.this, scope, None)
    if joins:
        source.set("joins", joins)
    return exp.From(this=source)


def sources(nodes: Sequence[exp.Expr], scope: Scope) -> list[exp.Expr]:
    """The tables of USING."""
    written = []
    for node in nodes:
        source = _source(node, scope, None)
        joins = _joins(node, scope, None)
        if joins:
            source.set("joins", joins)
        written.append(source)
    return written


def _source(node: exp.Expr, scope: Scope, pruning: exp.Expr | None) -> exp.Expr:
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


def _joins(node: exp.Expr, scope: Scope, pruning: exp.Expr | None) -> list[exp.Expr]:
    return [_join(one, scope, pruning) for one in node.args.get("joins") or []]


def _derived(node: exp.Subquery, scope: Scope) -> exp.Expr:
    only(node, "this", "alias")
    given = node.args.get("alias")
    name = given.name.lower() if given is not None and given.name else scope.rewriting.alias()
    names = [one.name.lower() for one in (given.args.get("columns") or [])] if given is not None else []
    fresh = Scope(scope.rewriting, scope.allow, scope.ctes, scope.parent)
    query, columns = write(node.this, fresh)
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
    rows.set("alias", alias_of(alias, columns if names or not isinstance(rows, exp.Table) else ()))
    return rows


def relation(bound: Bound, scope: Scope, pruning: exp.Expr | None, alias: str) -> tuple[exp.Expr, Columns]:
    """The rows of a table or view, and its columns."""
    found = bound.relation
    columns: Columns = tuple((one.name, one.type) for one in found.columns)
    if found.kind == "v":
        assert bound.body is not None
        assert bound.allow is not None
        query, actual = write(bound.body, Scope(scope.rewriting, bound.allow))
        return exp.Subquery(this=query), columns or actual
    if found.kind == "x":
        scope.rewriting.has_external = True
        return scope.rewriting.external(found.external, pruning, alias), columns
    schema, name = ("amp_catalog", found.view) if found.kind == "s" else (found.schema, found.name)
    table = exp.Table(this=exp.to_identifier(name, quoted=True), db=exp.to_identifier(schema, quoted=True))
    return table, columns


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
    shown = [_aliased(duck("unnest", elements), alias)]
    if index is not None:
        columns.append((index, types.BIGINT))
        places = duck("range", duck("len", elements.copy()))
        shown.append(_aliased(duck("unnest", places), index))
    scope.add(alias, tuple(columns))
    return exp.Subquery(this=exp.Select(expressions=shown), alias=alias_of(alias))


def _join(node: exp.Join, scope: Scope, pruning: exp.Expr | None) -> exp.Join:
    only(node, "this", "on", "using", "side", "kind", "method", "pivots")
    side, kind, method = (str(node.args.get(name) or "").upper() for name in ("side", "kind", "method"))
    if side not in ("", "LEFT", "RIGHT", "FULL") or kind not in ("", "INNER", "OUTER", "CROSS"):
        raise errors.not_supported(f"{side} {kind} JOIN".strip())
    if method not in ("", "NATURAL"):
        raise errors.not_supported(f"{method} JOIN")
    before = list(scope.sources)
    source = _source(node.this, scope, None if side else pruning)
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


def _check_using(using: Sequence[str], before: Sequence[str], new: Sequence[str], scope: Scope) -> None:
    for name in using:
        for side in (before, new):
            if not any(name in dict(scope.sources[alias]) for alias in side):
                raise errors.undefined_column(name)


def _projections(node: exp.Select, scope: Scope) -> tuple[list[exp.Expr], Columns]:
    """The list of columns: `*` becomes its columns, and each has the name that Redshift gives it."""
    excluded = {one.name.lower() for one in node.args.get("exclude") or []}
    shown: list[exp.Expr] = []
    columns: list[tuple[str, RedshiftType | None]] = []
    for one in node.expressions:
        star = _star(one, scope)
        if star is not None:
            for name, kind, written in star:
                if name not in excluded:
                    shown.append(_aliased(written, name))
                    columns.append((name, kind))
            continue
        name, given = (one.alias.lower(), one.this) if isinstance(one, exp.Alias) else (column_name(one), one)
        written, kind = expression(given, scope)
        shown.append(_aliased(written, name))
        columns.append((name, kind))
        if isinstance(one, exp.Alias):
            scope.aliases[name] = kind
    return shown, tuple(columns)


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
            if name in scope.merged and not isinstance(node, exp.Column):
                continue
            identifier = exp.to_identifier(name, quoted=True)
            found.append((name, kind, exp.column(identifier, table=exp.to_identifier(alias, quoted=True))))
    return [one for one in found if one[0] not in except_]


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


def _aliased(node: exp.Expr, name: str) -> exp.Expr:
    return exp.Alias(this=node, alias=exp.to_identifier(name, quoted=True))


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
