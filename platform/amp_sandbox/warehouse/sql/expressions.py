"""Expressions: each kind of node that may be in one has a writer here, and what has none is refused.

A writer takes the node as Redshift's parser made it and returns it as DuckDB reads it, with its type in Redshift where
that is known. Types matter where DuckDB's answer depends on them otherwise: SUM and AVG, casts, SUPER.

**Left out:** lambdas, structs, list comprehensions, COLLATE and whatever else Redshift has not: SQLSTATE 0A000.

https://docs.aws.amazon.com/redshift/latest/dg/c_expressions.html
"""

import re
from collections.abc import Callable, Mapping

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql import functions, functions_dates
from amp_sandbox.warehouse.sql import scope as scopes
from amp_sandbox.warehouse.sql.calls import INTEGERS, Call, Function, Typed, cast, common, duck, number, text
from amp_sandbox.warehouse.sql.datatypes import type_named
from amp_sandbox.warehouse.sql.scope import Scope
from amp_sandbox.warehouse.types import RedshiftType

Writer = Callable[[exp.Expr, Scope], Typed]

_SUPER_GROUPS = ("JSON and SUPER", "Conditional", "Window")
_SUPER_AGGREGATES = ("count", "min", "max", "any_value", "approximate count")


def write(node: exp.Expr, scope: Scope) -> Typed:
    """The node as DuckDB reads it, and its type. Raises SqlError."""
    writer = WRITERS.get(type(node))
    if writer is None:
        raise errors.not_supported(_describe(node))
    return writer(node, scope)


def plain(node: exp.Expr, scope: Scope) -> exp.Expr:
    """`write` without the type."""
    return write(node, scope)[0]


def only(node: exp.Expr, *names: str) -> None:
    """The node has nothing but these parts: what is not read is not dropped."""
    for name, value in node.args.items():
        if name not in names and value not in (None, False, [], ""):
            raise errors.not_supported(f"{name.rstrip('_').upper()} of {_describe(node)}")


def as_type(node: exp.Expr, kind: RedshiftType | None, to: RedshiftType) -> exp.Expr:
    """A cast as Redshift makes it: text is cut off at its length, SUPER gives what it holds.

    https://docs.aws.amazon.com/redshift/latest/dg/r_CAST_function.html
    """
    if to == types.SUPER:
        return node if kind == types.SUPER else duck("to_json", node)
    if kind == types.SUPER:
        node = duck("fn.super_text", node)
    if to.length is not None:
        short = duck("fn.cut", cast(node, "VARCHAR"), number(to.length))
        return duck("rtrim", short, text(" ")) if to.oid == types.CHAR_OID else short
    return cast(node, to)


def _describe(node: exp.Expr) -> str:
    return f"{node.key.upper()} ({node.sql(dialect='redshift')[:80]})"


def _literal(node: exp.Expr, _scope: Scope) -> Typed:
    if node.is_string:
        return node, types.UNKNOWN
    name = node.name
    if name.isdigit():
        value = int(name)
        kind = types.INTEGER if value < 2**31 else types.BIGINT if value < 2**63 else types.numeric(38, 0)
        return node, kind
    if re.fullmatch(r"\d*\.\d*", name) and len(name) <= 39:
        digits, _, fraction = name.partition(".")
        return node, types.numeric(min(max(len(digits) + len(fraction), 1), 38), len(fraction))
    return node, types.DOUBLE


def _adjacent(node: exp.Expr, _scope: Scope) -> Typed:
    """'a' 'b' is one literal."""
    if not all(isinstance(one, exp.Literal) and one.is_string for one in node.expressions):
        raise errors.not_supported(_describe(node))
    return text("".join(one.name for one in node.expressions)), types.UNKNOWN


def _null(_node: exp.Expr, _scope: Scope) -> Typed:
    return exp.Null(), types.UNKNOWN


def _boolean(node: exp.Expr, _scope: Scope) -> Typed:
    return node, types.BOOLEAN


def _column(node: exp.Expr, scope: Scope) -> Typed:
    assert isinstance(node, exp.Column)
    only(node, "this", "table", "db", "catalog")
    return scopes.column(node, scope)


