import json
from typing import Any

import urllib3

from amp_sandbox.firehose import store

SOURCE = "arn:aws:kinesis:us-east-1:000000000000:stream/app-events"


def page(firehose: Any, path: str) -> tuple[int, dict[str, Any]]:
    response = urllib3.request("GET", f"{firehose.endpoint}/_sandbox/firehose/streams/{path}")
    return response.status, json.loads(response.data)


def stream_id(firehose: Any, name: str) -> int:
    stream = store.get_stream(firehose.db, name)
    assert stream is not None
    return stream.id


def deliver(firehose: Any, name: str, key: str, at: float) -> None:
    delivery = store.Delivery(
        kind="data",
        bucket="lake",
        key=key,
        records=3,
        bytes=0,
        first_arrival_ms=1_000,
        last_arrival_ms=2_000,
        shards={"shardId-0": ("10", "12", 3)},
        positions={"shardId-0": [0, 1, 2]},
        source_created="then",
        planned_at=at - 1,
    )
    number = store.plan_delivery(firehose.db, stream_id(firehose, name), delivery)
    store.confirm_delivery(firehose.db, number, size=77, at=at)


def test_a_stream_that_just_began(firehose: Any) -> None:
    name = firehose.create()
    assert page(firehose, name) == (
        200,
        {
            "name": name,
            "type": "DirectPut",
            "status": "ACTIVE",
            "failure": None,
            "version": 1,
            "source_arn": None,
            "checkpoints": {},
            "stored": {"records": 0, "bytes": 0},
            "buffered": {"records": 0, "bytes": 0},
            "delivered": {},
            "last_delivery_at": None,
            "last_error": None,
        },
    )


def test_a_stream_shows_what_waits_and_what_is_delivered(firehose: Any, from_kinesis: dict[str, Any]) -> None:
    name = firehose.create(**from_kinesis)
    checkpoint = store.Checkpoint("shardId-0", "then", "12", 3, settled=b"\0\1\1")
    store.save_checkpoint(firehose.db, stream_id(firehose, name), checkpoint, at=9.0)
    store.put_records(firehose.db, stream_id(firehose, name), [b"four", b"seventh"], arrived_ms=1)
    store.add_stats(firehose.db, stream_id(firehose, name), {"data_records": 3})
    deliver(firehose, name, "a.gz", at=5.0)
    firehose.aws.on_its_way[name] = {"buffered_records": 8, "buffered_bytes": 90, "last_error": "S3 is away"}
    status, shown = page(firehose, name)
    assert status == 200
    assert shown["source_arn"] == SOURCE
    assert shown["checkpoints"] == {
        "shardId-0": {"sequence": "12", "records": 3, "settled_ahead": 2, "finished": False, "updated_at": 9.0}
    }
    assert shown["stored"] == {"records": 2, "bytes": 11}
    assert shown["buffered"] == {"records": 8, "bytes": 90}
    assert shown["delivered"] == {"data_records": 3}
    assert (shown["last_delivery_at"], shown["last_error"]) == (5.0, "S3 is away")


def test_deliveries_are_shown_newest_first(firehose: Any) -> None:
    name = firehose.create()
    for at, key in enumerate(["a.gz", "b.gz", "c.gz"], start=10):
        deliver(firehose, name, key, at=float(at))
    status, shown = page(firehose, f"{name}/deliveries?limit=2")
    assert status == 200
    assert [delivery["key"] for delivery in shown["deliveries"]] == ["c.gz", "b.gz"]
    assert shown["deliveries"][0] == {
        "kind": "data",
        "bucket": "lake",
        "key": "c.gz",
        "records": 3,
        "bytes": 77,
        "first_arrival_ms": 1_000,
        "last_arrival_ms": 2_000,
        "delivered_at": 12.0,
        "shards": {"shardId-0": {"first": "10", "last": "12", "records": 3}},
    }


def test_pages_of_a_stream_that_is_not_there_are_errors(firehose: Any) -> None:
    for path in ("nobody", "nobody/deliveries"):
        status, shown = page(firehose, path)
        assert (status, shown["error"]) == (400, "ResourceNotFoundException")


def test_the_limit_of_deliveries_is_checked(firehose: Any) -> None:
    name = firehose.create()
    for limit in ("0", "-1", "all", "20001"):
        status, shown = page(firehose, f"{name}/deliveries?limit={limit}")
        assert (status, shown["error"]) == (400, "InvalidArgumentException")
        assert repr(limit) in shown["message"]
