"""Tags of databases and of crawlers; `kind` says of which, `owner` is the row's id."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Literal

from amp_sandbox.standins.sqlite import transaction

Tagged = Literal["database", "crawler"]


def set_tags(db: sqlite3.Connection, kind: Tagged, owner: int, tags: Mapping[str, str]) -> None:
    """Add tags, replacing those of the same keys."""
    with transaction(db):
        db.executemany(
            "INSERT INTO tags VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            [(kind, owner, key, value) for key, value in tags.items()],
        )


def remove_tags(db: sqlite3.Connection, kind: Tagged, owner: int, keys: Iterable[str]) -> None:
    """Take tags off; keys that are not there are no error."""
    with transaction(db):
        db.executemany(
            "DELETE FROM tags WHERE kind = ? AND owner = ? AND key = ?", [(kind, owner, key) for key in keys]
        )


def remove_all_tags(db: sqlite3.Connection, kind: Tagged, owner: int) -> None:
    """Take all tags off, as what has them goes."""
    db.execute("DELETE FROM tags WHERE kind = ? AND owner = ?", (kind, owner))


def list_tags(db: sqlite3.Connection, kind: Tagged, owner: int) -> dict[str, str]:
    """The tags, by key."""
    rows = db.execute("SELECT key, value FROM tags WHERE kind = ? AND owner = ? ORDER BY key", (kind, owner))
    return {row["key"]: row["value"] for row in rows}
