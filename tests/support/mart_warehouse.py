"""A warehouse without a sandbox, whose lake is plain tables: for tests of marts and of what reads them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from amp_sandbox import paths
from amp_sandbox.marts.files import Mart, for_psycopg, marts
from amp_sandbox.warehouse.engine import Options
from amp_sandbox.warehouse.host import Host

PASSWORD = "Master-pass1"
ANALYST_PASSWORD = "Analyst-pass1"

# What the marts read of the lake's tables, and no more.
LAKE: Mapping[str, str] = {
    "sessions": "dt VARCHAR(10), session_id VARCHAR(40), user_id VARCHAR(40), is_anonymous BOOLEAN, plays BIGINT,"
    " listened_seconds BIGINT, live_listened_seconds BIGINT, chat_messages BIGINT, likes BIGINT, follows BIGINT,"
    " promotion_clicks BIGINT",
    "show_engagement_daily": "dt VARCHAR(10), show_id VARCHAR(40), listeners BIGINT, peak_listeners BIGINT,"
    " plays BIGINT, live_plays BIGINT, listened_seconds BIGINT, chat_messages BIGINT, likes BIGINT, call_ins BIGINT,"
    " poll_votes BIGINT, follows BIGINT",
    "shows_current": "show_id VARCHAR(40), title VARCHAR(256), category VARCHAR(64), creator_id VARCHAR(64),"
    " creator_display_name VARCHAR(256), promotion_kind VARCHAR(64)",
    "events_promotion_shown": "dt VARCHAR(10), session_id VARCHAR(40), promotion_id VARCHAR(40), show_id VARCHAR(40),"
    " variant VARCHAR(20), event_time TIMESTAMP",
    "events_promotion_clicked": "dt VARCHAR(10), session_id VARCHAR(40), promotion_id VARCHAR(40)",
    "events_playback_started": "dt VARCHAR(10), session_id VARCHAR(40), show_id VARCHAR(40), event_time TIMESTAMP",
}
_BUILT = ("engagement_by_show", "engagement_by_creator", "trending_shows", "daily_flash", "promotion_effectiveness")


class MartWarehouse:
    """The warehouse, and a superuser's connection to it."""

    def __init__(self, host: Host) -> None:
        self.port = host.port
        self.db = self.connect("awsuser", PASSWORD)
        for name in ("lake", "marts"):
            self.db.execute(f"CREATE SCHEMA {name}")
        for name, columns in LAKE.items():
            self.db.execute(f"CREATE TABLE lake.{name} ({columns})")
        self.db.execute("CREATE GROUP analysts")
        self.db.execute(f"CREATE USER analyst PASSWORD '{ANALYST_PASSWORD}' IN GROUP analysts")
        self.db.execute("GRANT USAGE ON SCHEMA marts TO GROUP analysts")
        self.db.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA marts GRANT SELECT ON TABLES TO GROUP analysts")

    def connect(self, user: str, password: str) -> "psycopg.Connection[tuple[Any, ...]]":
        where = {"host": "127.0.0.1", "port": self.port, "dbname": "amp"}
        return psycopg.connect(**where, user=user, password=password, autocommit=True)

    def analyst(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return self.connect("analyst", ANALYST_PASSWORD)

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows of plain values; columns that a row has not are NULL."""
        for row in rows:
            names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
            self.db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))

    def build(self, first: date, last: date, *names: str) -> None:
        """Build marts, as the DAG does: all of those of the lake's tables, unless told."""
        values = {"first_day": first.isoformat(), "last_day": last.isoformat()}
        for mart in marts(paths.MARTS):
            if mart.name in (names or (*_BUILT, "retention")):
                self._build(mart, values)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """A query's rows."""
        return self.db.execute(sql.encode()).fetchall()

    def _build(self, mart: Mart, values: Mapping[str, str]) -> None:
        for statement in mart.statements:
            taken = {name: values[name] for name in statement.parameters}
            self.db.execute(for_psycopg(statement).encode(), taken)


@contextmanager
def mart_warehouse(folder: Path) -> Iterator[MartWarehouse]:
    """A warehouse with an empty lake and no marts."""
    host = Host(Options(folder=folder / "database", superuser_password=PASSWORD), 0)
    host.start()
    try:
        made = MartWarehouse(host)
        yield made
        made.db.close()
    finally:
        host.stop()
