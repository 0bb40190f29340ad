"""Where a delivery stream's records come from.

A source hands over records in order with `poll`, and is told in `settle` which ones are in S3. Both are called by the
engine's tick only. Slow calls go to the runner; `poll` collects their answers.

**Left out:** de-aggregation of records made by the Kinesis Producer Library: such a record is delivered as it is
in the stream, where AWS takes it apart.
"""

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Protocol

from amp_sandbox.firehose import store
from amp_sandbox.firehose.shards import Direct, Record, Shard

log = logging.getLogger(__name__)

DIRECT_BATCH = 5_000


class Source(Protocol):
    """A source of records for one delivery stream."""

    incarnation: str
    """Which making of the source this is: positions in another one mean nothing."""
    keeps_records: bool
    """Whether what is not handed over stays safe at the source when the delivery stream is deleted."""
    last_error: str | None

    def poll(self, now: float, room: int) -> list[Record]:
        """New records, in order within each shard, about `room` bytes of them at most; empty when there is none."""

    def settle(self, db: sqlite3.Connection, positions: Mapping[Shard | Direct, Sequence[int]], at: float) -> None:
        """Keep that records are settled, as part of the caller's transaction."""

    def recover(self, db: sqlite3.Connection, planned: Sequence[store.Delivery], at: float) -> None:
        """Settle the records of objects that a process before this one wrote and could not confirm."""


class DirectSource:
    """Records of PutRecord and PutRecordBatch. They stay in the store until they are settled."""

    incarnation = ""
    keeps_records = False
    last_error: str | None = None

    def __init__(self, db: sqlite3.Connection, stream_id: int) -> None:
        self._db, self._stream_id = db, stream_id
        self._shard = Direct()
        self._after = 0

    def poll(self, now: float, room: int) -> list[Record]:
        """The oldest records not handed over yet."""
        if room <= 0:
            return []
        rows = store.read_records(self._db, self._stream_id, after=self._after, limit=DIRECT_BATCH, limit_bytes=room)
        if rows:
            self._after = rows[-1].id
        shard = self._shard
        return [Record(shard, row.id, store.record_id(row.id), "", row.arrived_ms, row.data) for row in rows]

    def settle(self, db: sqlite3.Connection, positions: Mapping[Shard | Direct, Sequence[int]], at: float) -> None:
        """Remove the records from the store."""
        for rows in positions.values():
            store.remove_records(db, rows)

    def recover(self, db: sqlite3.Connection, planned: Sequence[store.Delivery], at: float) -> None:
        """Remove the records of objects that were written."""
        for delivery in planned:
            store.remove_records(db, delivery.positions.get(store.DIRECT_SHARD, ()))
