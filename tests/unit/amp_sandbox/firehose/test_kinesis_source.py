import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.firehose_fakes import Bench, aws_error, definition

from amp_sandbox.firehose import store
from amp_sandbox.firehose.kinesis_source import SURVEY_SECONDS, KinesisSource
from amp_sandbox.firehose.shards import Record

ROOM = 100 * 1024 * 1024


class Reading(Bench):
    """A Kinesis source by itself."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.stream = self.create(definition(kinesis=True))
        self.source = self.open()

    def open(self) -> KinesisSource:
        return KinesisSource(self.db, self.stream.id, "events", self.kinesis, self.runner)

    def poll(self, seconds: float = 1.0, room: int = ROOM) -> list[Record]:
        found: list[Record] = []
        end = self.now + seconds
        while self.now < end:
            found += self.source.poll(self.now, room)
            self.now += 0.1
        return found

    def settle(self, records: list[Record]) -> None:
        positions: dict[Any, list[int]] = {}
        for record in records:
            positions.setdefault(record.shard, []).append(record.ordinal)
        with store.transaction(self.db):
            self.source.settle(self.db, positions, self.now)


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path / "store.sqlite")


def data(records: list[Record]) -> list[bytes]:
    return [record.data for record in records]


def test_what_was_put_before_the_delivery_stream_existed_is_read(reading: Reading) -> None:
    reading.kinesis.put(b"a", b"b", key="user_9")
    (first, second) = reading.poll()
    assert (first.data, first.sequence, first.partition_key, first.arrived_ms) == (b"a", "1", "user_9", 1795341600000)
    assert second.data == b"b"


def test_a_shard_is_polled_five_times_a_second_and_at_once_when_behind(reading: Reading) -> None:
    reading.kinesis.put(*[bytes([n]) for n in range(30)])
    reading.kinesis.limit = 10
    assert len(reading.poll(0.4)) == 30
    reading.kinesis.put(b"late")
    assert data(reading.poll(0.5)) == [b"late"]


def test_a_shard_that_brings_nothing_is_polled_less_often_until_it_does_again(reading: Reading) -> None:
    reading.kinesis.put(b"a")
    reading.poll(10)
    busy, reading.kinesis.reads = reading.kinesis.reads, 0
    reading.poll(1)
    reading.kinesis.reads = 0
    reading.poll(10)
    assert reading.kinesis.reads < 0.6 * busy
    reading.kinesis.put(b"b")
    assert data(reading.poll(0.8)) == [b"b"]
    reading.kinesis.reads = 0
    reading.poll(9)
    assert reading.kinesis.reads > 0.8 * busy


def test_a_restart_reads_on_after_the_checkpoint(reading: Reading) -> None:
    reading.kinesis.put(b"a", b"b", b"c")
    reading.kinesis.limit = 2
    records = reading.poll()
    reading.settle(records[:2])
    reading.source = reading.open()
    assert data(reading.poll()) == [b"c"]


def test_a_restart_passes_over_what_settled_out_of_order(reading: Reading) -> None:
    reading.kinesis.put(b"a", b"b", b"c")
    records = reading.poll()
    reading.settle([records[1]])
    reading.source = reading.open()
    assert data(reading.poll()) == [b"a", b"c"]


def test_nothing_is_skipped_by_throttling_expiry_or_outage(reading: Reading) -> None:
    reading.kinesis.put(b"a")
    assert data(reading.poll()) == [b"a"]
    reading.kinesis.put(b"b")
    reading.kinesis.failures.coming = [
        aws_error("ProvisionedThroughputExceededException"),
        aws_error("ExpiredIteratorException"),
        aws_error("InternalFailure"),
        ConnectionError("refused"),
    ]
    assert data(reading.poll(20)) == [b"b"]
    assert reading.source.last_error is None


def test_an_error_is_shown_while_it_lasts(reading: Reading) -> None:
    reading.kinesis.failures.coming = [aws_error("ResourceNotFoundException", "no such stream")] * 3
    reading.poll(0.2)
    assert reading.source.last_error is not None
    assert "no such stream" in reading.source.last_error


def test_children_are_read_after_their_parents(reading: Reading) -> None:
    reading.kinesis.put(*[b"old"] * 3)
    reading.kinesis.split(0)
    reading.kinesis.put(b"left", shard=1)
    reading.kinesis.put(b"right", shard=2)
    reading.kinesis.limit = 1
    found = data(reading.poll(2 * SURVEY_SECONDS))
    assert found[:3] == [b"old"] * 3
    assert sorted(found[3:]) == [b"left", b"right"]


def test_a_reshard_is_noticed_while_reading(reading: Reading) -> None:
    reading.kinesis.put(b"old")
    assert data(reading.poll()) == [b"old"]
    reading.kinesis.split(0)
    reading.kinesis.put(b"new", shard=2)
    assert data(reading.poll(2 * SURVEY_SECONDS)) == [b"new"]


def test_a_closed_shard_whose_iterators_never_end_does_not_hold_up_its_children(reading: Reading) -> None:
    reading.kinesis.ends_iterators = False
    reading.kinesis.put(b"old")
    reading.kinesis.split(0)
    reading.kinesis.put(b"new", shard=1)
    assert data(reading.poll(2 * SURVEY_SECONDS)) == [b"old", b"new"]


def test_a_finished_parent_is_not_read_again_after_a_restart(reading: Reading) -> None:
    reading.kinesis.put(b"old")
    reading.kinesis.split(0)
    reading.settle(reading.poll(2 * SURVEY_SECONDS))
    reading.source = reading.open()
    reading.kinesis.put(b"new", shard=1)
    assert data(reading.poll()) == [b"new"]
    kept = store.load_checkpoints(reading.db, reading.stream.id, reading.source.incarnation)
    assert kept["shardId-000000000000"].finished


def test_a_stream_made_again_is_read_from_its_beginning(reading: Reading) -> None:
    reading.kinesis.put(b"a", b"b")
    old = reading.poll()
    reading.settle(old[:1])
    reading.kinesis.create()
    reading.kinesis.put(b"new a", b"new b", b"new c")
    found = data(reading.poll(2 * SURVEY_SECONDS))
    assert set(found) == {b"new a", b"new b", b"new c"}
    reading.settle(old)
    assert store.all_checkpoints(reading.db, reading.stream.id) == []


def test_a_stream_made_again_while_the_engine_was_down_is_read_from_its_beginning(reading: Reading) -> None:
    reading.kinesis.put(b"a", b"b")
    reading.settle(reading.poll())
    reading.kinesis.create()
    reading.kinesis.put(b"new a")
    reading.source = reading.open()
    assert data(reading.poll()) == [b"new a"]


def test_nothing_is_read_without_room(reading: Reading) -> None:
    reading.kinesis.put(b"a")
    assert reading.poll(room=1024) == []
    assert data(reading.poll()) == [b"a"]


def test_all_shards_of_a_long_list_are_read(reading: Reading) -> None:
    reading.kinesis.create(5)
    for shard in range(5):
        reading.kinesis.put(b"%d" % shard, shard=shard)
    assert sorted(data(reading.poll())) == [b"0", b"1", b"2", b"3", b"4"]


def test_an_error_of_the_store_at_a_shards_end_loses_no_record(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading.kinesis.create(2)
    reading.kinesis.put(b"a", shard=0)
    reading.kinesis.put(b"b", shard=1)
    reading.kinesis.split(1)
    real, failures = store.save_checkpoint, [sqlite3.OperationalError("database is locked")]

    def fail_once(*args: Any, **named: Any) -> None:
        if failures:
            raise failures.pop()
        real(*args, **named)

    monkeypatch.setattr(store, "save_checkpoint", fail_once)
    found: list[Record] = []
    for _ in range(10):
        with suppress(sqlite3.OperationalError):
            found += reading.poll(0.1)
        reading.now += 0.3
    assert failures == []
    assert sorted(data(found)) == [b"a", b"b"]
