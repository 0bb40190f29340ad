"""Tables in the transformed bucket: Parquet, either whole or by date in `dt=`.

The rows of a table, or of a date, are in one file, in the order of their keys: written again from the same rows they
are the same row by row. The file's name differs.

**Left out:** more than one file for a date of a table. At ROWS_PER_FILE it is divided, by row count.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from amp_spark.errors import JobError
from amp_spark.storage import delete, entries, entries_of, exists

ROWS_PER_FILE = 10_000_000
WRITER_OPTIONS: dict[str, Any] = {
    # An empty object _SUCCESS beside the data tells readers on S3 nothing that the report does not.
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
_DT = StructField("dt", StringType())


def write_table(rows: DataFrame, uri: str, keys: Sequence[str]) -> None:
    """Replace a whole table."""
    ordered = rows.repartition(1).sortWithinPartitions(*keys)
    ordered.write.mode("overwrite").options(**_options()).parquet(uri)


def write_dates(
    session: SparkSession, rows: DataFrame, uri: str, keys: Sequence[str], dates: Sequence[str], filled: Iterable[str]
) -> None:
    """Replace some dates of a table, which has the column `dt`. `filled` are the dates there are rows of."""
    gone = sorted({*dates} - {*filled})
    if len(gone) < len(dates):
        ordered = rows.sortWithinPartitions("dt", *keys)
        ordered.write.mode("overwrite").partitionBy("dt").options(**_options()).parquet(uri)
    for entry in entries(session, uri):
        if entry.is_folder and entry.name in {f"dt={dt}" for dt in gone}:
            delete(session, entry.uri)


def read_table(session: SparkSession, uri: str, schema: StructType, made_by: str) -> DataFrame:
    """A whole table; JobError when it is not there."""
    if not exists(session, uri):
        raise JobError(f"{uri} does not exist; run the job {made_by} first")
    return session.read.schema(schema).parquet(uri)


def read_dates(session: SparkSession, uri: str, schema: StructType, dates: Sequence[str]) -> DataFrame:
    """Some dates of a table, with the column `dt`; no rows for those that are not there."""
    wanted = {f"dt={dt}" for dt in dates}
    found = [entry.uri for entry in entries(session, uri) if entry.is_folder and entry.name in wanted]
    files = [one.uri for folder in entries_of(session, found) for one in folder]
    whole = StructType([*schema.fields, _DT])
    if not files:
        return session.createDataFrame([], whole)
    return session.read.option("basePath", uri).schema(whole).parquet(*files)


def _options() -> dict[str, Any]:
    return {**WRITER_OPTIONS, "maxRecordsPerFile": ROWS_PER_FILE}
