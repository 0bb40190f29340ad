"""A Spark job that writes partitioned tables in every way; run by test_spark.py, prints what it read back as JSON."""

import json
import sys
from itertools import product

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

bucket = sys.argv[1]
spark = SparkSession.builder.getOrCreate()
rows = spark.range(30).select(
    "id", F.format_string("2026-01-%02d", F.col("id") % 3 + 1).alias("dt"), F.lit("a b+%").alias("kind")
)
for algorithm, mode in product(["1", "2"], ["static", "dynamic"]):
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", mode)
    spark.conf.set("mapreduce.fileoutputcommitter.algorithm.version", algorithm)
    table = f"s3://{bucket}/{mode}_{algorithm}"
    rows.write.mode("overwrite").partitionBy("dt", "kind").parquet(table)
    rows.where("dt = '2026-01-02' and id < 10").write.mode("overwrite").partitionBy("dt", "kind").parquet(table)
    rows.where("dt = '2026-01-03' and id < 3").write.mode("append").partitionBy("dt", "kind").parquet(table)
    read = spark.read.parquet(table).orderBy("dt", "id").collect()
    print("ROWS", json.dumps([mode, algorithm, [[row.id, str(row.dt), row.kind] for row in read]]))
rows.where("false").write.mode("overwrite").json(f"s3a://{bucket}/empty")
spark.stop()
