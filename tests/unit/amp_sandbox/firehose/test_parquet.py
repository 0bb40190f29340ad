import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.firehose_fakes import FakeGlue

from amp_sandbox.firehose.destination import JsonReader, ParquetConversion
from amp_sandbox.firehose.hive_types import MisfitError
from amp_sandbox.firehose.parquet import ParquetConverter, read_row, schema_of
from amp_sandbox.firehose.shards import Direct, Record

COLUMNS = [
    {"Name": "id", "Type": "bigint"},
    {"Name": "name", "Type": "string"},
    {"Name": "at", "Type": "timestamp"},
    {"Name": "tags", "Type": "array<string>"},
    {"Name": "device", "Type": "struct<platform:string,os_version:string>"},
]


def conversion(**changes: Any) -> ParquetConversion:
    fields: dict[str, Any] = {
        "database": "amp_raw",
        "table": "events",
        "version": "LATEST",
        "catalog_id": None,
        "region": None,
        "reader": JsonReader(),
        "compression": "SNAPPY",
        "page_bytes": 1024 * 1024,
        "dictionary": False,
        "writer_version": "V1",
    }
    return ParquetConversion(**{**fields, **changes})


def records(*data: bytes) -> list[Record]:
    return [Record(Direct(), n, f"id{n}", "", 1000 + n, one) for n, one in enumerate(data)]


def convert(*data: bytes, **changes: Any) -> tuple[list[dict[str, Any]], list[Any]]:
    glue = FakeGlue()
    glue.columns = COLUMNS
    body, kept, failed = ParquetConverter(conversion(**changes), glue, lambda: 9.0)(records(*data))
    rows = [] if body is None else pq.read_table(io.BytesIO(body)).to_pylist()
    assert len(rows) == len(kept)
    return rows, [json.loads(one.record.data) for one in failed]


def test_a_record_is_read_by_the_tables_columns() -> None:
    data = b'{"ID": 7, "name": "Live", "at": "2026-11-22T10:00:00.250Z", "tags": ["a"], "more": 1,'
    rows, failed = convert(data + b' "device": {"platform": "ios", "else": 2}}')
    assert rows == [
        {
            "id": 7,
            "name": "Live",
            "at": datetime.fromisoformat("2026-11-22T10:00:00.250"),
            "tags": ["a"],
            "device": {"platform": "ios", "os_version": None},
        }
    ]
    assert failed == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "DataFormatConversion.MalformedData"),
        (b"{", "DataFormatConversion.MalformedData"),
        (b"[1]", "DataFormatConversion.MalformedData"),
        (b'{"id": "seven"}', "DataFormatConversion.InvalidData"),
        (b'{"id": 9223372036854775808}', "DataFormatConversion.InvalidData"),
        (b'{"id": 1.5}', "DataFormatConversion.InvalidData"),
        (b'{"name": "\\ud800"}', "DataFormatConversion.InvalidData"),
        (b'{"at": "yesterday"}', "DataFormatConversion.InvalidData"),
        (b'{"tags": "a"}', "DataFormatConversion.InvalidData"),
        (b'{"device": []}', "DataFormatConversion.InvalidData"),
    ],
)
def test_a_record_that_does_not_fit_fails_alone(data: bytes, code: str) -> None:
    rows, (line,) = convert(b'{"id": 1}', data, b'{"id": 2}')
    assert [row["id"] for row in rows] == [1, 2]
    assert line["lastErrorCode"] == code
    assert (line["attemptsMade"], line["arrivalTimestamp"], line["sequenceNumber"]) == (1, 1001, "id1")


def test_no_file_is_made_of_nothing() -> None:
    assert convert(b"{") == ([], convert(b"{")[1])


def test_the_openx_deserializers_settings_are_followed() -> None:
    schema = pa.schema([("ts", pa.string()), ("a_b", pa.string()), ("Case", pa.string())])
    reader = JsonReader(case_insensitive=False, dots_to_underscores=True, column_to_key=(("ts", "timestamp"),))
    row = read_row(b'{"timestamp": "x", "a.b": "y", "Case": "z", "case": "no"}', schema, reader)
    assert row == {"ts": "x", "a_b": "y", "Case": "z"}


