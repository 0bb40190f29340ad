"""From lines of JSON to typed columns, and what is wrong with the lines that do not fit.

A line is sound when it is one JSON object in UTF-8 and nothing else, every required column has a value, and every value
has its column's type. Rows keep their `raw` line until they are known to be sound.

**Left out:** patterns, lengths and vocabularies: the Lambda functions before raw hold every event against its contract.
Columns that are not listed stay in raw. A string column takes a number as its digits.
"""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from amp_spark.columns import Column
from amp_spark.schemas import TYPES, json_schema

REASON = "quarantine_reason"

_UNREADABLE = "_unreadable"
_LARGEST = {"int": float(2**31 - 1), "bigint": float(2**53)}
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z$"
_OPTIONS = {"columnNameOfCorruptRecord": _UNREADABLE, "allowNonNumericNumbers": "false"}


def parse(lines: DataFrame, columns: Sequence[Column], *rules: Expression) -> DataFrame:
    """Add the columns of each line of `raw`, and `quarantine_reason`, null for a sound one.

    Rules are reasons too, each null for a row that keeps it; they see the raw values in the struct `row`.
    """
    others = [name for name in lines.columns if name != "raw"]
    parsed = lines.select("raw", *others, F.from_json("raw", json_schema(columns, _UNREADABLE), _OPTIONS).alias("row"))
    values = [_typed(column).alias(column.name) for column in columns]
    required = [missing(column.name) for column in columns if column.required]
    reason = F.coalesce(_unreadable(), first_of(required), *rules, first_of([_misfit(column) for column in columns]))
    return parsed.select("raw", *others, *values, reason.alias(REASON))


def missing(column: str, where: Expression | None = None) -> Expression:
    """The reason of a row that lacks a column, where it must have it."""
    absent = _raw(column).isNull()
    return F.when(absent if where is None else absent & where, F.lit(f"{column} is missing"))


def missing_by_type(columns: Mapping[str, Sequence[Column]], type_of: Expression) -> list[Expression]:
    """Reasons for what rows lack that their own type must have."""
    types: dict[str, list[str]] = {}
    for event_type, its in columns.items():
        for column in its:
            if column.required:
                types.setdefault(column.name, []).append(event_type)
    return [missing(name, None if len(of) == len(columns) else type_of.isin(of)) for name, of in sorted(types.items())]


def first_of(reasons: Sequence[Expression]) -> Expression:
    """The first reason there is."""
    return F.coalesce(F.lit(None).cast("string"), *reasons)


def _raw(column: str) -> Expression:
    return F.col(f"row.{column}")


def _unreadable() -> Expression:
    line = F.col("raw")
    octets = line.cast("binary")
    return (
        F.when(octets != F.encode(F.decode(octets, "UTF-8"), "UTF-8"), F.lit("the line is not UTF-8"))
        .when(~F.coalesce(_is_one_object(line), F.lit(False)), F.lit("the line is not one JSON object"))
        .when(F.col("row").isNull() | _raw(_UNREADABLE).isNotNull(), F.lit("a value has another type than its column"))
    )


def _is_one_object(line: Expression) -> Expression:
    """Spark reads the first object of a line and ignores what follows; so the line is counted as part of an array."""
    elements = F.json_array_length(F.concat(F.lit("["), line, F.lit("]")))
    return F.trim(line).startswith("{") & (elements == 1)


def _typed(column: Column) -> Expression:
    if column.kind == "timestamp":
        return F.expr(f"try_cast(row.{column.name} AS timestamp)")
    return _raw(column.name).cast(TYPES[column.kind])


def _misfit(column: Column) -> Expression:
    value = _raw(column.name)
    if column.kind == "timestamp":
        wrong = ~value.rlike(_TIME) | F.expr(f"try_cast(row.{column.name} AS timestamp)").isNull()
        return F.when(value.isNotNull() & wrong, F.lit(f"{column.name} is not a time in UTC"))
    if column.kind in _LARGEST:
        wrong = (value != F.floor(value)) | (F.abs(value) > _LARGEST[column.kind])
        return F.when(wrong, F.lit(f"{column.name} is not a whole number"))
    return F.lit(None).cast("string")
