"""Where records can be seen on their way, without disturbing them.

**Queues** are read through LocalStack's own `/_aws/sqs/messages`, which lists visible, invisible and delayed messages
and leaves receive counts and visibility as they are; ReceiveMessage would push messages towards the dead-letter queue.
https://docs.localstack.cloud/aws/services/sqs/#developer-endpoints

**Streams** are read behind the checkpoint that Firehose has reached, as what lies before it is in S3. **Objects** in
the lake and below the error prefix are listed; what an error object holds is the record as it was, base64-encoded.

**Left out:** messages within SNS, which nobody can see: see `run.SNS_SECONDS`.
"""

import gzip
import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from amp_sandbox import aws
from amp_sandbox.errors import SandboxError
from amp_sandbox.publish.streams import Stream, not_deployed, queue_url, record_id
from amp_sandbox.settings import Settings

_RECORDS_PER_READ = 10_000
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class DeliveryState:
    """How far a delivery stream has come: the last sequence number settled in each shard, and how many records."""

    checkpoints: dict[str, str | None]
    settled: int


@dataclass(frozen=True)
class KinesisRecord:
    """A record on a stream."""

    shard_id: str
    sequence: str
    arrived_ms: int
    data: bytes


@dataclass(frozen=True)
class ErrorRecord:
    """A record that Firehose could not deliver, from a line below the error prefix."""

    data: bytes
    code: str
    message: str
    attempts: int
    ended_ms: int


def queue_messages(settings: Settings, queue: str) -> list[dict[str, Any]]:
    """All messages of a queue, as ReceiveMessage would answer them, in whatever state."""
    answer = _request(
        "POST",
        f"{settings.localstack_url}/_aws/sqs/messages?ShowInvisible=true&ShowDelayed=true",
        headers={"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ReceiveMessage"},
        body=json.dumps({"QueueUrl": queue_url(settings, queue)}),
    )
    document = json.loads(answer.data)
    if answer.status == 200:
        messages: list[dict[str, Any]] = document.get("Messages") or []
        return messages
    if document.get("__type", "").endswith("QueueDoesNotExist"):
        raise not_deployed(settings, f"the queue {queue}")
    raise SandboxError(f"The messages of the queue {queue} could not be listed.", f"{answer.status}: {document}")


def waiting_messages(settings: Settings, queue: str) -> int:
    """How many messages a queue has, in whatever state."""
    names = ["", "NotVisible", "Delayed"]
    attributes = aws.client(settings, "sqs").get_queue_attributes(
        QueueUrl=queue_url(settings, queue), AttributeNames=[f"ApproximateNumberOfMessages{name}" for name in names]
    )["Attributes"]
    return sum(int(value) for value in attributes.values())


def delivery_state(settings: Settings, stream: Stream) -> DeliveryState:
    """How far Firehose has come with a stream."""
    shards = delivery_facts(settings, stream)["checkpoints"]
    return DeliveryState(
        checkpoints={shard: state["sequence"] for shard, state in shards.items()},
        settled=sum(state["records"] for state in shards.values()),
    )


def delivery_facts(settings: Settings, stream: Stream) -> dict[str, Any]:
    """Everything that Firehose tells of a stream: checkpoints, what waits, what was delivered, the latest error."""
    answer = _request("GET", f"{settings.standins_url}/_sandbox/firehose/streams/{stream.delivery_stream}")
    document: dict[str, Any] = json.loads(answer.data)
    if answer.status != 200:
        if document.get("error") == "ResourceNotFoundException":
            raise not_deployed(settings, f"the delivery stream {stream.delivery_stream}")
        raise SandboxError(f"Firehose does not tell about {stream.delivery_stream}.", f"{answer.status}: {document}")
    return document


def deliveries(settings: Settings, stream: Stream, limit: int = 20_000) -> list[dict[str, Any]]:
    """The newest objects that Firehose wrote for a stream, newest first."""
    path = f"/_sandbox/firehose/streams/{stream.delivery_stream}/deliveries?limit={limit}"
    answer = _request("GET", settings.standins_url + path)
    if answer.status != 200:
        raise SandboxError(f"Firehose does not tell what it delivered of {stream.name}.", answer.data.decode())
    found: list[dict[str, Any]] = json.loads(answer.data)["deliveries"]
    return found


