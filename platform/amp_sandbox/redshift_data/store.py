"""Statements and their results, in one SQLite file; the only SQL of the package.

Each thread opens its own connection with `connect`, see `standins.sqlite`. A statement of a batch is a row of its own,
whose `parent` is the batch. Results are kept in pages, each as JSON or as CSV.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amp_sandbox.standins import sqlite
from amp_sandbox.standins.sqlite import transaction

UNFINISHED = ("SUBMITTED", "PICKED", "STARTED")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS statements (
    id TEXT PRIMARY KEY,
    parent TEXT REFERENCES statements(id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    number INTEGER NOT NULL,
    sql TEXT NOT NULL,
    request TEXT NOT NULL,
    token TEXT,
    status TEXT NOT NULL,
    error TEXT,
    pid INTEGER,
    started_at REAL,
    duration INTEGER,
    rows INTEGER,
    size INTEGER,
    columns TEXT,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS statements_by_parent ON statements (parent);
CREATE UNIQUE INDEX IF NOT EXISTS statements_by_token ON statements (token);
CREATE TABLE IF NOT EXISTS pages (
    statement TEXT NOT NULL REFERENCES statements(id) ON DELETE CASCADE,
    page INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (statement, page)
) WITHOUT ROWID;
"""
_FIELDS = (
    "id, parent, place, number, sql, request, status, error, pid, duration, rows, size, columns, created_at, updated_at"
)


@dataclass(frozen=True)
class Statement:
    """A statement, a batch, or a statement of a batch (`parent`, `place` from 1).

    `request` is what was asked: its options, and for a batch nothing in `sql`. `columns` is AWS's metadata; None
    without a result. `duration` is in nanoseconds.
    """

    id: str
    parent: str | None
    place: int
    number: int
    sql: str
    request: Mapping[str, Any]
    status: str
    error: str | None
    pid: int | None
    duration: int | None
    rows: int | None
    size: int | None
    columns: list[dict[str, Any]] | None
    created_at: float
    updated_at: float

    @property
    def is_finished(self) -> bool:
        """Whether it has come to an end, whatever that was."""
        return self.status not in UNFINISHED


def connect(path: Path | str) -> sqlite3.Connection:
    """Open the file for one thread."""
    return sqlite.connect(path, _SCHEMA)


def add(
    db: sqlite3.Connection,
    statement: str,
    sqls: Sequence[str],
    request: Mapping[str, Any],
    *,
    batch: bool,
    token: str | None,
    at: float,
) -> str:
    """Add a statement, or a batch of them; the id, which is that of an earlier one with the same token."""
    with transaction(db):
        if token is not None:
            earlier = by_token(db, token)
            if earlier is not None:
                return earlier
        own = "" if batch else sqls[0]
        rows: list[tuple[Any, ...]] = [(statement, None, 0, own, json.dumps(dict(request)), token)]
        if batch:
            rows += [(f"{statement}:{n}", statement, n, sql, "{}", None) for n, sql in enumerate(sqls, 1)]
        db.executemany(
            "INSERT INTO statements (id, parent, place, number, sql, request, token, status, created_at, updated_at)"
            " VALUES (?, ?, ?, (SELECT coalesce(max(number), 0) + 1 FROM statements), ?, ?, ?, 'SUBMITTED', ?, ?)",
            [(*row, at, at) for row in rows],
        )
    return statement


def by_token(db: sqlite3.Connection, token: str) -> str | None:
    """The id of the statement that was made with a client token."""
    row = db.execute("SELECT id FROM statements WHERE token = ?", (token,)).fetchone()
    return None if row is None else str(row["id"])


def get(db: sqlite3.Connection, statement: str) -> Statement | None:
    """A statement by its id."""
    row = db.execute(f"SELECT {_FIELDS} FROM statements WHERE id = ?", (statement,)).fetchone()  # noqa: S608
    return None if row is None else _statement(row)


