import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox import aws
from amp_sandbox.audit import sources
from amp_sandbox.audit.sources import ErrorRecord
from amp_sandbox.errors import SandboxError
from amp_sandbox.lake import connection
from amp_sandbox.publish import ledger
from amp_sandbox.publish.ledger import LedgerFile, Publication
from amp_sandbox.settings import Settings
from amp_sandbox.trace import Trace, logs, trace
from amp_sandbox.trace.logs import LogLine

SHARD = "shardId-000000000000"
ARRIVED = datetime(2026, 11, 22, 10, 0, 0, 500_000, tzinfo=UTC)
SENT_MS = int(datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp() * 1000)


class World:
    """What tracing reads, as a test lays it out. The raw bucket is a folder."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home)
        self.bucket = home / "bucket"
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.log: list[LogLine] = []
        self.deliveries: dict[str, list[dict[str, Any]]] = {}
        self.errors: dict[str, list[ErrorRecord]] = {}
        self.opened: list[str] = []

    def publish(self, stream: str, name: str, position: str, acked: bool = True) -> None:
        file = LedgerFile(ledger.folder(self.settings, stream), "run")
        file.write([Publication(name, SENT_MS, SENT_MS + 5 if acked else None, position)])
        file.close()

    def queue(self, queue: str, body: str) -> None:
        attributes = {"SentTimestamp": str(SENT_MS + 10), "ApproximateReceiveCount": "5"}
        self.messages.setdefault(queue, []).append({"MessageId": "m-1", "Body": body, "Attributes": attributes})

    def deliver(self, stream: str, key: str, first: int, last: int, *rows: dict[str, Any]) -> None:
        path = self.bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
        span = {"first": str(first), "last": str(last), "records": len(rows)}
        delivered_at = SENT_MS / 1000 + 2
        found = {
            "key": key,
            "kind": "data",
            "delivered_at": delivered_at,
            "records": len(rows),
            "shards": {SHARD: span},
        }
        self.deliveries.setdefault(stream, []).append(found)

    def trace(self, name: str) -> Trace:
        return trace(self.settings, name)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path)

    class Kinesis:
        def get_shard_iterator(self, **position: str) -> Any:
            assert position["ShardIteratorType"] == "AT_SEQUENCE_NUMBER"
            return {"ShardIterator": position["StartingSequenceNumber"]}

        def get_records(self, **_: Any) -> Any:
            return {"Records": [{"ApproximateArrivalTimestamp": ARRIVED}]}

    def error_records(_: Settings, key: str) -> list[ErrorRecord]:
        world.opened.append(key)
        return world.errors[key]

    def object_keys(_: Settings, prefix: str) -> list[str]:
        return [found["key"] for one in world.deliveries.values() for found in one if found["key"].startswith(prefix)]

    def lines_about(_: Settings, function: str, names: Sequence[str], since_ms: int) -> list[LogLine]:
        assert function == "catalog-ingest-local"
        return world.log

    @contextmanager
    def private(_: Settings) -> Iterator[Any]:
        with connection.local() as db:
            yield _LocalBucket(db, world)

    monkeypatch.setattr(aws, "client", lambda *_: Kinesis())
    monkeypatch.setattr(sources, "queue_messages", lambda _, queue: world.messages.get(queue, []))
    monkeypatch.setattr(sources, "deliveries", lambda _, stream: world.deliveries.get(stream.name, []))
    monkeypatch.setattr(sources, "error_records", error_records)
    monkeypatch.setattr(sources, "object_keys", object_keys)
    monkeypatch.setattr(logs, "lines_about", lines_about)
    monkeypatch.setattr(connection, "private", private)
    return world


class _LocalBucket:
    """DuckDB with s3:// addresses turned into files."""

    def __init__(self, db: Any, world: World) -> None:
        self._db, self._world = db, world

    def execute(self, sql: str, values: dict[str, Any]) -> Any:
        prefix = f"s3://{self._world.settings.raw_bucket}/"
        keys = [uri.removeprefix(prefix) for uri in values["uris"]]
        self._world.opened += keys
        files = [str(self._world.bucket / key) for key in keys]
        renamed = sql.replace("SELECT filename,", f"SELECT replace(filename, '{self._world.bucket}/', '{prefix}'),")
        return self._db.execute(renamed, {**values, "uris": files})


