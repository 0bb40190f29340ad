"""One Spark session for all tests, as small as it can be."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from support.hadoop import JAR, java_home

REPOSITORY = Path(__file__).parents[2]
sys.path[:0] = [str(REPOSITORY / name) for name in ("spark", "spark/jobs", "seed_data", "services/event_contracts")]
# The workers import what the tests do, and run on the same Python.
os.environ["PYTHONPATH"] = os.pathsep.join([str(REPOSITORY / "spark"), os.environ.get("PYTHONPATH", "")])
os.environ["PYSPARK_PYTHON"] = sys.executable
if home := java_home():
    os.environ["JAVA_HOME"] = home


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A session in this process, with two cores."""
    session = (
        SparkSession.builder.master("local[2]")
        .appName("tests")
        .config("spark.ui.enabled", "false")
        # The tests' rows are few: compiling well would take longer than it saves.
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .config("spark.driver.extraClassPath", str(JAR))
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.default.parallelism", "2")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
