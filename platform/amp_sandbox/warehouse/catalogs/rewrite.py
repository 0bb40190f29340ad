"""What only queries of catalogs have, turned into calls of the catalogs' functions and ordinary SQL.

psql, drivers and BI tools write PostgreSQL's own types and operators: `OPERATOR(pg_catalog.~)`, `::regclass`,
`= ANY(conkey)`, `ARRAY(SELECT …)`, `pg_catalog.f(…)`. `rewrite` works on the parsed tree, before anything is decided
about it, and on every statement alike.

**Left out:** arrays in queries of tables: Redshift has none either.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

from sqlglot import TokenType, exp

_CATALOG = "pg_catalog"
_TABLE_FUNCTIONS = {
    "pg_get_late_binding_view_cols": "pg_late_binding_view_cols",
    "current_database": "pg_current_database",
    "reloptions": "pg_reloptions",  # unnest(reloptions), of which no relation has any
}
_VECTORS = frozenset({"indkey", "indclass", "indoption", "proargtypes"})  # counted from 0, arrays from 1
_NAMES = {"amp_relation_name": "amp_relation_oid", "amp_type_name": "amp_type_oid"}
_OIDS = {oid: name for name, oid in _NAMES.items()}
_TEXTS = frozenset({exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.NAME})
_NUMBERS = frozenset({exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT})


def without_catalog_types(tokens: Sequence[Any]) -> list[Any]:
    """The tokens of a query without `pg_catalog.` before types, which the parser does not take: `::pg_catalog.text`."""
    kept: list[Any] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if (
            token.text.lower() == _CATALOG
            and kept
            and kept[-1].token_type in (TokenType.DCOLON, TokenType.ALIAS)
            and place + 1 < len(tokens)
            and tokens[place + 1].token_type is TokenType.DOT
        ):
            place += 2
            continue
        kept.append(token)
        place += 1
    return kept


def rewrite(tree: exp.Expr) -> exp.Expr:
    """The tree without what only catalogs' queries have; it is changed in place."""
    for node in list(tree.walk(bfs=False))[::-1]:  # what is inside first
        change = _CHANGES.get(type(node))
        if change is None:
            continue
        new = change(node)
        if new is node:
            continue
        if node is tree:
            tree = new
        else:
            node.replace(new)
    return tree


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _operator(node: exp.Expr) -> exp.Expr:
    """OPERATOR(pg_catalog.~), which psql writes for every pattern."""
    name = str(node.args["operator"]).lower().removeprefix(f"{_CATALOG}.")
    left, right = node.this, node.expression
    match name:
        case "~":
            return exp.RegexpLike(this=left, expression=right)
        case "!~":
            return exp.Not(this=exp.RegexpLike(this=left, expression=right))
        case "~*":
            return exp.RegexpILike(this=left, expression=right)
        case "!~*":
            return exp.Not(this=exp.RegexpILike(this=left, expression=right))
        case "~~":
            return exp.Like(this=left, expression=right)
        case "=":
            return exp.EQ(this=left, expression=right)
    return node


def _collate(node: exp.Expr) -> exp.Expr:
    """COLLATE pg_catalog.default is no collation at all."""
    of = node.expression
    named = isinstance(of, exp.Column) and of.name.lower() == "default" and of.table.lower() in ("", _CATALOG)
    return node.this if named else node


def _dot(node: exp.Expr) -> exp.Expr:
    """A function with its schema: pg_catalog.f(…)."""
    call: exp.Expr = node.expression
    called = isinstance(call, exp.Anonymous | exp.Subquery | exp.Paren)  # as written, or what has been made of it
    return call if called and node.this.name.lower() == _CATALOG else node


