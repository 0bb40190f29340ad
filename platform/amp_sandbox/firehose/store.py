"""Everything the Firehose stand-in remembers, in one SQLite file; the only SQL of the package.

The file is in WAL mode with ``synchronous=NORMAL``: a commit survives the death of the process at any
moment, though not a power cut. Each thread opens its own connection with `connect`. A delivery stream has an
integer `id` that is never used again, so nothing of a deleted stream is taken for part of a new one.

What makes delivery safe against ``kill -9``:

* a record of PutRecord or PutRecordBatch is committed before the call is answered (`put_records`);
* an object is *planned* (`plan_delivery`: its key and the positions of its records) before it is written to
  S3, and *confirmed* (`confirm_delivery`) afterwards, in the transaction that settles its records. On restart
  the engine asks S3 about every object still planned.

**Left out:**

* History without end: the newest `DELIVERIES_KEPT` deliveries of a stream stay, older ones go.
* Encryption at rest: the file is as safe as the folder it lies in.
"""

import json
import sqlite3
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DELIVERIES_KEPT = 20_000
DIRECT_SHARD = "direct"
"""The shard name under which records of PutRecord are counted; their positions are row ids."""

_BUSY_SECONDS = 30
_SCHEMA = """
CREATE TABLE IF NOT EXISTS streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    arn TEXT NOT NULL,
    definition TEXT NOT NULL,
    status TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    status_at REAL NOT NULL,
    failure TEXT
);
CREATE TABLE IF NOT EXISTS tags (
    stream_id INTEGER NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (stream_id, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS direct_records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream_id INTEGER NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    arrived_ms INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS direct_records_by_stream ON direct_records(stream_id, id);
CREATE TABLE IF NOT EXISTS checkpoints (
    stream_id INTEGER NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    shard_id TEXT NOT NULL,
    source_created TEXT NOT NULL,
    sequence TEXT,
    ordinal INTEGER NOT NULL,
    settled BLOB NOT NULL,
    finished INTEGER NOT NULL,
    updated_at REAL NOT NULL,
    PRIMARY KEY (stream_id, shard_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream_id INTEGER NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    records INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    first_arrival_ms INTEGER NOT NULL,
    last_arrival_ms INTEGER NOT NULL,
    shards TEXT NOT NULL,
    positions BLOB,
    source_created TEXT NOT NULL,
    planned_at REAL NOT NULL,
    delivered_at REAL
);
CREATE INDEX IF NOT EXISTS deliveries_by_stream ON deliveries(stream_id, id);
CREATE INDEX IF NOT EXISTS deliveries_planned ON deliveries(stream_id) WHERE delivered_at IS NULL;
CREATE TABLE IF NOT EXISTS stats (
    stream_id INTEGER NOT NULL REFERENCES streams(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (stream_id, name)
) WITHOUT ROWID;
"""
Positions = Mapping[str, Sequence[int]]
"""Which records: for each shard, the ordinals of its records (row ids for `DIRECT_SHARD`)."""


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


@dataclass(frozen=True)
class Checkpoint:
    """How far a shard is delivered.

    Every record up to `sequence` (None: the shard's start) is settled, and `ordinal` of them there are; byte
    n of `settled` tells whether the n-th record after them is settled too. `finished` means the shard is
    closed and wholly settled. `source_created` names the incarnation of the Kinesis stream by its creation.
    """

    shard_id: str
    source_created: str
    sequence: str | None
    ordinal: int
    settled: bytes = b""
    finished: bool = False
    updated_at: float = 0.0


@dataclass(frozen=True)
class Delivery:
    """One S3 object: planned, and delivered once `delivered_at` is set.

    `kind` is "data" or an error output type. `shards` maps a shard to its first and last sequence number and
    the number of its records in the object. `positions` is kept until the object is delivered.
    """

    kind: str
    bucket: str
    key: str
    records: int
    bytes: int
    first_arrival_ms: int
    last_arrival_ms: int
    shards: dict[str, tuple[str, str, int]]
    positions: Positions
    source_created: str
    planned_at: float
    delivered_at: float | None = None
    id: int = 0


def connect(path: Path | str) -> sqlite3.Connection:
    """Open the store for one thread, making the file and its tables when they are missing."""
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("PRAGMA foreign_keys=ON")
    db.executescript(_SCHEMA)
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit everything done inside, or nothing. Inside another transaction it is part of that one."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


# Delivery streams and tags


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


# Records of PutRecord and PutRecordBatch


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


# Checkpoints


def load_checkpoints(db: sqlite3.Connection, stream_id: int, source_created: str) -> dict[str, Checkpoint]:
    """A stream's checkpoints, by shard, of one incarnation of its source."""
    rows = db.execute(
        "SELECT * FROM checkpoints WHERE stream_id = ? AND source_created = ?", (stream_id, source_created)
    )
    return {row["shard_id"]: _checkpoint(row) for row in rows}


def all_checkpoints(db: sqlite3.Connection, stream_id: int) -> list[Checkpoint]:
    """A stream's checkpoints of whatever incarnation of its source, for showing."""
    incarnations = db.execute("SELECT DISTINCT source_created FROM checkpoints WHERE stream_id = ?", (stream_id,))
    return [c for (made,) in incarnations.fetchall() for c in load_checkpoints(db, stream_id, made).values()]


