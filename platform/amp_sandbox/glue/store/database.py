"""The SQLite file itself: its tables, and how it is opened."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from amp_sandbox.standins import sqlite

_SCHEMA = """
CREATE TABLE IF NOT EXISTS databases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS tags (
    kind TEXT NOT NULL,
    owner INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, owner, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tables (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    database_id INTEGER NOT NULL REFERENCES databases(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (database_id, name)
);
CREATE TABLE IF NOT EXISTS table_versions (
    table_id INTEGER NOT NULL REFERENCES tables(id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    definition TEXT NOT NULL,
    updated_at REAL NOT NULL,
    PRIMARY KEY (table_id, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS partitions (
    table_id INTEGER NOT NULL REFERENCES tables(id) ON DELETE CASCADE,
    vals TEXT NOT NULL,
    definition TEXT NOT NULL,
    created_at REAL NOT NULL,
    PRIMARY KEY (table_id, vals)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS crawlers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    schedule_state TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS crawls (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    crawler_id INTEGER NOT NULL REFERENCES crawlers(id) ON DELETE CASCADE,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,
    error TEXT,
    summary TEXT
);
CREATE INDEX IF NOT EXISTS crawls_by_crawler ON crawls(crawler_id, number);
CREATE TABLE IF NOT EXISTS crawled_folders (
    crawler_id INTEGER NOT NULL REFERENCES crawlers(id) ON DELETE CASCADE,
    folder TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    found TEXT NOT NULL,
    PRIMARY KEY (crawler_id, folder)
) WITHOUT ROWID;
"""


class ExistsError(Exception):
    """The name, or the partition's values, are taken."""


def connect(path: Path | str) -> sqlite3.Connection:
    """Open the store for one thread, making the file and its tables when they are missing."""
    return sqlite.connect(path, _SCHEMA)


def insert(db: sqlite3.Connection, statement: str, values: Sequence[Any]) -> int:
    """Run an INSERT and answer the row's id; raises `ExistsError` when its key is taken."""
    try:
        return db.execute(statement, values).lastrowid or 0
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorname in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
            raise ExistsError from error
        raise
