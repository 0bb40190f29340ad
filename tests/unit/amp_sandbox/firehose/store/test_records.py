import sqlite3

import pytest

from amp_sandbox.firehose import store
from amp_sandbox.firehose.store import DirectRecord


def test_records_are_read_in_order_and_by_stream(db: sqlite3.Connection, stream: store.Stream) -> None:
    other = store.create_stream(db, "other", "arn:other", {}, at=1.0)
    ids = store.put_records(db, stream.id, [b"a", b"b"], arrived_ms=5)
    store.put_records(db, other.id, [b"x"], arrived_ms=5)
    ids += store.put_records(db, stream.id, [b"c"], arrived_ms=6)
    rows = store.read_records(db, stream.id, after=0, limit=9, limit_bytes=99)
    assert [(row.data, row.arrived_ms) for row in rows] == [(b"a", 5), (b"b", 5), (b"c", 6)]
    assert ids == [store.record_id(row.id) for row in rows]
    assert len(set(ids)) == 3
    assert store.read_records(db, stream.id, after=rows[1].id, limit=9, limit_bytes=99) == [
        DirectRecord(rows[2].id, 6, b"c")
    ]


def test_reading_stops_at_its_limits(db: sqlite3.Connection, stream: store.Stream) -> None:
    store.put_records(db, stream.id, [b"aa", b"bb", b"cc"], arrived_ms=5)
    assert len(store.read_records(db, stream.id, after=0, limit=2, limit_bytes=99)) == 2
    assert len(store.read_records(db, stream.id, after=0, limit=9, limit_bytes=3)) == 2


def test_record_ids_are_never_used_again(db: sqlite3.Connection, stream: store.Stream) -> None:
    first = store.put_records(db, stream.id, [b"a"], arrived_ms=5)
    store.remove_records(db, [row.id for row in store.read_records(db, stream.id, after=0, limit=9, limit_bytes=9)])
    assert store.put_records(db, stream.id, [b"b"], arrived_ms=5) != first


def test_records_cannot_be_put_to_a_stream_that_is_gone(db: sqlite3.Connection, stream: store.Stream) -> None:
    store.delete_stream(db, stream.id)
    with pytest.raises(sqlite3.IntegrityError):
        store.put_records(db, stream.id, [b"a"], arrived_ms=5)