def save_checkpoint(db: sqlite3.Connection, stream_id: int, checkpoint: Checkpoint, *, at: float) -> None:
    """Keep how far a shard is settled, in place of what was kept for it before."""
    db.execute(
        "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stream_id,
            checkpoint.shard_id,
            checkpoint.source_created,
            checkpoint.sequence,
            checkpoint.ordinal,
            zlib.compress(checkpoint.settled, 1),
            int(checkpoint.finished),
            at,
        ),
    )


def drop_other_checkpoints(db: sqlite3.Connection, stream_id: int, source_created: str) -> int:
    """Forget the checkpoints of earlier incarnations of the source; answers how many there were."""
    return db.execute(
        "DELETE FROM checkpoints WHERE stream_id = ? AND source_created != ?", (stream_id, source_created)
    ).rowcount


# Deliveries


def plan_delivery(db: sqlite3.Connection, stream_id: int, delivery: Delivery) -> int:
    """Note which records are about to be written under which key; answers the delivery's id."""
    positions = {shard: _pack(ordinals) for shard, ordinals in delivery.positions.items()}
    row = db.execute(
        "INSERT INTO deliveries (stream_id, kind, bucket, key, records, bytes, first_arrival_ms,"
        " last_arrival_ms, shards, positions, source_created, planned_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stream_id,
            delivery.kind,
            delivery.bucket,
            delivery.key,
            delivery.records,
            delivery.bytes,
            delivery.first_arrival_ms,
            delivery.last_arrival_ms,
            json.dumps(delivery.shards),
            zlib.compress(json.dumps(positions).encode(), 1),
            delivery.source_created,
            delivery.planned_at,
        ),
    )
    assert row.lastrowid is not None
    return row.lastrowid


def confirm_delivery(db: sqlite3.Connection, delivery_id: int, *, size: int, at: float) -> None:
    """Mark a planned object as written, with its size in S3."""
    db.execute(
        "UPDATE deliveries SET delivered_at = ?, bytes = ?, positions = NULL WHERE id = ?",
        (at, size, delivery_id),
    )


def cancel_delivery(db: sqlite3.Connection, delivery_id: int) -> None:
    """Forget a planned object that was not written."""
    db.execute("DELETE FROM deliveries WHERE id = ? AND delivered_at IS NULL", (delivery_id,))


def planned_deliveries(db: sqlite3.Connection, stream_id: int) -> list[Delivery]:
    """The objects that were planned and never confirmed, oldest first."""
    rows = db.execute("SELECT * FROM deliveries WHERE stream_id = ? AND delivered_at IS NULL ORDER BY id", (stream_id,))
    return [_delivery(row) for row in rows]


def recent_deliveries(db: sqlite3.Connection, stream_id: int, limit: int = 100) -> list[Delivery]:
    """The newest objects delivered, newest first."""
    rows = db.execute(
        "SELECT * FROM deliveries WHERE stream_id = ? AND delivered_at IS NOT NULL ORDER BY id DESC LIMIT ?",
        (stream_id, limit),
    )
    return [_delivery(row) for row in rows]


def prune_deliveries(db: sqlite3.Connection, stream_id: int, keep: int = DELIVERIES_KEPT) -> None:
    """Forget all but the newest delivered objects of a stream."""
    db.execute(
        "DELETE FROM deliveries WHERE stream_id = ? AND delivered_at IS NOT NULL AND id <="
        " (SELECT id FROM deliveries WHERE stream_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (stream_id, stream_id, keep),
    )


# Counters


def add_stats(db: sqlite3.Connection, stream_id: int, amounts: Mapping[str, int]) -> None:
    """Add to a stream's counters."""
    db.executemany(
        "INSERT INTO stats VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
        [(stream_id, name, amount) for name, amount in amounts.items() if amount],
    )


def get_stats(db: sqlite3.Connection, stream_id: int) -> dict[str, int]:
    """A stream's counters, by name."""
    rows = db.execute("SELECT name, value FROM stats WHERE stream_id = ?", (stream_id,))
    return {row["name"]: row["value"] for row in rows}


def _stream(row: sqlite3.Row) -> Stream:
    return Stream(**{**dict(row), "definition": json.loads(row["definition"])})


def _checkpoint(row: sqlite3.Row) -> Checkpoint:
    facts = dict(row)
    del facts["stream_id"]
    facts["settled"] = zlib.decompress(facts["settled"])
    facts["finished"] = bool(facts["finished"])
    return Checkpoint(**facts)


def _delivery(row: sqlite3.Row) -> Delivery:
    facts = dict(row)
    del facts["stream_id"]
    packed = {} if facts["positions"] is None else json.loads(zlib.decompress(facts["positions"]))
    facts["positions"] = {shard: _unpack(ordinals) for shard, ordinals in packed.items()}
    facts["shards"] = {shard: tuple(ends) for shard, ends in json.loads(facts["shards"]).items()}
    return Delivery(**facts)


def _pack(ordinals: Sequence[int]) -> str:
    return array("q", ordinals).tobytes().hex()


def _unpack(packed: str) -> list[int]:
    ordinals = array("q")
    ordinals.frombytes(bytes.fromhex(packed))
    return ordinals.tolist()