def test_an_app_event_is_followed_into_the_lake(world: World) -> None:
    world.publish("app-events", "e-1", f"{SHARD}:50")
    world.deliver("app-events", "app_events/far.gz", 60, 70, {"event_id": "e-2"})
    world.deliver("app-events", "app_events/near.gz", 40, 55, {"event_id": "e-0"}, {"event_id": "e-1", "n": 1})
    found = world.trace("e-1")
    assert (found.stream, found.state) == ("app-events", "landed")
    assert [hop.place for hop in found.hops] == ["published to Kinesis", "Kinesis", "Firehose delivery", "lake row"]
    assert [hop.at for hop in found.hops] == sorted(hop.at for hop in found.hops if hop.at)
    assert found.hops[0].facts == {"acknowledged_after_ms": 5, "position": f"{SHARD}:50"}
    assert found.hops[1].at == ARRIVED
    assert found.hops[2].facts["object"] == "s3://amp-local-000000000000-raw/app_events/near.gz"
    assert found.hops[3].facts["row"] == {"event_id": "e-1", "n": 1}
    assert world.opened == ["app_events/near.gz"]


def test_a_catalogue_change_is_followed_by_what_its_function_logged(world: World) -> None:
    world.publish("show-catalog", "c-1", "sns-message")
    facts = {"message": "ingested", "shard_id": SHARD, "sequence_number": "7"}
    world.log = [LogLine(SENT_MS + 100, facts)]
    world.deliver("show-catalog", "show_catalog/a.gz", 7, 7, {"change_id": "c-1"})
    found = world.trace("c-1")
    assert found.state == "landed"
    assert [hop.place for hop in found.hops] == [
        "published to SNS",
        "catalog-ingest",
        "Kinesis",
        "Firehose delivery",
        "lake row",
    ]


def test_a_dead_letter_is_told_with_its_reason(world: World) -> None:
    world.publish("show-catalog", "c-1", "sns-message")
    world.queue("amp-catalog-changes-local-dlq", '{"change_id": "c-1"}')
    world.log = [LogLine(SENT_MS + 100, {"message": "not ingested", "reason": "unknown_show"})]
    found = world.trace("c-1")
    assert found.state == "dead_lettered"
    assert [hop.place for hop in found.hops] == ["published to SNS", "catalog-ingest", "dead-letter queue"]
    assert found.hops[2].facts == {"message_id": "m-1", "receives": 5}


def test_what_waits_in_the_queue_is_in_flight(world: World) -> None:
    world.publish("show-catalog", "c-1", "sns-message")
    world.queue("amp-catalog-changes-local", '{"change_id": "c-1"}')
    world.queue("amp-catalog-changes-local", '{"change_id": "c-2"}')
    found = world.trace("c-1")
    assert found.state == "in_flight"
    assert [hop.place for hop in found.hops] == ["published to SNS", "queue"]


def test_a_failed_record_is_told_with_its_reason(world: World) -> None:
    world.publish("app-events", "e-1", f"{SHARD}:50")
    key = "errors/app_events/processing-failed/1.gz"
    world.deliver("app-events", key, 50, 50)
    world.errors[key] = [
        ErrorRecord(b'{"event_id": "e-0"}', "X", "other", 1, 0),
        ErrorRecord(b'{"event_id": "e-1"}', "Lambda.FunctionError", "raised", 4, 0),
    ]
    found = world.trace("e-1")
    assert found.state == "failed"
    assert found.hops[-1].place == "error prefix"
    assert found.hops[-1].facts == {"reason": "Lambda.FunctionError: raised", "attempts": 4, "object": key}


def test_what_nobody_recorded_is_looked_for_everywhere(world: World) -> None:
    world.deliver("app-events", "app_events/1.gz", 1, 1, {"event_id": "stray"})
    found = world.trace("stray")
    assert (found.stream, found.state) == ("app-events", "landed")
    assert [hop.place for hop in found.hops] == ["Firehose delivery", "lake row"]


def test_a_publication_without_an_answer_is_told(world: World) -> None:
    world.publish("app-events", "e-1", "", acked=False)
    assert world.trace("e-1").hops[0].facts == {"answer": "none; it was sent again"}


def test_an_unknown_id_brings_up_similar_ones(world: World) -> None:
    for name in ("4f3c2b1a-aaaa", "4f3c2b1a-bbbb", "99999999-cccc"):
        world.publish("app-events", name, f"{SHARD}:1")
    with pytest.raises(SandboxError, match="Nothing is known of 4f3c2b1a") as beginning:
        world.trace("4f3c2b1a")
    assert beginning.value.hint == "Did you mean 4f3c2b1a-aaaa or 4f3c2b1a-bbbb?"
    with pytest.raises(SandboxError) as typo:
        world.trace("99999999-cccd")
    assert typo.value.hint == "Did you mean 99999999-cccc?"
    with pytest.raises(SandboxError) as nothing:
        world.trace("zz")
    assert "Did you mean" not in str(nothing.value)


def test_ids_of_other_things_are_told_apart(world: World) -> None:
    with pytest.raises(SandboxError, match="Nothing is known") as error:
        world.trace("show_dfafae0174db")
    assert "A show is not a record" in str(error.value)
