"""The types are those of https://docs.aws.amazon.com/athena/latest/ug/data-types.html."""

from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.firehose import hive_types
from amp_sandbox.firehose.hive_types import MisfitError

TYPES = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "char(3)": pa.string(),
    "varchar(65535)": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
    "decimal": pa.decimal128(10, 0),
    "decimal(5)": pa.decimal128(5, 0),
    "decimal(38, 38)": pa.decimal128(38, 38),
    "array<string>": pa.list_(pa.string()),
    "map<string,int>": pa.map_(pa.string(), pa.int32()),
    "struct<a:int>": pa.struct([("a", pa.int32())]),
    "ARRAY < Struct<Id:BIGINT, at:timestamp> >": pa.list_(pa.struct([("Id", pa.int64()), ("at", pa.timestamp("ms"))])),
    "array<struct<id:bigint,tags:map<string,array<decimal(9,2)>>>>": pa.list_(
        pa.struct([("id", pa.int64()), ("tags", pa.map_(pa.string(), pa.list_(pa.decimal128(9, 2))))])
    ),
}
BAD_TYPES = [
    "",
    "text",
    "uniontype<int,string>",
    "interval_day_time",
    "int>",
    "array",
    "array<>",
    "array<int",
    "array(int)",
    "map<string>",
    "map<array<int>,int>",
    "struct<>",
    "struct<a>",
    "struct<a:int,>",
    "struct<,:int>",
    "decimal(a)",
    "decimal(0)",
    "decimal(39,0)",
    "decimal(5,6)",
    "decimal(5,2",
    "varchar",
    "varchar(<)",
    "char(a)",
    "int; drop",
]


@pytest.mark.parametrize(("text", "kind"), TYPES.items())
def test_a_hive_type_has_its_arrow_type(text: str, kind: pa.DataType) -> None:
    assert hive_types.parse(text) == kind


@pytest.mark.parametrize("text", BAD_TYPES)
def test_what_is_no_hive_type_is_an_invalid_schema(text: str) -> None:
    with pytest.raises(MisfitError) as raised:
        hive_types.parse(text)
    assert raised.value.code == "DataFormatConversion.InvalidSchema"


@pytest.mark.parametrize(
    ("text", "value", "fitted"),
    [
        ("boolean", "TRUE", True),
        ("bigint", "9223372036854775807", 2**63 - 1),
        ("double", "1.5", 1.5),
        ("string", {"a": [1]}, '{"a": [1]}'),
        ("decimal(38,0)", "9" * 38, Decimal("9" * 38)),
        ("decimal(38,10)", "1234567890123456789012345678.5", Decimal("1234567890123456789012345678.5000000000")),
        ("timestamp", 1795341600, datetime.fromisoformat("2026-11-22T10:00:00")),
        ("timestamp", 1795341600250, datetime.fromisoformat("2026-11-22T10:00:00.250")),
        ("timestamp", "2026-11-22T11:00:00+01:00", datetime.fromisoformat("2026-11-22T10:00:00")),
        ("map<int,array<string>>", {"7": ["a", None]}, [(7, ["a", None])]),
        ("struct<a:int,b:int>", {"A": 1, "c": 2}, {"a": 1, "b": None}),
    ],
)
def test_a_value_that_fits_is_made_into_its_columns(text: str, value: Any, fitted: Any) -> None:
    assert hive_types.fit(value, hive_types.parse(text)) == fitted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("boolean", 1),
        ("tinyint", 128),
        ("int", True),
        ("int", 1.5),
        ("double", "one"),
        ("decimal(3,1)", "100"),
        ("decimal(38,0)", "9" * 39),
        ("decimal(3,1)", "NaN"),
        ("binary", "?"),
        ("date", "22.11.2026"),
        ("timestamp", True),
        ("timestamp", 10**20),
        ("timestamp", 10**400),
        ("array<int>", {"a": 1}),
        ("array<int>", [1, "b"]),
        ("map<int,int>", {"a": 1}),
        ("struct<a:int>", [1]),
        ("struct<a:struct<b:int>>", {"a": {"b": "x"}}),
    ],
)
def test_a_value_that_does_not_fit_is_invalid_data(text: str, value: Any) -> None:
    with pytest.raises(MisfitError) as raised:
        hive_types.fit(value, hive_types.parse(text))
    assert raised.value.code == "DataFormatConversion.InvalidData"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(min_value=10**15) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([*TYPES]), values)
def test_whatever_fits_can_be_written(text: str, value: Any) -> None:
    kind = hive_types.parse(text)
    try:
        fitted = hive_types.fit(value, kind)
    except MisfitError:
        return
    assert len(pa.array([fitted], kind)) == 1


@given(st.text(alphabet="aint<>(),:12 ", max_size=12).map(lambda text: f"decimal({text}") | st.text(max_size=12))
def test_any_text_is_a_type_or_an_invalid_schema(text: str) -> None:
    with suppress(MisfitError):
        hive_types.parse(text)
