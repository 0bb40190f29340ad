"""Tags in a stand-in's SQLite file, by the ARN of what has them, for services that tag all their resources so."""

import sqlite3
from collections.abc import Mapping, Sequence

from amp_sandbox.standins.sqlite import transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS tags (
    resource TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (resource, key)
) WITHOUT ROWID;
"""


def list_tags(db: sqlite3.Connection, resource: str) -> dict[str, str]:
    """The tags of a resource."""
    found = db.execute("SELECT key, value FROM tags WHERE resource = ? ORDER BY key", (resource,))
    return {row["key"]: row["value"] for row in found}


def set_tags(db: sqlite3.Connection, resource: str, tags: Mapping[str, str]) -> None:
    """Add tags, replacing those of the same keys."""
    sql = "INSERT OR REPLACE INTO tags (resource, key, value) VALUES (?, ?, ?)"
    with transaction(db):
        db.executemany(sql, [(resource, key, value) for key, value in tags.items()])


def remove_tags(db: sqlite3.Connection, resource: str, keys: Sequence[str]) -> None:
    """Take tags off; keys that there are none of are no error."""
    with transaction(db):
        db.executemany("DELETE FROM tags WHERE resource = ? AND key = ?", [(resource, key) for key in keys])


def remove_all_tags(db: sqlite3.Connection, resource: str) -> None:
    """Forget the tags of a resource that is deleted."""
    db.execute("DELETE FROM tags WHERE resource = ?", (resource,))
