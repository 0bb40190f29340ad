"""The tables of the lake that the marts read, made from the seed's events without Spark; and the marts in DuckDB.

The events are those of `amp_seed`, a week of a world of medium size. The tables have the columns that the marts read,
under the names and types that the Spark jobs write.

In process, the SQL of `airflow/dags/marts/` is sqlglot's translation from Redshift to DuckDB, with the parameters as
texts, and without what tells Redshift where rows are kept (`DISTKEY`, `SORTKEY`, `DISTSTYLE`, `NO SCHEMA BINDING`).
`lake` is a schema of views on the same Parquet files, as local copies.

**Left out:** how Spark divides a playback among days: it counts on the day on which it ended.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from amp_sandbox import aws, paths
from amp_sandbox.batch.crawls import crawl
from amp_sandbox.marts.files import Statement, marts
from amp_sandbox.settings import Settings
from amp_sandbox.stack import stack_outputs
from amp_seed import World, app_events, preset

FIRST_DAY, DAYS = date(2026, 3, 2), 7
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)

_EVENTS = """
CREATE TABLE events AS
SELECT event_id, event_type, event_time, user_id, session_id, p.*, strftime(event_time, '%Y-%m-%d') AS dt
FROM (SELECT *, properties AS p FROM read_json($path, format = 'newline_delimited', columns = {
    event_id: 'VARCHAR', event_type: 'VARCHAR', event_time: 'TIMESTAMP', user_id: 'VARCHAR', session_id: 'VARCHAR',
    properties: 'STRUCT(show_id VARCHAR, playback_id VARCHAR, is_live BOOLEAN, listened_seconds INTEGER, likes INTEGER,
                        peak_listener_count INTEGER, promotion_id VARCHAR, placement VARCHAR, variant VARCHAR)'
}))
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY event_time) = 1
"""
_EVENT = "event_id, event_time, user_id, session_id, show_id"
_TABLES = {
    "events_playback_started": f"SELECT {_EVENT}, playback_id, is_live, dt FROM events"
    " WHERE event_type = 'playback_started'",
    "events_promotion_shown": f"SELECT {_EVENT}, promotion_id, placement, variant, dt FROM events"
    " WHERE event_type = 'promotion_shown'",
    "events_promotion_clicked": f"SELECT {_EVENT}, promotion_id, placement, dt FROM events"
    " WHERE event_type = 'promotion_clicked'",
    "sessions": """
        SELECT session_id, min(user_id) AS user_id, min(user_id) LIKE 'anon_%' AS is_anonymous,
               min(event_time) AS started_at, count(*) AS events,
               count_if(event_type = 'playback_started') AS plays,
               coalesce(sum(listened_seconds)::BIGINT, 0) AS listened_seconds,
               coalesce((sum(listened_seconds) FILTER (is_live))::BIGINT, 0) AS live_listened_seconds,
               count_if(event_type = 'chat_message') AS chat_messages, coalesce(sum(likes)::BIGINT, 0) AS likes,
               count_if(event_type = 'follow_created') AS follows,
               count_if(event_type = 'promotion_clicked') AS promotion_clicks,
               strftime(min(event_time), '%Y-%m-%d') AS dt
        FROM events WHERE session_id IS NOT NULL GROUP BY session_id
    """,
    "show_engagement_daily": """
        SELECT show_id, count(DISTINCT user_id) FILTER (event_type = 'playback_started') AS listeners,
               max(peak_listener_count)::BIGINT AS peak_listeners,
               count_if(event_type = 'playback_started') AS plays,
               count_if(event_type = 'playback_started' AND is_live) AS live_plays,
               coalesce(sum(listened_seconds)::BIGINT, 0) AS listened_seconds,
               count_if(event_type = 'chat_message') AS chat_messages, coalesce(sum(likes)::BIGINT, 0) AS likes,
               count_if(event_type = 'call_in_requested') AS call_ins,
               count_if(event_type = 'poll_voted') AS poll_votes,
               count_if(event_type = 'follow_created') AS follows, dt
        FROM events WHERE show_id IS NOT NULL GROUP BY show_id, dt
    """,
}
_SHOWS = """
SELECT show_id, title, category, creator.creator_id AS creator_id, creator.display_name AS creator_display_name,
       promotion.kind AS promotion_kind
