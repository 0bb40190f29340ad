"""Values as the protocol writes them, one at a time: parameters that come in, and results of a few rows.

`text(oid)` and `binary(oid)` make the encoder of one column; `parameter` reads what a client bound.

Numbers keep all their digits in text: a double is written as the shortest number that reads back as the same, where
Redshift by default rounds to 15 digits. VARBYTE is hexadecimal in text.

**Left out:** arrays, GEOMETRY and other types that the warehouse does not have; a binary parameter of such a type is
SQLSTATE 0A000.

https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES
"""

import datetime as dt
import math
import struct
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.errors import SqlError

Encoder = Callable[[Any], bytes]

EPOCH = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - a TIMESTAMP has no time zone
EPOCH_UTC = EPOCH.replace(tzinfo=dt.UTC)
EPOCH_DATE = EPOCH.date()
MICROSECOND = dt.timedelta(microseconds=1)
DAY_US = 86_400_000_000

_INT2, _INT4, _INT8 = struct.Struct("!h"), struct.Struct("!i"), struct.Struct("!q")
_FLOAT4, _FLOAT8 = struct.Struct("!f"), struct.Struct("!d")
_TIMETZ, _INTERVAL, _NUMERIC = struct.Struct("!qi"), struct.Struct("!qii"), struct.Struct("!hhHh")
_NUMERIC_NEGATIVE, _NUMERIC_NAN = 0x4000, 0xC000
_MOST_DIGITS = 1_000  # of a NUMERIC parameter; a column has at most 38

_TRUE = frozenset(("t", "tr", "tru", "true", "y", "ye", "yes", "1", "on"))
_FALSE = frozenset(("f", "fa", "fal", "fals", "false", "n", "no", "0", "of", "off"))


def text(oid: int) -> Encoder:
    """The encoder of a column in text."""
    return _TEXT.get(oid, _text_any)


def binary(oid: int) -> Encoder:
    """The encoder of a column in binary; the binary form of text is the text."""
    return _BINARY.get(oid, _text_any)


def parameter(data: bytes | None, oid: int, format_code: int) -> Any:
    """The value of a parameter of a type; a type of 0 is the statement's to tell, and gives text.

    Raises SqlError (22P02, 22P03) for what is no value of the type.
    """
    if data is None:
        return None
    if oid in _CHARACTERS:  # whose binary form is the text
        return _decoded(data)
    return _from_binary(data, oid) if format_code else _from_text(_decoded(data), oid)


def float_text(value: float) -> str:
    """A double or real in text."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    written = repr(value)
    return written[:-2] if written.endswith(".0") else written


def time_text(value: dt.time | dt.datetime) -> str:
    """The clock's part of a time, without zeros at its end."""
    clock = value.strftime("%H:%M:%S")
    return f"{clock}.{value.microsecond:06d}".rstrip("0") if value.microsecond else clock


def interval_text(value: dt.timedelta) -> str:
    """An INTERVAL as PostgreSQL writes one: `1 day 02:03:04.5`."""
    days, left = divmod(value, dt.timedelta(days=1))
    if days < 0 and left:  # the sign of a part is its own: -1 day +02:00 is written -22:00:00
        days, left = days + 1, left - dt.timedelta(days=1)
    sign = "-" if left < dt.timedelta() else ""
    clock = time_text((EPOCH + abs(left)).time())
    shown = f"{days} day{'' if abs(days) == 1 else 's'}" if days else ""
    return f"{shown} {sign}{clock}".strip() if left or not days else shown


def numeric_binary(value: Decimal) -> bytes:
    """A NUMERIC in binary: digits in base 10,000."""
    if value.is_nan():
        return _NUMERIC.pack(0, 0, _NUMERIC_NAN, 0)
    negative, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    scale = max(-exponent, 0)
    number = "".join(map(str, digits)) + "0" * max(exponent, 0)
    whole, fraction = (number[:-scale], number[-scale:].rjust(scale, "0")) if scale else (number, "")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    fraction = fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    groups = [int((whole + fraction)[at : at + 4]) for at in range(0, len(whole + fraction), 4)]
    weight = len(whole) // 4 - 1
    while groups and groups[0] == 0:
        groups, weight = groups[1:], weight - 1
    while groups and groups[-1] == 0:
        groups = groups[:-1]
    head = _NUMERIC.pack(len(groups), weight if groups else 0, _NUMERIC_NEGATIVE if negative and groups else 0, scale)
    return head + struct.pack(f"!{len(groups)}h", *groups)


