"""S3 objects, planned and delivered, and the counters of what was delivered.

**Left out:** history without end: the newest `DELIVERIES_KEPT` deliveries of a stream stay, older ones go.
"""

import json
import sqlite3
import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DELIVERIES_KEPT = 20_000

Positions = Mapping[str, Sequence[int]]
"""Which records: for each shard, the ordinals of its records (row ids for `records.DIRECT_SHARD`)."""


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