def _steps(node: exp.Expr, scope: Scope) -> Typed:
    """c.items[0].name: a way into SUPER; schema.function(…)."""
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Anonymous):
        if node.this.name.lower() != "pg_catalog" or not isinstance(node.this, exp.Identifier | exp.Column):
            raise errors.undefined_function(node.sql()[:80])
        return write(node.expression, scope)
    base, kind = write(node.this, scope)
    if isinstance(node, exp.Dot):
        if not isinstance(node.expression, exp.Identifier):
            raise errors.not_supported(_describe(node))
        return scopes.navigate(base, kind, [scopes.step_of(node.expression.name.lower())])
    only(node, "this", "expressions")
    steps = []
    for one in node.expressions:
        if isinstance(one, exp.Literal) and not one.is_string and one.name.isdigit():
            steps.append(text(f"[{one.name}]"))
        elif isinstance(one, exp.Literal) and one.is_string:
            steps.append(scopes.step_of(one.name))
        else:
            raise errors.not_supported(_describe(node))
    return scopes.navigate(base, kind, steps)


def _paren(node: exp.Expr, scope: Scope) -> Typed:
    written, kind = write(node.this, scope)
    return exp.Paren(this=written), kind


def _negated(node: exp.Expr, scope: Scope) -> Typed:
    written, kind = write(node.this, scope)
    return type(node)(this=written), kind


def _not(node: exp.Expr, scope: Scope) -> Typed:
    return exp.Not(this=plain(node.this, scope)), types.BOOLEAN


def _logical(node: exp.Expr, scope: Scope) -> Typed:
    """AND and OR, without recursion over a long chain."""
    kind = type(node)
    parts: list[exp.Expr] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, kind):
            waiting += [one.args["expression"], one.this]
        else:
            parts.append(plain(one, scope))
    written = parts[0]
    for part in parts[1:]:
        written = kind(this=written, expression=part)
    return written, types.BOOLEAN


def _sides(node: exp.Expr, scope: Scope) -> tuple[Typed, Typed]:
    """Both sides, where one learns from the other: parameters their type, SUPER what it is compared with."""
    left, right = write(node.this, scope), write(node.args["expression"], scope)
    return _fitted(left, right, scope), _fitted(right, left, scope)


def _fitted(one: Typed, other: Typed, scope: Scope) -> Typed:
    node, kind = one
    if isinstance(node, exp.Parameter) and kind is None and other[1] not in (None, types.UNKNOWN):
        return parameter_as(node, other[1], scope)
    if kind == types.SUPER and other[1] != types.SUPER and other[1] is not None:
        to = types.VARCHAR_ANY if other[1] == types.UNKNOWN else other[1]
        return exp.TryCast(this=duck("fn.scalar", node), to=_datatype(to)), to
    return one


def parameter_as(node: exp.Expr, kind: RedshiftType | None, scope: Scope) -> Typed:
    """A parameter of a type that its place tells; anything else as it is."""
    if isinstance(node, exp.Parameter) and kind is not None:
        place = int(node.name)
        if scope.rewriting.parameters.get(place) is None:
            scope.rewriting.parameters[place] = kind
            return cast(node, kind), kind
    return node, kind


def _datatype(kind: RedshiftType) -> exp.DataType:
    return exp.DataType.build(kind.duckdb, dialect="duckdb", udt=True)


def _compared(node: exp.Expr, scope: Scope) -> Typed:
    (left, _), (right, _) = _sides(node, scope)
    return type(node)(this=left, expression=right), types.BOOLEAN


def _arithmetic(node: exp.Expr, scope: Scope) -> Typed:
    (left, one), (right, other) = _sides(node, scope)
    kind = common([one, other])
    if kind is not None and kind.oid not in (*INTEGERS, 700, 701):
        kind = None
    if isinstance(node, (exp.Div, exp.Mod)):
        if not (isinstance(right, exp.Literal) and not right.is_string and right.name.strip("0.")):
            right = duck("fn.nonzero", right)
        if isinstance(node, exp.Div) and kind is None:
            return _divided(left, one, right, other)
    return type(node)(this=left, expression=right), kind


def _divided(left: exp.Expr, one: RedshiftType | None, right: exp.Expr, other: RedshiftType | None) -> Typed:
    """The quotient of NUMERICs has the precision and scale that Redshift computes; DuckDB's is a DOUBLE.

    https://docs.aws.amazon.com/redshift/latest/dg/r_numeric_computations201.html
    """
    written = exp.Div(this=left, expression=right)
    first, second = _as_numeric(one), _as_numeric(other)
    if first is None or second is None:
        return written, None
    scale = max(4, first.scale + second.precision - second.scale + 1)
    precision = first.precision - first.scale + second.scale + scale
    if precision > 38:
        scale, precision = max(38 - (precision - scale), 4), 38
    kind = types.numeric(precision, scale)
    return cast(exp.Paren(this=written), kind), kind


