"""One call of a function, as `functions` writes it: its rewritten arguments, their types, and the answer's type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.types import RedshiftType

MACROS = "amp_fn"

Typed = tuple[exp.Expr, RedshiftType | None]
Over = Callable[[exp.Expr], exp.Expr]
Infer = Callable[[Sequence[RedshiftType | None]], RedshiftType | None]


@dataclass(frozen=True)
class Call:
    """A call. `over` puts an aggregate into its window; outside of one it returns it as it is."""

    name: str
    args: Sequence[exp.Expr]
    types: Sequence[RedshiftType | None]
    distinct: bool = False
    order: exp.Order | None = None  # WITHIN GROUP
    order_types: Sequence[RedshiftType | None] = ()
    over: Over = field(default=lambda call: call)

    def type(self, index: int = 0) -> RedshiftType | None:
        """The type of an argument, None when not known."""
        return self.types[index] if index < len(self.types) else None


Write = Callable[[Call], Typed]


@dataclass(frozen=True)
class Function:
    """A function of Redshift: how many arguments it takes, and how it is written. `high` None: any number."""

    name: str
    group: str
    low: int
    high: int | None
    write: Write
    aggregate: bool = False  # may have DISTINCT and OVER
    window: bool = False  # must have OVER


def duck(name: str, *args: exp.Expr) -> exp.Expr:
    """A call of DuckDB's function, or of one of our macros when the name starts with `fn.`."""
    call = exp.Anonymous(this=name.removeprefix("fn."), expressions=list(args))
    if name.startswith("fn."):
        return exp.Dot(this=exp.to_identifier(MACROS, quoted=True), expression=call)
    return call


def cast(node: exp.Expr, to: RedshiftType | str) -> exp.Expr:
    """A cast to a type, as DuckDB keeps it."""
    name = to if isinstance(to, str) else to.duckdb
    return exp.Cast(this=node, to=exp.DataType.build(name, dialect="duckdb", udt=True))


def number(value: int) -> exp.Expr:
    """A number."""
    return exp.Literal.number(value)


def text(value: str) -> exp.Expr:
    """A string literal."""
    return exp.Literal.string(value)


def literal_text(call: Call, index: int) -> str:
    """The argument, which must be a string literal."""
    node = call.args[index]
    if isinstance(node, exp.Literal) and node.is_string:
        return node.name
    raise errors.not_supported(f"{call.name.upper()} with an argument {index + 1} that is no literal")


def common(given: Sequence[RedshiftType | None]) -> RedshiftType | None:
    """The type of COALESCE and CASE over these; None when one is not known."""
    known = [one for one in given if one is not None and one is not types.UNKNOWN]
    if None in given or not known:
        return None
    if len(set(known)) == 1:
        return known[0]
    ranks = [_RANK.get(one.oid, -1) for one in known]
    if min(ranks) >= 0:
        widest = known[ranks.index(max(ranks))]
        return None if widest.oid == types.NUMERIC_OID else widest
    if all(one.oid in (types.VARCHAR_OID, types.CHAR_OID, 25) for one in known):
        lengths = [one.length for one in known]
        return types.varchar(max(one or 0 for one in lengths)) if all(lengths) else types.VARCHAR_ANY
    return None


_RANK = {21: 0, 23: 1, 20: 2, types.NUMERIC_OID: 3, 700: 4, 701: 5}
INTEGERS = frozenset({21, 23, 20})
