"""A raw and a transformed folder for the jobs, and rows to give to their transforms."""

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from amp_spark.event_columns import EVENTS
from amp_spark.raw import LINES
from amp_spark.schemas import empty, table_schema

DAY = date(2026, 11, 20)
_TAKES_DAYS = ("events", "sessions", "show_engagement")


@dataclass(frozen=True)
class Lake:
    """Two folders in the place of buckets."""

    raw: Path
    transformed: Path

    def run(self, job: str, *, day: date = DAY, days: int = 3) -> None:
        """Run a job as spark-submit does, in this process."""
        arguments = ["--raw", self.raw.as_uri(), "--transformed", self.transformed.as_uri(), "--date", day.isoformat()]
        if job in _TAKES_DAYS:
            arguments += ["--days", str(days)]
        importlib.import_module(job).main(arguments)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """A table's rows in the order in which they are stored, with `dt` where there is one."""
        found: list[dict[str, Any]] = []
        for path in sorted((self.transformed / table).rglob("*.parquet"), key=lambda path: path.parent):
            day = {"dt": path.parent.name.removeprefix("dt=")} if path.parent.name.startswith("dt=") else {}
            found += [row | day for row in pq.ParquetFile(path).read().to_pylist()]
        return found

    def quarantine(self, source: str) -> list[dict[str, Any]]:
        """What is in quarantine, with `dt`; objects by name."""
        found = []
        for path in sorted((self.transformed / "_quarantine" / source).glob("dt=*/*.json")):
            for line in path.read_text().splitlines():
                row = json.loads(line)
                found.append(row | {"dt": path.parent.name[3:], "object": row["object"].rsplit("/", 1)[1]})
        return found

    def report(self, job: str, day: date = DAY) -> dict[str, Any]:
        """What a run reported."""
        report: dict[str, Any] = json.loads((self.transformed / f"_reports/{job}/dt={day}.json").read_text())
        return report


@pytest.fixture
def lake(tmp_path: Path, spark: SparkSession) -> Lake:
    """Empty folders."""
    del spark  # the jobs find it themselves
    return new_lake(tmp_path)


def new_lake(folder: Path) -> Lake:
    made = Lake(folder / "raw", folder / "transformed")
    made.raw.mkdir()
    made.transformed.mkdir()
    return made


@pytest.fixture(scope="session")
def make_lake() -> Callable[[Path], Lake]:
    """Makes empty folders in one."""
    return new_lake


@pytest.fixture(scope="session")
def utc(spark: SparkSession) -> SparkSession:
    """The session with the settings of the jobs, for transforms on their own."""
    from amp_spark.job import open_session

    return open_session("tests") if spark else spark


@pytest.fixture(scope="session")
def raw_lines(utc: SparkSession) -> Callable[..., DataFrame]:
    """Lines as they are read from an object of a folder."""

    def make(*lines: object, raw_dt: str = DAY.isoformat(), raw_type: str = "") -> DataFrame:
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        rows = [(text, f"o{number}", raw_dt, raw_type) for number, text in enumerate(texts)]
        return utc.createDataFrame(utc.sparkContext.parallelize(rows, 1), LINES)

    return make


@pytest.fixture(scope="session")
def event_tables(utc: SparkSession) -> Callable[[Sequence[Mapping[str, Any]]], dict[str, DataFrame]]:
    """Tables of events from flat events, as the job `events` writes them; a table for every type."""

    def make(events: Sequence[Mapping[str, Any]]) -> dict[str, DataFrame]:
        tables = {}
        for event_type, columns in EVENTS.items():
            rows = [
                tuple(one.get(column.name) for column in columns) for one in events if one["event_type"] == event_type
            ]
            schema = table_schema(columns)
            few = utc.sparkContext.parallelize(rows, 1)
            tables[event_type] = utc.createDataFrame(few, schema) if rows else empty(utc, schema)
        return tables

    return make
