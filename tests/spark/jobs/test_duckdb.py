"""The DuckDB that the benchmark compares Spark with does the same work: the same rows."""

import subprocess
from datetime import date

from support.raw_lake import put_world

from amp_spark.event_columns import EVENTS

REPOSITORY_PYTHON = ".venv/bin/python"


def test_duckdb_makes_the_same_tables_of_events(lake, tmp_path, pytestconfig):
    day = date(2026, 11, 20)
    put_world(lake.raw, day, days=2, events=1_000)
    lake.run("events")
    other = type(lake)(lake.raw, tmp_path / "duckdb")
    other.transformed.mkdir()
    command = [REPOSITORY_PYTHON, "benchmarks/duckdb_events.py", lake.raw, other.transformed, day.isoformat(), "3"]
    done = subprocess.run(command, cwd=pytestconfig.rootpath, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    tables = [f"events_{event_type}" for event_type in EVENTS]
    assert sum(len(lake.rows(table)) for table in tables) == int(done.stdout)
    for table in tables:
        assert sorted(map(repr, other.rows(table))) == sorted(map(repr, lake.rows(table))), table
