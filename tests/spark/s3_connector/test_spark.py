"""Spark itself writes through the connector: both commit algorithms, static and dynamic overwrite, append."""

from itertools import product
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

KIND = "a b+%"
SETTINGS = {
    "fs.s3.impl": "amp.s3.S3FileSystem",
    "fs.s3a.impl": "amp.s3.S3FileSystem",
    "fs.s3a.access.key": "test",
    "fs.s3a.secret.key": "test",
    "mapreduce.outputcommitter.factory.scheme.s3a": "org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory",
    "spark.sql.shuffle.partitions": "2",
}


def write_and_read(session: SparkSession, bucket: str) -> list[Any]:
    """Write partitioned tables in every way; answers what was read back of each."""
    rows = session.range(30).select(
        "id", F.format_string("2026-01-%02d", F.col("id") % 3 + 1).alias("dt"), F.lit(KIND).alias("kind")
    )
    found = []
    for algorithm, mode in product(["1", "2"], ["static", "dynamic"]):
        session.conf.set("spark.sql.sources.partitionOverwriteMode", mode)
        session.conf.set("mapreduce.fileoutputcommitter.algorithm.version", algorithm)
        table = f"s3://{bucket}/{mode}_{algorithm}"
        rows.write.mode("overwrite").partitionBy("dt", "kind").parquet(table)
        rows.where("dt = '2026-01-02' and id < 10").write.mode("overwrite").partitionBy("dt", "kind").parquet(table)
        rows.where("dt = '2026-01-03' and id < 3").write.mode("append").partitionBy("dt", "kind").parquet(table)
        read = session.read.parquet(table).orderBy("dt", "id").collect()
        found.append((mode, algorithm, [(row.id, str(row.dt), row.kind) for row in read]))
    rows.where("false").write.mode("overwrite").json(f"s3a://{bucket}/empty")
    return found


def rows_of(day: int, *ids: int) -> list[tuple[int, str, str]]:
    return [(number, f"2026-01-{day:02}", KIND) for number in ids]


def test_partitioned_writes_are_right_and_leave_only_files(
    spark: SparkSession, s3_port: int, bucket: str, keys: Any
) -> None:
    session = spark.newSession()
    for key, value in {**SETTINGS, "fs.s3a.endpoint": f"http://127.0.0.1:{s3_port}"}.items():
        session.conf.set(key, value)
    written = write_and_read(session, bucket)
    second = rows_of(2, 1, 4, 7)
    dynamic = rows_of(1, *range(0, 30, 3)) + second + sorted(rows_of(3, *range(2, 30, 3), 2))
    static = second + rows_of(3, 2)
    expected = [("static", "1", static), ("dynamic", "1", dynamic), ("static", "2", static), ("dynamic", "2", dynamic)]
    assert written == expected
    names = keys()
    assert [name for name in names if name.endswith("/") or "_temporary" in name or ".spark-staging" in name] == []
    folders = {
        f"{mode}_{alg}/dt={day}/kind=a b+%25" for mode, alg, found in expected for day in {row[1] for row in found}
    }
    assert {name.rpartition("/")[0] for name in names} == folders | {"empty"} | {f"{m}_{alg}" for m, alg, _ in expected}
