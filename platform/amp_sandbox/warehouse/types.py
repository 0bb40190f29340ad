"""Redshift's data types, and the columns and results of statements.

A type is known by its OID and modifier, as clients are told it; by its SQL name, as catalogs show it; and by the type
that DuckDB keeps it in.

Values in rows are Python's: None, bool, int, float, `Decimal`, str, bytes (VARBYTE), `date`, `time`, `datetime` (naive
for TIMESTAMP; aware for TIMESTAMPTZ), `timedelta` (INTERVAL). SUPER is its JSON text.

**Left out:** GEOMETRY, GEOGRAPHY, HLLSKETCH (SQLSTATE 0A000).

https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from amp_sandbox.warehouse import errors

Row = tuple[Any, ...]

MAX_VARCHAR = 65535
MAX_CHAR = 4096


@dataclass(frozen=True)
class RedshiftType:
    """A type with its modifier. `size` is PostgreSQL's typlen (-1: varying), `typmod` its modifier (-1: none)."""

    name: str  # without modifier, as format_type() shows it
    oid: int
    size: int
    duckdb: str
    typmod: int = -1

    def sql(self) -> str:
        """The type as Redshift shows it: `character varying(20)`, `numeric(18,0)`."""
        if self.typmod < 0:
            return self.name
        if self.oid == NUMERIC_OID:
            return f"{self.name}({self.precision},{self.scale})"
        return f"{self.name}({self.typmod - 4})"

    @property
    def length(self) -> int | None:
        """The most bytes of a CHAR or VARCHAR; None for other types, and for text of no stated length."""
        return self.typmod - 4 if self.oid in (VARCHAR_OID, CHAR_OID) and self.typmod >= 0 else None

    @property
    def precision(self) -> int:
        """Digits of a NUMERIC."""
        return (self.typmod - 4) >> 16

    @property
    def scale(self) -> int:
        """Digits of a NUMERIC after the point."""
        return (self.typmod - 4) & 0xFFFF


VARCHAR_OID = 1043
CHAR_OID = 1042
NUMERIC_OID = 1700

BOOLEAN = RedshiftType("boolean", 16, 1, "BOOLEAN")
SMALLINT = RedshiftType("smallint", 21, 2, "SMALLINT")
INTEGER = RedshiftType("integer", 23, 4, "INTEGER")
BIGINT = RedshiftType("bigint", 20, 8, "BIGINT")
REAL = RedshiftType("real", 700, 4, "FLOAT")
DOUBLE = RedshiftType("double precision", 701, 8, "DOUBLE")
DATE = RedshiftType("date", 1082, 4, "DATE")
TIME = RedshiftType("time without time zone", 1083, 8, "TIME")
TIMETZ = RedshiftType("time with time zone", 1266, 12, "TIMETZ")
TIMESTAMP = RedshiftType("timestamp without time zone", 1114, 8, "TIMESTAMP")
TIMESTAMPTZ = RedshiftType("timestamp with time zone", 1184, 8, "TIMESTAMPTZ")
INTERVAL = RedshiftType("interval", 1186, 16, "INTERVAL")
SUPER = RedshiftType("super", 4000, -1, "JSON")
VARBYTE = RedshiftType("binary varying", 6551, -1, "BLOB")
OID = RedshiftType("oid", 26, 4, "BIGINT")
NAME = RedshiftType("name", 19, 128, "VARCHAR")
TEXT = RedshiftType("text", 25, -1, "VARCHAR")
UNKNOWN = RedshiftType("unknown", 705, -2, "VARCHAR")
VARCHAR_ANY = RedshiftType("character varying", VARCHAR_OID, -1, "VARCHAR")


def varchar(length: int = 256) -> RedshiftType:
    """VARCHAR(length), in bytes."""
    if not 1 <= length <= MAX_VARCHAR:
        raise errors.invalid_parameter(f"length for type varchar must be between 1 and {MAX_VARCHAR}")
    return RedshiftType("character varying", VARCHAR_OID, -1, "VARCHAR", length + 4)


def char(length: int = 1) -> RedshiftType:
    """CHAR(length), in bytes."""
    if not 1 <= length <= MAX_CHAR:
        raise errors.invalid_parameter(f"length for type char must be between 1 and {MAX_CHAR}")
    return RedshiftType("character", CHAR_OID, -1, "VARCHAR", length + 4)


def numeric(precision: int = 18, scale: int = 0) -> RedshiftType:
    """NUMERIC(precision, scale)."""
    if not 1 <= precision <= 38:
        raise errors.invalid_parameter(f"NUMERIC precision {precision} must be between 1 and 38")
    if not 0 <= scale <= precision:
        raise errors.invalid_parameter(f"NUMERIC scale {scale} must be between 0 and precision {precision}")
    typmod = (precision << 16 | scale) + 4
    return RedshiftType("numeric", NUMERIC_OID, -1, f"DECIMAL({precision},{scale})", typmod)


BY_OID = {
    one.oid: one
    for one in (
        BOOLEAN,
        SMALLINT,
        INTEGER,
        BIGINT,
        REAL,
        DOUBLE,
        DATE,
        TIME,
        TIMETZ,
        TIMESTAMP,
        TIMESTAMPTZ,
        INTERVAL,
        SUPER,
        VARBYTE,
        OID,
        NAME,
        TEXT,
        UNKNOWN,
        VARCHAR_ANY,
    )
} | {CHAR_OID: RedshiftType("character", CHAR_OID, -1, "VARCHAR"), NUMERIC_OID: numeric(38, 10)}


@dataclass(frozen=True)
class Column:
    """A column of a result."""

    name: str
    type: RedshiftType


@dataclass
class Result:
    """What a statement answered. Rows are read once, in chunks, while they are computed.

    `columns` is None for statements without rows. `command_tag` is complete once the rows have been read: for SELECT
    it counts them. `close` gives up the rest; reading to the end closes too.
    """

    command: str  # SELECT, INSERT, CREATE TABLE …
    columns: tuple[Column, ...] | None = None
    chunks: Iterator[Sequence[Row]] = field(default_factory=lambda: iter(()))
    row_count: int | None = None  # rows read so far, inserted, updated …

    def __iter__(self) -> Iterator[Sequence[Row]]:
        for chunk in self.chunks:
            self.row_count = (self.row_count or 0) + len(chunk)
            yield chunk

    def rows(self) -> list[Row]:
        """All rows that are left, at once. For small results."""
        return [row for chunk in self for row in chunk]

    @property
    def command_tag(self) -> str:
        """PostgreSQL's tag: `SELECT 5`, `INSERT 0 3`, `CREATE TABLE`."""
        if self.command == "INSERT":
            return f"INSERT 0 {self.row_count or 0}"
        if self.command in ("SELECT", "UPDATE", "DELETE", "FETCH", "MERGE", "COPY"):
            return f"{self.command} {self.row_count or 0}"
        return self.command

    def close(self) -> None:
        """Give up the rows that are left."""
        close = getattr(self.chunks, "close", None)
        if close is not None:
            close()


def table(command: str, columns: Sequence[Column], rows: Sequence[Row]) -> Result:
    """A result whose rows are there."""
    return Result(command, tuple(columns), iter([list(rows)] if rows else []))
