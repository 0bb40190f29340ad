"""Spark itself writes through the connector: both commit algorithms, static and dynamic overwrite, append."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.hadoop import JAR, java_home

JOB = Path(__file__).with_name("spark_job.py")
KIND = "a b+%"


def run(s3_port: int, *arguments: str) -> list[list[Any]]:
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
    done = subprocess.run([sys.executable, str(JOB), *arguments], env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("ROWS "))
    return list(json.loads(line.removeprefix("ROWS ")))


def rows(day: int, *ids: int) -> list[list[Any]]:
    return [[number, f"2026-01-{day:02}", KIND] for number in ids]


@pytest.mark.parametrize("algorithm", ["1", "2"])
@pytest.mark.parametrize("mode", ["static", "dynamic"])
def test_partitioned_writes_are_right_and_leave_only_files(algorithm: str, mode: str, s3_port: int, bucket: str, keys: Any) -> None:
    written = run(s3_port, bucket, algorithm, mode)
    second = rows(2, 1, 4, 7)
    if mode == "dynamic":
        assert written == rows(1, *range(0, 30, 3)) + second + sorted(rows(3, *range(2, 30, 3), 2))
    else:
        assert written == second + rows(3, 2)
    names = keys()
    assert [n for n in names if n.endswith("/") or "_temporary" in n or ".spark-staging" in n] == []
    assert {n.rpartition("/")[0] for n in names} == {"table", "empty"} | {f"table/dt={day}/kind={KIND.replace('%', '%25')}" for day in {r[1] for r in written}}
