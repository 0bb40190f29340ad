import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from amp_sandbox.firehose import store
from amp_sandbox.firehose.store import Checkpoint, Delivery, DirectRecord


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = store.connect(tmp_path / "store.sqlite")
    yield connection
    connection.close()


@pytest.fixture
def stream(db: sqlite3.Connection) -> store.Stream:
    return store.create_stream(db, "events", "arn:events", {"a": 1}, at=10.0, tags={"team": "live"})


def delivery(key: str = "k", **changes: object) -> Delivery:
    fields = {
        "kind": "data",
        "bucket": "lake",
        "key": key,
        "records": 2,
        "bytes": 9,
        "first_arrival_ms": 1,
        "last_arrival_ms": 2,
        "shards": {"shard": ("7", "8", 2)},
        "positions": {"shard": [3, 4]},
        "source_created": "once",
        "planned_at": 5.0,
    }
    return Delivery(**{**fields, **changes})  # type: ignore[arg-type]


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


def test_records_are_durable_when_put_returns(tmp_path: Path, db: sqlite3.Connection, stream: store.Stream) -> None:
    store.put_records(db, stream.id, [b"a"], arrived_ms=5)
    other = store.connect(tmp_path / "store.sqlite")
    assert [row.data for row in store.read_records(other, stream.id, after=0, limit=9, limit_bytes=9)] == [b"a"]


def test_a_transaction_is_all_or_nothing(db: sqlite3.Connection, stream: store.Stream) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.transaction(db):  # noqa: PT012
        store.set_status(db, "events", "ACTIVE", at=1.0)
        store.put_records(db, stream.id, [b"a"], arrived_ms=5)
        store.put_records(db, 99, [b"b"], arrived_ms=5)
    assert store.read_records(db, stream.id, after=0, limit=9, limit_bytes=9) == []
    assert store.get_stream(db, "events") == stream


def test_checkpoints_belong_to_one_incarnation(db: sqlite3.Connection, stream: store.Stream) -> None:
    kept = Checkpoint("shard", "once", "17", 4, b"\0\1\1", False, 3.0)
    store.save_checkpoint(db, stream.id, Checkpoint("shard", "once", None, 0), at=1.0)
    store.save_checkpoint(db, stream.id, kept, at=3.0)
    assert store.load_checkpoints(db, stream.id, "once") == {"shard": kept}
    assert store.load_checkpoints(db, stream.id, "again") == {}
    assert store.drop_other_checkpoints(db, stream.id, "again") == 1
    assert store.all_checkpoints(db, stream.id) == []


def test_a_delivery_is_planned_then_confirmed_or_cancelled(db: sqlite3.Connection, stream: store.Stream) -> None:
    first = store.plan_delivery(db, stream.id, delivery("one"))
    second = store.plan_delivery(db, stream.id, delivery("two"))
    assert store.planned_deliveries(db, stream.id) == [delivery("one", id=first), delivery("two", id=second)]
    assert store.recent_deliveries(db, stream.id) == []
    store.confirm_delivery(db, first, size=7, at=8.0)
    store.cancel_delivery(db, second)
    store.cancel_delivery(db, first)
    assert store.planned_deliveries(db, stream.id) == []
    assert store.recent_deliveries(db, stream.id) == [
        delivery("one", id=first, bytes=7, delivered_at=8.0, positions={})
    ]


def test_history_is_bounded_and_what_is_planned_stays(db: sqlite3.Connection, stream: store.Stream) -> None:
    store.plan_delivery(db, stream.id, delivery("planned"))
    for number in range(5):
        store.confirm_delivery(db, store.plan_delivery(db, stream.id, delivery(str(number))), size=1, at=1.0)
    store.prune_deliveries(db, stream.id, keep=2)
    assert [one.key for one in store.recent_deliveries(db, stream.id)] == ["4", "3"]
    assert [one.key for one in store.planned_deliveries(db, stream.id)] == ["planned"]


def test_counters_add_up(db: sqlite3.Connection, stream: store.Stream) -> None:
    store.add_stats(db, stream.id, {"data_records": 2, "dropped": 0})
    store.add_stats(db, stream.id, {"data_records": 3})
    assert store.get_stats(db, stream.id) == {"data_records": 5}


def test_nothing_of_a_deleted_stream_is_left_for_the_next_of_its_name(
    db: sqlite3.Connection, stream: store.Stream
) -> None:
    store.put_records(db, stream.id, [b"a"], arrived_ms=5)
    store.save_checkpoint(db, stream.id, Checkpoint("shard", "once", "1", 1), at=1.0)
    store.plan_delivery(db, stream.id, delivery())
    store.delete_stream(db, stream.id)
    again = store.create_stream(db, "events", "arn:events", {}, at=11.0)
    assert again.id != stream.id
    assert store.list_tags(db, "events") == {}
    for table in ("direct_records", "checkpoints", "deliveries", "tags"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
