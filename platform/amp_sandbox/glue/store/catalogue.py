"""What is remembered of databases, tables, their versions, and partitions.

Names arrive folded to lower case. A `definition` is AWS's input structure as it was given, less its name.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amp_sandbox.glue.store.database import ExistsError, insert
from amp_sandbox.glue.store.tags import remove_all_tags, set_tags
from amp_sandbox.standins.sqlite import transaction

_TABLE = """
SELECT tables.id, databases.name AS database, tables.name, table_versions.version, table_versions.definition,
    tables.created_at, updated_at
FROM tables JOIN databases ON databases.id = database_id JOIN table_versions ON table_id = tables.id
"""
_CURRENT = "table_versions.version = tables.version"


@dataclass(frozen=True)
class Database:
    """One database."""

    id: int
    name: str
    definition: dict[str, Any]
    created_at: float


@dataclass(frozen=True)
class Table:
    """One version of one table."""

    id: int
    database: str
    name: str
    version: int
    definition: dict[str, Any]
    created_at: float
    updated_at: float


@dataclass(frozen=True)
class Partition:
    """One partition: its values in the order of the table's partition keys."""

    values: tuple[str, ...]
    definition: dict[str, Any]
    created_at: float


# Databases


def create_database(
    db: sqlite3.Connection,
    name: str,
    definition: Mapping[str, Any],
    *,
    at: float,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Add a database; raises `ExistsError`."""
    with transaction(db):
        made = insert(
            db,
            "INSERT INTO databases (name, definition, created_at) VALUES (?, ?, ?)",
            (name, json.dumps(definition), at),
        )
        set_tags(db, "database", made, tags or {})


def get_database(db: sqlite3.Connection, name: str) -> Database | None:
    """The database of that name, or None."""
    row = db.execute("SELECT * FROM databases WHERE name = ?", (name,)).fetchone()
    return None if row is None else _database(row)


def list_databases(db: sqlite3.Connection, *, after: str) -> Iterator[Database]:
    """The databases whose names come after that one, by name."""
    return map(_database, db.execute("SELECT * FROM databases WHERE name > ? ORDER BY name", (after,)))


def update_database(db: sqlite3.Connection, database_id: int, definition: Mapping[str, Any]) -> None:
    """Replace a database's definition."""
    db.execute("UPDATE databases SET definition = ? WHERE id = ?", (json.dumps(definition), database_id))


def delete_database(db: sqlite3.Connection, database_id: int) -> None:
    """Remove a database with its tables."""
    with transaction(db):
        remove_all_tags(db, "database", database_id)
        db.execute("DELETE FROM databases WHERE id = ?", (database_id,))


# Tables and their versions


def create_table(
    db: sqlite3.Connection, database_id: int, name: str, definition: Mapping[str, Any], *, at: float
) -> None:
    """Add a table at version 0; raises `ExistsError`."""
    with transaction(db):
        made = insert(
            db,
            "INSERT INTO tables (database_id, name, version, created_at) VALUES (?, ?, 0, ?)",
            (database_id, name, at),
        )
        db.execute("INSERT INTO table_versions VALUES (?, 0, ?, ?)", (made, json.dumps(definition), at))


def get_table(db: sqlite3.Connection, database_id: int, name: str) -> Table | None:
    """The table of that name at its current version, or None."""
    row = db.execute(
        f"{_TABLE} WHERE database_id = ? AND tables.name = ? AND {_CURRENT}",
        (database_id, name),
    ).fetchone()
    return None if row is None else _table(row)


def list_all_tables(db: sqlite3.Connection, *, after: int) -> Iterator[Table]:
    """Every database's tables made after the one of that id, in that order, each at its current version."""
    return map(_table, db.execute(f"{_TABLE} WHERE tables.id > ? AND {_CURRENT} ORDER BY tables.id", (after,)))


def list_tables(db: sqlite3.Connection, database_id: int, *, after: str) -> Iterator[Table]:
    """The database's tables whose names come after that one, by name, each at its current version."""
    rows = db.execute(
        f"{_TABLE} WHERE database_id = ? AND tables.name > ? AND {_CURRENT} ORDER BY tables.name",
        (database_id, after),
    )
    return map(_table, rows)


def update_table(
    db: sqlite3.Connection, table: Table, definition: Mapping[str, Any], *, archive: bool, at: float
) -> None:
    """Give a table its next version; the one before it is kept if `archive` is set."""
    version = table.version + 1
    with transaction(db):
        db.execute("INSERT INTO table_versions VALUES (?, ?, ?, ?)", (table.id, version, json.dumps(definition), at))
        db.execute("UPDATE tables SET version = ? WHERE id = ?", (version, table.id))
        if not archive:
            db.execute("DELETE FROM table_versions WHERE table_id = ? AND version = ?", (table.id, table.version))


def refresh_table(db: sqlite3.Connection, table: Table, definition: Mapping[str, Any]) -> None:
    """Replace the definition of a table's current version, without a new one."""
    db.execute(
        "UPDATE table_versions SET definition = ? WHERE table_id = ? AND version = ?",
        (json.dumps(definition), table.id, table.version),
    )


def delete_table(db: sqlite3.Connection, table_id: int) -> None:
    """Remove a table with its versions and partitions."""
    db.execute("DELETE FROM tables WHERE id = ?", (table_id,))


def get_table_version(db: sqlite3.Connection, table_id: int, version: int) -> Table | None:
    """One version of a table, or None when it was not kept."""
    row = db.execute(
        f"{_TABLE} WHERE tables.id = ? AND table_versions.version = ?",
        (table_id, version),
    ).fetchone()
    return None if row is None else _table(row)


def list_table_versions(db: sqlite3.Connection, table_id: int, *, before: int | None) -> Iterator[Table]:
    """A table's versions below that one (None: all), the newest first."""
    rows = db.execute(
        f"{_TABLE} WHERE tables.id = ? AND (? IS NULL OR table_versions.version < ?)"
        " ORDER BY table_versions.version DESC",
        (table_id, before, before),
    )
    return map(_table, rows)


def delete_table_version(db: sqlite3.Connection, table_id: int, version: int) -> bool:
    """Remove one version of a table; False when it is not there."""
    gone = db.execute("DELETE FROM table_versions WHERE table_id = ? AND version = ?", (table_id, version))
    return gone.rowcount == 1


# Partitions


def create_partition(
    db: sqlite3.Connection, table_id: int, values: Sequence[str], definition: Mapping[str, Any], *, at: float
) -> None:
    """Add a partition; raises `ExistsError`."""
    insert(db, "INSERT INTO partitions VALUES (?, ?, ?, ?)", (table_id, json.dumps(values), json.dumps(definition), at))


def get_partition(db: sqlite3.Connection, table_id: int, values: Sequence[str]) -> Partition | None:
    """The partition of those values, or None."""
    row = db.execute(
        "SELECT * FROM partitions WHERE table_id = ? AND vals = ?", (table_id, json.dumps(values))
    ).fetchone()
    return None if row is None else _partition(row)


def list_partitions(db: sqlite3.Connection, table_id: int, *, after: Sequence[str] | None) -> Iterator[Partition]:
    """The table's partitions that come after that one (None: all), always in the same order."""
    rows = db.execute(
        "SELECT * FROM partitions WHERE table_id = ? AND vals > ? ORDER BY vals",
        (table_id, "" if after is None else json.dumps(after)),
    )
    return map(_partition, rows)


def update_partition(
    db: sqlite3.Connection,
    table_id: int,
    values: Sequence[str],
    new_values: Sequence[str],
    definition: Mapping[str, Any],
) -> bool:
    """Replace a partition's values and definition; False when it is not there. Raises `ExistsError`."""
    try:
        changed = db.execute(
            "UPDATE partitions SET vals = ?, definition = ? WHERE table_id = ? AND vals = ?",
            (json.dumps(new_values), json.dumps(definition), table_id, json.dumps(values)),
        )
    except sqlite3.IntegrityError as error:
        raise ExistsError from error
    return changed.rowcount == 1


def delete_partition(db: sqlite3.Connection, table_id: int, values: Sequence[str]) -> bool:
    """Remove a partition; False when it is not there."""
    gone = db.execute("DELETE FROM partitions WHERE table_id = ? AND vals = ?", (table_id, json.dumps(values)))
    return gone.rowcount == 1


def _database(row: sqlite3.Row) -> Database:
    return Database(**{**dict(row), "definition": json.loads(row["definition"])})


def _table(row: sqlite3.Row) -> Table:
    return Table(**{**dict(row), "definition": json.loads(row["definition"])})


def _partition(row: sqlite3.Row) -> Partition:
    return Partition(tuple(json.loads(row["vals"])), json.loads(row["definition"]), row["created_at"])
