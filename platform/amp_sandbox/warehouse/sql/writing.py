"""How expressions are written for DuckDB: a registry of writers, one for each kind of node that may be there.

A writer takes the node as Redshift's parser made it and returns it as DuckDB reads it, with its type in Redshift where
that is known. Types matter where DuckDB's answer depends on them otherwise: SUM and AVG, casts, SUPER. A node that has
no writer is refused, so what is new in a parser is not let through.

**Left out:** lambdas, structs, list comprehensions, COLLATE and whatever else Redshift has not: SQLSTATE 0A000.

https://docs.aws.amazon.com/redshift/latest/dg/c_expressions.html
"""

from collections.abc import Callable

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql.calls import Typed, cast, duck, number, text
from amp_sandbox.warehouse.sql.scope import Scope
from amp_sandbox.warehouse.types import RedshiftType

Writer = Callable[[exp.Expr, Scope], Typed]

# Filled by `expressions`, `conditions` and `function_calls`.
WRITERS: dict[type[exp.Expr], Writer] = {}


def write(node: exp.Expr, scope: Scope) -> Typed:
    """The node as DuckDB reads it, and its type. Raises SqlError."""
    writer = WRITERS.get(type(node))
    if writer is None:
        raise errors.not_supported(describe(node))
    return writer(node, scope)


def plain(node: exp.Expr, scope: Scope) -> exp.Expr:
    """`write` without the type."""
    return write(node, scope)[0]


def only(node: exp.Expr, *names: str) -> None:
    """The node has nothing but these parts: what is not read is not dropped."""
    for name, value in node.args.items():
        if name not in names and value not in (None, False, [], ""):
            raise errors.not_supported(f"{name.rstrip('_').upper()} of {describe(node)}")


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


def describe(node: exp.Expr) -> str:
    """A node's kind and text, for an error."""
    return f"{node.key.upper()} ({node.sql(dialect='redshift')[:80]})"


def sides(node: exp.Expr, scope: Scope) -> tuple[Typed, Typed]:
    """Both sides, where one learns from the other: parameters their type, SUPER what it is compared with."""
    left, right = write(node.this, scope), write(node.args["expression"], scope)
    return fitted(left, right, scope), fitted(right, left, scope)


def fitted(one: Typed, other: Typed, scope: Scope) -> Typed:
    """One side of an operator, as the other side needs it."""
    node, kind = one
    if isinstance(node, exp.Parameter) and kind is None and other[1] not in (None, types.UNKNOWN):
        return parameter_as(node, other[1], scope)
    if kind == types.SUPER and other[1] != types.SUPER and other[1] is not None:
        to = types.VARCHAR_ANY if other[1] == types.UNKNOWN else other[1]
        return exp.TryCast(this=duck("fn.scalar", node), to=datatype(to)), to
    return one


def parameter_as(node: exp.Expr, kind: RedshiftType | None, scope: Scope) -> Typed:
    """A parameter of a type that its place tells; anything else as it is."""
    if isinstance(node, exp.Parameter) and kind is not None:
        place = int(node.name)
        if scope.rewriting.parameters.get(place) is None:
            scope.rewriting.parameters[place] = kind
            return cast(node, kind), kind
    return node, kind


def datatype(kind: RedshiftType) -> exp.DataType:
    """A type as DuckDB keeps it."""
    return exp.DataType.build(kind.duckdb, dialect="duckdb", udt=True)
