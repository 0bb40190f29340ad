"""Checkpoints: how far each shard of a delivery stream's source is delivered."""

import sqlite3
import zlib
from dataclasses import dataclass


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


def _checkpoint(row: sqlite3.Row) -> Checkpoint:
    facts = dict(row)
    del facts["stream_id"]
    facts["settled"] = zlib.decompress(facts["settled"])
    facts["finished"] = bool(facts["finished"])
    return Checkpoint(**facts)
