"""INSERT, UPDATE, DELETE and MERGE, written for DuckDB; what is stored fits its column as in Redshift.

Text that is longer than its column, in bytes, is an error (SQLSTATE 22001); more blanks than fit are cut off.
https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html

**Left out:** RETURNING (as in Redshift), MERGE's REMOVE DUPLICATES, and DELETE without FROM: SQLSTATE 0A000.
"""

from collections.abc import Sequence

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql import dialect, queries, sources
from amp_sandbox.warehouse.sql.calls import cast, duck, number, text
from amp_sandbox.warehouse.sql.catalog import Relation, TableColumn
from amp_sandbox.warehouse.sql.scope import Columns, Scope, alias_of
from amp_sandbox.warehouse.sql.writing import only, parameter_as, plain
from amp_sandbox.warehouse.sql.writing import write as expression
from amp_sandbox.warehouse.types import RedshiftType


def write(node: exp.Expr, scope: Scope) -> exp.Expr:
    """The change as DuckDB reads it. Raises SqlError."""
    if isinstance(node, exp.Insert):
        return _insert(node, scope)
    if isinstance(node, exp.Update):
        return _update(node, scope)
    if isinstance(node, exp.Delete):
        return _delete(node, scope)
    if isinstance(node, exp.Merge):
        return _merge(node, scope)
    raise errors.not_supported(node.key.upper())


def stored(node: exp.Expr, kind: RedshiftType | None, to: RedshiftType) -> exp.Expr:
    """A value as it is stored in a column of that type."""
    if to == types.SUPER:
        return node if kind == types.SUPER else duck("to_json", node)
    if kind == types.SUPER:
        node = duck("fn.super_text", node)
    if to.length is None:
        return cast(node, to)
    fitted = duck("fn.fit", cast(node, "VARCHAR"), number(to.length), text(to.name))
    return duck("rtrim", fitted, text(" ")) if to.oid == types.CHAR_OID else fitted


def selected(query: exp.Query, source: Columns, targets: Sequence[TableColumn]) -> exp.Select:
    """A query whose rows are stored in these columns."""
    if len(source) > len(targets):
        raise errors.syntax_error("INSERT has more expressions than target columns")
    if len(source) < len(targets):
        raise errors.syntax_error("INSERT has more target columns than expressions")
    alias = alias_of("amp_rows", tuple((f"c{n}", None) for n in range(len(source))))
    values = [
        stored(exp.column(exp.to_identifier(f"c{n}", quoted=True)), kind, target.type)
        for n, ((_, kind), target) in enumerate(zip(source, targets, strict=True))
    ]
    return exp.Select(expressions=values, from_=exp.From(this=exp.Subquery(this=query, alias=alias)))


def stored_column(name: str, kind: RedshiftType, to: RedshiftType) -> str:
    """A query's column as it is stored in a column of that type, as DuckDB's text."""
    return stored(exp.column(exp.to_identifier(name, quoted=True)), kind, to).sql(dialect="duckdb")


def target_table(relation: Relation) -> exp.Table:
    """The table in DuckDB."""
    return exp.Table(
        this=exp.to_identifier(relation.name, quoted=True), db=exp.to_identifier(relation.schema, quoted=True)
    )


def sequence_of(relation: Relation, column: str) -> str:
    """The sequence of an IDENTITY column."""
    place = next(n for n, one in enumerate(relation.columns) if one.name == column)
    return f"amp_sys.identity_{relation.oid}_{place}"


def default_of(relation: Relation, column: TableColumn) -> exp.Expr:
    """A column's DEFAULT, as an expression."""
    if column.default is None or column.identity:
        return exp.Var(this="DEFAULT")
    return default_expression(column.default, column.type)


def default_expression(default: str, to: RedshiftType) -> exp.Expr:
    """DEFAULT's expression, which has no columns, written for DuckDB."""
    tree = dialect.parse(f"SELECT {default}")
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1:
        raise errors.syntax_error("DEFAULT needs one expression")
    if tree.find(exp.Column, exp.Query, exp.Window, exp.Parameter) not in (None, tree):
        raise errors.not_supported(f"the DEFAULT {default[:60]}")
    only(tree, "expressions")
    written, kind = expression(tree.expressions[0], empty_scope())
    return stored(written, kind, to)


def empty_scope() -> Scope:
    """A scope in which there are no names."""
    from amp_sandbox.warehouse.sql.decide import Allow
    from amp_sandbox.warehouse.sql.scope import Rewriting

    def no_external(_table: object, _where: exp.Expr | None, _alias: str) -> exp.Expr:
        raise errors.not_supported("an external table here")

    return Scope(Rewriting({}, no_external), Allow({}))


