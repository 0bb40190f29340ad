import sqlite3

import pytest

from amp_sandbox.firehose import store
from amp_sandbox.firehose.store import Checkpoint, Delivery


def test_a_stream_is_created_once(db: sqlite3.Connection, stream: store.Stream) -> None:
    assert stream == store.Stream(stream.id, "events", "arn:events", {"a": 1}, "CREATING", 1, 10.0, 10.0, 10.0)
    assert store.get_stream(db, "events") == stream
    with pytest.raises(store.StreamExistsError):
        store.create_stream(db, "events", "arn:events", {}, at=11.0)


def test_an_update_needs_the_current_version(db: sqlite3.Connection, stream: store.Stream) -> None:
    assert store.update_definition(db, "events", {"a": 2}, expected_version=1, at=20.0)
    assert not store.update_definition(db, "events", {"a": 3}, expected_version=1, at=30.0)
    found = store.get_stream(db, "events")
    assert found is not None
    assert (found.definition, found.version, found.updated_at) == ({"a": 2}, 2, 20.0)


def test_tags_are_added_replaced_and_removed(db: sqlite3.Connection, stream: store.Stream) -> None:
    store.set_tags(db, "events", {"team": "lake", "stage": "local"})
    store.remove_tags(db, "events", ["stage", "none"])
    assert store.list_tags(db, "events") == {"team": "lake"}


def test_nothing_of_a_deleted_stream_is_left_for_the_next_of_its_name(
    db: sqlite3.Connection, stream: store.Stream
) -> None:
    store.put_records(db, stream.id, [b"a"], arrived_ms=5)
    store.save_checkpoint(db, stream.id, Checkpoint("shard", "once", "1", 1), at=1.0)
    planned = Delivery("data", "lake", "k", 1, 9, 1, 2, {"shard": ("7", "7", 1)}, {"shard": [3]}, "once", 5.0)
    store.plan_delivery(db, stream.id, planned)
    store.delete_stream(db, stream.id)
    again = store.create_stream(db, "events", "arn:events", {}, at=11.0)
    assert again.id != stream.id
    assert store.list_tags(db, "events") == {}
    for table in ("direct_records", "checkpoints", "deliveries", "tags"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
