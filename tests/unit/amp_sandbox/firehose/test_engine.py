"""The service with its threads: what starts, changes and ends with the store, and that `stop` ends everything."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.firehose_fakes import STREAM_ARN, Bench, aws_error, definition
from support.waiting import eventually

from amp_sandbox.firehose import store
from amp_sandbox.firehose.engine import DRAIN_SECONDS, FirehoseService

AT_ONCE = {"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0}}
LATER = {"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 900}}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "store.sqlite")


@pytest.fixture
def service(bench: Bench, tmp_path: Path) -> Iterator[FirehoseService]:
    made = FirehoseService(bench.clients, tmp_path / "store.sqlite", region="us-east-1", clock=bench.clock)
    yield made
    if made.is_alive():
        made.stop()


def landed(bench: Bench) -> list[bytes]:
    return bench.s3.under("data/")


def test_streams_are_delivered_updated_and_deleted_as_the_store_says(bench: Bench, service: FirehoseService) -> None:
    service.start()
    bench.create(definition(**AT_ONCE))
    bench.put(b"a")
    eventually(lambda: landed(bench), lambda found: found == [b"a"], timeout=5)
    facts = service.facts("events-to-lake")
    assert facts is not None
    assert (facts["alive"], facts["last_error"]) == (True, None)
    assert service.facts("other") is None
    changed = definition(Prefix="moved/", **LATER)
    assert store.update_definition(bench.db, "events-to-lake", changed, expected_version=1, at=bench.now)
    bench.put(b"b")
    store.set_status(bench.db, "events-to-lake", "DELETING", at=bench.now)
    eventually(lambda: store.get_stream(bench.db, "events-to-lake"), lambda found: found is None, timeout=5)
    assert b"".join(bench.s3.objects.values()) == b"ab"
    assert service.health() == {"healthy": True, "streams": {}}


def test_a_stream_whose_bucket_is_gone_does_not_block_its_deletion_for_ever(
    bench: Bench, service: FirehoseService
) -> None:
    bench.s3.failures.coming = [aws_error("NoSuchBucket")] * 10_000
    service.start()
    bench.create(definition(**AT_ONCE))
    bench.put(b"a")
    store.set_status(bench.db, "events-to-lake", "DELETING", at=bench.now)
    eventually(lambda: bench.s3.puts, bool, timeout=5)
    assert store.get_stream(bench.db, "events-to-lake") is not None
    bench.now += DRAIN_SECONDS + 1
    eventually(lambda: store.get_stream(bench.db, "events-to-lake"), lambda found: found is None, timeout=5)


def test_a_definition_that_cannot_be_read_is_an_error_of_its_stream_alone(
    bench: Bench, service: FirehoseService
) -> None:
    store.create_stream(bench.db, "broken", STREAM_ARN, {}, at=bench.now)
    store.set_status(bench.db, "broken", "ACTIVE", at=bench.now)
    bench.create(definition(**AT_ONCE))
    bench.put(b"a")
    service.start()
    eventually(lambda: landed(bench), lambda found: found == [b"a"], timeout=5)
    shown = eventually(service.health, lambda health: health["streams"]["broken"]["last_error"], timeout=5)
    assert "ExtendedS3DestinationConfiguration" in shown["streams"]["broken"]["last_error"]


def test_stop_ends_every_thread_and_keeps_what_is_not_delivered(bench: Bench, service: FirehoseService) -> None:
    before = set(threading.enumerate())
    bench.create(definition(**LATER))
    bench.put(b"a")
    service.start()
    eventually(service.health, lambda health: _buffered(health) == 1, timeout=5)
    service.stop()
    eventually(lambda: set(threading.enumerate()) - before, lambda left: not left, timeout=5)
    assert (landed(bench), service.is_alive()) == ([], False)
    stream = store.get_stream(bench.db, "events-to-lake")
    assert stream is not None
    assert store.count_records(bench.db, stream.id).records == 1


def _buffered(health: dict[str, dict[str, dict[str, int]]]) -> int:
    return sum(facts["buffered_records"] for facts in health["streams"].values())