def parts(db: sqlite3.Connection, batch: str) -> list[Statement]:
    """The statements of a batch, in order."""
    query = f"SELECT {_FIELDS} FROM statements WHERE parent = ? ORDER BY place"  # noqa: S608
    return [_statement(row) for row in db.execute(query, (batch,))]


def latest(db: sqlite3.Connection, before: int | None) -> list[Statement]:
    """Statements and batches, the newest first, those before a number."""
    query = f"SELECT {_FIELDS} FROM statements WHERE parent IS NULL AND number < ? ORDER BY number DESC"  # noqa: S608
    return [_statement(row) for row in db.execute(query, (before if before is not None else 2**62,))]


def count_unfinished(db: sqlite3.Connection) -> int:
    """How many statements and batches have not finished."""
    query = "SELECT count(*) FROM statements WHERE parent IS NULL AND status IN (?, ?, ?)"
    return int(db.execute(query, UNFINISHED).fetchone()[0])


def advance(db: sqlite3.Connection, statement: str, status: str, *, at: float, pid: int | None = None) -> bool:
    """Move a statement that has not finished on; false when it has."""
    done = db.execute(
        "UPDATE statements SET status = ?, updated_at = ?, pid = coalesce(?, pid),"
        " started_at = coalesce(started_at, CASE ? WHEN 'STARTED' THEN ? END)"
        " WHERE id = ? AND status IN (?, ?, ?)",
        (status, at, pid, status, at, statement, *UNFINISHED),
    )
    return done.rowcount == 1


def finish(
    db: sqlite3.Connection,
    statement: str,
    *,
    at: float,
    error: str | None = None,
    status: str | None = None,
    duration: int = 0,
    rows: int | None = None,
    size: int | None = None,
    columns: list[dict[str, Any]] | None = None,
) -> None:
    """End a statement that has not finished: FINISHED, or FAILED with an error, unless told otherwise."""
    db.execute(
        "UPDATE statements SET status = ?, error = ?, duration = ?, rows = ?, size = ?, columns = ?, updated_at = ?"
        " WHERE id = ? AND status IN (?, ?, ?)",
        (
            status or ("FAILED" if error else "FINISHED"),
            error,
            duration,
            rows,
            size,
            None if columns is None else json.dumps(columns),
            at,
            statement,
            *UNFINISHED,
        ),
    )


def abort_all(db: sqlite3.Connection, error: str, *, at: float) -> None:
    """End all statements that have not finished: the process that ran them is gone."""
    db.execute(
        "UPDATE statements SET status = 'FAILED', error = ?, updated_at = ? WHERE status IN (?, ?, ?)",
        (error, at, *UNFINISHED),
    )


def add_page(db: sqlite3.Connection, statement: str, page: int, body: str) -> None:
    """Keep a part of a result."""
    db.execute("INSERT INTO pages VALUES (?, ?, ?)", (statement, page, body))


def drop_pages(db: sqlite3.Connection, statement: str) -> None:
    """Forget what was kept of a result."""
    db.execute("DELETE FROM pages WHERE statement = ?", (statement,))


def get_page(db: sqlite3.Connection, statement: str, page: int) -> tuple[str | None, bool]:
    """A part of a result, and whether there is another one after it."""
    query = "SELECT page, body FROM pages WHERE statement = ? AND page >= ? ORDER BY page LIMIT 2"
    rows = db.execute(query, (statement, page)).fetchall()
    return (rows[0]["body"] if rows and rows[0]["page"] == page else None), len(rows) > 1


def expire(db: sqlite3.Connection, before: float) -> None:
    """Remove what finished before a time."""
    db.execute(
        "DELETE FROM statements WHERE parent IS NULL AND updated_at < ? AND status NOT IN (?, ?, ?)",
        (before, *UNFINISHED),
    )


def _statement(row: sqlite3.Row) -> Statement:
    values = dict(row)
    values["request"] = json.loads(values["request"])
    values["columns"] = None if values["columns"] is None else json.loads(values["columns"])
    return Statement(**values)
