"""AWS in memory, as far as the Firehose engine calls it, and a way to run a pipeline by hand."""

import io
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from amp_sandbox.firehose import config, store
from amp_sandbox.firehose.clients import Clients
from amp_sandbox.firehose.kinesis_source import KinesisSource
from amp_sandbox.firehose.pipeline import Pipeline
from amp_sandbox.firehose.sources import DirectSource
from amp_sandbox.firehose.workers import run_into

ROLE = "arn:aws:iam::000000000000:role/firehose"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:transform"
SOURCE = "arn:aws:kinesis:us-east-1:000000000000:stream/events"
STREAM_ARN = "arn:aws:firehose:us-east-1:000000000000:deliverystream/events-to-lake"
START = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC).timestamp()

Handler = Callable[[dict[str, Any]], Any]


def aws_error(code: str, message: str = "told to") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class Failures:
    """Errors that the next calls raise, in order."""

    def __init__(self) -> None:
        self.coming: list[Exception] = []

    def check(self) -> None:
        if self.coming:
            raise self.coming.pop(0)


class FakeS3:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.puts: list[str] = []
        self.failures = Failures()

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, Any]:  # noqa: N803
        self.puts.append(Key)
        self.failures.check()
        self.objects[Key] = Body
        return {}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self.failures.check()
        if Key not in self.objects:
            raise aws_error("404")
        return {"ContentLength": len(self.objects[Key])}

    def delete_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        del self.objects[Key]
        return {}

    def under(self, prefix: str) -> list[bytes]:
        return [body for key, body in sorted(self.objects.items()) if key.startswith(prefix)]

    def lines(self, prefix: str) -> list[Any]:
        return [json.loads(line) for body in self.under(prefix) for line in body.splitlines()]


@dataclass
class FakeShard:
    id: str
    parents: list[str] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    closed: bool = False


