"""Conditions, CASE, and queries within expressions, as `writing` has them.

https://docs.aws.amazon.com/redshift/latest/dg/r_conditions.html
"""

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql.calls import Typed, cast, common, duck, text
from amp_sandbox.warehouse.sql.scope import Scope
from amp_sandbox.warehouse.sql.writing import WRITERS, Writer, describe, fitted, only, plain, sides, write


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


def _compared(node: exp.Expr, scope: Scope) -> Typed:
    (left, _), (right, _) = sides(node, scope)
    return type(node)(this=left, expression=right), types.BOOLEAN


def _escaped(node: exp.Expr, scope: Scope) -> Typed:
    if not isinstance(node.this, (exp.Like, exp.ILike)):
        raise errors.not_supported(describe(node))
    return _like(node.this, scope, node.args["expression"])


def _like(node: exp.Expr, scope: Scope, escape: exp.Expr | None = None) -> Typed:
    """LIKE and ILIKE: the backslash escapes, as nothing does in DuckDB.

    https://docs.aws.amazon.com/redshift/latest/dg/r_patternmatching_condition_like.html
    """
    only(node, "this", "expression", "negate")
    (subject, _), (written, _) = sides(node, scope)
    plain_pattern = isinstance(written, exp.Literal) and "\\" not in written.name
    if escape is None and not plain_pattern:
        escape = text("\\")
    like: exp.Expr = type(node)(this=subject, expression=written)
    if escape is not None:
        like = exp.Escape(this=like, expression=plain(escape, scope))
    return exp.Not(this=like) if node.args.get("negate") else like, types.BOOLEAN


def _similar(node: exp.Expr, scope: Scope) -> Typed:
    """SIMILAR TO: https://docs.aws.amazon.com/redshift/latest/dg/pattern-matching-conditions-similar-to.html"""
    (subject, _), (pattern, _) = sides(node, scope)
    return duck("fn.similar", subject, pattern), types.BOOLEAN


def _matches(node: exp.Expr, scope: Scope) -> Typed:
    """~ and ~*: https://docs.aws.amazon.com/redshift/latest/dg/pattern-matching-conditions-posix.html"""
    only(node, "this", "expression")
    (subject, _), (pattern, _) = sides(node, scope)
    flags = text("i") if isinstance(node, exp.RegexpILike) else text("c")
    return duck("regexp_matches", subject, pattern, flags), types.BOOLEAN


def _is(node: exp.Expr, scope: Scope) -> Typed:
    tested = node.args["expression"]
    if not isinstance(tested, (exp.Null, exp.Boolean)):
        raise errors.not_supported(describe(node))
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
    left = fitted(left, next((one for one in listed if one[1] is not None), left), scope)
    return exp.In(this=left[0], expressions=[fitted(one, left, scope)[0] for one in listed]), types.BOOLEAN


def _between(node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "low", "high")
    subject, low, high = (write(node.args[name], scope) for name in ("this", "low", "high"))
    subject = fitted(subject, low, scope)
    low, high = fitted(low, subject, scope), fitted(high, subject, scope)
    return exp.Between(this=subject[0], low=low[0], high=high[0]), types.BOOLEAN


def _case(node: exp.Expr, scope: Scope) -> Typed:
    subject = write(node.this, scope) if node.args.get("this") is not None else None
    ifs, kinds = [], []
    for one in node.args["ifs"]:
        condition = write(one.this, scope)
        if subject is not None:
            condition = fitted(condition, subject, scope)
        answer, kind = write(one.args["true"], scope)
        kinds.append(kind)
        ifs.append(exp.If(this=condition[0], true=answer))
    default = None
    if node.args.get("default") is not None:
        default, kind = write(node.args["default"], scope)
        kinds.append(kind)
    return exp.Case(this=subject[0] if subject else None, ifs=ifs, default=default), common(kinds)


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
        raise errors.not_supported(describe(node))
    return type(node)(this=exp.Subquery(this=_query(inner, scope))), None


def _tuple(node: exp.Expr, scope: Scope) -> Typed:
    return exp.Tuple(expressions=[plain(one, scope) for one in node.expressions]), None


_WRITERS: dict[type[exp.Expr], Writer] = {
    exp.Not: _not,
    exp.And: _logical,
    exp.Or: _logical,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE), _compared),
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
    exp.Subquery: _subquery,
    exp.Exists: _exists,
    exp.Any: _quantified,
    exp.All: _quantified,
    exp.Tuple: _tuple,
}
WRITERS.update(_WRITERS)
