"""A column of a raw row: its name, its type, and whether every row must have it.

Whole numbers are read as floating-point ones and then checked, as JSON may write 3 as 3.0; times are read as text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

Kind = Literal["string", "int", "bigint", "boolean", "timestamp", "strings"]

_TYPES: dict[Kind, DataType] = {
    "string": StringType(),
    "int": IntegerType(),
    "bigint": LongType(),
    "boolean": BooleanType(),
    "timestamp": TimestampType(),
    "strings": ArrayType(StringType()),
}
_READ_AS: dict[Kind, DataType] = {**_TYPES, "int": DoubleType(), "bigint": DoubleType(), "timestamp": StringType()}


@dataclass(frozen=True)
class Column:
    """A column of a raw row and of the table made of it."""

    name: str
    kind: Kind = "string"
    required: bool = True

    @property
    def type(self) -> DataType:
        """Its type in the table."""
        return _TYPES[self.kind]


def optional(name: str, kind: Kind = "string") -> Column:
    """A column that may be null."""
    return Column(name, kind, required=False)


def table_schema(columns: Iterable[Column]) -> StructType:
    """The schema of a table. Parquet's readers take every column as nullable, so it is declared so."""
    return StructType([StructField(column.name, column.type) for column in columns])


def json_schema(columns: Sequence[Column], unreadable: str) -> StructType:
    """The schema to read JSON with; a line that does not fit goes to the column `unreadable`."""
    fields = [StructField(column.name, _READ_AS[column.kind]) for column in columns]
    return StructType([*fields, StructField(unreadable, StringType())])
