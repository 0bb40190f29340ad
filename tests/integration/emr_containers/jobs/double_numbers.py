"""Reads JSON lines from S3, doubles their `n` with what `--py-files` brings, and writes Parquet to S3."""

import sys

from doubling import double
from pyspark.sql import SparkSession
from pyspark.sql.functions import udf

source, target = sys.argv[1:]
spark = SparkSession.builder.getOrCreate()
rows = spark.read.json(source)
rows.withColumn("n", udf(double, "long")(rows.n)).write.parquet(target)
print("partitions:", spark.conf.get("spark.sql.shuffle.partitions"))
print("doubled", rows.count(), "rows")
spark.stop()