def _as_numeric(kind: RedshiftType | None) -> RedshiftType | None:
    if kind is None or kind.oid == types.NUMERIC_OID:
        return kind
    digits = {21: 5, 23: 10, 20: 19}.get(kind.oid)
    return None if digits is None else types.numeric(digits, 0)


def _bitwise(node: exp.Expr, scope: Scope) -> Typed:
    (left, one), (right, other) = _sides(node, scope)
    return type(node)(this=left, expression=right), common([one, other])


def _power(node: exp.Expr, scope: Scope) -> Typed:
    (left, _), (right, _) = _sides(node, scope)
    return duck("power", left, right), types.DOUBLE


def _joined(node: exp.Expr, scope: Scope) -> Typed:
    (left, _), (right, _) = _sides(node, scope)
    return exp.DPipe(this=left, expression=right, safe=True), types.VARCHAR_ANY


def _escaped(node: exp.Expr, scope: Scope) -> Typed:
    if not isinstance(node.this, (exp.Like, exp.ILike)):
        raise errors.not_supported(_describe(node))
    return _like(node.this, scope, node.args["expression"])


def _like(node: exp.Expr, scope: Scope, escape: exp.Expr | None = None) -> Typed:
    """LIKE and ILIKE: the backslash escapes, as nothing does in DuckDB.

    https://docs.aws.amazon.com/redshift/latest/dg/r_patternmatching_condition_like.html
    """
    only(node, "this", "expression", "negate")
    (subject, _), (written, _) = _sides(node, scope)
    plain_pattern = isinstance(written, exp.Literal) and "\\" not in written.name
    if escape is None and not plain_pattern:
        escape = text("\\")
    like: exp.Expr = type(node)(this=subject, expression=written)
    if escape is not None:
        like = exp.Escape(this=like, expression=plain(escape, scope))
    return exp.Not(this=like) if node.args.get("negate") else like, types.BOOLEAN


def _similar(node: exp.Expr, scope: Scope) -> Typed:
    """SIMILAR TO: https://docs.aws.amazon.com/redshift/latest/dg/pattern-matching-conditions-similar-to.html"""
    (subject, _), (pattern, _) = _sides(node, scope)
    return duck("fn.similar", subject, pattern), types.BOOLEAN


def _matches(node: exp.Expr, scope: Scope) -> Typed:
    """~ and ~*: https://docs.aws.amazon.com/redshift/latest/dg/pattern-matching-conditions-posix.html"""
    only(node, "this", "expression")
    (subject, _), (pattern, _) = _sides(node, scope)
    flags = text("i") if isinstance(node, exp.RegexpILike) else text("c")
    return duck("regexp_matches", subject, pattern, flags), types.BOOLEAN


def _is(node: exp.Expr, scope: Scope) -> Typed:
    tested = node.args["expression"]
    if not isinstance(tested, (exp.Null, exp.Boolean)):
        raise errors.not_supported(_describe(node))
    subject, kind = write(node.this, scope)
    if kind == types.SUPER and isinstance(tested, exp.Null):  # JSON's null is NULL
        subject = duck("nullif", subject, cast(text("null"), types.SUPER))
    return exp.Is(this=subject, expression=tested), types.BOOLEAN


def _in(node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "expressions", "query")
    left = write(node.this, scope)
    if node.args.get("query") is not None:
        query = node.args["query"]
        inner = query.this if isinstance(query, exp.Subquery) else query
        return exp.In(this=left[0], query=exp.Subquery(this=_query(inner, scope))), types.BOOLEAN
    listed = [write(one, scope) for one in node.expressions]
    left = _fitted(left, next((one for one in listed if one[1] is not None), left), scope)
    return exp.In(this=left[0], expressions=[_fitted(one, left, scope)[0] for one in listed]), types.BOOLEAN


def _between(node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "low", "high")
    subject, low, high = (write(node.args[name], scope) for name in ("this", "low", "high"))
    subject = _fitted(subject, low, scope)
    low, high = _fitted(low, subject, scope), _fitted(high, subject, scope)
    return exp.Between(this=subject[0], low=low[0], high=high[0]), types.BOOLEAN


