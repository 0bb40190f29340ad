"""The SQLite file itself: its tables, and how it is opened."""

import sqlite3
from pathlib import Path

from amp_sandbox.standins import sqlite

_SCHEMA = """
CREATE TABLE IF NOT EXISTS streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    arn TEXT NOT NULL,
    definition TEXT NOT NULL,
    status TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    status_at REAL NOT NULL,
    failure TEXT
);
CREATE TABLE IF NOT EXISTS tags (
    stream_id INTEGER NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (stream_id, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS direct_records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream_id INTEGER NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    arrived_ms INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS direct_records_by_stream ON direct_records(stream_id, id);
CREATE TABLE IF NOT EXISTS checkpoints (
    stream_id INTEGER NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    shard_id TEXT NOT NULL,
    source_created TEXT NOT NULL,
    sequence TEXT,
    ordinal INTEGER NOT NULL,
    settled BLOB NOT NULL,
    finished INTEGER NOT NULL,
    updated_at REAL NOT NULL,
    PRIMARY KEY (stream_id, shard_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream_id INTEGER NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    records INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    first_arrival_ms INTEGER NOT NULL,
    last_arrival_ms INTEGER NOT NULL,
    shards TEXT NOT NULL,
    positions BLOB,
    source_created TEXT NOT NULL,
    planned_at REAL NOT NULL,
    delivered_at REAL
);
CREATE INDEX IF NOT EXISTS deliveries_by_stream ON deliveries(stream_id, id);
CREATE INDEX IF NOT EXISTS deliveries_planned ON deliveries(stream_id) WHERE delivered_at IS NULL;
CREATE TABLE IF NOT EXISTS stats (
    stream_id INTEGER NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (stream_id, name)
) WITHOUT ROWID;
"""


def connect(path: Path | str) -> sqlite3.Connection:
    """Open the store for one thread, making the file and its tables when they are missing."""
    return sqlite.connect(path, _SCHEMA)
