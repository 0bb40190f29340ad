"""Literals, columns, operators and casts, as `writing` has them.

https://docs.aws.amazon.com/redshift/latest/dg/c_expressions.html
"""

import re

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql import functions_dates
from amp_sandbox.warehouse.sql import scope as scopes
from amp_sandbox.warehouse.sql.calls import INTEGERS, Typed, cast, common, duck, text
from amp_sandbox.warehouse.sql.datatypes import type_named
from amp_sandbox.warehouse.sql.scope import Scope
from amp_sandbox.warehouse.sql.writing import (
    WRITERS,
    Writer,
    as_type,
    datatype,
    describe,
    only,
    parameter_as,
    plain,
    sides,
    write,
)
from amp_sandbox.warehouse.types import RedshiftType


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
        raise errors.not_supported(describe(node))
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
            raise errors.not_supported(describe(node))
        return scopes.navigate(base, kind, [scopes.step_of(node.expression.name.lower())])
    only(node, "this", "expressions")
    steps = []
    for one in node.expressions:
        if isinstance(one, exp.Literal) and not one.is_string and one.name.isdigit():
            steps.append(text(f"[{one.name}]"))
        elif isinstance(one, exp.Literal) and one.is_string:
            steps.append(scopes.step_of(one.name))
        else:
            raise errors.not_supported(describe(node))
    return scopes.navigate(base, kind, steps)


def _paren(node: exp.Expr, scope: Scope) -> Typed:
    written, kind = write(node.this, scope)
    return exp.Paren(this=written), kind


def _negated(node: exp.Expr, scope: Scope) -> Typed:
    written, kind = write(node.this, scope)
    return type(node)(this=written), kind


def _arithmetic(node: exp.Expr, scope: Scope) -> Typed:
    (left, one), (right, other) = sides(node, scope)
    kind = common([one, other])
    if kind is not None and kind.oid not in (*INTEGERS, 700, 701):
        kind = None
    if isinstance(node, (exp.Div, exp.Mod)):
        if not (isinstance(right, exp.Literal) and not right.is_string and right.name.strip("0.")):
            right = duck("fn.nonzero", right)
        if isinstance(node, exp.Div) and kind is None:
            return _divided(left, one, right, other)
    if kind is None and not isinstance(node, (exp.Div, exp.Mod)):
        kind = _combined(node, one, other)
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


def _combined(node: exp.Expr, one: RedshiftType | None, other: RedshiftType | None) -> RedshiftType | None:
    """The type of a sum, difference or product of which one side at least is NUMERIC: what a quotient of it goes by."""
    first, second = _as_numeric(one), _as_numeric(other)
    if first is None or second is None:
        return None
    if isinstance(node, exp.Mul):
        precision, scale = first.precision + second.precision + 1, first.scale + second.scale
    else:
        scale = max(first.scale, second.scale)
        precision = max(first.precision - first.scale, second.precision - second.scale) + scale + 1
    return types.numeric(min(precision, 38), min(scale, 37))


def _as_numeric(kind: RedshiftType | None) -> RedshiftType | None:
    if kind is None or kind.oid == types.NUMERIC_OID:
        return kind
    digits = {21: 5, 23: 10, 20: 19}.get(kind.oid)
    return None if digits is None else types.numeric(digits, 0)


def _bitwise(node: exp.Expr, scope: Scope) -> Typed:
    (left, one), (right, other) = sides(node, scope)
    return type(node)(this=left, expression=right), common([one, other])


def _power(node: exp.Expr, scope: Scope) -> Typed:
    (left, _), (right, _) = sides(node, scope)
    return duck("power", left, right), types.DOUBLE


def _joined(node: exp.Expr, scope: Scope) -> Typed:
    (left, _), (right, _) = sides(node, scope)
    return exp.DPipe(this=left, expression=right, safe=True), types.VARCHAR_ANY


def _cast(node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "to", "safe", "_type")
    to = type_named(node.args["to"])
    written, kind = write(node.this, scope)
    if isinstance(written, exp.Parameter) and kind is None:
        written, kind = parameter_as(written, types.VARCHAR_ANY if to == types.SUPER else to, scope)
    if isinstance(node, exp.TryCast) and to.length is None and to != types.SUPER:
        text_of = duck("fn.super_text", written) if kind == types.SUPER else written
        return exp.TryCast(this=text_of, to=datatype(to)), to
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
        raise errors.not_supported(describe(node))
    unit = node.args.get("unit")
    given = node.this.name + (f" {unit.name.lower()}" if isinstance(unit, exp.Var) else "")
    if unit is not None and not isinstance(unit, exp.Var):
        raise errors.not_supported(describe(node))
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
        raise errors.not_supported(describe(node))
    return duck("fn.substring_for" if len(written) == 3 else "fn.substring", *written), types.VARCHAR_ANY


def _position(node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "substr")
    return duck("fn.strpos", plain(node.this, scope), plain(node.args["substr"], scope)), types.INTEGER


def _escape_string(node: exp.Expr, _scope: Scope) -> Typed:
    """E'…', whose escapes have been read."""
    return text(node.name), types.UNKNOWN


_WRITERS: dict[type[exp.Expr], Writer] = {
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
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), _arithmetic),
    **dict.fromkeys(
        (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseLeftShift, exp.BitwiseRightShift), _bitwise
    ),
    exp.Pow: _power,
    exp.DPipe: _joined,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Parameter: _parameter,
    exp.Interval: _interval,
    exp.Extract: _extract,
    exp.AtTimeZone: _at_time_zone,
    exp.Trim: _trim,
    exp.Substring: _substring,
    exp.StrPosition: _position,
}
WRITERS.update(_WRITERS)