def _case(node: exp.Expr, scope: Scope) -> Typed:
    subject = write(node.this, scope) if node.args.get("this") is not None else None
    ifs, kinds = [], []
    for one in node.args["ifs"]:
        condition = write(one.this, scope)
        if subject is not None:
            condition = _fitted(condition, subject, scope)
        answer, kind = write(one.args["true"], scope)
        kinds.append(kind)
        ifs.append(exp.If(this=condition[0], true=answer))
    default = None
    if node.args.get("default") is not None:
        default, kind = write(node.args["default"], scope)
        kinds.append(kind)
    return exp.Case(this=subject[0] if subject else None, ifs=ifs, default=default), common(kinds)


def _cast(node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "to", "safe", "_type")
    to = type_named(node.args["to"])
    written, kind = write(node.this, scope)
    if isinstance(written, exp.Parameter) and kind is None:
        written, kind = parameter_as(written, types.VARCHAR_ANY if to == types.SUPER else to, scope)
    if isinstance(node, exp.TryCast) and to.length is None and to != types.SUPER:
        text_of = duck("fn.super_text", written) if kind == types.SUPER else written
        return exp.TryCast(this=text_of, to=_datatype(to)), to
    return as_type(written, kind, to), to


def _parameter(node: exp.Expr, scope: Scope) -> Typed:
    if not isinstance(node.this, exp.Literal) or node.this.is_string or not node.name.isdigit():
        raise errors.syntax_error_near(node.sql()[:40])
    place = int(node.name)
    if not 1 <= place <= 32767:
        raise errors.syntax_error(f"there is no parameter ${node.name}")
    kind = scope.rewriting.parameters.setdefault(place, None)
    return (cast(node, kind), kind) if kind is not None else (node, None)


def _interval(node: exp.Expr, _scope: Scope) -> Typed:
    if not isinstance(node.this, exp.Literal):
        raise errors.not_supported(_describe(node))
    unit = node.args.get("unit")
    given = node.this.name + (f" {unit.name.lower()}" if isinstance(unit, exp.Var) else "")
    if unit is not None and not isinstance(unit, exp.Var):
        raise errors.not_supported(_describe(node))
    return cast(text(given), types.INTERVAL), types.INTERVAL


def _extract(node: exp.Expr, scope: Scope) -> Typed:
    written, kind = write(node.args["expression"], scope)
    return functions_dates.extract(node.name, written, kind)


def _at_time_zone(node: exp.Expr, scope: Scope) -> Typed:
    written, kind = write(node.this, scope)
    if kind not in (types.TIMESTAMP, types.TIMESTAMPTZ):
        written, kind = cast(written, types.TIMESTAMP), types.TIMESTAMP
    to = types.TIMESTAMP if kind == types.TIMESTAMPTZ else types.TIMESTAMPTZ
    return exp.AtTimeZone(this=written, zone=plain(node.args["zone"], scope)), to


def _trim(node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "expression", "position")
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
    given = [node.this] + ([node.args["expression"]] if node.args.get("expression") is not None else [])
    return duck(name, *(plain(one, scope) for one in given)), types.VARCHAR_ANY


def _substring(node: exp.Expr, scope: Scope) -> Typed:
    parts = [node.args.get(name) for name in ("this", "start", "length")]
    written = [plain(one, scope) for one in parts if one is not None]
    if len(written) < 2:
        raise errors.not_supported(_describe(node))
    return duck("fn.substring_for" if len(written) == 3 else "fn.substring", *written), types.VARCHAR_ANY


def _position(node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "substr")
    return duck("fn.strpos", plain(node.this, scope), plain(node.args["substr"], scope)), types.INTEGER


def _query(node: exp.Expr, scope: Scope) -> exp.Expr:
    from amp_sandbox.warehouse.sql import queries  # queries have expressions, and expressions have queries

    return queries.write(node, scope.inner())[0]


def _subquery(node: exp.Expr, scope: Scope) -> Typed:
    from amp_sandbox.warehouse.sql import queries

    only(node, "this", "with_")
    written, columns = queries.write(node.this, scope.inner())
    return exp.Subquery(this=written), columns[0][1] if len(columns) == 1 else None


