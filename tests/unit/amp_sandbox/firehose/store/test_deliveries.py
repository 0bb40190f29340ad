import sqlite3

from amp_sandbox.firehose import store
from amp_sandbox.firehose.store import Delivery


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
