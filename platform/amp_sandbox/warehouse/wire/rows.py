"""Rows as DataRow messages, many at a time.

A chunk of rows comes as Arrow columns (`ArrowRows`) or as Python tuples. Columns are written by Arrow's compute
functions: each becomes a column of lengths and a column of bytes, and one join of all of them per row makes a buffer
that is the messages themselves. Python touches columns, not values; a million rows of six columns take a second or so.
A few rows, and columns of types that Arrow has no form for, are written value by value, with the same result.

**Left out:** columns of more than 2 GB in one chunk: `slices` keeps chunks far smaller.
"""

import struct
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.arrow_rows import ArrowRows
from amp_sandbox.warehouse.types import Column, Row
from amp_sandbox.warehouse.wire import values

# Below so many rows, calls of compute functions cost more than values.
FEW = 24
# What is encoded at once, so that a result of any size takes little memory.
SLICE_BYTES = 4 * 1024 * 1024

_INT32 = struct.Struct("!i")
_NULL = b"\xff\xff\xff\xff"
_EPOCH_DAYS = 10_957  # from 1970 to 2000
_EPOCH_US = _EPOCH_DAYS * values.DAY_US
_TIMESTAMP = pa.timestamp("us")
_WORD_DIGITS = 18  # that a number of 64 bits always holds


class RowWriter:
    """Writes the rows of one result: its columns, each in text (0) or binary (1)."""

    def __init__(self, columns: Sequence[Column], formats: Sequence[int]) -> None:
        self._oids = [column.type.oid for column in columns]
        self._formats = formats
        choose = (values.text, values.binary)
        self._single = [choose[code](oid) for oid, code in zip(self._oids, formats, strict=True)]
        self._head = b"D%b" + struct.pack("!h", len(columns))

    def write(self, rows: Sequence[Row]) -> bytes | memoryview:
        """The messages of some rows."""
        if isinstance(rows, ArrowRows) and len(rows) >= FEW:
            return self._many(rows)
        return b"".join(map(self._row, rows))

    def _row(self, row: Row) -> bytes:
        parts = []
        for encode, value in zip(self._single, row, strict=True):
            if value is None:
                parts.append(_NULL)
            else:
                data = encode(value)
                parts.append(_INT32.pack(len(data)))
                parts.append(data)
        body = b"".join(parts)
        return self._head % _INT32.pack(len(body) + 6) + body

    def _many(self, rows: ArrowRows) -> memoryview:
        count, head = len(rows), struct.pack("!h", len(self._oids))
        total: Any = pa.scalar(6 + 4 * len(self._oids), pa.int32())
        pieces: list[Any] = []
        for place, column in enumerate(rows.batch.columns):
            data = self._column(place, column, rows)
            lengths = pc.binary_length(data)
            if data.null_count:
                total = pc.add(total, pc.fill_null(lengths, 0))
                lengths, data = pc.fill_null(lengths, -1), pc.fill_null(data, b"")
            else:
                total = pc.add(total, lengths)
            pieces += [_big_endian(lengths, "i"), data]
        totals = _big_endian(total if pieces else pa.array([6] * count, pa.int32()), "i")
        joined = pc.binary_join_element_wise(pa.scalar(b"D"), totals, pa.scalar(head), *pieces, pa.scalar(b""))
        offsets, data = joined.buffers()[1:]
        assert joined.offset == 0
        end = memoryview(offsets).cast("i")[len(joined)] if offsets else 0
        return memoryview(data)[:end]

    def _column(self, place: int, column: pa.Array, rows: ArrowRows) -> pa.Array:
        oid, code = self._oids[place], self._formats[place]
        bulk = (_TEXT if code == 0 else _BINARY).get(oid)
        encoded = bulk(column) if bulk is not None else None
        if encoded is None:  # Arrow has no form for it
            encode = self._single[place]
            written = [None if value is None else encode(value) for value in rows.column(place)]
            return pa.array(written, pa.binary())
        return encoded