def _from_binary(data: bytes, oid: int) -> Any:
    read = _FROM_BINARY.get(oid)
    if read is None:
        raise SqlError("0A000", f"binary parameters of the type with OID {oid} are not supported")
    try:
        return read(data)
    except (ValueError, OverflowError, struct.error) as error:
        raise SqlError("22P03", f"incorrect binary data format of type {types.BY_OID[oid].name}") from error


def _from_text(text: str, oid: int) -> Any:
    read = _FROM_TEXT.get(oid)
    if read is None:
        return text
    try:
        return read(text)
    except (ValueError, InvalidOperation) as error:
        message = f'invalid input syntax for type {types.BY_OID[oid].name}: "{text:.100}"'
        raise SqlError("22P02", message) from error


def _text_any(value: Any) -> bytes:
    return (
        value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, bytes) else str(value).encode()
    )


def _text_timestamp(value: dt.datetime) -> bytes:
    return f"{value.date().isoformat()} {time_text(value)}{_offset(value.utcoffset())}".encode()


def _offset(offset: dt.timedelta | None) -> str:
    if offset is None:
        return ""
    minutes = offset // dt.timedelta(minutes=1)
    hours, minutes = divmod(abs(minutes), 60)
    sign = "-" if offset < dt.timedelta() else "+"
    return f"{sign}{hours:02d}:{minutes:02d}" if minutes else f"{sign}{hours:02d}"


def _text_time(value: dt.time) -> bytes:
    return (time_text(value) + _offset(value.utcoffset())).encode()


_TEXT: dict[int, Encoder] = {
    types.BOOLEAN.oid: lambda value: b"t" if value else b"f",
    types.REAL.oid: lambda value: float_text(_shortest_real(value)).encode(),
    types.DOUBLE.oid: lambda value: float_text(value).encode(),
    types.NUMERIC_OID: lambda value: (f"{value:f}" if isinstance(value, Decimal) else str(value)).encode(),
    types.DATE.oid: lambda value: value.isoformat().encode(),
    types.TIME.oid: _text_time,
    types.TIMETZ.oid: _text_time,
    types.TIMESTAMP.oid: _text_timestamp,
    types.TIMESTAMPTZ.oid: _text_timestamp,
    types.INTERVAL.oid: lambda value: interval_text(value).encode(),
    types.VARBYTE.oid: lambda value: value.hex().encode(),
}


def _shortest_real(value: float) -> float:
    """The shortest double that is the same REAL: 0.1 and not 0.10000000149011612."""
    for digits in range(6, 10):
        shorter = float(f"{value:.{digits}g}")
        if _same_real(shorter, value):
            return shorter
    return value


def _same_real(one: float, other: float) -> bool:
    try:
        return _FLOAT4.pack(one) == _FLOAT4.pack(other)
    except OverflowError:
        return False


