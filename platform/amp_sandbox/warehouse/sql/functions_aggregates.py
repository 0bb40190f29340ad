"""Redshift's aggregate and window functions.

https://docs.aws.amazon.com/redshift/latest/dg/c_Aggregate_Functions.html
https://docs.aws.amazon.com/redshift/latest/dg/c_Window_functions.html
"""

from collections.abc import Callable

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql.calls import INTEGERS, Call, Typed, cast, duck, number, text
from amp_sandbox.warehouse.types import RedshiftType


def aggregated(call: Call, name: str, *args: exp.Expr) -> exp.Expr:
    """DuckDB's aggregate over these arguments, in the call's window."""
    first, *rest = args or (None,)
    if call.distinct and first is not None:
        first = exp.Distinct(expressions=[first])
    return call.over(duck(name, *([first] if first is not None else []), *[one for one in rest if one is not None]))


def count(call: Call) -> Typed:
    """COUNT is a BIGINT: https://docs.aws.amazon.com/redshift/latest/dg/r_COUNT.html"""
    if not call.args:
        raise errors.syntax_error("count(*) must be used to call a parameterless aggregate function")
    return aggregated(call, "count", call.args[0]), types.BIGINT


def approximate_count(call: Call) -> Typed:
    """APPROXIMATE COUNT(DISTINCT x): https://docs.aws.amazon.com/redshift/latest/dg/r_COUNT.html"""
    if not call.distinct:
        raise errors.not_supported("APPROXIMATE COUNT without DISTINCT")
    return call.over(duck("approx_count_distinct", call.args[0])), types.BIGINT


def total(call: Call) -> Typed:
    """SUM: BIGINT of SMALLINT and INTEGER, NUMERIC(38,0) of BIGINT, NUMERIC(38,s) of NUMERIC.

    https://docs.aws.amazon.com/redshift/latest/dg/r_SUM.html
    """
    kind = call.type()
    written = aggregated(call, "sum", call.args[0])
    if kind is None:
        return written, None
    if kind in (types.SMALLINT, types.INTEGER):
        return cast(written, types.BIGINT), types.BIGINT
    if kind == types.BIGINT:
        return cast(written, types.numeric(38, 0)), types.numeric(38, 0)
    if kind.oid == types.NUMERIC_OID:
        return written, types.numeric(38, kind.scale)
    return written, types.DOUBLE if kind in (types.REAL, types.DOUBLE) else None


def average(call: Call) -> Typed:
    """AVG: BIGINT of whole numbers, cut off, and the argument's scale of NUMERIC.

    https://docs.aws.amazon.com/redshift/latest/dg/r_AVG.html
    """
    kind = call.type()
    if kind is not None and (kind.oid in INTEGERS or kind.oid == types.NUMERIC_OID):
        sums = aggregated(call, "sum", call.args[0])
        counts = aggregated(call, "count", call.args[0].copy())
        to = types.BIGINT if kind.oid in INTEGERS else types.numeric(38, kind.scale)
        return cast(exp.Paren(this=exp.Div(this=sums, expression=counts)), to), to
    return aggregated(call, "avg", call.args[0]), types.DOUBLE if kind in (types.REAL, types.DOUBLE) else None


def same(name: str) -> Callable[[Call], Typed]:
    """An aggregate whose type is its argument's."""
    return lambda call: (aggregated(call, name, *call.args), call.type())


def fixed(name: str, kind: RedshiftType | None) -> Callable[[Call], Typed]:
    """An aggregate or window function of one type."""

    def write(call: Call) -> Typed:
        written = aggregated(call, name, *call.args)
        return (cast(written, kind) if kind is not None else written), kind

    return write


def listagg(call: Call) -> Typed:
    """LISTAGG, with DISTINCT and WITHIN GROUP: https://docs.aws.amazon.com/redshift/latest/dg/r_LISTAGG.html"""
    first = cast(call.args[0], "VARCHAR")
    order = call.order.copy() if call.order is not None else None
    if call.distinct:
        if order is not None:
            for one in order.expressions:  # DuckDB wants to see the aggregated expression itself
                if one.this == call.args[0]:
                    one.set("this", first.copy())
        first = exp.Distinct(expressions=[first])
    delimiter = call.args[1] if len(call.args) > 1 else text("")
    if order is not None:
        delimiter = exp.Order(this=delimiter, expressions=order.expressions)
    return call.over(duck("string_agg", first, delimiter)), types.varchar(types.MAX_VARCHAR)


def percentile(name: str) -> Callable[[Call], Typed]:
    """PERCENTILE_CONT and PERCENTILE_DISC: https://docs.aws.amazon.com/redshift/latest/dg/r_PERCENTILE_CONT.html"""

    def write(call: Call) -> Typed:
        if call.order is None or len(call.order.expressions) != 1:
            raise errors.syntax_error(f"{call.name.upper()} needs WITHIN GROUP (ORDER BY expression)")
        ordered = call.order.expressions[0]
        fraction = call.args[0]
        if ordered.args.get("desc"):
            # A negative fraction counts from the largest, which is not the same for values that are there.
            fraction = exp.Paren(this=fraction)
            fraction = (
                exp.Neg(this=fraction) if name == "quantile_disc" else exp.Sub(this=number(1), expression=fraction)
            )
        kind = types.DOUBLE if name == "quantile_cont" else (call.order_types[0] if call.order_types else None)
        value = cast(ordered.this, types.DOUBLE) if name == "quantile_cont" else ordered.this
        return call.over(duck(name, value, cast(fraction, types.DOUBLE))), kind

    return write


def ratio_to_report(call: Call) -> Typed:
    """RATIO_TO_REPORT: https://docs.aws.amazon.com/redshift/latest/dg/r_WF_RATIO_TO_REPORT.html"""
    whole = call.over(duck("sum", call.args[0]))
    share = exp.Div(this=cast(call.args[0].copy(), types.DOUBLE), expression=duck("nullif", whole, number(0)))
    return exp.Paren(this=share), types.DOUBLE