def _exists(node: exp.Expr, scope: Scope) -> Typed:
    inner = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    return exp.Exists(this=_query(inner, scope)), types.BOOLEAN


def _quantified(node: exp.Expr, scope: Scope) -> Typed:
    inner = node.this
    while isinstance(inner, (exp.Subquery, exp.Paren)):
        inner = inner.this
    if not isinstance(inner, exp.Query):
        raise errors.not_supported(_describe(node))
    return type(node)(this=exp.Subquery(this=_query(inner, scope))), None


def _tuple(node: exp.Expr, scope: Scope) -> Typed:
    return exp.Tuple(expressions=[plain(one, scope) for one in node.expressions]), None


def _call(node: exp.Expr, scope: Scope) -> Typed:
    return call(node, scope)


def call(
    node: exp.Expr,
    scope: Scope,
    order: exp.Order | None = None,
    over: Callable[[exp.Expr], exp.Expr] | None = None,
    *,
    ignore_nulls: bool = False,
) -> Typed:
    """A call of a function, perhaps with WITHIN GROUP and OVER. Raises SqlError for one that is not in the list."""
    if not isinstance(node, exp.Anonymous):
        raise errors.not_supported(_describe(node))
    name = node.name.lower()
    given = list(node.expressions)
    distinct = len(given) == 1 and isinstance(given[0], exp.Distinct)
    if distinct:
        only(given[0], "expressions")
        given = list(given[0].expressions)
    function = functions.require(name, len(given))
    _check_use(name, function, distinct or order is not None, over is not None)
    ordered = [_ordered(one, scope) for one in order.expressions] if order is not None else []
    if name in ("dateadd", "date_add", "datediff", "date_diff", "date_trunc", "date_part"):
        first: list[Typed] = [(given[0], None)]  # a date part, which is no column
        args = first + [write(one, scope) for one in given[1:]]
    else:
        args = [_argument(one, scope, function) for one in given]
    windowed = over or (lambda one: one)
    return function.write(
        Call(
            name,
            [one for one, _ in args],
            [kind for _, kind in args],
            distinct,
            exp.Order(expressions=[one for one, _ in ordered]) if ordered else None,
            [kind for _, kind in ordered],
            (lambda one: windowed(_ignoring_nulls(one))) if ignore_nulls else windowed,
        )
    )


def _ignoring_nulls(node: exp.Expr) -> exp.Expr:
    """IGNORE NULLS, which sqlglot writes for functions that it knows only."""
    kind = _NULL_IGNORING.get(node.name.lower())
    if kind is None:
        raise errors.not_supported(f"IGNORE NULLS of {node.name}")
    return exp.IgnoreNulls(this=kind(**dict(zip(kind.arg_types, node.expressions, strict=False))))


_NULL_IGNORING: Mapping[str, type[exp.Func]] = {
    "first_value": exp.FirstValue,
    "last_value": exp.LastValue,
    "nth_value": exp.NthValue,
    "lag": exp.Lag,
    "lead": exp.Lead,
}


def _check_use(name: str, function: Function, aggregate: bool, window: bool) -> None:
    if (aggregate or window) and not function.aggregate:
        raise errors.wrong_object_type(f"{name} is not an aggregate or window function")
    if function.window and not window:
        raise errors.wrong_object_type(f"window function {name} requires an OVER clause")


def _argument(node: exp.Expr, scope: Scope, function: Function) -> Typed:
    if isinstance(node, exp.Star):
        if function.name != "count":
            raise errors.syntax_error_near("*")
        only(node)
        return exp.Star(), None
    written, kind = write(node, scope)
    keeps = function.group in _SUPER_GROUPS or function.name in _SUPER_AGGREGATES
    if kind == types.SUPER and not keeps:
        text_of = duck("fn.scalar", written)
        if function.group == "Math" or function.name in ("sum", "avg", "median"):
            return exp.TryCast(this=text_of, to=_datatype(types.DOUBLE)), types.DOUBLE
        return text_of, types.VARCHAR_ANY
    return written, kind


def _ordered(node: exp.Expr, scope: Scope, aliases: bool = False) -> tuple[exp.Ordered, RedshiftType | None]:
    only(node, "this", "desc", "nulls_first")
    plain_name = isinstance(node.this, exp.Column) and not node.this.table
    if aliases and plain_name and node.this.name.lower() in scope.aliases:
        name = node.this.name.lower()  # an alias of the list comes before a column
        kind = scope.aliases[name]
        written: exp.Expr = exp.column(exp.to_identifier(name, quoted=True))
    else:
        written, kind = write(node.this, scope)
    return exp.Ordered(this=written, desc=node.args.get("desc"), nulls_first=node.args.get("nulls_first")), kind