def slices(rows: Sequence[Row], most: int | None = None) -> Iterator[Sequence[Row]]:
    """Parts of a chunk that are encoded at once: at most `most` rows in all, a few megabytes in each."""
    count = len(rows) if most is None else min(most, len(rows))
    step = max(1, count)
    if isinstance(rows, ArrowRows) and rows.nbytes > SLICE_BYTES:
        step = max(1, len(rows) * SLICE_BYTES // rows.nbytes)
    for start in range(0, count, step):
        end = min(start + step, count)
        yield rows if (start, end) == (0, len(rows)) else rows[start:end]


def _bytes(column: pa.Array) -> pa.Array:
    return pc.cast(column, pa.binary())


def _text_any(column: pa.Array) -> pa.Array | None:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_large_string(kind):
        return _bytes(pc.cast(column, pa.string()))
    return None


def _text_boolean(column: pa.Array) -> pa.Array | None:
    return pc.if_else(column, pa.scalar(b"t"), pa.scalar(b"f")) if pa.types.is_boolean(column.type) else None


def _text_numeric(column: pa.Array) -> pa.Array | None:
    if pa.types.is_integer(column.type):
        return _text_any(column)
    if not pa.types.is_decimal(column.type):
        return None
    # Arrow writes 1E-8 where SQL writes 0.00000001.
    return _bytes(pc.cast(column, pa.string())) if column.type.scale <= 6 else None


def _text_float(column: pa.Array) -> pa.Array | None:
    if not pa.types.is_floating(column.type):
        return None
    written = pc.cast(column, pa.string())
    if not pc.all(pc.is_finite(column)).as_py():
        written = pc.if_else(pc.is_nan(column), "NaN", pc.replace_substring(written, "inf", "Infinity"))
    if pc.any(pc.match_substring(written, "e")).as_py():  # 1e-7 is written 1e-07
        written = pc.replace_substring_regex(written, r"e([+-])(\d)$", r"e\10\2")
    return _bytes(written)


def _text_date(column: pa.Array) -> pa.Array | None:
    return _bytes(pc.cast(column, pa.string())) if pa.types.is_date32(column.type) else None


def _text_time(column: pa.Array) -> pa.Array | None:
    if not pa.types.is_time64(column.type):
        return None
    return _bytes(_without_zeros(pc.cast(pc.cast(column, pa.time64("us"), safe=False), pa.string())))


def _text_timestamp(column: pa.Array) -> pa.Array | None:
    if not pa.types.is_timestamp(column.type) or column.type.tz is not None:
        return None
    return _bytes(_without_zeros(pc.cast(pc.cast(column, _TIMESTAMP, safe=False), pa.string())))


def _text_timestamptz(column: pa.Array) -> pa.Array | None:
    if not pa.types.is_timestamp(column.type) or column.type.tz != "UTC":
        return None  # another time zone of the session: value by value, with its offset at that time
    written = _text_timestamp(_naive(column))
    return pc.binary_join_element_wise(written, pa.scalar(b"+00"), pa.scalar(b""))


def _naive(column: pa.Array) -> pa.Array:
    """The instants in UTC, without a time zone."""
    return pc.cast(column, pa.timestamp("us", "UTC"), safe=False).view(pa.int64()).view(_TIMESTAMP)


def _without_zeros(written: pa.Array) -> pa.Array:
    return pc.utf8_rtrim(pc.utf8_rtrim(written, characters="0"), characters=".")


def _integers(kind: pa.DataType, code: str) -> Any:
    def write(column: pa.Array) -> pa.Array:
        return _big_endian(pc.cast(column, kind), code)

    return write


def _binary_boolean(column: pa.Array) -> pa.Array:
    return pc.if_else(column, pa.scalar(b"\x01"), pa.scalar(b"\x00"))


def _binary_date(column: pa.Array) -> pa.Array | None:
    if not pa.types.is_date32(column.type):
        return None
    return _big_endian(pc.subtract(column.view(pa.int32()), pa.scalar(_EPOCH_DAYS, pa.int32())), "i")


def _binary_time(column: pa.Array) -> pa.Array | None:
    if not pa.types.is_time64(column.type):
        return None
    return _big_endian(pc.cast(column, pa.time64("us"), safe=False).view(pa.int64()), "q")


def _binary_timestamp(column: pa.Array) -> pa.Array | None:
    if not pa.types.is_timestamp(column.type):
        return None
    instants = _naive(column) if column.type.tz else pc.cast(column, _TIMESTAMP, safe=False)
    return _big_endian(pc.subtract(instants.view(pa.int64()), pa.scalar(_EPOCH_US, pa.int64())), "q")


def _binary_numeric(column: pa.Array) -> pa.Array | None:
    """Digits in base 10,000 around the point. Zeros at either end stay, which readers skip, so all have one length."""
    kind = column.type
    if not pa.types.is_decimal128(kind) or kind.precision > _WORD_DIGITS:
        return None
    padding = -kind.scale % 4
    if kind.scale + padding > _WORD_DIGITS:
        return None
    unscaled = _low_words(column)
    magnitude = pc.abs(unscaled)
    whole = pc.divide(magnitude, pa.scalar(10**kind.scale, pa.int64()))
    fraction = pc.subtract(magnitude, pc.multiply(whole, pa.scalar(10**kind.scale, pa.int64())))
    before, after = -(-(kind.precision - kind.scale) // 4), (kind.scale + padding) // 4
    groups = _base_10000(whole, before) + _base_10000(pc.multiply(fraction, pa.scalar(10**padding, pa.int64())), after)
    positive, negative = (
        pa.scalar(struct.pack("!hhHh", before + after, before - 1, sign, kind.scale)) for sign in (0, 0x4000)
    )
    heads = pc.if_else(pc.less(unscaled, pa.scalar(0, pa.int64())), negative, positive)
    return pc.binary_join_element_wise(heads, *groups, pa.scalar(b""))


def _low_words(column: pa.Array) -> pa.Array:
    """Decimals of at most 18 digits as the whole numbers that they are kept as."""
    words = array("q")
    start = column.offset * 16
    words.frombytes(memoryview(column.buffers()[1])[start : start + len(column) * 16])
    bits = pc.is_valid(column).buffers()[1] if column.null_count else None
    return pa.Array.from_buffers(pa.int64(), len(column), [bits, pa.py_buffer(words[::2])])


def _base_10000(numbers: pa.Array, count: int) -> list[pa.Array]:
    groups: list[pa.Array] = []
    for _ in range(count):
        above = pc.divide(numbers, pa.scalar(10_000, pa.int64()))
        digits = pc.subtract(numbers, pc.multiply(above, pa.scalar(10_000, pa.int64())))
        groups.insert(0, _big_endian(pc.cast(digits, pa.int16()), "h"))
        numbers = above
    return groups


def _binary_varbyte(column: pa.Array) -> pa.Array | None:
    return _bytes(column) if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type) else None


def _big_endian(column: pa.Array, code: str) -> pa.Array:
    """Numbers as fixed-width values in network order; those that are NULL stay NULL."""
    swapped = array(code)
    width = swapped.itemsize
    buffer = column.buffers()[1]
    if buffer is not None:
        start = column.offset * width
        swapped.frombytes(memoryview(buffer)[start : start + len(column) * width])
    swapped.byteswap()
    validity = pc.is_valid(column) if column.null_count else None
    bits = None if validity is None else validity.buffers()[1]
    offsets = _offsets(len(column), width)
    return pa.BinaryArray.from_buffers(pa.binary(), len(column), [bits, offsets, pa.py_buffer(swapped)])


@lru_cache(maxsize=64)
def _offsets(count: int, width: int) -> pa.Buffer:
    return pa.py_buffer(array("i", range(0, width * (count + 1), width)))


_CHARACTERS = (
    types.VARCHAR_OID,
    types.CHAR_OID,
    types.TEXT.oid,
    types.NAME.oid,
    types.UNKNOWN.oid,
    types.SUPER.oid,
)
_TEXT = dict.fromkeys(
    (*_CHARACTERS, types.SMALLINT.oid, types.INTEGER.oid, types.BIGINT.oid, types.OID.oid), _text_any
) | {
    types.BOOLEAN.oid: _text_boolean,
    types.REAL.oid: _text_float,
    types.DOUBLE.oid: _text_float,
    types.NUMERIC_OID: _text_numeric,
    types.DATE.oid: _text_date,
    types.TIME.oid: _text_time,
    types.TIMESTAMP.oid: _text_timestamp,
    types.TIMESTAMPTZ.oid: _text_timestamptz,
}
_BINARY = dict.fromkeys(_CHARACTERS, _text_any) | {
    types.BOOLEAN.oid: _binary_boolean,
    types.SMALLINT.oid: _integers(pa.int16(), "h"),
    types.INTEGER.oid: _integers(pa.int32(), "i"),
    types.OID.oid: _integers(pa.uint32(), "I"),
    types.BIGINT.oid: _integers(pa.int64(), "q"),
    types.REAL.oid: _integers(pa.float32(), "f"),
    types.DOUBLE.oid: _integers(pa.float64(), "d"),
    types.NUMERIC_OID: _binary_numeric,
    types.DATE.oid: _binary_date,
    types.TIME.oid: _binary_time,
    types.TIMESTAMP.oid: _binary_timestamp,
    types.TIMESTAMPTZ.oid: _binary_timestamp,
    types.VARBYTE.oid: _binary_varbyte,
}