def _target(node: exp.Expr, scope: Scope) -> Relation:
    table = node.this if isinstance(node, exp.Schema) else node
    relation = scope.allow.bound[id(table)].relation
    if relation.kind == "m":
        raise errors.wrong_object_type(f'cannot change materialized view "{relation.name}"')
    if relation.kind != "r":
        raise errors.wrong_object_type(f'cannot change "{relation.name}", which is no table')
    return relation


def _insert(node: exp.Insert, scope: Scope) -> exp.Expr:
    only(node, "this", "expression", "default", "with_")
    only(node.this, "this", "expressions", "db", "catalog")
    relation = _target(node.this, scope)
    source = node.args.get("expression")
    targets = [] if node.args.get("default") else _insert_columns(node, relation)
    if isinstance(source, exp.Values):
        only(source, "expressions")
        rows: exp.Expr = _values(source, relation, targets, scope)
    elif source is not None:
        inner = scope.inner()
        with_ = queries.with_of(node, inner)
        query, columns = queries.write(source, inner)
        if not isinstance(node.this, exp.Schema):
            targets = targets[: len(columns)] if len(columns) < len(targets) else targets
        rows = selected(query, columns, targets)
        if with_ is not None:
            rows.set("with_", with_)
    elif node.args.get("default"):
        rows = exp.Values(expressions=[exp.Tuple(expressions=[])])
    else:
        raise errors.syntax_error("INSERT without VALUES or a query")
    missing = defaulted(relation, targets)
    for row in rows.expressions if isinstance(rows, exp.Values) else [rows]:
        row.set("expressions", [*row.expressions, *(default_of(relation, one) for one in missing)])
    if not targets and not missing:
        return exp.Insert(this=target_table(relation), default=True)
    listed = _identifiers([*targets, *missing])
    return exp.Insert(this=exp.Schema(this=target_table(relation), expressions=listed), expression=rows)


def defaulted(relation: Relation, given: Sequence[TableColumn]) -> list[TableColumn]:
    """The columns with a DEFAULT that are not given a value. Those of IDENTITY are DuckDB's to fill."""
    named = {one.name for one in given}
    return [
        one
        for one in relation.columns
        if isinstance(one, TableColumn) and one.default is not None and not one.identity and one.name not in named
    ]


def _insert_columns(node: exp.Insert, relation: Relation) -> list[TableColumn]:
    if not isinstance(node.this, exp.Schema):
        return [one for one in relation.columns if isinstance(one, TableColumn)]
    names = [one.name.lower() for one in node.this.expressions]
    for name in names:
        if names.count(name) > 1:
            raise errors.duplicate_column(name)
    return [relation.column(name) for name in names]


def _values(node: exp.Values, relation: Relation, targets: Sequence[TableColumn], scope: Scope) -> exp.Values:
    rows = []
    for row in node.expressions:
        values = row.expressions if isinstance(row, exp.Tuple) else [row]
        if len(values) > len(targets):
            raise errors.syntax_error("INSERT has more expressions than target columns")
        if len(values) < len(targets):
            raise errors.syntax_error("INSERT has more target columns than expressions")
        rows.append(
            exp.Tuple(
                expressions=[
                    _value(value, relation, target, scope) for value, target in zip(values, targets, strict=True)
                ]
            )
        )
    return exp.Values(expressions=rows)


def _value(node: exp.Expr, relation: Relation, target: TableColumn, scope: Scope) -> exp.Expr:
    if _is_default(node):
        return default_of(relation, target)
    if target.identity and not target.by_default:
        raise errors.SqlError("428C9", f"cannot set an identity column ({target.name}) to a value")
    written, kind = expression(node, Scope(scope.rewriting, scope.allow, scope.ctes))
    written, kind = parameter_as(written, _parameter_type(target.type), scope) if kind is None else (written, kind)
    return stored(written, kind, target.type)


def _parameter_type(kind: RedshiftType) -> RedshiftType:
    return types.VARCHAR_ANY if kind.length is not None or kind == types.SUPER else kind


def _is_default(node: exp.Expr) -> bool:
    return isinstance(node, exp.Var | exp.Column) and node.name.upper() == "DEFAULT" and not node.args.get("table")


def _update(node: exp.Update, scope: Scope) -> exp.Expr:
    only(node, "this", "expressions", "from_", "where", "with_")
    relation, table = _open_target(node.this, scope)
    with_ = queries.with_of(node, scope)
    written = exp.Update(this=table)
    if node.args.get("from_") is not None:
        written.set("from_", sources.from_of(node.args["from_"], scope))
    if node.args.get("where") is not None:
        written.set("where", exp.Where(this=plain(node.args["where"].this, scope)))
    written.set("expressions", [_assignment(one, relation, scope) for one in node.expressions])
    if with_ is not None:
        written.set("with_", with_)
    return written