def ordering(node: exp.Order, scope: Scope, *, aliases: bool = False) -> exp.Order:
    """ORDER BY: NULL is the largest value. https://docs.aws.amazon.com/redshift/latest/dg/r_ORDER_BY_clause.html"""
    only(node, "expressions", "this")
    return exp.Order(expressions=[_ordered(one, scope, aliases)[0] for one in node.expressions])


def _within_group(node: exp.Expr, scope: Scope) -> Typed:
    return call(node.this, scope, node.args["expression"])


def _window(node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "partition_by", "order", "spec", "alias", "over")
    inner, order, ignore = node.this, None, False
    if isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
        ignore, inner = isinstance(inner, exp.IgnoreNulls), inner.this
    if isinstance(inner, exp.WithinGroup):
        inner, order = inner.this, inner.args["expression"]
    if isinstance(inner, exp.Anonymous) and len(inner.expressions) == 1:
        last = inner.expressions[0]
        if isinstance(last, (exp.IgnoreNulls, exp.RespectNulls)):
            ignore = isinstance(last, exp.IgnoreNulls)
            inner = exp.Anonymous(this=inner.this, expressions=[last.this])
    partition = [plain(one, scope) for one in node.args.get("partition_by") or []]
    sorted_by = ordering(node.args["order"], scope) if node.args.get("order") is not None else None
    spec = _frame(node.args.get("spec"))
    if node.args.get("alias") is not None:
        raise errors.not_supported("a named window")

    def over(written: exp.Expr) -> exp.Expr:
        return exp.Window(
            this=written,
            partition_by=[one.copy() for one in partition],
            order=sorted_by.copy() if sorted_by is not None else None,
            spec=spec.copy() if spec is not None else None,
            over="OVER",
        )

    return call(inner, scope, order, over, ignore_nulls=ignore)


def _frame(spec: exp.Expr | None) -> exp.Expr | None:
    """ROWS BETWEEN …: https://docs.aws.amazon.com/redshift/latest/dg/r_Window_function_synopsis.html"""
    if spec is None:
        return None
    only(spec, "kind", "start", "start_side", "end", "end_side")
    for name in ("start", "end"):
        bound = spec.args.get(name)
        if not (bound is None or isinstance(bound, str) or (isinstance(bound, exp.Literal) and not bound.is_string)):
            raise errors.not_supported("a frame whose offset is no number")
    return spec


def _escape_string(node: exp.Expr, _scope: Scope) -> Typed:
    """E'…', whose escapes have been read."""
    return text(node.name), types.UNKNOWN


WRITERS: Mapping[type[exp.Expr], Writer] = {
    exp.Literal: _literal,
    exp.Concat: _adjacent,
    exp.ByteString: _escape_string,
    exp.Null: _null,
    exp.Boolean: _boolean,
    exp.Column: _column,
    exp.Dot: _steps,
    exp.Bracket: _steps,
    exp.Paren: _paren,
    exp.Neg: _negated,
    exp.BitwiseNot: _negated,
    exp.Not: _not,
    exp.And: _logical,
    exp.Or: _logical,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE), _compared),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), _arithmetic),
    **dict.fromkeys(
        (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseLeftShift, exp.BitwiseRightShift), _bitwise
    ),
    exp.Pow: _power,
    exp.DPipe: _joined,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Escape: _escaped,
    exp.SimilarTo: _similar,
    exp.RegexpLike: _matches,
    exp.RegexpILike: _matches,
    exp.Is: _is,
    exp.In: _in,
    exp.Between: _between,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Parameter: _parameter,
    exp.Interval: _interval,
    exp.Extract: _extract,
    exp.AtTimeZone: _at_time_zone,
    exp.Trim: _trim,
    exp.Substring: _substring,
    exp.StrPosition: _position,
    exp.Subquery: _subquery,
    exp.Exists: _exists,
    exp.Any: _quantified,
    exp.All: _quantified,
    exp.Tuple: _tuple,
    exp.Anonymous: _call,
    exp.WithinGroup: _within_group,
    exp.Window: _window,
}
