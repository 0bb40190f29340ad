"""The schemas of tables and of raw lines, from lists of columns.

Whole numbers are read as floating-point ones and then checked, as JSON may write 3 as 3.0; times are read as text.
"""

from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame, SparkSession
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

from amp_spark.columns import Column, Kind

TYPES: dict[Kind, DataType] = {
    "string": StringType(),
    "int": IntegerType(),
    "bigint": LongType(),
    "boolean": BooleanType(),
    "timestamp": TimestampType(),
    "strings": ArrayType(StringType()),
}
_READ_AS: dict[Kind, DataType] = {**TYPES, "int": DoubleType(), "bigint": DoubleType(), "timestamp": StringType()}


def table_schema(columns: Iterable[Column]) -> StructType:
    """The schema of a table. Parquet's readers take every column as nullable, so it is declared so."""
    return StructType([StructField(column.name, TYPES[column.kind]) for column in columns])


def json_schema(columns: Sequence[Column], unreadable: str) -> StructType:
    """The schema to read JSON with; a line that does not fit goes to the column `unreadable`."""
    fields = [StructField(column.name, _READ_AS[column.kind]) for column in columns]
    return StructType([*fields, StructField(unreadable, StringType())])


def empty(session: SparkSession, schema: StructType) -> DataFrame:
    """No rows, in no partition: of an empty list Spark would make tasks that have nothing to do."""
    return session.createDataFrame(session.sparkContext.emptyRDD(), schema)
