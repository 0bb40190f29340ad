"""Spark itself writes through the connector: both commit algorithms, static and dynamic overwrite, append."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.hadoop import JAR, java_home

JOB = Path(__file__).with_name("spark_job.py")
KIND = "a b+%"


def run(s3_port: int, bucket: str) -> list[Any]:
    conf = {
        "spark.driver.extraClassPath": str(JAR),
        "spark.ui.enabled": "false",
        "spark.hadoop.fs.s3.impl": "amp.s3.S3FileSystem",
        "spark.hadoop.fs.s3a.impl": "amp.s3.S3FileSystem",
        "spark.hadoop.fs.s3a.endpoint": f"http://127.0.0.1:{s3_port}",
        "spark.hadoop.fs.s3a.access.key": "test",
        "spark.hadoop.fs.s3a.secret.key": "test",
        "spark.sql.shuffle.partitions": "2",
    }
    submit = " ".join(["--master local[2]", *(f"--conf {key}={value}" for key, value in conf.items()), "pyspark-shell"])
    environment = os.environ | {"PYSPARK_SUBMIT_ARGS": submit, "PYSPARK_PYTHON": sys.executable}
    if java_home():
        environment["JAVA_HOME"] = str(java_home())
    done = subprocess.run(
        [sys.executable, str(JOB), bucket], env=environment, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return [json.loads(line.removeprefix("ROWS ")) for line in done.stdout.splitlines() if line.startswith("ROWS ")]


def rows(day: int, *ids: int) -> list[list[Any]]:
    return [[number, f"2026-01-{day:02}", KIND] for number in ids]


def test_partitioned_writes_are_right_and_leave_only_files(s3_port: int, bucket: str, keys: Any) -> None:
    written = run(s3_port, bucket)
    second = rows(2, 1, 4, 7)
    dynamic = rows(1, *range(0, 30, 3)) + second + sorted(rows(3, *range(2, 30, 3), 2))
    static = second + rows(3, 2)
    expected = [("static", "1", static), ("dynamic", "1", dynamic), ("static", "2", static), ("dynamic", "2", dynamic)]
    assert written == [list(one) for one in expected]
    names = keys()
    assert [name for name in names if name.endswith("/") or "_temporary" in name or ".spark-staging" in name] == []
    folders = {
        f"{mode}_{alg}/dt={day}/kind=a b+%25" for mode, alg, found in expected for day in {row[1] for row in found}
    }
    assert {name.rpartition("/")[0] for name in names} == folders | {"empty"} | {f"{m}_{alg}" for m, alg, _ in expected}
