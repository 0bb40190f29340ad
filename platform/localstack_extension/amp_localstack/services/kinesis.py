"""Kinesis: moto keeps streams, shards and consumers; the records are ours.

moto's own data path loses a record when two clients put at the same time, goes through all records of a shard for each
put and each read, and puts a split shard's records a second time into its children. It also knows JSON only. So
PutRecord, PutRecords, GetShardIterator and GetRecords are served here, from `ShardLog`.

**Left out:** SubscribeToShard (501), iterators' expiry after five minutes, encryption, and throughput limits. State is
in memory: it ends with LocalStack.

https://docs.aws.amazon.com/kinesis/latest/APIReference/Welcome.html
"""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.http import Response
from localstack.services.moto import call_moto
from localstack.services.plugins import Service
from moto.core.exceptions import JsonRESTError
from moto.kinesis import models

from amp_localstack.services.shard_log import Record, ShardLog

MOST_RECORDS_PUT = 500
MOST_RECORD_BYTES = 1024 * 1024
MOST_REQUEST_BYTES = 5 * 1024 * 1024
MOST_RECORDS_READ = 10_000

Answer: TypeAlias = dict[str, Any] | Response


class LoggedShard(models.Shard):
    """moto's shard, with the records in a log; moto's own collection of them stays empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.log = ShardLog()

    def get_min_sequence_number(self) -> int:
        """What DescribeStream says the shard starts with."""
        return self.log.first

    def get_max_sequence_number(self) -> int:
        """What DescribeStream says a closed shard ends with."""
        return self.log.last


def kinesis_service() -> Service:
    """The whole service."""
    models.Shard = LoggedShard  # type: ignore[misc]
    model = load_service("kinesis")
    table: dict[str, Any] = dict.fromkeys(model.operation_names, lambda context, _: call_moto(context))
    table |= {
        "PutRecord": _handler(put_record),
        "PutRecords": _handler(put_records),
        "GetShardIterator": _handler(get_shard_iterator),
        "GetRecords": _handler(get_records),
    }
    return Service(name="kinesis", skeleton=Skeleton(model, table))


def put_record(context: RequestContext, request: Mapping[str, Any]) -> Answer:
    """Append one record. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html."""
    stream = _stream(context, request)
    _check_size(request, 1)
    [result] = _append(stream, [request])
    return result


def put_records(context: RequestContext, request: Mapping[str, Any]) -> Answer:
    """Append records; all or, on a bad request, none.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
    """
    stream = _stream(context, request)
    entries = request["Records"]
    if len(entries) > MOST_RECORDS_PUT:
        raise _invalid("'records'", f"length less than or equal to {MOST_RECORDS_PUT}")
    if sum(_check_size(entry, number) for number, entry in enumerate(entries, 1)) > MOST_REQUEST_BYTES:
        raise CommonServiceException("InvalidArgumentException", "Records size exceeds 5 MB limit", sender_fault=True)
    return {"FailedRecordCount": 0, "Records": _append(stream, entries)}


def get_shard_iterator(context: RequestContext, request: Mapping[str, Any]) -> Answer:
    """A place in a shard. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html."""
    stream = _stream(context, request)
    shard = _shard(stream, request["ShardId"])
    position = _position(shard.log, request)
    return {"ShardIterator": _iterator(stream.stream_name, shard.shard_id, position)}


def get_records(context: RequestContext, request: Mapping[str, Any]) -> Answer:
    """Read on from a place in a shard; a closed shard that has been read to its end has no next place.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
    """
    limit = request.get("Limit") or MOST_RECORDS_READ
    if limit > MOST_RECORDS_READ:
        raise _invalid("'limit'", f"value less than or equal to {MOST_RECORDS_READ}")
    name, shard_id, position = _parsed_iterator(request["ShardIterator"])
    stream = _stream(context, {"StreamName": name})
    shard = _shard(stream, shard_id)
    read = shard.log.read(position, limit, now=time.time())
    answer: dict[str, Any] = {"MillisBehindLatest": read.millis_behind}
    if shard.is_open or read.position < shard.log.last:
        answer["NextShardIterator"] = _iterator(name, shard_id, read.position)
    if "json" not in context.request.headers.get("Content-Type", ""):
        return answer | {"Records": [_as_result(record) for record in read.records]}
    # LocalStack's serializer walks the service model for every field, and so does its parser, which reads what was not
    # serialized by it: 10,000 records would take each of them half a second. A response that is set is not parsed.
    context.service_response = answer
    body = json.dumps(answer | {"Records": [_as_json(record) for record in read.records]})
    response: Answer = Response(body, 200, {"x-amzn-RequestId": context.request_id}, "application/x-amz-json-1.1")
    return response


def _handler(operation: Callable[[RequestContext, Mapping[str, Any]], Answer]) -> Callable[..., Answer]:
    def handle(context: RequestContext, request: Mapping[str, Any]) -> Answer:
        try:
            return operation(context, request)
        except JsonRESTError as error:  # from moto
            raise CommonServiceException(error.error_type, error.message, sender_fault=True) from error

    return handle


def _stream(context: RequestContext, request: Mapping[str, Any]) -> Any:
    backend = models.kinesis_backends[context.account_id][context.region]
    return backend.describe_stream(stream_arn=request.get("StreamARN"), stream_name=request.get("StreamName"))


def _shard(stream: Any, shard_id: str) -> LoggedShard:
    shard = stream.shards.get(shard_id)
    if shard is None:
        message = f"Shard {shard_id} in stream {stream.stream_name} under account {stream.account_id} does not exist"
        raise CommonServiceException("ResourceNotFoundException", message, sender_fault=True)
    return shard  # type: ignore[no-any-return]


def _append(stream: Any, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    open_shards = [shard for shard in stream.shards.values() if shard.is_open]
    now, retention_s = time.time(), stream.retention_period_hours * 3600
    results = []
    for entry in entries:
        shard = _shard_for(open_shards, _hash_key(entry))
        [sequence] = shard.log.append([(entry["PartitionKey"], entry["Data"])], now=now, retention_s=retention_s)
        results.append({"SequenceNumber": str(sequence), "ShardId": shard.shard_id})
    return results


def _hash_key(entry: Mapping[str, Any]) -> int:
    if explicit := entry.get("ExplicitHashKey"):
        if not explicit.isdecimal() or int(explicit) >= 2**128:
            message = f"Invalid ExplicitHashKey. It must be in the range: [0, 2^128-1]. Specified value was {explicit}"
            raise CommonServiceException("InvalidArgumentException", message, sender_fault=True)
        return int(explicit)
    return int.from_bytes(hashlib.md5(entry["PartitionKey"].encode(), usedforsecurity=False).digest())


def _shard_for(open_shards: Sequence[LoggedShard], key: int) -> LoggedShard:
    return next(shard for shard in open_shards if shard.starting_hash <= key <= shard.ending_hash)


def _check_size(entry: Mapping[str, Any], number: int) -> int:
    key, data = entry["PartitionKey"], entry["Data"]
    if not 1 <= len(key) <= 256:
        raise _invalid(f"'records.{number}.member.partitionKey'", "length between 1 and 256")
    if len(data) + len(key.encode()) > MOST_RECORD_BYTES:
        raise _invalid(f"'records.{number}.member.data'", f"length less than or equal to {MOST_RECORD_BYTES}")
    return len(data) + len(key.encode())


def _invalid(where: str, rule: str) -> CommonServiceException:
    message = f"1 validation error detected: Value at {where} failed to satisfy constraint: Member must have {rule}"
    return CommonServiceException("ValidationException", message, sender_fault=True)


def _position(log: ShardLog, request: Mapping[str, Any]) -> int:
    kind: str = request["ShardIteratorType"]
    if kind == "TRIM_HORIZON":
        return log.first - 1
    if kind == "LATEST":
        return log.last
    if kind == "AT_TIMESTAMP" and (moment := request.get("Timestamp")):
        return log.position_before(moment.timestamp())
    if kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER") and (sequence := request.get("StartingSequenceNumber")):
        return int(sequence) - (kind == "AT_SEQUENCE_NUMBER")
    message = f"Invalid ShardIteratorType {kind}, or its StartingSequenceNumber or Timestamp is missing"
    raise CommonServiceException("InvalidArgumentException", message, sender_fault=True)


def _iterator(stream_name: str, shard_id: str, position: int) -> str:
    return base64.b64encode(f"{stream_name}:{shard_id}:{position}".encode()).decode()


def _parsed_iterator(iterator: str) -> tuple[str, str, int]:
    try:
        name, shard_id, position = base64.b64decode(iterator, validate=True).decode().split(":")
        return name, shard_id, int(position)
    except ValueError as error:
        raise CommonServiceException("InvalidArgumentException", "Invalid ShardIterator.", sender_fault=True) from error


def _as_json(record: Record) -> dict[str, Any]:
    return {
        "SequenceNumber": str(record.sequence),
        "ApproximateArrivalTimestamp": round(record.arrived, 3),
        "Data": base64.b64encode(record.data).decode(),
        "PartitionKey": record.partition_key,
    }


def _as_result(record: Record) -> dict[str, Any]:
    return {
        "SequenceNumber": str(record.sequence),
        "ApproximateArrivalTimestamp": round(record.arrived, 3),
        "Data": record.data,
        "PartitionKey": record.partition_key,
    }
