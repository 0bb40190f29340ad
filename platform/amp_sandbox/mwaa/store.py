"""Everything the MWAA stand-in remembers, in one SQLite file; the only SQL of the package.

Each thread opens its own connection with `connect`, see `standins.sqlite`. The engine and the API both change an
environment's status; each change says from which status it may come, so that a deletion is not undone.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amp_sandbox.standins import sqlite
from amp_sandbox.standins.sqlite import transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS environments (
    name TEXT PRIMARY KEY,
    settings TEXT NOT NULL,
    wanted TEXT,
    status TEXT NOT NULL,
    created_at REAL NOT NULL,
    last_update TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tags (
    resource TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (resource, key)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Environment:
    """One environment: the settings that it has, and those that an update under way gives it.

    `last_update` has AWS's members, with the time in seconds since 1970.
    """

    name: str
    settings: dict[str, Any]
    wanted: dict[str, Any] | None
    status: str
    created_at: float
    last_update: dict[str, Any] | None


def connect(path: Path | str) -> sqlite3.Connection:
    """Open the file for one thread, making it when it is missing."""
    return sqlite.connect(path, _SCHEMA)


def create(db: sqlite3.Connection, name: str, settings: Mapping[str, Any], *, at: float) -> None:
    """A new environment, CREATING."""
    db.execute(
        "INSERT INTO environments (name, settings, status, created_at) VALUES (?, ?, 'CREATING', ?)",
        (name, json.dumps(settings), at),
    )


def get(db: sqlite3.Connection, name: str) -> Environment | None:
    """The environment of that name, or None."""
    return next(_environments(db, "WHERE name = ?", name), None)


def list_all(db: sqlite3.Connection) -> list[Environment]:
    """Every environment, by name."""
    return list(_environments(db, "ORDER BY name"))


def begin_update(
    db: sqlite3.Connection, environment: Environment, wanted: Mapping[str, Any], last_update: Mapping[str, Any]
) -> None:
    """Make the environment UPDATING, towards the wanted settings."""
    db.execute(
        "UPDATE environments SET status = 'UPDATING', wanted = ?, last_update = ? WHERE name = ?",
        (json.dumps(wanted), json.dumps(last_update), environment.name),
    )


def finish(
    db: sqlite3.Connection,
    environment: Environment,
    status: str,
    settings: Mapping[str, Any],
    last_update: Mapping[str, Any] | None,
) -> None:
    """End a creation or an update, unless the environment is being deleted by now."""
    db.execute(
        "UPDATE environments SET status = ?, settings = ?, wanted = NULL, last_update = ?"
        " WHERE name = ? AND status = ?",
        (
            status,
            json.dumps(settings),
            json.dumps(last_update) if last_update else None,
            environment.name,
            environment.status,
        ),
    )


def begin_delete(db: sqlite3.Connection, name: str) -> None:
    """Make the environment DELETING."""
    db.execute("UPDATE environments SET status = 'DELETING' WHERE name = ?", (name,))


def delete(db: sqlite3.Connection, name: str, resource: str) -> None:
    """Forget an environment, and its tags by its ARN."""
    with transaction(db):
        db.execute("DELETE FROM environments WHERE name = ?", (name,))
        db.execute("DELETE FROM tags WHERE resource = ?", (resource,))


# Tags, by ARN


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


def _environments(db: sqlite3.Connection, rest: str, *values: object) -> Iterator[Environment]:
    for row in db.execute(f"SELECT * FROM environments {rest}", values):  # noqa: S608 - `rest` is of this module
        yield Environment(
            row["name"],
            json.loads(row["settings"]),
            json.loads(row["wanted"]) if row["wanted"] else None,
            row["status"],
            row["created_at"],
            json.loads(row["last_update"]) if row["last_update"] else None,
        )