def _cast(node: exp.Expr) -> exp.Expr:
    to = node.args["to"]
    inner: exp.Expr = node.this
    kind = _object_type(to)
    if kind is None:
        # ::regclass::oid and ::regclass::text: the inner one has been turned into a call by now.
        made = inner.name if isinstance(inner, exp.Anonymous) else ""
        if made in _NAMES and _is_number(to):
            return _call(_NAMES[made], *inner.expressions)
        if (made in _OIDS and _is_number(to)) or (made in _NAMES and _is_text(to)):
            return inner
        if made in _OIDS and _is_text(to):
            return _call(_OIDS[made], inner)
        if type(to).__name__ == "ObjectIdentifier":
            return exp.cast(inner, exp.DType.BIGINT)
        if isinstance(to, exp.DataType) and to.this is exp.DType.USERDEFINED and _type_name(to) == "char":
            return exp.cast(inner, exp.DType.TEXT)
        return node
    if kind == "regclass":
        literal = isinstance(inner, exp.Literal) and inner.is_string and not inner.name.isdigit()
        return _call("amp_relation_oid" if literal else "amp_relation_name", inner)
    if kind == "regtype":
        literal = isinstance(inner, exp.Literal) and inner.is_string and not inner.name.isdigit()
        return _call("amp_type_oid" if literal else "amp_type_name", inner)
    if kind in ("regproc", "regprocedure", "regoper", "regnamespace"):
        return exp.cast(inner, exp.DType.TEXT)
    return node


def _is_text(to: exp.Expr) -> bool:
    return isinstance(to, exp.DataType) and to.this in _TEXTS


def _object_type(to: exp.Expr) -> str | None:
    if type(to).__name__ == "ObjectIdentifier":
        name = to.name.lower()
        return name if name.startswith("reg") else None
    name = _type_name(to)
    return name if name.startswith("reg") else None


def _type_name(to: exp.Expr) -> str:
    kind = to.args.get("kind")
    return (kind.name if isinstance(kind, exp.Expr) else str(kind or "")).lower()


def _is_number(to: exp.Expr) -> bool:
    if type(to).__name__ == "ObjectIdentifier":
        return to.name.lower() == "oid"
    return isinstance(to, exp.DataType) and to.this in _NUMBERS


def _equals(node: exp.Expr) -> exp.Expr:
    """x = ANY(array), where the array is no query."""
    right = node.expression
    if not isinstance(right, exp.Any):
        return node
    array = right.this.unnest()
    return node if isinstance(array, exp.Query) else _call("amp_array_has", array, node.this)


def _bracket(node: exp.Expr) -> exp.Expr:
    """array[n], of the arrays that catalogs have."""
    array = node.this.unnest()
    if len(node.expressions) != 1 or not isinstance(array, exp.Column | exp.Anonymous):
        return node
    if isinstance(array, exp.Column) and array.name.lower() not in _VECTORS | _ARRAY_COLUMNS:
        return node  # SUPER's navigation
    if isinstance(array, exp.Anonymous) and array.name.lower() != "current_schemas":
        return node
    vector = isinstance(array, exp.Column) and array.name.lower() in _VECTORS
    return _call("amp_vector_item" if vector else "amp_array_item", array, node.expressions[0])


_ARRAY_COLUMNS = frozenset({"conkey", "confkey", "grolist", "relacl", "nspacl", "datacl", "useconfig", "reloptions"})


def _array(node: exp.Expr) -> exp.Expr:
    """ARRAY[1, 2]: its text. `{1,2}`"""
    parts: exp.Expr | None = None
    for item in node.expressions:
        quoted = _call("amp_array_quote", item)
        parts = quoted if parts is None else _joined(_joined(parts, exp.Literal.string(",")), quoted)
    inner = exp.Literal.string("") if parts is None else parts
    text = exp.Paren(this=_joined(_joined(exp.Literal.string("{"), inner), exp.Literal.string("}")))
    numbers = bool(node.expressions) and all(_is_smallint(one) for one in node.expressions)
    return _call("amp_number_array", text) if numbers else text


