"""Calls of functions, with WITHIN GROUP and OVER, as `writing` has them. `functions` says which there are.

https://docs.aws.amazon.com/redshift/latest/dg/r_Window_function_synopsis.html
"""

from collections.abc import Callable, Mapping

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql import functions
from amp_sandbox.warehouse.sql.calls import Call, Function, Typed, duck
from amp_sandbox.warehouse.sql.scope import Scope
from amp_sandbox.warehouse.sql.writing import WRITERS, datatype, describe, only, plain, write
from amp_sandbox.warehouse.types import RedshiftType

_SUPER_GROUPS = ("JSON and SUPER", "Conditional", "Window")
_SUPER_AGGREGATES = ("count", "min", "max", "any_value", "approximate count")


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
        raise errors.not_supported(describe(node))
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


def ordering(node: exp.Order, scope: Scope, *, aliases: bool = False) -> exp.Order:
    """ORDER BY: NULL is the largest value. https://docs.aws.amazon.com/redshift/latest/dg/r_ORDER_BY_clause.html"""
    only(node, "expressions", "this")
    return exp.Order(expressions=[_ordered(one, scope, aliases)[0] for one in node.expressions])


def _call(node: exp.Expr, scope: Scope) -> Typed:
    return call(node, scope)


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
            return exp.TryCast(this=text_of, to=datatype(types.DOUBLE)), types.DOUBLE
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


WRITERS.update({exp.Anonymous: _call, exp.WithinGroup: _within_group, exp.Window: _window})
