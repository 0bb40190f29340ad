"""Everything the MWAA stand-in remembers, in one SQLite file; the only SQL of the package.

Each thread opens its own connection with `connect`, see `standins.sqlite`. The engine and the API both change an
environment's status; each change says from which status it may come, so that a deletion is not undone.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amp_sandbox.standins import sqlite, tags
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
    return sqlite.connect(path, _SCHEMA + tags.SCHEMA)


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
        tags.remove_all_tags(db, resource)


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
