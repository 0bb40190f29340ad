"""Records of PutRecord and PutRecordBatch, from their arrival to their delivery."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from amp_sandbox.standins.sqlite import transaction

DIRECT_SHARD = "direct"
"""The shard name under which records of PutRecord are counted; their positions are row ids."""


@dataclass(frozen=True)
class DirectRecord:
    """A record of PutRecord, not delivered yet."""

    id: int
    arrived_ms: int
    data: bytes


@dataclass(frozen=True)
class Stored:
    """How many records wait in the store, and their size."""

    records: int
    bytes: int


def put_records(db: sqlite3.Connection, stream_id: int, records: Sequence[bytes], *, arrived_ms: int) -> list[str]:
    """Keep records until they are delivered, all or none, and answer their record ids.

    They are safe when this returns. Raises ``sqlite3.IntegrityError`` when the stream is gone.
    """
    if not records:
        return []
    with transaction(db):
        db.executemany(
            "INSERT INTO direct_records (stream_id, arrived_ms, data) VALUES (?, ?, ?)",
            [(stream_id, arrived_ms, data) for data in records],
        )
        # One transaction has the write lock to itself, so AUTOINCREMENT numbered its rows without a gap.
        last: int = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'direct_records'").fetchone()[0]
    return [record_id(row) for row in range(last - len(records) + 1, last + 1)]


def record_id(row: int) -> str:
    """The record id that clients and transforms see for a row of PutRecord: digits, as AWS's are."""
    return f"{row:056d}000000"


def read_records(
    db: sqlite3.Connection, stream_id: int, *, after: int, limit: int, limit_bytes: int
) -> list[DirectRecord]:
    """The oldest undelivered records with an id above `after`, until one of the limits is reached."""
    rows = db.execute(
        "SELECT id, arrived_ms, data FROM direct_records WHERE stream_id = ? AND id > ? ORDER BY id LIMIT ?",
        (stream_id, after, limit),
    )
    records: list[DirectRecord] = []
    size = 0
    for row in rows:
        records.append(DirectRecord(*row))
        size += len(row["data"])
        if size >= limit_bytes:
            break
    rows.close()
    return records


def count_records(db: sqlite3.Connection, stream_id: int) -> Stored:
    """How many records of PutRecord wait to be delivered."""
    row = db.execute(
        "SELECT COUNT(*), COALESCE(SUM(LENGTH(data)), 0) FROM direct_records WHERE stream_id = ?", (stream_id,)
    ).fetchone()
    return Stored(*row)


def remove_records(db: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Forget records that are delivered."""
    db.executemany("DELETE FROM direct_records WHERE id = ?", ((row,) for row in ids))