def _microseconds(value: dt.time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def _binary_timetz(value: dt.time) -> bytes:
    offset = value.utcoffset() or dt.timedelta()
    return _TIMETZ.pack(_microseconds(value), -int(offset.total_seconds()))


def _binary_timestamp(value: dt.datetime) -> bytes:
    return _INT8.pack((value - (EPOCH_UTC if value.tzinfo else EPOCH)) // MICROSECOND)


def _binary_interval(value: dt.timedelta) -> bytes:
    return _INTERVAL.pack(value.seconds * 1_000_000 + value.microseconds, value.days, 0)


_BINARY: dict[int, Encoder] = {
    types.BOOLEAN.oid: lambda value: b"\x01" if value else b"\x00",
    types.SMALLINT.oid: _INT2.pack,
    types.INTEGER.oid: _INT4.pack,
    types.OID.oid: lambda value: _INT4.pack(value if value < 2**31 else value - 2**32),
    types.BIGINT.oid: _INT8.pack,
    types.REAL.oid: _FLOAT4.pack,
    types.DOUBLE.oid: _FLOAT8.pack,
    types.NUMERIC_OID: lambda value: numeric_binary(Decimal(value)),
    types.DATE.oid: lambda value: _INT4.pack((value - EPOCH_DATE).days),
    types.TIME.oid: lambda value: _INT8.pack(_microseconds(value)),
    types.TIMETZ.oid: _binary_timetz,
    types.TIMESTAMP.oid: _binary_timestamp,
    types.TIMESTAMPTZ.oid: _binary_timestamp,
    types.INTERVAL.oid: _binary_interval,
    types.VARBYTE.oid: bytes,
}


def _decoded(data: bytes) -> str:
    try:
        decoded = data.decode()
    except UnicodeDecodeError as error:
        raise SqlError("22021", 'invalid byte sequence for encoding "UTF8"') from error
    if "\x00" in decoded:
        raise SqlError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    return decoded


def _boolean_of(value: str) -> bool:
    word = value.strip().lower()
    if word not in _TRUE and word not in _FALSE:
        raise ValueError(value)
    return word in _TRUE


def _integer_of(bits: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value.strip().replace("_", "x"), 10)
        if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
            raise ValueError(value)
        return number

    return read


def _decimal_of(value: str) -> Decimal:
    if len(value) > _MOST_DIGITS:
        raise ValueError(value)
    return Decimal(value.strip().replace("_", "x"))


def _numeric_of(data: bytes) -> Decimal:
    count, weight, sign, scale = _NUMERIC.unpack_from(data)
    if sign == _NUMERIC_NAN:
        return Decimal("NaN")
    if sign not in (0, _NUMERIC_NEGATIVE) or not 0 <= scale <= _MOST_DIGITS or abs(weight) > _MOST_DIGITS // 4:
        raise ValueError(sign)
    groups = struct.unpack(f"!{count}h", data[_NUMERIC.size :])
    if not all(0 <= group < 10_000 for group in groups):
        raise ValueError(groups)
    digits = "".join(f"{group:04d}" for group in groups)
    behind = scale - (count - 1 - weight) * 4  # digits that the scale has and the groups have not, or the reverse
    digits = digits + "0" * behind if behind >= 0 else digits[:behind]
    return Decimal((int(bool(sign)), tuple(map(int, digits or "0")), -scale))  # exact, whatever the context's precision


def _timestamptz_of(data: bytes) -> dt.datetime:
    return EPOCH_UTC + dt.timedelta(microseconds=_INT8.unpack(data)[0])


def _time_of(microseconds: int) -> dt.time:
    if not 0 <= microseconds < DAY_US:
        raise ValueError(microseconds)
    return (EPOCH + dt.timedelta(microseconds=microseconds)).time()


def _timetz_of(data: bytes) -> dt.time:
    microseconds, west = _TIMETZ.unpack(data)
    return _time_of(microseconds).replace(tzinfo=dt.timezone(dt.timedelta(seconds=-west)))


def _interval_of(data: bytes) -> dt.timedelta:
    microseconds, days, months = _INTERVAL.unpack(data)
    if months:
        raise SqlError("0A000", "parameters that are intervals of months are not supported in binary")
    return dt.timedelta(days=days, microseconds=microseconds)


# Times in text go to the warehouse as they are: its SQL reads more forms of them than Python does.
_CHARACTERS = frozenset((0, types.VARCHAR_OID, types.CHAR_OID, types.TEXT.oid, types.NAME.oid, types.UNKNOWN.oid, 4000))
_FROM_TEXT: dict[int, Callable[[str], Any]] = {
    types.BOOLEAN.oid: _boolean_of,
    types.SMALLINT.oid: _integer_of(16),
    types.INTEGER.oid: _integer_of(32),
    types.BIGINT.oid: _integer_of(64),
    types.OID.oid: _integer_of(64),
    types.REAL.oid: float,
    types.DOUBLE.oid: float,
    types.NUMERIC_OID: _decimal_of,
    types.VARBYTE.oid: lambda value: bytes.fromhex(value.removeprefix("\\x")),
}
_FROM_BINARY: dict[int, Callable[[bytes], Any]] = {
    types.BOOLEAN.oid: lambda data: bool(struct.unpack("!?", data)[0]),
    types.SMALLINT.oid: lambda data: _INT2.unpack(data)[0],
    types.INTEGER.oid: lambda data: _INT4.unpack(data)[0],
    types.BIGINT.oid: lambda data: _INT8.unpack(data)[0],
    types.OID.oid: lambda data: int(struct.unpack("!I", data)[0]),
    types.REAL.oid: lambda data: _FLOAT4.unpack(data)[0],
    types.DOUBLE.oid: lambda data: _FLOAT8.unpack(data)[0],
    types.NUMERIC_OID: _numeric_of,
    types.DATE.oid: lambda data: EPOCH_DATE + dt.timedelta(days=_INT4.unpack(data)[0]),
    types.TIME.oid: lambda data: _time_of(_INT8.unpack(data)[0]),
    types.TIMETZ.oid: _timetz_of,
    types.TIMESTAMP.oid: lambda data: EPOCH + dt.timedelta(microseconds=_INT8.unpack(data)[0]),
    types.TIMESTAMPTZ.oid: _timestamptz_of,
    types.INTERVAL.oid: _interval_of,
    types.VARBYTE.oid: bytes,
}
