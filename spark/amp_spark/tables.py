"""Tables in the transformed bucket: Parquet, either whole or by date in `dt=`.

The rows of a table, or of a date, are in one file, in the order of their keys: written again from the same rows they
are the same row by row. The file's name differs. A table that has no rows at all is a file without rows: a crawler
makes tables of what it finds, and whoever asks for one that is not there fails.

**Left out:** more than one file for a date of a table. At ROWS_PER_FILE it is divided, by row count.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from amp_spark.errors import JobError
from amp_spark.schemas import empty
from amp_spark.storage import delete, entries, entries_of, exists

ROWS_PER_FILE = 10_000_000
ROWS_PER_TASK = 1_000_000
WRITER_OPTIONS: dict[str, Any] = {
    # An empty object _SUCCESS beside the data tells readers on S3 nothing that the report does not.
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    # A task's files are moved once, not twice: on S3 each move is a copy. No reader sees them too early for it: dates
    # are put in place at the very end, and a whole table is one file.
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
}
_DT = StructField("dt", StringType())


def write_table(rows: DataFrame, uri: str, keys: Sequence[str]) -> None:
    """Replace a whole table."""
    ordered = rows.repartition(1).sortWithinPartitions(*keys)
    ordered.write.mode("overwrite").options(**_options()).parquet(uri)


def write_dates(
    session: SparkSession,
    rows: DataFrame,
    uri: str,
    keys: Sequence[str],
    dates: Sequence[str],
    filled: Mapping[str, int],
) -> None:
    """Replace some dates of a table, which has the column `dt`; rows of a date are in one partition.

    `filled` says how many rows there are of each date that has any.
    """
    if filled:
        # A task that has nothing to write costs as much as one that has.
        ordered = rows.coalesce(1 + sum(filled.values()) // ROWS_PER_TASK).sortWithinPartitions("dt", *keys)
        ordered.write.mode("overwrite").partitionBy("dt").options(**_options()).parquet(uri)
    gone = {f"dt={dt}" for dt in dates if dt not in filled}
    for entry in entries(session, uri) if gone else ():
        if entry.is_folder and entry.name in gone:
            delete(session, entry.uri)
    if not filled and not entries(session, uri):
        rows.drop("dt").limit(0).write.options(**_options()).parquet(f"{uri}/dt={max(dates)}")


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
        return empty(session, whole)
    return session.read.option("basePath", uri).schema(whole).parquet(*files)


def _options() -> dict[str, Any]:
    return {**WRITER_OPTIONS, "maxRecordsPerFile": ROWS_PER_FILE}
