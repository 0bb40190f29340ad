import gzip
import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError
from support.ports import free_ports

from amp_sandbox import aws
from amp_sandbox.audit import sources
from amp_sandbox.audit.sources import DeliveryState
from amp_sandbox.errors import SandboxError
from amp_sandbox.publish.streams import app_events, catalog_changes
from amp_sandbox.settings import Settings

SETTINGS = Settings()
EVENTS = app_events(SETTINGS)


class FakeKinesis:
    """Shards with records, read in pages of two; iterators are positions."""

    class exceptions:  # noqa: N801 - as boto3 names it
        class ResourceNotFoundException(ClientError):  # noqa: N818
            pass

    def __init__(self, shards: dict[str, list[str]]) -> None:
        self._shards = shards
        self.reads = 0

    def list_shards(self, **request: str) -> Any:
        names = sorted(self._shards)
        page = int(request.get("NextToken", 0))
        more = {"NextToken": str(page + 1)} if page + 1 < len(names) else {}
        return {"Shards": [{"ShardId": names[page]}], **more}

    def get_shard_iterator(self, *, StreamName: str, ShardId: str, **position: str) -> Any:  # noqa: N803
        after = position.get("StartingSequenceNumber")
        assert position["ShardIteratorType"] == ("AFTER_SEQUENCE_NUMBER" if after else "TRIM_HORIZON")
        return {"ShardIterator": f"{ShardId} {int(after) + 1 if after else 0}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> Any:  # noqa: N803
        self.reads += 1
        shard, position = ShardIterator.split()
        begin, end = int(position), int(position) + min(2, Limit)
        records = self._shards[shard]
        return {
            "Records": [
                {
                    "SequenceNumber": str(begin + place),
                    "Data": data.encode(),
                    "PartitionKey": "k",
                    "ApproximateArrivalTimestamp": datetime(2026, 11, 22, tzinfo=UTC),
                }
                for place, data in enumerate(records[begin:end])
            ],
            "NextShardIterator": f"{shard} {min(end, len(records))}",
            "MillisBehindLatest": 1 if end < len(records) else 0,
        }


class FakeS3:
    """Objects by key."""

    class exceptions:  # noqa: N801 - as boto3 names it
        class NoSuchBucket(ClientError):  # noqa: N818
            pass

        class NoSuchKey(ClientError):  # noqa: N818
            pass

    def __init__(self, objects: dict[str, bytes] | None) -> None:
        self._objects = objects

    def get_paginator(self, _: str) -> "FakeS3":
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[Any]:  # noqa: N803
        if self._objects is None:
            raise self.exceptions.NoSuchBucket({}, "ListObjectsV2")
        for key in self._objects:
            if key.startswith(Prefix):
                yield {"Contents": [{"Key": key}]}
        yield {}

    def get_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803
        import io

        assert self._objects is not None
        if Key not in self._objects:
            raise self.exceptions.NoSuchKey({}, "GetObject")
        return {"Body": io.BytesIO(self._objects[Key])}


def use(monkeypatch: pytest.MonkeyPatch, fake: Any) -> Any:
    monkeypatch.setattr(aws, "client", lambda *_: fake)
    return fake


def answer(monkeypatch: pytest.MonkeyPatch, status: int, document: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Let every HTTP request be answered so; collects the requests."""
    requests = []

    class Http:
        def request(self, method: str, url: str, **given: Any) -> Any:
            requests.append((method, url, given))
            return urllib3.HTTPResponse(body=json.dumps(document).encode(), status=status)

    monkeypatch.setattr(sources, "_http", Http)
    return requests


def test_records_are_read_from_behind_the_checkpoint_of_each_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakeKinesis({"shard-0": list("abcdefg"), "shard-1": list("xyz"), "shard-2": []}))
    found = list(sources.stream_records(SETTINGS, EVENTS, {"shard-0": "1", "shard-1": None}))
    assert [(r.shard_id, r.sequence, r.data) for r in found if r.shard_id == "shard-0"] == [
        ("shard-0", str(place), data.encode()) for place, data in enumerate("abcdefg") if place > 1
    ]
    assert [r.data for r in found if r.shard_id == "shard-1"] == [b"x", b"y", b"z"]


def test_one_look_at_each_shard_tells_whether_anything_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    kinesis = use(monkeypatch, FakeKinesis({"shard-0": list("abc"), "shard-1": list("xyz")}))
    assert [r.data for r in sources.stream_records(SETTINGS, EVENTS, {"shard-0": "2"}, limit=1)] == [b"x"]
    assert kinesis.reads == 2


def test_the_messages_of_a_queue_are_listed_without_receiving_them(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = answer(monkeypatch, 200, {"Messages": [{"Body": "x\n"}]})
    assert sources.queue_messages(SETTINGS, "q") == [{"Body": "x\n"}]
    [(method, url, given)] = requests
    assert (method, url) == ("POST", "http://127.0.0.1:4566/_aws/sqs/messages?ShowInvisible=true&ShowDelayed=true")
    assert json.loads(given["body"]) == {"QueueUrl": "http://127.0.0.1:4566/queue/us-east-1/000000000000/q"}


def test_an_empty_queue_has_no_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, 200, {})
    assert sources.queue_messages(SETTINGS, "q") == []


@pytest.mark.parametrize(
    ("status", "document", "told"),
    [(400, {"__type": "QueueDoesNotExist"}, "not deployed"), (500, {"__type": "InternalError"}, "could not be listed")],
)
def test_a_queue_that_cannot_be_listed_is_told(
    monkeypatch: pytest.MonkeyPatch, status: int, document: Any, told: str
) -> None:
    answer(monkeypatch, status, document)
    with pytest.raises(SandboxError, match=told):
        sources.queue_messages(SETTINGS, "q")


def test_the_state_of_a_delivery_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    shards = {"shard-0": {"sequence": "17", "records": 18}, "shard-1": {"sequence": None, "records": 0}}
    requests = answer(monkeypatch, 200, {"checkpoints": shards})
    assert sources.delivery_state(SETTINGS, EVENTS) == DeliveryState({"shard-0": "17", "shard-1": None}, 18)
    assert requests[0][1] == "http://127.0.0.1:4570/_sandbox/firehose/streams/app-events-to-lake"


def test_a_delivery_stream_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, 400, {"error": "ResourceNotFoundException", "message": "…"})
    with pytest.raises(SandboxError, match="not deployed: the delivery stream app-events-to-lake"):
        sources.delivery_state(SETTINGS, EVENTS)


def test_a_sandbox_that_is_down_is_told() -> None:
    [port] = free_ports(1)
    with pytest.raises(SandboxError, match="The sandbox does not answer"):
        sources.queue_messages(Settings(localstack_port=port), "q")


def test_objects_are_listed_without_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakeS3({"a/": b"", "a/1": b"", "b/1": b"", "a/2": b""}))
    assert sources.object_keys(SETTINGS, "a/") == ["a/1", "a/2"]


def test_a_bucket_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakeS3(None))
    with pytest.raises(SandboxError, match="not deployed: the bucket amp-local-000000000000-raw"):
        sources.object_keys(SETTINGS, "a/")


def error_line(data: bytes, **fields: Any) -> bytes:
    return json.dumps({"rawData": b64encode(data).decode(), **fields}).encode() + b"\n"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_error_objects_are_read_as_aws_writes_them(monkeypatch: pytest.MonkeyPatch, pack: Any) -> None:
    # https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
    processing = error_line(
        b'{"event_id": "e-1"}',
        attemptsMade=4,
        errorCode="Lambda.FunctionError",
        errorMessage="raised",
        attemptEndingTimestamp=1_500,
        lambdaArn="arn:…",
    )
    # https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html
    conversion = error_line(b"\xff", attemptsMade=1, lastErrorCode="DataFormatConversion.X", lastErrorMessage="bad")
    use(monkeypatch, FakeS3({"errors/1": pack(processing + conversion)}))
    first, second = sources.error_records(SETTINGS, "errors/1")
    assert (first.data, first.code, first.message) == (b'{"event_id": "e-1"}', "Lambda.FunctionError", "raised")
    assert (first.attempts, first.ended_ms) == (4, 1_500)
    assert (second.data, second.code, second.message) == (b"\xff", "DataFormatConversion.X", "bad")
    found = sources.error_ids(SETTINGS, EVENTS, "errors/1")
    assert found[0] == "e-1"
    assert found[1].startswith("sha256:")


def test_an_object_that_is_gone_has_no_records(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakeS3({}))
    assert sources.error_records(SETTINGS, "errors/1") == []


def test_messages_that_wait_are_counted_in_every_state(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sqs:
        def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803
            return {"Attributes": {name: str(10**place) for place, name in enumerate(AttributeNames)}}

    use(monkeypatch, Sqs())
    assert sources.waiting_messages(SETTINGS, catalog_changes(SETTINGS).queue or "") == 111
