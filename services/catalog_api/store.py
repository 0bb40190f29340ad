"""Every version of every document, in one SQLite file.

Nothing is ever changed or deleted: a PUT adds a version. So the state at any moment can be read, now and later: of each
document, the last version that is not younger. `updated_at` never goes back from one version to the next.

Writes wait for each other; readers wait for nobody (write-ahead log). A process that is killed loses nothing that was
answered; a machine that loses power may lose the last moments (synchronous=NORMAL).
https://www.sqlite.org/wal.html

**Left out:** deletion, also of a person's data, and the compaction of old versions.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from models import Kind

_SCHEMA = """
CREATE TABLE IF NOT EXISTS versions (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id, version)
) WITHOUT ROWID
"""
_LOCK_SECONDS = 30.0
_GIVEN_BY_STORE = ("version", "updated_at")


@dataclass(frozen=True)
class Stored:
    """One version of a document; `body` is its JSON."""

    version: int
    updated_at: str
    body: str


@dataclass(frozen=True)
class Imported:
    """A document to import; its content may say its version and time."""

    kind: Kind
    id: str
    content: Mapping[str, Any]


class VersionConflict(Exception):  # noqa: N818 - what the caller sees is a condition, not a failure
    """The document is not at the version that the caller wants to replace. `current` is None if it does not exist."""

    def __init__(self, current: int | None) -> None:
        super().__init__(f"current version: {current}")
        self.current = current


class ImportConflict(Exception):  # noqa: N818
    """An imported version contradicts what is known."""


class Store:
    """The database. Each thread has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._connection().execute(_SCHEMA)

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._connections:
            connection.close()

    def ping(self) -> None:
        """Raise sqlite3.Error if the database does not answer."""
        self._connection().execute("SELECT 1 FROM versions LIMIT 1").fetchone()

    def latest(self, kind: Kind, id_: str) -> Stored | None:
        """Return the newest version of a document."""
        return _latest(self._connection(), kind, id_)

    def page(self, kind: Kind, after: str, limit: int) -> list[tuple[str, str]]:
        """Return the id and body of up to `limit` documents whose ids come after `after`."""
        rows = self._connection().execute(
            """SELECT id, body FROM versions AS v WHERE kind = ? AND id > ? AND version =
                 (SELECT max(version) FROM versions WHERE kind = v.kind AND id = v.id)
               ORDER BY id LIMIT ?""",
            (kind, after, limit),
        )
        return rows.fetchall()

    def put(self, kind: Kind, id_: str, content: Mapping[str, Any], replaces: int | None) -> Stored:
        """Add a version after version `replaces`, or the first; raise VersionConflict if that is not the newest."""
        with self._transaction() as connection:
            known = _latest(connection, kind, id_)
            current = known.version if known else None
            if current != replaces:
                raise VersionConflict(current)
            return _add(connection, kind, id_, content, known)

    def import_all(self, documents: Sequence[Imported]) -> list[Literal["imported", "unchanged"] | ImportConflict]:
        """Add documents with the versions and times they say, in one transaction; return what became of each."""
        with self._transaction() as connection:
            return [_import(connection, document) for document in documents]

    def as_of(self, kind: Kind, moment: str) -> Iterator[str]:
        """Yield the bodies of all documents as they were at a moment, by id, from one snapshot of the database."""
        with closing(self._open()) as connection:
            # Whoever was writing when this began has finished when the lock is had; later writers stamp later times.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
            rows = connection.execute(
                """SELECT body FROM versions AS v WHERE kind = ? AND updated_at <= ? AND version =
                     (SELECT max(version) FROM versions WHERE kind = v.kind AND id = v.id AND updated_at <= ?)
                   ORDER BY id""",
                (kind, moment, moment),
            )
            for (body,) in rows:
                yield body

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._open()
            self._connections.append(connection)
        return connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


def now() -> str:
    """Return this moment, in the form in which times are kept."""
    return _stamp(datetime.now(UTC))


def a_moment_ago() -> str:
    """Return the last millisecond that is over: no write can still get this time."""
    return _stamp(datetime.now(UTC) - timedelta(milliseconds=1))


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _latest(connection: sqlite3.Connection, kind: Kind, id_: str) -> Stored | None:
    row = connection.execute(
        "SELECT version, updated_at, body FROM versions WHERE kind = ? AND id = ? ORDER BY version DESC LIMIT 1",
        (kind, id_),
    ).fetchone()
    return Stored(*row) if row else None


def _add(
    connection: sqlite3.Connection,
    kind: Kind,
    id_: str,
    content: Mapping[str, Any],
    known: Stored | None,
    *,
    version: int | None = None,
    updated_at: str | None = None,
) -> Stored:
    version = version or (known.version + 1 if known else 1)
    updated_at = updated_at or max(now(), known.updated_at if known else "")
    document = _content(content) | {"updated_at": updated_at, "version": version}
    stored = Stored(version, updated_at, json.dumps(document, ensure_ascii=False, separators=(",", ":")))
    connection.execute(
        "INSERT INTO versions (kind, id, version, updated_at, body) VALUES (?, ?, ?, ?, ?)",
        (kind, id_, stored.version, stored.updated_at, stored.body),
    )
    return stored


def _import(connection: sqlite3.Connection, document: Imported) -> Literal["imported", "unchanged"] | ImportConflict:
    version, updated_at = document.content.get("version"), document.content.get("updated_at")
    known = _latest(connection, document.kind, document.id)
    if known and _same(connection, document, known):
        return "unchanged"
    if known and version is not None and version <= known.version:
        return ImportConflict(f"version {version} is not new: {known.version} is known, with another content")
    if known and updated_at is not None and updated_at < known.updated_at:
        return ImportConflict(f"updated_at is before that of version {known.version}, {known.updated_at}")
    _add(connection, document.kind, document.id, document.content, known, version=version, updated_at=updated_at)
    return "imported"


def _same(connection: sqlite3.Connection, document: Imported, known: Stored) -> bool:
    """Whether this version is known: the one it says it is or, if it does not say, the newest."""
    version = document.content.get("version")
    body = known.body
    if version is not None and version != known.version:
        key = (document.kind, document.id, version)
        row = connection.execute("SELECT body FROM versions WHERE kind = ? AND id = ? AND version = ?", key).fetchone()
        if row is None:
            return False
        (body,) = row
    return _content(json.loads(body)) == _content(document.content)


def _content(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _GIVEN_BY_STORE}
