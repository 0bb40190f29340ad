"""Hive types as crawls work with them: read off Arrow's, and widened until one type holds the values of several.

A type is a JSON value: a name such as "bigint" or "decimal(10,2)", {"array": type}, {"map": [key, value]}, or
{"struct": {name: type}}. "null" is the type of a column that had no value yet. Two structs with the same fields in
another order are equal.

`merged` is commutative, associative and idempotent, so that a schema does not depend on the order in which objects are
read: null < tinyint < smallint < int < bigint < decimal < double < string, float < double, date < timestamp < string,
and string for whatever else has nothing in common.

**Left out:** a fixed width for numbers that no type holds: a decimal of more than 38 digits is a double.
"""

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

HiveType = str | dict[str, Any]
Columns = Mapping[str, HiveType]

_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
_INTEGERS = list(_DIGITS)
_MOST_DIGITS = 38
_WORD = re.compile(r"\w+(\([\d, ]+\))?")
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")

_SIMPLE: Mapping[Any, HiveType] = {
    pa.null(): "null",
    pa.bool_(): "boolean",
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.uint8(): "smallint",
    pa.uint16(): "int",
    pa.uint32(): "bigint",
    pa.uint64(): "decimal(20,0)",
    pa.float16(): "float",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.date32(): "date",
    pa.date64(): "date",
    pa.string(): "string",
    pa.large_string(): "string",
    pa.string_view(): "string",
}


def text(kind: HiveType) -> str:
    """As Glue writes it; what never had a value is a string."""
    if isinstance(kind, str):
        return "string" if kind == "null" else kind
    if "array" in kind:
        return f"array<{text(kind['array'])}>"
    if "map" in kind:
        key, value = kind["map"]
        return f"map<{text(key)},{text(value)}>"
    if not kind["struct"]:
        return "string"  # Hive has no struct without fields
    fields = ",".join(f"{name}:{text(field)}" for name, field in kind["struct"].items())
    return f"struct<{fields}>"


def parse(written: str) -> HiveType:
    """The type that `text` writes so; a type that is not known is a name like any other."""
    kind, rest = _parsed(written)
    return kind if not rest else written


def merged(one: HiveType, other: HiveType) -> HiveType:
    """The narrowest type that holds the values of both."""
    if one == other or other == "null":
        return one
    if one == "null":
        return other
    if isinstance(one, str) and isinstance(other, str):
        return _simple_merged(one, other)
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        if "array" in one:
            return {"array": merged(one["array"], other["array"])}
        if "map" in one:
            return {"map": [merged(*pair) for pair in zip(one["map"], other["map"], strict=True)]}
        return {"struct": merged_columns(one["struct"], other["struct"])}
    return "string"


def merged_columns(one: Columns, other: Columns) -> dict[str, HiveType]:
    """All columns of both, those of the first one first."""
    result = dict(one)
    for name, kind in other.items():
        result[name] = merged(result[name], kind) if name in result else kind
    return result


def from_arrow(kind: Any) -> HiveType:
    """The Hive type of an Arrow type, as a Parquet file has it."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if pa.types.is_dictionary(kind):
        return from_arrow(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})" if kind.precision <= _MOST_DIGITS else "double"
    if pa.types.is_time(kind):  # Hive has no time of day; Parquet keeps these numbers
        return "int" if kind.bit_width == 32 else "bigint"
    if pa.types.is_map(kind):
        return {"map": [from_arrow(kind.key_type), from_arrow(kind.item_type)]}
    if pa.types.is_struct(kind):
        return {"struct": {field.name: from_arrow(field.type) for field in kind}}
    if hasattr(kind, "value_type"):
        return {"array": from_arrow(kind.value_type)}
    return "binary"


def _parsed(written: str) -> tuple[HiveType, str]:
    """The type at the beginning of a text, and what comes after it."""
    word = _WORD.match(written)
    name, rest = (word[0], written[word.end() :]) if word else (written, "")
    if not rest.startswith("<"):
        return name, rest
    if name == "struct":
        return _parsed_struct(rest)
    inner, rest = _parsed(rest[1:])
    if name == "map":
        value, rest = _parsed(rest[1:])
        return {"map": [inner, value]}, rest[1:]
    return {"array": inner}, rest[1:]


def _parsed_struct(rest: str) -> tuple[HiveType, str]:
    fields: dict[str, HiveType] = {}
    while rest.startswith(("<", ",")):
        field, _, rest = rest[1:].partition(":")
        fields[field], rest = _parsed(rest)
    return {"struct": fields}, rest[1:]


def _simple_merged(one: str, other: str) -> HiveType:
    kinds = {one, other}
    if kinds <= set(_INTEGERS):
        return max(kinds, key=_INTEGERS.index)
    if kinds == {"date", "timestamp"}:
        return "timestamp"
    if not all(_is_number(kind) for kind in kinds):
        return "string"
    if kinds & {"float", "double"}:
        return "double"
    return _decimal_merged(one, other)


def _is_number(kind: str) -> bool:
    return kind in _DIGITS or kind in ("float", "double") or kind.startswith("decimal(")


def _decimal_merged(one: str, other: str) -> HiveType:
    (digits, scale), (other_digits, other_scale) = _decimal(one), _decimal(other)
    both = max(scale, other_scale)
    whole = max(digits - scale, other_digits - other_scale)
    return f"decimal({whole + both},{both})" if whole + both <= _MOST_DIGITS else "double"


def _decimal(kind: str) -> tuple[int, int]:
    written = _DECIMAL.fullmatch(kind)
    return (int(written[1]), int(written[2])) if written else (_DIGITS[kind], 0)
