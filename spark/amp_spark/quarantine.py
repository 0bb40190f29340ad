"""Rows and objects that could not become rows of a table: `_quarantine/<source>/dt=D/`, as lines of JSON.

Each has the `reason`, the URI of the raw `object`, and the `raw` line as it was; `raw` is null when it is the object as
a whole that cannot be read. D is the date in the object's path. Bytes that are not UTF-8 are replaced in `raw`.

A run replaces what earlier ones wrote for the dates that it reads.
"""

import re
from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from amp_spark.parse import REASON
from amp_spark.raw import Unreadable
from amp_spark.storage import delete
from amp_spark.tables import WRITER_OPTIONS

SCHEMA = StructType([StructField(name, StringType()) for name in ("reason", "object", "raw", "dt")])


def rejected(rows: DataFrame) -> DataFrame:
    """What to write of rows that have a reason."""
    return rows.where(F.col(REASON).isNotNull()).select(
        F.col(REASON).alias("reason"), "object", "raw", F.col("raw_dt").alias("dt")
    )


def write(
    session: SparkSession,
    root: str,
    source: str,
    rows: DataFrame,
    objects: Iterable[Unreadable],
    dates: Sequence[str],
    dates_with_rows: Iterable[str],
) -> None:
    """Replace the quarantine of some dates. `dates_with_rows` are those that `rows` has rows of."""
    broken = [(one.reason, one.uri, None, _date(one.uri)) for one in objects]
    folder = f"{root}/_quarantine/{source}"
    filled = {*dates_with_rows, *(dt for *_, dt in broken)}
    for dt in sorted({*dates} - filled):
        delete(session, f"{folder}/dt={dt}")
    if not filled:
        return
    both = rows.unionByName(session.createDataFrame(broken, SCHEMA)) if broken else rows
    ordered = both.repartition(1).sortWithinPartitions("dt", "object", "raw")
    options = {**WRITER_OPTIONS, "ignoreNullFields": "false"}
    ordered.write.mode("overwrite").partitionBy("dt").options(**options).json(folder)


def _date(uri: str) -> str:
    found = re.search("/dt=([^/]+)/[^/]+$", uri)
    return found[1] if found else "unknown"