class FakeKinesis:
    """A stream whose iterators say where they are; sequence numbers count within a shard."""

    def __init__(self, clock: Callable[[], float], shards: int = 1) -> None:
        self._clock = clock
        self.failures = Failures()
        self.limit = 10_000
        self.ends_iterators = True
        self.reads = 0
        self.create(shards)

    def create(self, shards: int = 1) -> None:
        self.created = datetime.fromtimestamp(self._clock(), UTC)
        self.shards = {shard.id: shard for shard in (FakeShard(f"shardId-{n:012}") for n in range(shards))}

    def put(self, *data: bytes, shard: int = 0, key: str = "user_1") -> None:
        found = self.shards[f"shardId-{shard:012}"]
        for one in data:
            found.records.append(
                {
                    "SequenceNumber": str(len(found.records) + 1),
                    "PartitionKey": key,
                    "Data": one,
                    "ApproximateArrivalTimestamp": datetime.fromtimestamp(self._clock(), UTC),
                }
            )

    def split(self, shard: int) -> None:
        parent = self.shards[f"shardId-{shard:012}"]
        parent.closed = True
        for _ in range(2):
            child = FakeShard(f"shardId-{len(self.shards):012}", [parent.id])
            self.shards[child.id] = child

    def describe_stream_summary(self, *, StreamName: str) -> dict[str, Any]:  # noqa: N803
        self.failures.check()
        return {"StreamDescriptionSummary": {"StreamCreationTimestamp": self.created}}

    def list_shards(self, **request: Any) -> dict[str, Any]:
        start = int(request.get("NextToken", 0))
        found = list(self.shards.values())
        page: dict[str, Any] = {"Shards": [_listed(shard) for shard in found[start : start + 2]]}
        if start + 2 < len(found):
            page["NextToken"] = str(start + 2)
        return page

    def get_shard_iterator(self, **request: Any) -> dict[str, Any]:
        after = {"TRIM_HORIZON": 0}.get(request["ShardIteratorType"])
        at = int(request["StartingSequenceNumber"]) if after is None else after
        return {"ShardIterator": f"{request['ShardId']}@{at}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803
        self.failures.check()
        self.reads += 1
        shard_id, at = ShardIterator.split("@")
        shard = self.shards[shard_id]
        end = int(at) + min(Limit, self.limit)
        got = shard.records[int(at) : end]
        at_end = int(at) + len(got) == len(shard.records)
        answer: dict[str, Any] = {"Records": got, "MillisBehindLatest": 0 if at_end else 1000}
        if not (at_end and shard.closed and self.ends_iterators):
            answer["NextShardIterator"] = f"{shard_id}@{int(at) + len(got)}"
        return answer


def _listed(shard: FakeShard) -> dict[str, Any]:
    sequences = {"StartingSequenceNumber": "0"} | ({"EndingSequenceNumber": "9"} if shard.closed else {})
    listed: dict[str, Any] = {"ShardId": shard.id, "SequenceNumberRange": sequences}
    for name, parent in zip(("ParentShardId", "AdjacentParentShardId"), shard.parents, strict=False):
        listed[name] = parent
    return listed


class FakeLambda:
    """Answers with what `handler` returns for the event: bytes as they are, anything else as JSON."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.failures = Failures()
        self.handler: Handler = identity

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        event = json.loads(Payload)
        self.events.append(event)
        self.failures.check()
        try:
            result = self.handler(event)
        except Exception as error:
            said = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(said).encode())}
        body = result if isinstance(result, bytes) else json.dumps(result).encode()
        return {"Payload": io.BytesIO(body)}


class FakeGlue:
    def __init__(self) -> None:
        self.columns: list[dict[str, str]] = []
        self.asked: list[dict[str, Any]] = []
        self.failures = Failures()

    def get_table(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        self.failures.check()
        return {"Table": {"StorageDescriptor": {"Columns": self.columns}}}

    def get_table_version(self, **request: Any) -> dict[str, Any]:
        return {"TableVersion": self.get_table(**request)}


class FakeLogs:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.failures = Failures()

    def put_log_events(self, **request: Any) -> dict[str, Any]:
        self.failures.check()
        self.sent.append(request)
        return {}


class Inline:
    """Runs work at once, or keeps it until `run_held` when `held` is set."""

    def __init__(self) -> None:
        self.held: list[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] | None = None

    def submit(self, work: Callable[..., Any], *args: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        if self.held is None:
            run_into(future, work, *args)
        else:
            self.held.append((future, work, args))
        return future


def identity(event: dict[str, Any]) -> dict[str, Any]:
    return {"records": [ok(record) for record in event["records"]]}


def ok(record: dict[str, Any], data: bytes | None = None, **keys: Any) -> dict[str, Any]:
    encoded = record["data"] if data is None else b64encode(data).decode()
    answer = {"recordId": record["recordId"], "result": "Ok", "data": encoded}
    return answer | ({"metadata": {"partitionKeys": keys}} if keys else {})


def data_of(record: dict[str, Any]) -> bytes:
    return b64decode(record["data"])


def definition(*, kinesis: bool = False, transform: dict[str, str] | None = None, **settings: Any) -> dict[str, Any]:
    """A CreateDeliveryStream input with as little in it as may be; `transform` has the Lambda's parameters."""
    extended: dict[str, Any] = {
        "RoleARN": ROLE,
        "BucketARN": "arn:aws:s3:::lake",
        "Prefix": "data/",
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
        **settings,
    }
    if transform is not None:
        processors = [processor("Lambda", LambdaArn=FUNCTION, **transform)]
        processors += (extended.get("ProcessingConfiguration") or {}).get("Processors", [])
        extended["ProcessingConfiguration"] = {"Enabled": True, "Processors": processors}
    request: dict[str, Any] = {"DeliveryStreamName": "events-to-lake", "ExtendedS3DestinationConfiguration": extended}
    if kinesis:
        request["DeliveryStreamType"] = "KinesisStreamAsSource"
        request["KinesisStreamSourceConfiguration"] = {"KinesisStreamARN": SOURCE, "RoleARN": ROLE}
    return request


def processor(kind: str, **parameters: str) -> dict[str, Any]:
    return {
        "Type": kind,
        "Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()],
    }


class Bench:
    """A store, fake AWS and a clock that stands still, with one pipeline at a time."""

    def __init__(self, path: Any) -> None:
        self.now = START
        self.db = store.connect(path)
        self.s3, self.lambda_, self.glue, self.logs = FakeS3(), FakeLambda(), FakeGlue(), FakeLogs()
        self.kinesis = FakeKinesis(self.clock)
        self.runner = Inline()
        self.clients = Clients(self.s3, self.kinesis, self.lambda_, self.glue, self.logs)

    def clock(self) -> float:
        return self.now

    def create(self, request: dict[str, Any]) -> store.Stream:
        stream = store.create_stream(self.db, "events-to-lake", STREAM_ARN, request, at=self.now)
        store.set_status(self.db, stream.name, "ACTIVE", at=self.now)
        return stream

    def pipeline(self, **options: Any) -> Pipeline:
        """A pipeline as a process just started would make it."""
        stream = store.get_stream(self.db, "events-to-lake")
        assert stream is not None
        settings = config.parse_create(stream.definition)
        source: Any = (
            DirectSource(self.db, stream.id)
            if settings.source_stream is None
            else KinesisSource(self.db, stream.id, settings.source_stream, self.kinesis, self.runner)
        )
        return Pipeline(
            stream,
            settings,
            db=self.db,
            source=source,
            clients=self.clients,
            runner=self.runner,
            region="us-east-1",
            clock=self.clock,
            **options,
        )

    def put(self, *data: bytes) -> list[str]:
        stream = store.get_stream(self.db, "events-to-lake")
        assert stream is not None
        return store.put_records(self.db, stream.id, data, arrived_ms=int(self.now * 1000))

    def run(self, pipeline: Pipeline, seconds: float = 0, ticks: int = 4, step: float = 0.25) -> None:
        """Tick a few times now, and then every `step` seconds for so many seconds."""
        for _ in range(ticks):
            pipeline.tick()
        end = self.now + seconds
        while self.now < end:
            self.now += step
            pipeline.tick()
            pipeline.tick()


Made = Callable[..., Bench]
"""Makes a bench whose delivery stream has these options."""

PROMPT = {"BufferIntervalInSeconds": "0"}
AT_ONCE = {"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0}}
PARTITIONED = {
    "Prefix": "t=!{partitionKeyFromLambda:t}/",
    "DynamicPartitioningConfiguration": {"Enabled": True},
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
}


def by_first_letter(event: dict[str, Any]) -> dict[str, Any]:
    return {"records": [ok(one, t=data_of(one)[:1].decode()) for one in event["records"]]}


def stream_id(bench: Bench) -> int:
    stream = store.get_stream(bench.db, "events-to-lake")
    assert stream is not None
    return stream.id


def unsettled(bench: Bench) -> int:
    return store.count_records(bench.db, stream_id(bench)).records