def _is_smallint(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and node.to.this is exp.DType.SMALLINT


def _joined(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.DPipe(this=left, expression=right, safe=True)


def _anonymous(node: exp.Expr) -> exp.Expr:
    """ARRAY(SELECT …) as text, or joined by array_to_string: by LISTAGG."""
    name = node.name.lower()
    first = node.expressions[0] if node.expressions else None
    if name == "array_to_string" and _is_array_query(first):
        return _listed(first.expressions[0], node.expressions[1], quote=False)
    within = node.parent
    joined = isinstance(within, exp.Anonymous) and within.name.lower() == "array_to_string"
    if not _is_array_query(node) or joined:
        return node
    listed = _listed(node.expressions[0], exp.Literal.string(","), quote=True)
    filled = _call("coalesce", listed, exp.Literal.string(""))
    return exp.Paren(this=_joined(_joined(exp.Literal.string("{"), filled), exp.Literal.string("}")))


def _is_array_query(node: Any) -> TypeGuard[exp.Anonymous]:
    called = isinstance(node, exp.Anonymous) and node.name.lower() == "array" and len(node.expressions) == 1
    return called and isinstance(node.expressions[0], exp.Select)


def _listed(query: exp.Expr, separator: exp.Expr, *, quote: bool) -> exp.Expr:
    query = query.copy()
    item = query.expressions[0].unalias()
    item = _call("amp_array_quote", item) if quote else item
    order = query.args.pop("order", None)
    listed = _call("listagg", item, separator)
    if order is not None:
        listed = exp.WithinGroup(this=listed, expression=order)
    query.set("expressions", [listed])
    return exp.Subquery(this=query)


def _table(node: exp.Expr) -> exp.Expr:
    """FROM f() AS t(column type, …), for the functions of which the catalogs have a view."""
    called = node.this
    name = called.name.lower() if isinstance(called, exp.Anonymous) else ""
    if name == "unnest" and [one.name for one in called.expressions] == ["reloptions"]:
        name = "reloptions"
    elif called.expressions or name not in _TABLE_FUNCTIONS:
        return node
    table = exp.to_table(f"{_CATALOG}.{_TABLE_FUNCTIONS[name]}")
    alias = node.args.get("alias")
    if alias is None:
        alias = exp.TableAlias(this=exp.to_identifier(name))
    alias = alias.copy()
    columns = alias.args.get("columns") or ([alias.this.copy()] if name == "reloptions" else [])
    alias.set("columns", [one.this if isinstance(one, exp.ColumnDef) else one for one in columns])
    table.set("alias", alias)
    return table


def _select(node: exp.Expr) -> exp.Expr:
    """FROM ((a JOIN b ON …) JOIN c ON …): parentheses that stand first change nothing, and ODBC drivers write them."""
    source = node.args.get("from_")
    while source is not None and _is_join_in_parentheses(source.this):
        outer = source.this
        inner = outer.this
        joins = [*(inner.args.get("joins") or []), *(outer.args.get("joins") or []), *(node.args.get("joins") or [])]
        inner.set("joins", None)
        source.set("this", inner)
        node.set("joins", joins)
    return node


def _is_join_in_parentheses(node: exp.Expr) -> bool:
    return isinstance(node, exp.Subquery) and not node.alias and isinstance(node.this, exp.Table | exp.Subquery)


def _escaped(node: exp.Expr) -> exp.Expr:
    """E'…', whose escapes the tokenizer has read."""
    return exp.Literal.string(node.name)


_CHANGES: Mapping[type[exp.Expr], Callable[[Any], exp.Expr]] = {
    exp.Operator: _operator,
    exp.Collate: _collate,
    exp.Dot: _dot,
    exp.Cast: _cast,
    exp.EQ: _equals,
    exp.Bracket: _bracket,
    exp.Array: _array,
    exp.Anonymous: _anonymous,
    exp.Table: _table,
    exp.ByteString: _escaped,
    exp.Select: _select,
}