def _assignment(node: exp.Expr, relation: Relation, scope: Scope) -> exp.EQ:
    if not isinstance(node, exp.EQ) or not isinstance(node.this, exp.Column):
        raise errors.syntax_error("SET needs column = value")
    target = relation.column(node.this.name.lower())
    scope.changed.add(target.name)
    if target.identity:
        raise errors.SqlError("428C9", f"cannot set an identity column ({target.name}) to a value")
    value = node.args["expression"]
    if _is_default(value):
        written = default_of(relation, target) if target.default else exp.Null()
    else:
        written, kind = expression(value, scope)
        if kind is None:
            written, kind = parameter_as(written, _parameter_type(target.type), scope)
        written = stored(written, kind, target.type)
    return exp.EQ(this=exp.column(exp.to_identifier(target.name, quoted=True)), expression=written)


def _delete(node: exp.Delete, scope: Scope) -> exp.Expr:
    only(node, "this", "using", "where", "with_")
    _, table = _open_target(node.this, scope)
    with_ = queries.with_of(node, scope)
    written = exp.Delete(this=table)
    if node.args.get("using"):
        written.set("using", sources.sources(node.args["using"], scope))
    if node.args.get("where") is not None:
        written.set("where", exp.Where(this=plain(node.args["where"].this, scope)))
    if with_ is not None:
        written.set("with_", with_)
    return written


def _open_target(node: exp.Expr, scope: Scope) -> tuple[Relation, exp.Table]:
    """The table that is changed, as a source of the statement."""
    only(node, "this", "db", "catalog", "alias")
    relation = _target(node, scope)
    alias = node.alias.lower() or relation.name
    scope.add(alias, tuple((one.name, one.type) for one in relation.columns), relation.schema)
    used = scope.watch(alias, scope.allow.bound[id(node)])
    used["UPDATE"] = scope.changed
    table = target_table(relation)
    if node.alias:
        table.set("alias", alias_of(alias))
    return relation, table


def _merge(node: exp.Merge, scope: Scope) -> exp.Expr:
    """MERGE: https://docs.aws.amazon.com/redshift/latest/dg/r_MERGE.html"""
    only(node, "this", "using", "on", "whens")
    relation, table = _open_target(node.this, scope)
    using = sources.sources([node.args["using"]], scope)[0]
    source = next(one for one in scope.sources if one != (node.this.alias.lower() or relation.name))
    whens = []
    for when in node.args["whens"].expressions:
        only(when, "matched", "then")
        whens.append(exp.When(matched=when.args["matched"], then=_action(when.args["then"], relation, source, scope)))
    return exp.Merge(this=table, using=using, on=plain(node.args["on"], scope), whens=exp.Whens(expressions=whens))


def _action(node: exp.Expr, relation: Relation, source: str, scope: Scope) -> exp.Expr:
    if isinstance(node, exp.Update):
        only(node, "expressions")
        return exp.Update(expressions=[_assignment(one, relation, scope) for one in node.expressions])
    if isinstance(node, exp.Var) and node.name.upper() == "DELETE":
        return node
    if not isinstance(node, exp.Insert):
        raise errors.not_supported(f"MERGE with {node.sql()[:40]}")
    only(node, "this", "expression")
    given = node.args.get("this")
    columns: list[TableColumn] = [one for one in relation.columns if isinstance(one, TableColumn)]
    values = node.args.get("expression") or None
    if isinstance(given, exp.Tuple) and len(given.expressions) == 1 and isinstance(given.expressions[0], exp.Anonymous):
        given = given.expressions[0]
    if isinstance(given, exp.Tuple) and values is not None:
        columns = [relation.column(one.name.lower()) for one in given.expressions]
    elif values is None:
        values = given
    if isinstance(values, exp.Anonymous) and values.name.lower() == "values":  # VALUES without names before it
        values = exp.Tuple(expressions=values.expressions)
    if not isinstance(values, exp.Tuple) or len(values.expressions) != len(columns):
        raise errors.syntax_error("INSERT of MERGE needs as many values as columns")
    seen = Scope(scope.rewriting, scope.allow, scope.ctes, sources={source: scope.sources[source]})
    written = []
    for value, target in zip(values.expressions, columns, strict=True):
        node_of, kind = expression(value, seen)
        written.append(stored(node_of, kind, target.type))
    return exp.Insert(this=exp.Tuple(expressions=_identifiers(columns)), expression=exp.Tuple(expressions=written))


def _identifiers(columns: Sequence[TableColumn]) -> list[exp.Expr]:
    return [exp.to_identifier(one.name, quoted=True) for one in columns]
