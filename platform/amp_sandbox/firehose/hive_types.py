"""Hive types, as Glue tables name them: made into Arrow types, and JSON values made to fit them.

https://docs.aws.amazon.com/athena/latest/ug/data-types.html

**Left out:** `uniontype` and `interval…`, which are refused; the lengths of `char(n)` and `varchar(n)`.
"""

import base64
import json
import re
from datetime import UTC, date, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

_SIMPLE = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
}
_TOKEN = re.compile(r"\s*([a-z_]\w*|\d+|[<>(),:])", re.IGNORECASE)
_NAME = re.compile(r"\w+")
_MAX_PRECISION = 38
_WIDE = Context(prec=_MAX_PRECISION)
"""Python's own context would refuse what has more than 28 digits."""
_MILLIS_FROM = 10_000_000_000  # numbers below are seconds: as milliseconds they would lie in early 1970


class MisfitError(ValueError):
    """A value that its column cannot hold, or a type that is not known."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse(text: str) -> pa.DataType:
    """The Arrow type of a Hive type, such as ``array<struct<id:bigint,tags:map<string,int>>>``."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens).lower() != re.sub(r"\s+", "", text).lower():
        raise MisfitError("DataFormatConversion.InvalidSchema", f"{text!r} is not a Hive type.")
    try:
        found = _type(tokens)
    except IndexError:
        raise MisfitError("DataFormatConversion.InvalidSchema", f"{text!r} ends too early.") from None
    if tokens:
        raise MisfitError("DataFormatConversion.InvalidSchema", f"{text!r} has more after its end.")
    return found


def fit(value: Any, kind: pa.DataType, *, millis: bool = True) -> Any:
    """A JSON value as its column's type takes it; raises `MisfitError` when it does not fit."""
    if value is None:
        return None
    try:
        return _fit(value, kind, millis)
    except (ValueError, TypeError, InvalidOperation, OverflowError, OSError) as error:  # OSError: a time out of range
        if isinstance(error, MisfitError):
            raise
        raise MisfitError("DataFormatConversion.InvalidData", f"{value!r:.100} is not a {kind}.") from error


def _type(tokens: list[str]) -> pa.DataType:
    name = tokens.pop(0).lower()
    if name in _SIMPLE:
        return _SIMPLE[name]
    match name:
        case "char" | "varchar":
            _take(tokens, "(")
            _number(tokens)
            _take(tokens, ")")
            return pa.string()
        case "decimal":
            return _decimal(tokens)
        case "array":
            _take(tokens, "<")
            inner = _type(tokens)
            _take(tokens, ">")
            return pa.list_(inner)
        case "map":
            _take(tokens, "<")
            key = _type(tokens)
            if pa.types.is_nested(key):
                raise MisfitError("DataFormatConversion.InvalidSchema", f"A map's key cannot be a {key}.")
            _take(tokens, ",")
            inner = _type(tokens)
            _take(tokens, ">")
            return pa.map_(key, inner)
        case "struct":
            return _struct(tokens)
    raise MisfitError("DataFormatConversion.InvalidSchema", f"The Hive type {name!r} is not supported.")


def _decimal(tokens: list[str]) -> pa.DataType:
    if tokens[:1] != ["("]:
        return pa.decimal128(10, 0)
    _take(tokens, "(")
    precision, scale = _number(tokens), 0
    if tokens[0] == ",":
        tokens.pop(0)
        scale = _number(tokens)
    _take(tokens, ")")
    if not 1 <= precision <= _MAX_PRECISION or scale > precision:
        raise MisfitError("DataFormatConversion.InvalidSchema", f"There is no decimal({precision},{scale}).")
    return pa.decimal128(precision, scale)


def _struct(tokens: list[str]) -> pa.DataType:
    fields = []
    _take(tokens, "<")
    while True:
        name = tokens.pop(0)
        if not _NAME.fullmatch(name):
            raise MisfitError("DataFormatConversion.InvalidSchema", f"{name!r} where a field's name belongs.")
        _take(tokens, ":")
        fields.append((name, _type(tokens)))
        if tokens[0] != ",":
            _take(tokens, ">")
            return pa.struct(fields)
        tokens.pop(0)


def _number(tokens: list[str]) -> int:
    if not (found := tokens.pop(0)).isdecimal():
        raise MisfitError("DataFormatConversion.InvalidSchema", f"{found!r} where a number belongs.")
    return int(found)


def _take(tokens: list[str], wanted: str) -> None:
    if (found := tokens.pop(0)) != wanted:
        raise MisfitError("DataFormatConversion.InvalidSchema", f"{found!r} where {wanted!r} belongs.")


def _fit(value: Any, kind: pa.DataType, millis: bool) -> Any:
    if pa.types.is_nested(kind):
        return _fit_nested(value, kind, millis)
    if pa.types.is_string(kind):
        text = value if isinstance(value, str) else json.dumps(value)
        text.encode()  # half a surrogate pair is a ValueError
        return text
    if pa.types.is_boolean(kind):
        return _boolean(value)
    if pa.types.is_integer(kind):
        return _integer(value, kind)
    if pa.types.is_floating(kind):
        if isinstance(value, bool):
            raise TypeError
        return float(value)
    if pa.types.is_decimal(kind):
        return _exact(value, kind)
    if pa.types.is_binary(kind):
        return base64.b64decode(value, validate=True)
    if pa.types.is_date(kind):
        return date.fromisoformat(value)
    return _timestamp(value, millis)


def _fit_nested(value: Any, kind: pa.DataType, millis: bool) -> Any:
    if pa.types.is_list(kind):
        if not isinstance(value, list):
            raise TypeError
        return [fit(inner, kind.value_type, millis=millis) for inner in value]
    if not isinstance(value, dict):
        raise TypeError
    if pa.types.is_map(kind):
        return [
            (fit(key, kind.key_type, millis=millis), fit(inner, kind.item_type, millis=millis))
            for key, inner in value.items()
        ]
    by_name = {key.lower(): inner for key, inner in value.items()}
    return {
        field.name: fit(value.get(field.name, by_name.get(field.name.lower())), field.type, millis=millis)
        for field in kind
    }


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise TypeError


def _integer(value: Any, kind: pa.DataType) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    number = int(value)
    if not -(2 ** (kind.bit_width - 1)) <= number < 2 ** (kind.bit_width - 1):
        raise OverflowError
    return number


def _exact(value: Any, kind: pa.DataType) -> Decimal:
    if isinstance(value, bool):
        raise TypeError
    number = Decimal(str(value)).quantize(Decimal(1).scaleb(-kind.scale), context=_WIDE)
    if not number.is_finite() or len(number.as_tuple().digits) > kind.precision:
        raise OverflowError
    return number


def _timestamp(value: Any, millis: bool) -> datetime:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, int | float):
        if not millis:
            raise TypeError
        seconds = value / 1000 if abs(value) >= _MILLIS_FROM else value
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