def shards(settings: Settings, stream: Stream) -> list[str]:
    """The shards of a stream."""
    kinesis = aws.client(settings, "kinesis")
    request: dict[str, Any] = {"StreamName": stream.name}
    found: list[str] = []
    while True:
        try:
            page = kinesis.list_shards(**request)
        except kinesis.exceptions.ResourceNotFoundException:
            raise not_deployed(settings, f"the stream {stream.name}") from None
        found += [shard["ShardId"] for shard in page["Shards"]]
        if not page.get("NextToken"):
            return found
        request = {"NextToken": page["NextToken"]}


def stream_records(
    settings: Settings, stream: Stream, after: dict[str, str | None], limit: int | None = None
) -> Iterator[KinesisRecord]:
    """The records of a stream after a sequence number in each shard, up to now; at most `limit` of each shard."""
    kinesis = aws.client(settings, "kinesis")
    for shard_id in shards(settings, stream):
        position = {"ShardIteratorType": "TRIM_HORIZON"}
        if sequence := after.get(shard_id):
            position = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": sequence}
        iterator = kinesis.get_shard_iterator(StreamName=stream.name, ShardId=shard_id, **position)["ShardIterator"]
        left = limit
        while iterator and left != 0:
            answer = kinesis.get_records(ShardIterator=iterator, Limit=left or _RECORDS_PER_READ)
            for record in answer["Records"]:
                arrived_ms = int(record["ApproximateArrivalTimestamp"].timestamp() * 1000)
                yield KinesisRecord(shard_id, record["SequenceNumber"], arrived_ms, record["Data"])
            if limit is not None or (not answer["Records"] and not answer.get("MillisBehindLatest")):
                break
            iterator = answer.get("NextShardIterator")


def object_keys(settings: Settings, prefix: str) -> list[str]:
    """The keys below a prefix of the raw bucket."""
    s3 = aws.client(settings, "s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=settings.raw_bucket, Prefix=prefix)
    try:
        return [entry["Key"] for page in pages for entry in page.get("Contents", []) if not entry["Key"].endswith("/")]
    except s3.exceptions.NoSuchBucket:
        raise not_deployed(settings, f"the bucket {settings.raw_bucket}") from None


def read_object(settings: Settings, key: str) -> bytes | None:
    """An object of the raw bucket, decompressed; None when it is there no more."""
    s3 = aws.client(settings, "s3")
    try:
        body: bytes = s3.get_object(Bucket=settings.raw_bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return gzip.decompress(body) if body.startswith(_GZIP) else body


def error_records(settings: Settings, key: str) -> list[ErrorRecord]:
    """The records in an object below an error prefix."""
    return [_error_record(line) for line in (read_object(settings, key) or b"").splitlines() if line.strip()]


def error_ids(settings: Settings, stream: Stream, key: str) -> list[str]:
    """The ids of the records in an object below an error prefix."""
    return [record_id(stream, record.data) for record in error_records(settings, key)]


def _error_record(line: bytes) -> ErrorRecord:
    fields = json.loads(line)
    return ErrorRecord(
        data=b64decode(fields["rawData"]),
        code=fields.get("errorCode") or fields.get("lastErrorCode") or "",
        message=fields.get("errorMessage") or fields.get("lastErrorMessage") or "",
        attempts=int(fields.get("attemptsMade") or 0),
        ended_ms=int(fields.get("attemptEndingTimestamp") or 0),
    )


@cache
def _http() -> Any:
    import urllib3

    return urllib3.PoolManager(
        maxsize=8, timeout=urllib3.Timeout(connect=2, read=60), retries=urllib3.Retry(2, redirect=0)
    )


def _request(method: str, url: str, **request: Any) -> Any:
    import urllib3

    try:
        return _http().request(method, url, **request)
    except urllib3.exceptions.HTTPError as error:
        raise SandboxError(
            "The sandbox does not answer.", f"{url.partition('?')[0]}: {error}", "Is it running? Try: sandbox status"
        ) from None
