"""The cluster that was made, and its tags, in one SQLite file; the only SQL of the package.

Each thread opens its own connection with `connect`, see `standins.sqlite`. Passwords are in the warehouse's database,
as what is kept of them, and never here.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amp_sandbox.standins import sqlite
from amp_sandbox.standins.sqlite import transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS clusters (
    name TEXT PRIMARY KEY,
    definition TEXT NOT NULL,
    secret_arn TEXT,
    created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS tags (
    cluster TEXT NOT NULL REFERENCES clusters(name) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (cluster, key)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Cluster:
    """A cluster as it was asked for; `secret_arn` is the secret of a managed master password."""

    name: str
    definition: Mapping[str, Any]
    secret_arn: str | None
    created_at: float
    tags: Mapping[str, str]


def connect(path: Path | str) -> sqlite3.Connection:
    """Open the file for one thread."""
    return sqlite.connect(path, _SCHEMA)


def create_cluster(
    db: sqlite3.Connection,
    name: str,
    definition: Mapping[str, Any],
    *,
    secret_arn: str | None,
    tags: Mapping[str, str],
    at: float,
) -> None:
    """Add a cluster."""
    with transaction(db):
        db.execute("INSERT INTO clusters VALUES (?, ?, ?, ?)", (name, json.dumps(dict(definition)), secret_arn, at))
        set_tags(db, name, tags)


def list_clusters(db: sqlite3.Connection) -> list[Cluster]:
    """All clusters."""
    rows = db.execute("SELECT name, definition, secret_arn, created_at FROM clusters ORDER BY name")
    return [
        Cluster(
            row["name"],
            json.loads(row["definition"]),
            row["secret_arn"],
            row["created_at"],
            dict(db.execute("SELECT key, value FROM tags WHERE cluster = ? ORDER BY key", (row["name"],)).fetchall()),
        )
        for row in rows
    ]


def update_cluster(db: sqlite3.Connection, name: str, definition: Mapping[str, Any], *, secret_arn: str | None) -> None:
    """Change what a cluster was asked for."""
    db.execute(
        "UPDATE clusters SET definition = ?, secret_arn = ? WHERE name = ?",
        (json.dumps(dict(definition)), secret_arn, name),
    )


def delete_cluster(db: sqlite3.Connection, name: str) -> None:
    """Remove a cluster and its tags."""
    db.execute("DELETE FROM clusters WHERE name = ?", (name,))


def set_tags(db: sqlite3.Connection, name: str, tags: Mapping[str, str]) -> None:
    """Add tags, or change their values."""
    db.executemany(
        "INSERT INTO tags VALUES (?, ?, ?) ON CONFLICT (cluster, key) DO UPDATE SET value = excluded.value",
        [(name, key, value) for key, value in tags.items()],
    )


def remove_tags(db: sqlite3.Connection, name: str, keys: list[str]) -> None:
    """Remove tags; those that are not there too."""
    db.executemany("DELETE FROM tags WHERE cluster = ? AND key = ?", [(name, key) for key in keys])
