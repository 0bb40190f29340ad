"""Delivery streams and their tags."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from amp_sandbox.standins.sqlite import transaction


class StreamExistsError(Exception):
    """A delivery stream with this name exists already."""


@dataclass(frozen=True)
class Stream:
    """One delivery stream.

    `definition` is the CreateDeliveryStream input, as updated since, without its tags.
    """

    id: int
    name: str
    arn: str
    definition: dict[str, Any]
    status: str
    version: int
    created_at: float
    updated_at: float
    status_at: float
    failure: str | None = None


def create_stream(
    db: sqlite3.Connection,
    name: str,
    arn: str,
    definition: Mapping[str, Any],
    *,
    at: float,
    tags: Mapping[str, str] | None = None,
) -> Stream:
    """Add a stream in status CREATING, version 1; raises `StreamExistsError` when the name is taken."""
    with transaction(db):
        if get_stream(db, name) is not None:
            raise StreamExistsError(name)
        db.execute(
            "INSERT INTO streams (name, arn, definition, status, version, created_at, updated_at, status_at)"
            " VALUES (?, ?, ?, 'CREATING', 1, ?, ?, ?)",
            (name, arn, json.dumps(definition), at, at, at),
        )
        set_tags(db, name, tags or {})
        stream = get_stream(db, name)
    assert stream is not None
    return stream


def get_stream(db: sqlite3.Connection, name: str) -> Stream | None:
    """The stream of that name, or None."""
    row = db.execute("SELECT * FROM streams WHERE name = ?", (name,)).fetchone()
    return None if row is None else _stream(row)


def list_streams(db: sqlite3.Connection) -> list[Stream]:
    """All streams, by name."""
    return [_stream(row) for row in db.execute("SELECT * FROM streams ORDER BY name")]


def set_status(db: sqlite3.Connection, name: str, status: str, *, at: float, failure: str | None = None) -> None:
    """Change a stream's status; `failure` says why, when that is one of a failure."""
    db.execute("UPDATE streams SET status = ?, status_at = ?, failure = ? WHERE name = ?", (status, at, failure, name))


def update_definition(
    db: sqlite3.Connection, name: str, definition: Mapping[str, Any], *, expected_version: int, at: float
) -> bool:
    """Replace a stream's definition and raise its version; False when it is not at `expected_version`."""
    changed = db.execute(
        "UPDATE streams SET definition = ?, version = version + 1, updated_at = ? WHERE name = ? AND version = ?",
        (json.dumps(definition), at, name, expected_version),
    )
    return changed.rowcount == 1


def delete_stream(db: sqlite3.Connection, stream_id: int) -> None:
    """Remove a stream and everything kept for it."""
    db.execute("DELETE FROM streams WHERE id = ?", (stream_id,))


def set_tags(db: sqlite3.Connection, name: str, tags: Mapping[str, str]) -> None:
    """Add tags to a stream, replacing those of the same keys."""
    with transaction(db):
        db.executemany(
            "INSERT INTO tags (stream_id, key, value) SELECT id, ?, ? FROM streams WHERE name = ?"
            " ON CONFLICT DO UPDATE SET value = excluded.value",
            [(key, value, name) for key, value in tags.items()],
        )


def remove_tags(db: sqlite3.Connection, name: str, keys: Iterable[str]) -> None:
    """Take tags off a stream; keys it does not have are no error."""
    with transaction(db):
        db.executemany(
            "DELETE FROM tags WHERE key = ? AND stream_id = (SELECT id FROM streams WHERE name = ?)",
            [(key, name) for key in keys],
        )


def list_tags(db: sqlite3.Connection, name: str) -> dict[str, str]:
    """A stream's tags, by key."""
    rows = db.execute(
        "SELECT key, value FROM tags WHERE stream_id = (SELECT id FROM streams WHERE name = ?) ORDER BY key",
        (name,),
    )
    return {row["key"]: row["value"] for row in rows}


def _stream(row: sqlite3.Row) -> Stream:
    return Stream(**{**dict(row), "definition": json.loads(row["definition"])})
