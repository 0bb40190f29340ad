"""The Expression of GetPartitions: a SQL condition over partition values, made into a predicate.

The condition is read by sqlglot; values and literals are compared as the type of their partition key. A value is NULL
when it is Hive's name for that, cannot be read as its key's type, or is missing because the partition is older than the
key; NULL follows SQL's three-valued logic.

https://docs.aws.amazon.com/glue/latest/webapi/API_GetPartitions.html lists the operators and the types of keys.

**Left out:** everything that is not in that list, each an InvalidInputException that names it: functions, arithmetic,
subqueries, columns compared with columns, LIKE with an escape character, names with a table before them.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import SqlglotError

from amp_sandbox.glue import errors
from amp_sandbox.protocol import AwsError

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"

Values = Sequence[str]
Truth = bool | None
Term = Callable[[Values], Truth]

_COMPARISONS: Mapping[type[exp.Expr], Callable[[Any, Any], bool]] = {
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
}
_MIRRORED: Mapping[type[exp.Expr], type[exp.Expr]] = {
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
}


@dataclass(frozen=True)
class _Key:
    """A partition key: where its values are, and how a text is read as one."""

    name: str
    index: int
    kind: str
    read: Callable[[str], Any]

    def value(self, values: Values) -> Any:
        text = values[self.index] if self.index < len(values) else HIVE_NULL
        if text == HIVE_NULL:
            return None
        try:
            return self.read(text)
        except (ValueError, InvalidOperation):
            return None


def predicate(expression: str, keys: Sequence[Mapping[str, Any]]) -> Callable[[Values], bool]:
    """Whether the condition holds for a partition's values, given the table's partition keys.

    The empty condition holds for all. Raises `AwsError` for one that cannot be read or is not supported.
    """
    if not expression.strip():
        return lambda _values: True
    try:
        # `parse_one` would overlook what comes after a semicolon.
        if any(token.token_type is TokenType.SEMICOLON for token in sqlglot.tokenize(expression)):
            raise errors.invalid_input(f"The Expression {expression!r:.200} is not one condition.")
        term = _term(sqlglot.parse_one(expression, into=exp.Condition), keys)
    except (SqlglotError, RecursionError) as error:
        raise errors.invalid_input(f"The Expression {expression!r:.200} cannot be read.") from error
    return lambda values: term(values) is True


def _term(node: exp.Expr, keys: Sequence[Mapping[str, Any]]) -> Term:
    match node:
        case exp.Paren():
            return _term(_parts(node, "this")[0], keys)
        case exp.Not():
            return _negated(_term(_parts(node, "this")[0], keys))
        case exp.And() | exp.Or():
            return _joined([_term(part, keys) for part in _parts(node, "this", "expression")], isinstance(node, exp.Or))
        case exp.Is():
            return _is_null(node, keys)
        case exp.In():
            return _in(node, keys)
        case exp.Between():
            return _between(node, keys)
        case exp.Like():
            return _like(node, keys)
        case exp.EQ() | exp.NEQ() | exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
            return _compared(node, keys)
    raise _unsupported(node)


def _negated(term: Term) -> Term:
    def holds(values: Values) -> Truth:
        truth = term(values)
        return None if truth is None else not truth

    return holds


def _joined(terms: Sequence[Term], deciding: bool) -> Term:
    """OR of the terms if True decides, AND if False does."""

    def holds(values: Values) -> Truth:
        truths = [term(values) for term in terms]
        if deciding in truths:
            return deciding
        return None if None in truths else not deciding

    return holds


def _compared(node: exp.Expr, keys: Sequence[Mapping[str, Any]]) -> Term:
    left, right = _parts(node, "this", "expression")
    kind = type(node)
    if isinstance(right, exp.Column) and not isinstance(left, exp.Column):
        left, right, kind = right, left, _MIRRORED.get(kind, kind)
    key = _key(left, keys)
    return _test(key, _COMPARISONS[kind], _literal(right, key))


def _test(key: _Key, holds: Callable[[Any, Any], bool], literal: Any) -> Term:
    def compared(values: Values) -> Truth:
        value = key.value(values)
        return None if value is None or literal is None else holds(value, literal)

    return compared


def _is_null(node: exp.Is, keys: Sequence[Mapping[str, Any]]) -> Term:
    left, right = _parts(node, "this", "expression")
    if not isinstance(right, exp.Null):
        raise _unsupported(node)
    key = _key(left, keys)
    return lambda values: key.value(values) is None


def _in(node: exp.In, keys: Sequence[Mapping[str, Any]]) -> Term:
    _require_only(node, "this", "expressions")
    key = _key(node.this, keys)
    if not node.expressions:
        raise _unsupported(node)
    return _joined([_test(key, operator.eq, _literal(one, key)) for one in node.expressions], True)


def _between(node: exp.Between, keys: Sequence[Mapping[str, Any]]) -> Term:
    column, low, high = _parts(node, "this", "low", "high")
    key = _key(column, keys)
    ends = [_test(key, operator.ge, _literal(low, key)), _test(key, operator.le, _literal(high, key))]
    return _joined(ends, False)


def _like(node: exp.Like, keys: Sequence[Mapping[str, Any]]) -> Term:
    _require_only(node, "this", "expression", "negate")
    key = _key(node.this, keys)
    wanted = _literal(node.expression, key)
    if not isinstance(wanted, str) or "\\" in wanted:
        raise _unsupported(node)
    wildcards = {"%": ".*", "_": "."}
    pattern = re.compile("".join(wildcards.get(one) or re.escape(one) for one in wanted), re.DOTALL)
    like = _test(key, lambda value, _: pattern.fullmatch(value) is not None, wanted)
    return _negated(like) if node.args.get("negate") else like


def _key(node: exp.Expr, keys: Sequence[Mapping[str, Any]]) -> _Key:
    if not isinstance(node, exp.Column):
        raise _unsupported(node)
    _require_only(node, "this")
    for index, key in enumerate(keys):
        if key["Name"].lower() == node.name.lower():
            kind = re.sub(r"\(.*", "", key.get("Type") or "").strip().lower()
            if kind not in _READERS:
                raise errors.invalid_input(f"An Expression cannot use {key['Name']}: its type is {key.get('Type')}.")
            return _Key(key["Name"], index, kind, _READERS[kind])
    raise errors.invalid_input(f"The Expression's {node.name} is no partition key of the table.")


def _literal(node: exp.Expr, key: _Key) -> Any:
    """A literal as the key's type; None for NULL."""
    if isinstance(node, exp.Null):
        return None
    misfit = errors.invalid_input(f"{node.sql()} is no {key.kind}, and the partition key {key.name} is one.")
    sign = ""
    if isinstance(node, exp.Cast) and node.to.sql().lower() == key.kind:  # DATE '…' and TIMESTAMP '…'
        node = node.this
    if isinstance(node, exp.Neg):
        sign, node = "-", node.this
    if not isinstance(node, exp.Literal):
        raise _unsupported(node)
    if not node.is_string and key.kind in _QUOTED:
        raise misfit
    try:
        return key.read(sign + node.name)
    except (ValueError, InvalidOperation) as error:
        raise misfit from error


def _parts(node: exp.Expr, *names: str) -> list[exp.Expr]:
    _require_only(node, *names)
    return [node.args[name] for name in names]


def _require_only(node: exp.Expr, *names: str) -> None:
    """What the parser has found of a node is in these parts: nothing is overlooked."""
    if any(value for name, value in node.args.items() if name not in names):
        raise _unsupported(node)


def _unsupported(node: exp.Expr) -> AwsError:
    return errors.invalid_input(f"The Expression has {node.sql()!r:.200}, which is not supported.")


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ValueError(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _timestamp(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError(text)
    return moment


_READERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("string", "char", "varchar"), str),
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint", "long"), _integer),
    "decimal": _decimal,
    "date": date.fromisoformat,
    "timestamp": _timestamp,
}
_QUOTED = frozenset({"string", "char", "varchar", "date", "timestamp"})
