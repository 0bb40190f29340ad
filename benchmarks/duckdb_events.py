"""The transformation of the Spark job `events`, in DuckDB: what the speed of Spark is compared with.

    python benchmarks/duckdb_events.py <raw> <target> <date> <days>

Both are folders, or both `s3://` buckets of the sandbox that the environment tells of.

Same columns, same dedupe, same partitions; a test compares the rows.

**Left out:** everything about bad input. A line that is no event ends it with an error; of copies that differ in more
than their time another one may stay.
"""

import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "spark"))
from amp_sandbox.lake.connection import local, private
from amp_sandbox.settings import load_settings
from amp_spark.columns import Column
from amp_spark.event_columns import ALL, EVENTS, table_name

_TYPES = {"string": "VARCHAR", "int": "INTEGER", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP"}


def transform(db: Any, raw: str, target: str, day: date, days: int) -> int:
    """Write the tables of the days up to one from the raw objects; answers how many rows they have."""
    dates = [(day - timedelta(days=back)).isoformat() for back in range(days)]
    globs = [f"{raw}/app_events/event_type=*/dt={dt}/*.gz" for dt in dates]
    files = [
        file for glob in globs for (file,) in db.execute("SELECT file FROM glob($glob)", {"glob": glob}).fetchall()
    ]
    db.execute(
        """
        CREATE TABLE events AS
        SELECT *, strftime(event_time, '%Y-%m-%d') AS dt
        FROM read_json($files, format = 'newline_delimited', columns = $columns, hive_partitioning = false)
        QUALIFY row_number() OVER (PARTITION BY event_type, event_id ORDER BY event_time) = 1
        """.replace("$columns", _columns(ALL)),
        {"files": files},
    )
    for event_type, columns in EVENTS.items():
        _write(db, event_type, columns, f"{target}/{table_name(event_type)}")
    [count] = db.execute("SELECT count(*) FROM events").fetchone()
    return int(count)


def _write(db: Any, event_type: str, columns: Sequence[Column], folder: str) -> None:
    names = ", ".join(column.name for column in columns)
    db.execute(
        f"""
        COPY (
            SELECT {names}, dt FROM events WHERE event_type = '{event_type}' ORDER BY dt, event_time, event_id
        ) TO '{folder}' (FORMAT parquet, COMPRESSION snappy, PARTITION_BY (dt), OVERWRITE_OR_IGNORE)
        """
    )


def _columns(columns: Sequence[Column]) -> str:
    return "{" + ", ".join(f"{column.name}: '{_TYPES[column.kind]}'" for column in columns) + "}"


if __name__ == "__main__":
    source, destination, last, how_many = sys.argv[1:]
    with private(load_settings()) if source.startswith("s3://") else local() as database:
        print(transform(database, source, destination, date.fromisoformat(last), int(how_many)))
