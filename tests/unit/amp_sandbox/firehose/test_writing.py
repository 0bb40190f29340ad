from typing import Any

from support.firehose_fakes import START, definition

from amp_sandbox.firehose import config, writing
from amp_sandbox.firehose.buffers import Buffer
from amp_sandbox.firehose.shards import DATA, Record, Route, Shard
from amp_sandbox.firehose.store import Checkpoint
from amp_sandbox.firehose.writing import PlannedObject

SHARD = Shard(Checkpoint("shardId-000000000000", "now", None, 0))
EARLIER = Shard(Checkpoint("shardId-000000000000", "before", None, 0))


def record(ordinal: int, arrived: float = START, shard: Shard = SHARD) -> Record:
    return Record(shard, ordinal, f"s{ordinal}", "", int(arrived * 1000), b"x")


def planned(*records: Record, output: str = DATA, **settings: Any) -> PlannedObject:
    destination = config.parse_create(definition(CompressionFormat="GZIP", **settings)).destination
    buffer = Buffer(Route(output), START, list(records), len(records))
    return writing.plan_object(buffer, destination, "events", 2, START + 90)


def test_a_key_has_the_oldest_arrival_in_its_prefix_and_the_time_of_writing_in_its_name() -> None:
    made = planned(record(1, START), record(0, START - 7200), Prefix="h=!{timestamp:HH}/")
    assert made.key.startswith("h=08/events-2-2026-11-22-10-01-30-")
    assert made.key == f"h=08/{made.name}.gz"


def test_error_output_goes_under_its_type() -> None:
    made = planned(record(1), output="processing-failed")
    assert made.key == f"errors/processing-failed/{made.name}.gz"


def test_a_delivery_tells_the_ends_of_each_shard_and_the_positions() -> None:
    made = planned(record(4), record(5), record(9))
    made.records = made.buffer.records
    destination = config.parse_create(definition()).destination
    delivery = writing.delivery(made, destination, "now", START)
    assert delivery.shards == {"shardId-000000000000": ("s4", "s9", 3)}
    assert delivery.positions == {"shardId-000000000000": [4, 5, 9]}


def test_records_of_an_earlier_incarnation_are_delivered_without_positions() -> None:
    made = planned(record(4, shard=EARLIER), record(5))
    made.records = made.buffer.records
    destination = config.parse_create(definition()).destination
    delivery = writing.delivery(made, destination, "now", START)
    assert (delivery.records, delivery.positions) == (2, {"shardId-000000000000": [5]})