FROM read_json($path, format = 'newline_delimited', columns = {
    show_id: 'VARCHAR', title: 'VARCHAR', category: 'VARCHAR',
    creator: 'STRUCT(creator_id VARCHAR, display_name VARCHAR)', promotion: 'STRUCT(kind VARCHAR)'
})
"""
# Of raw, what the view of live listeners reads; the view is made, and not asked.
_RAW = """
CREATE TABLE lake_raw.app_events (
    event_id VARCHAR, event_type VARCHAR, event_time VARCHAR, show_id VARCHAR, listener_count BIGINT,
    peak_listener_count BIGINT, dt VARCHAR
)
"""
# Hours and scores are counted only: they are quotients, decimals in Redshift and doubles in DuckDB, so that 522 s are
# 0.15 h there and 0.14 h here.
_SUMMARY = {
    "engagement_by_show": "sum(listeners), count(listened_hours), count(title)",
    "engagement_by_creator": "sum(interactions), count(listened_hours), count(best_show)",
    "trending_shows": "sum(place), sum(listeners), count(score)",
    "daily_flash": "sum(sessions), sum(listeners), count(listened_hours)",
    "promotion_effectiveness": "sum(shown_plays), sum(clicks), count(uplift_low)",
    "retention": "sum(days_later), sum(listeners), sum(came_back)",
}


def write(lake: Path, events: int) -> int:
    """Write the transformed tables of so many events into a folder; answers how many events are in them."""
    world = World(preset("medium", seed=7, start=FIRST_DAY, days=DAYS))
    lake.mkdir()
    with tempfile.TemporaryDirectory(prefix="amp-bench-events-") as folder, duckdb.connect() as db:
        raw, shows = Path(folder) / "events.ndjson", Path(folder) / "shows.ndjson"
        with raw.open("w") as file:
            file.writelines(json.dumps(row.event) + "\n" for row in app_events(world, events))
        with shows.open("w") as file:
            file.writelines(json.dumps(show) + "\n" for show in world.shows())
        db.execute(_EVENTS, {"path": str(raw)})
        for table, sql in _TABLES.items():
            db.execute(f"COPY ({sql}) TO '{lake / table}' (FORMAT parquet, COMPRESSION snappy, PARTITION_BY (dt))")
        (lake / "shows_current").mkdir()
        target = lake / "shows_current" / "part-0.parquet"
        db.execute(f"COPY ({_SHOWS}) TO '{target}' (FORMAT parquet, COMPRESSION snappy)", {"path": str(shows)})
        [count] = db.execute("SELECT count(*) FROM events").fetchone() or (0,)
    return int(count)


def publish(settings: Settings, lake: Path) -> None:
    """Put the tables into the transformed bucket, where a crawl finds them."""
    s3 = aws.client(settings, "s3")
    for path in sorted(lake.rglob("*.parquet")):
        s3.upload_file(str(path), settings.transformed_bucket, path.relative_to(lake).as_posix())
    crawl(settings, stack_outputs(settings)["TransformedCrawler"])


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database of DuckDB's in process: in a file, as the warehouse's is, and on as many threads."""
    with (
        tempfile.TemporaryDirectory(prefix="amp-bench-duckdb-") as folder,
        duckdb.connect(Path(folder) / "bench.duckdb", config={"threads": 2}) as db,
    ):
        yield db


@contextmanager
def in_process(lake: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in a file whose schema `lake` are views on the tables of a folder."""
    with database() as db:
        db.execute("SET integer_division = true; SET TimeZone = 'UTC'")
        for schema in ("lake", "lake_raw", "marts"):
            db.execute(f"CREATE SCHEMA {schema}")
        db.execute(_RAW)
        for table in sorted(lake.iterdir()):
            parts = "/dt=*" if any(table.glob("dt=*")) else ""
            options = ", hive_partitioning = true, hive_types = {dt: VARCHAR}" if parts else ""
            files = f"read_parquet('{table}{parts}/*.parquet'{options})"
            db.execute(f"CREATE VIEW lake.{table.name} AS SELECT * FROM {files}")
        yield db


def build(db: duckdb.DuckDBPyConnection, first: date, last: date) -> None:
    """Build every mart: a transaction each, as in the warehouse."""
    days = {"first_day": first.isoformat(), "last_day": last.isoformat()}
    for mart in marts(paths.MARTS):
        db.begin()
        for statement in mart.statements:
            db.execute(translated(statement, days))
        db.commit()


def translated(statement: Statement, values: dict[str, str]) -> str:
    """A statement of the marts as DuckDB takes it."""

    def change(node: exp.Expression) -> exp.Expression | None:
        if isinstance(node, exp.Placeholder):
            return exp.Literal.string(values[node.name])
        if isinstance(node, exp.Properties):
            return None
        return node

    [parsed] = sqlglot.parse(statement.sql, read="redshift")
    tree = parsed.transform(change) if parsed is not None else None
    assert tree is not None
    tree.set("no_schema_binding", None)
    return tree.sql(dialect="duckdb")


def summary(connection: Any) -> dict[str, tuple[str, ...]]:
    """How many rows each mart has and what they add up to, by a connection to either side."""
    found = {}
    for table, columns in _SUMMARY.items():
        row = connection.execute(f"SELECT count(*), {columns} FROM marts.{table}").fetchone()
        found[table] = tuple(str(value) for value in row)
    return found
