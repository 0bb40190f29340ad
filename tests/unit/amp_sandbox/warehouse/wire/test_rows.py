import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.adapt import Transformer

from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.arrow_rows import ArrowRows
from amp_sandbox.warehouse.types import Column, RedshiftType
from amp_sandbox.warehouse.wire import rows
from amp_sandbox.warehouse.wire.rows import RowWriter, slices

NAIVE = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 30))  # noqa: DTZ001
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KINDS: dict[str, tuple[RedshiftType, Any, Any]] = {
    "boolean": (types.BOOLEAN, pa.bool_(), st.booleans()),
    "smallint": (types.SMALLINT, pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "integer": (types.INTEGER, pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "bigint": (types.BIGINT, pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "double": (types.DOUBLE, pa.float64(), st.floats(allow_nan=False)),
    "numeric": (types.numeric(18, 2), pa.decimal128(18, 2), st.decimals(-(10**15), 10**15, places=2)),
    "whole numeric": (types.numeric(18, 0), pa.decimal128(18, 0), st.decimals(-(10**17), 10**17, places=0)),
    "tiny numeric": (types.numeric(4, 4), pa.decimal128(4, 4), st.decimals("-0.9999", "0.9999", places=4)),
    "wide numeric": (types.numeric(38, 10), pa.decimal128(38, 10), st.decimals(-(10**17), 10**17, places=10)),
    "small numeric": (types.numeric(18, 8), pa.decimal128(18, 8), st.decimals(-(10**9), 10**9, places=8)),
    "date": (types.DATE, pa.date32(), st.dates()),
    "time": (types.TIME, pa.time64("us"), st.times()),
    "timestamp": (types.TIMESTAMP, pa.timestamp("us"), NAIVE),
    "timestamptz": (types.TIMESTAMPTZ, pa.timestamp("us", "UTC"), NAIVE.map(lambda at: at.replace(tzinfo=dt.UTC))),
    "varchar": (types.VARCHAR_ANY, pa.string(), TEXT),
    "varbyte": (types.VARBYTE, pa.binary(), st.binary(max_size=9)),
}


@pytest.mark.parametrize("code", [0, 1], ids=["text", "binary"])
@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=15)
@given(data=st.data())
def test_many_rows_are_written_as_one_by_one(name: str, code: int, data: st.DataObject) -> None:
    kind, arrow, drawn = KINDS[name]
    listed = data.draw(st.lists(st.none() | drawn, min_size=rows.FEW, max_size=40))
    start = data.draw(st.integers(0, 3))
    chunk = ArrowRows(pa.record_batch([pa.array([*[None] * start, *listed], arrow)], names=["c"]))[start:]
    writer = RowWriter([Column("c", kind)], [code])
    assert normal(writer.write(chunk), kind, code) == normal(writer.write(list(chunk)), kind, code)


def normal(messages: bytes | memoryview, kind: RedshiftType, code: int) -> Any:
    """The messages; numbers that can be written in two ways as what they are."""
    read: Any = None
    if kind is types.DOUBLE and code == 0:
        read = float
    elif kind.oid == types.NUMERIC_OID and code == 1:
        loader = Transformer().get_loader(kind.oid, 1)  # type: ignore[arg-type]

        def read(data: bytes) -> Any:
            return loader.load(data), loader.load(data).as_tuple().exponent

    if read is None:
        return bytes(messages)
    data, found = bytes(messages), []
    while data:
        size = int.from_bytes(data[1:5]) + 1
        found.append(None if data[7:11] == b"\xff" * 4 else read(data[11:size]))
        data = data[size:]
    return found


def test_a_row_is_a_message() -> None:
    writer = RowWriter([Column("n", types.INTEGER), Column("s", types.VARCHAR_ANY)], [1, 0])
    # https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW
    expected = b"D\0\0\0\x13\0\x02\0\0\0\x04\0\0\0\x07\0\0\0\x01x" + b"D\0\0\0\x0e\0\x02" + b"\xff" * 8
    assert writer.write([(7, "x"), (None, None)]) == expected


def test_infinite_and_undefined_numbers() -> None:
    batch = pa.record_batch([pa.array([float("nan"), float("inf"), float("-inf"), 1.5] * 8)], names=["c"])
    written = bytes(RowWriter([Column("c", types.DOUBLE)], [0]).write(ArrowRows(batch)))
    for part in (b"\x03NaN", b"\x08Infinity", b"\x09-Infinity", b"\x031.5"):
        assert written.count(part) == 8


def test_rows_without_columns() -> None:
    assert bytes(RowWriter([], []).write([(), ()])) == b"D\0\0\0\x06\0\0" * 2


def test_types_that_arrow_has_no_text_for_are_written_by_value() -> None:
    db = duckdb.connect()
    reader = db.execute("SELECT range::HUGEINT AS h, ('0' || range)::BLOB AS b FROM range(100)").to_arrow_reader(1000)
    chunk = ArrowRows(reader.read_next_batch())
    writer = RowWriter([Column("h", types.numeric(38, 0)), Column("b", types.VARBYTE)], [0, 0])
    assert bytes(writer.write(chunk)) == writer.write([(Decimal(n), f"0{n}".encode()) for n in range(100)])


def test_slices_bound_what_is_encoded_at_once() -> None:
    wide = ArrowRows(pa.record_batch([pa.array(["x" * 65_000] * 1000)], names=["c"]))
    parts = list(slices(wide))
    assert sum(map(len, parts)) == 1000
    assert max(len(part) for part in parts) * 65_000 <= rows.SLICE_BYTES
    assert [len(part) for part in slices(wide, 3)] == [3]
    assert [len(part) for part in slices([(1,)] * 5)] == [5]


def test_arrow_rows_are_a_sequence_of_tuples() -> None:
    chunk: Sequence[Any] = ArrowRows(
        pa.record_batch([pa.array([1, 2, 3]), pa.array(["a", "b", "c"])], names=["n", "s"])
    )
    assert list(chunk) == [(1, "a"), (2, "b"), (3, "c")]
    assert (chunk[0], chunk[-1]) == ((1, "a"), (3, "c"))
    assert list(chunk[1:]) == [(2, "b"), (3, "c")]
    with pytest.raises(StopIteration):
        chunk[3]
