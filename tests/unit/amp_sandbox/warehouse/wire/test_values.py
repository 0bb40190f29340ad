import datetime as dt
import struct
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer

from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.wire import values

PLUS_TWO = dt.timezone(dt.timedelta(hours=2))
INDIA = dt.timezone(dt.timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    # As PostgreSQL writes them: https://www.postgresql.org/docs/current/datatype.html
    [
        (types.BOOLEAN, True, b"t"),
        (types.BOOLEAN, False, b"f"),
        (types.BIGINT, -5, b"-5"),
        (types.DOUBLE, 1.0, b"1"),
        (types.DOUBLE, 1e20, b"1e+20"),
        (types.DOUBLE, 1e-7, b"1e-07"),
        (types.DOUBLE, float("nan"), b"NaN"),
        (types.DOUBLE, float("-inf"), b"-Infinity"),
        (types.REAL, struct.unpack("f", struct.pack("f", 0.1))[0], b"0.1"),
        (types.numeric(18, 8), Decimal("0.00000001"), b"0.00000001"),
        (types.numeric(18, 2), Decimal("1.50"), b"1.50"),
        (types.DATE, dt.date(2026, 1, 2), b"2026-01-02"),
        (types.TIME, dt.time(1, 2, 3, 450_000), b"01:02:03.45"),
        (types.TIMETZ, dt.time(1, 2, 3, tzinfo=PLUS_TWO), b"01:02:03+02"),
        (types.TIMESTAMP, dt.datetime(2026, 1, 2, 3, 4, 5), b"2026-01-02 03:04:05"),  # noqa: DTZ001
        (types.TIMESTAMPTZ, dt.datetime(2026, 1, 2, tzinfo=INDIA), b"2026-01-02 00:00:00+05:30"),
        (types.INTERVAL, dt.timedelta(days=1, hours=2, microseconds=500_000), b"1 day 02:00:00.5"),
        (types.INTERVAL, dt.timedelta(), b"00:00:00"),
        (types.INTERVAL, dt.timedelta(days=-2), b"-2 days"),
        (types.INTERVAL, -dt.timedelta(hours=1), b"-01:00:00"),
        (types.VARBYTE, b"\x00\xff", b"00ff"),
        (types.VARCHAR_ANY, "caf\u00e9", "caf\u00e9".encode()),
        (types.SUPER, '{"a":1}', b'{"a":1}'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_text(kind: types.RedshiftType, value: Any, written: bytes) -> None:
    assert values.text(kind.oid)(value) == written


def psycopg_reads(oid: int, data: bytes) -> Any:
    """What psycopg makes of a binary value: an implementation of the format that is not ours."""
    return Transformer().get_loader(oid, 1).load(data)  # type: ignore[arg-type]


MICROSECONDS = st.timedeltas(dt.timedelta(days=-900_000), dt.timedelta(days=900_000))
NAIVE = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 30))  # noqa: DTZ001
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**20), max_value=10**20)


@given(
    st.one_of(
        st.tuples(st.just(types.BOOLEAN), st.booleans()),
        st.tuples(st.just(types.SMALLINT), st.integers(-(2**15), 2**15 - 1)),
        st.tuples(st.just(types.INTEGER), st.integers(-(2**31), 2**31 - 1)),
        st.tuples(st.just(types.BIGINT), st.integers(-(2**63), 2**63 - 1)),
        st.tuples(st.just(types.REAL), st.floats(width=32, allow_nan=False)),
        st.tuples(st.just(types.DOUBLE), st.floats(allow_nan=False)),
        st.tuples(st.just(types.numeric(38, 10)), DECIMALS),
        st.tuples(st.just(types.DATE), st.dates()),
        st.tuples(st.just(types.TIME), st.times()),
        st.tuples(st.just(types.TIMESTAMP), NAIVE),
        st.tuples(st.just(types.TIMESTAMPTZ), NAIVE.map(lambda moment: moment.replace(tzinfo=dt.UTC))),
        st.tuples(st.just(types.INTERVAL), MICROSECONDS),
        st.tuples(
            st.just(types.VARCHAR_ANY), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
        ),
    )
)
def test_binary_is_read_by_psycopg_and_by_ourselves(case: tuple[types.RedshiftType, Any]) -> None:
    kind, value = case
    written = values.binary(kind.oid)(value)
    assert psycopg_reads(kind.oid, written) == value
    assert values.parameter(written, kind.oid, 1) == value


@given(DECIMALS)
def test_numbers_in_text_are_read_back(value: Decimal) -> None:
    kind = types.numeric(38, 10)
    assert values.parameter(values.text(kind.oid)(value), kind.oid, 0) == value


@given(st.floats(allow_nan=False))
def test_doubles_in_text_keep_all_digits(value: float) -> None:
    assert float(values.text(types.DOUBLE.oid)(value)) == value


@given(
    st.integers(-(2**63), 2**63 - 1)
    | st.decimals(allow_nan=False, allow_infinity=False, max_value=10**30, min_value=-(10**30))
)
def test_numbers_that_psycopg_binds_in_binary(value: Any) -> None:
    dumper = Transformer().get_dumper(value, PyFormat.BINARY)
    dumper = dumper.upgrade(value, PyFormat.BINARY)
    assert values.parameter(bytes(dumper.dump(value) or b""), dumper.oid, 1) == value


@pytest.mark.parametrize(
    ("data", "oid", "code", "sqlstate"),
    [
        (b"x", types.INTEGER.oid, 0, "22P02"),
        (b"99999999999", types.INTEGER.oid, 0, "22P02"),
        (b"1_000", types.INTEGER.oid, 0, "22P02"),
        (b"maybe", types.BOOLEAN.oid, 0, "22P02"),
        (b"1" * 2000, types.NUMERIC_OID, 0, "22P02"),
        (b"one", types.NUMERIC_OID, 0, "22P02"),
        (b"xyz", types.VARBYTE.oid, 0, "22P02"),
        (b"\x01", types.INTEGER.oid, 1, "22P03"),
        (b"\x01" * 9, types.BIGINT.oid, 1, "22P03"),
        (b"", types.NUMERIC_OID, 1, "22P03"),
        (struct.pack("!hhHhh", 1, 30000, 0, 0, 1), types.NUMERIC_OID, 1, "22P03"),
        (struct.pack("!hhHhh", 1, 0, 0, 0, 20000), types.NUMERIC_OID, 1, "22P03"),
        (struct.pack("!q", 2**62), types.TIMESTAMP.oid, 1, "22P03"),
        (struct.pack("!q", -1), types.TIME.oid, 1, "22P03"),
        (b"\x00\x00\x00\x00", 600, 1, "0A000"),  # a point
        (b"\xff", types.VARCHAR_OID, 0, "22021"),
        (b"a\x00b", types.VARCHAR_OID, 0, "22021"),
    ],
)
def test_what_is_no_value_is_refused(data: bytes, oid: int, code: int, sqlstate: str) -> None:
    with pytest.raises(SqlError) as raised:
        values.parameter(data, oid, code)
    assert raised.value.sqlstate == sqlstate


def test_null_and_text_of_an_unknown_type() -> None:
    assert values.parameter(None, 0, 0) is None
    assert values.parameter(b"2026-01-01", 0, 0) == "2026-01-01"
    assert values.parameter(b"2026-01-01", types.DATE.oid, 0) == "2026-01-01"