def test_the_hive_deserializer_takes_milliseconds_only_when_told() -> None:
    schema = pa.schema([("at", pa.timestamp("ms"))])
    with pytest.raises(MisfitError):
        read_row(b'{"at": 1795341600000}', schema, JsonReader(hive=True))
    row = read_row(b'{"at": 1795341600000}', schema, JsonReader(hive=True, timestamp_formats=("millis",)))
    assert row == {"at": datetime.fromisoformat("2026-11-22T10:00:00")}


def test_all_hive_types_are_written() -> None:
    types = {
        "b": ("boolean", True, True),
        "i1": ("tinyint", -128, -128),
        "i2": ("smallint", "7", 7),
        "i4": ("INT", 7.0, 7),
        "f": ("float", 1.5, 1.5),
        "d": ("double", 2, 2.0),
        "n": ("decimal(5,2)", "1.5", Decimal("1.50")),
        "day": ("date", "2026-11-22", date(2026, 11, 22)),
        "x": ("binary", "AAE=", b"\0\1"),
        "v": ("varchar(10)", "v", "v"),
        "m": ("map<string,array<int>>", {"k": [1]}, [("k", [1])]),
        "s": ("struct<a:struct<b:bigint>,c:string>", {"A": {"b": 1}, "c": {"x": 1}}, {"a": {"b": 1}, "c": '{"x": 1}'}),
    }
    schema = schema_of(
        {"StorageDescriptor": {"Columns": [{"Name": name, "Type": case[0]} for name, case in types.items()]}}
    )
    row = read_row(json.dumps({name: case[1] for name, case in types.items()}).encode(), schema, JsonReader())
    assert row == {name: case[2] for name, case in types.items()}
    assert pa.Table.from_pylist([row], schema=schema).num_rows == 1


@pytest.mark.parametrize("kind", ["uniontype<int,string>", "array<int", "int>", "struct<a>", "what", "array[int]", ""])
def test_a_type_that_is_not_known_is_named(kind: str) -> None:
    with pytest.raises(MisfitError, match=r"Hive type|ends too early|after its end|belongs"):
        schema_of({"StorageDescriptor": {"Columns": [{"Name": "c", "Type": kind}]}})


@pytest.mark.parametrize(
    "table",
    [{}, *({"StorageDescriptor": one} for one in ({}, {"Columns": []}, {"Columns": [{"Name": "c"}]}))],
)
def test_a_table_without_columns_or_their_types_is_an_invalid_schema(table: dict[str, Any]) -> None:
    with pytest.raises(MisfitError) as raised:
        schema_of(table)
    assert raised.value.code == "DataFormatConversion.InvalidSchema"


def test_a_fixed_version_of_the_table_is_asked_for_once() -> None:
    glue = FakeGlue()
    glue.columns = COLUMNS
    clock = iter([0.0, 100.0, 200.0, 300.0])
    converter = ParquetConverter(conversion(version="3", catalog_id="1"), glue, lambda: next(clock))
    converter(records(b"{}"))
    converter(records(b"{}"))
    assert glue.asked == [{"DatabaseName": "amp_raw", "CatalogId": "1", "TableName": "events", "VersionId": "3"}]


def test_a_changed_table_is_picked_up() -> None:
    glue = FakeGlue()
    glue.columns = COLUMNS
    now = [0.0]
    converter = ParquetConverter(conversion(), glue, lambda: now[0])
    converter(records(b"{}"))
    glue.columns = [{"Name": "other", "Type": "int"}]
    now[0] = 61.0
    body, _, _ = converter(records(b'{"other": 3}'))
    assert body is not None
    assert pq.read_table(io.BytesIO(body)).to_pylist() == [{"other": 3}]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.sampled_from([c["Name"] for c in COLUMNS]), json_values), max_size=6))
def test_every_record_is_in_the_file_or_in_the_error_output(found: list[dict[str, Any]]) -> None:
    rows, failed = convert(*[json.dumps(one).encode() for one in found])
    assert len(rows) + len(failed) == len(found)
