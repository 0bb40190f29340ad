"""What a job does, for `class_archive` to see which classes it takes. Run by Spark, with a folder to work in.

It goes the ways of `spark/jobs`: JSON lines read with a schema, cleaned, joined, windowed, aggregated, and written as
partitioned Parquet. The classes of an executor, which is in the same process here, and of the S3 client are loaded by
name.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - what everybody calls it

LOADED_BY_NAME = (
    "org.apache.spark.deploy.client.StandaloneAppClient",
    "org.apache.spark.executor.CoarseGrainedExecutorBackend$",
    "org.apache.spark.executor.ExecutorLogUrlHandler",
    "org.apache.spark.scheduler.cluster.StandaloneSchedulerBackend",
    "org.apache.spark.scheduler.EventLoggingListener",
    "org.apache.spark.shuffle.sort.SortShuffleManager",
    "org.apache.spark.storage.ShuffleBlockFetcherIterator",
    "org.apache.spark.api.python.PythonWorkerFactory",
    "amp.s3.S3FileSystem",
)


def main(folder: Path) -> None:
    """Read, change and write a few rows."""
    spark = SparkSession.builder.getOrCreate()
    source, target = folder / "source", folder / "target"
    source.mkdir()
    rows = [{"id": f"e{n}", "kind": f"k{n % 3}", "at": f"2026-03-0{n % 5 + 1}T10:00:00Z", "n": n} for n in range(200)]
    (source / "rows.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = spark.read.text(source.as_uri())
    parsed = lines.withColumn("row", F.from_json("value", "id string, kind string, at string, n bigint"))
    events = parsed.select("row.*").withColumn("time", F.to_timestamp("at")).withColumn("dt", F.to_date("time"))
    known = events.groupBy("kind").agg(F.count("*").alias("rows"), F.countDistinct("id").alias("ids"), F.avg("n"))
    latest = events.withColumn("place", F.row_number().over(Window.partitionBy("kind").orderBy(F.desc("time"))))
    joined = latest.where("place <= 50").join(F.broadcast(known), "kind", "left").join(events.select("id"), "id")
    joined.dropDuplicates(["id"]).write.mode("overwrite").partitionBy("dt").parquet(target.as_uri())
    back = spark.read.parquet(target.as_uri()).where("dt >= '2026-03-02'")
    back.cache().orderBy("id").limit(5).collect()
    back.groupBy("dt").pivot("kind").sum("n").write.mode("overwrite").json((folder / "json").as_uri())
    jvm: Any = spark._jvm
    for name in LOADED_BY_NAME:
        jvm.java.lang.Class.forName(name)
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
