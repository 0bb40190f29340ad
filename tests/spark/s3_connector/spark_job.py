"""A Spark job that writes partitioned tables in every way; run by test_spark.py, prints what it read back as JSON."""

import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 (as everyone calls it)

bucket, algorithm, mode = sys.argv[1:]
spark = (
    SparkSession.builder.config("spark.sql.sources.partitionOverwriteMode", mode)
    .config("spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", algorithm)
    .getOrCreate()
)
rows = spark.range(30).select("id", F.format_string("2026-01-%02d", F.col("id") % 3 + 1).alias("dt"), F.lit("a b+%").alias("kind"))
table = f"s3://{bucket}/table"
rows.write.mode("overwrite").partitionBy("dt", "kind").parquet(table)
rows.where("dt = '2026-01-02' and id < 10").write.mode("overwrite").partitionBy("dt", "kind").parquet(table)
rows.where("dt = '2026-01-03' and id < 3").write.mode("append").partitionBy("dt", "kind").parquet(table)
rows.where("false").write.mode("overwrite").json(f"s3a://{bucket}/empty")
read = spark.read.parquet(table).orderBy("dt", "id").collect()
print("ROWS", json.dumps([[row.id, str(row.dt), row.kind] for row in read]))
spark.stop()
