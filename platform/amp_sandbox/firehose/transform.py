"""The Lambda transform: batches of records, the event, and what the function's answer says of each record.

Everything here is a function of values except `invoke`, which calls the function once. Each record of a batch ends
in exactly one outcome: data, dropped, or failed with one of AWS's error codes.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html

**Left out:** a limit of records in a batch; there is one of bytes only, as on AWS.
"""

import json
import logging
import uuid
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from amp_sandbox.firehose.clients import Lambda
from amp_sandbox.firehose.error_output import Failure
from amp_sandbox.firehose.shards import Direct, Record

log = logging.getLogger(__name__)

MAX_PAYLOAD = 6 * 1024 * 1024
"""Lambda's limit of a synchronous invocation, for the event and for the answer."""

_EVENT_OVERHEAD = 1024
_RECORD_OVERHEAD = 420
_ESCAPED = 6  # a character of a partition key may become \\uXXXX

MISSING = Failure(
    "Lambda.MissingRecordId",
    "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids.",
)
DUPLICATED = Failure(
    "Lambda.DuplicatedRecordId",
    "Multiple records were returned with the same record Id."
    " Ensure that the Lambda function returns a unique record Id for each record.",
)
PROCESSING_FAILED = Failure("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")
_WRONG_SHAPE = (
    "There was an error parsing returned records from the Lambda function."
    " Ensure that the returned records follow the status model required by Amazon Data Firehose."
)
_FUNCTION_ERROR = "The Lambda function was successfully invoked but it returned an error result."
_CODES = {
    "TooManyRequestsException": "Lambda.InvokeLimitExceeded",
    "EC2ThrottledException": "Lambda.InvokeLimitExceeded",
    "AccessDeniedException": "Lambda.InvokeAccessDenied",
    "ResourceNotFoundException": "Lambda.ResourceNotFound",
    "RequestTooLargeException": "Lambda.RequestTooLarge",
}


class TransformError(Exception):
    """An invocation failed as a whole, and may be tried again."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.message}")
        self.failure = failure


@dataclass(frozen=True)
class Transformed:
    """A record as the function returned it, with the partition keys it set."""

    data: bytes
    partition_keys: Mapping[str, str]


Verdict = Transformed | Failure | None
"""What became of a record; None is for one that the function dropped."""


def encoded_size(record: Record) -> int:
    """An upper bound of what a record takes in the event."""
    return 4 * ((len(record.data) + 2) // 3) + _RECORD_OVERHEAD + _ESCAPED * len(record.partition_key)


def batch_length(records: Iterable[Record], buffer_bytes: int) -> int:
    """How many of these records the next batch has.

    It has `buffer_bytes` of data at most, and no more than fits into an event. A record too large for any event is a
    batch by itself; Lambda will say so.
    """
    count, size, encoded = 0, 0, _EVENT_OVERHEAD
    for record in records:
        size += len(record.data)
        encoded += encoded_size(record)
        if count and (size > buffer_bytes or encoded > MAX_PAYLOAD):
            break
        count += 1
    return count


def record_id(record: Record) -> str:
    """The id of a record in an event: its sequence number and six digits, which here are the shard's.

    AWS's end in 000000, and so do those of the first shard here. Not every Kinesis emulator has sequence numbers that
    are unique in the whole stream, so the shard is part of it.
    """
    if isinstance(record.shard, Direct):
        return record.sequence
    return f"{record.sequence}{record.shard.id[-6:]}"


def event(
    records: Sequence[Record], *, stream_arn: str, source_arn: str | None, region: str, invocation_id: uuid.UUID
) -> bytes:
    """The event that the function is invoked with, as AWS forms it."""
    top: dict[str, Any] = {"invocationId": str(invocation_id), "deliveryStreamArn": stream_arn}
    if source_arn is not None:
        top["sourceKinesisStreamArn"] = source_arn
    top["region"] = region
    top["records"] = [_event_record(record) for record in records]
    return json.dumps(top, separators=(",", ":")).encode()


def invoke(client: Lambda, function_arn: str, payload: bytes) -> bytes:
    """Invoke the function once and answer its result.

    Raises `TransformError` when the invocation failed and botocore's own errors when Lambda could not be reached.
    """
    try:
        answer = client.invoke(FunctionName=function_arn, InvocationType="RequestResponse", Payload=payload)
        result: bytes = answer["Payload"].read()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        message = error.response["Error"].get("Message") or str(error)
        raise TransformError(Failure(_CODES.get(code, f"Lambda.{code}"), message)) from error
    except ReadTimeoutError as error:
        raise TransformError(Failure("Lambda.FunctionTimedOut", str(error))) from error
    if "FunctionError" in answer:
        raise TransformError(_function_error(result))
    if len(result) > MAX_PAYLOAD:
        message = f"Response payload size ({len(result)} bytes) exceeded maximum allowed payload size."
        raise TransformError(Failure("Lambda.FunctionError", f"{_FUNCTION_ERROR} {message}"))
    return result


def match(records: Sequence[Record], result: bytes) -> list[Verdict]:
    """What the function's result says of each record, in the records' order.

    An answer that is not of the documented shape fails the whole batch; ids it names that were not in the batch are
    logged and otherwise without effect.
    """
    try:
        returned = json.loads(result)["records"]
        by_id: dict[str, list[Any]] = {}
        for one in returned:
            by_id.setdefault(one["recordId"], []).append(one)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        failure = Failure("Lambda.JsonProcessingException", f"{_WRONG_SHAPE} ({type(error).__name__}: {error})")
        return [failure] * len(records)
    verdicts = [_verdict(by_id.pop(record_id(record), [])) for record in records]
    if by_id:
        log.warning("the transform returned %d record ids that it was not given", len(by_id))
    return verdicts


def _event_record(record: Record) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "recordId": record_id(record),
        "approximateArrivalTimestamp": record.arrived_ms,
        "data": b64encode(record.data).decode(),
    }
    if not isinstance(record.shard, Direct):
        shown["kinesisRecordMetadata"] = {
            "sequenceNumber": record.sequence,
            "subsequenceNumber": 0,
            "partitionKey": record.partition_key,
            "shardId": record.shard.id,
            "approximateArrivalTimestamp": record.arrived_ms,
        }
    return shown


def _function_error(result: bytes) -> Failure:
    try:
        said = json.loads(result)
        kind, message = str(said.get("errorType") or ""), str(said.get("errorMessage") or "")
    except (ValueError, AttributeError):
        kind, message = "", result[:200].decode(errors="replace")
    detail = ": ".join(part for part in (kind, message) if part)
    if kind == "Sandbox.Timedout" or "Task timed out after" in message:
        return Failure("Lambda.FunctionTimedOut", f"The Lambda function timed out. {detail}")
    return Failure("Lambda.FunctionError", f"{_FUNCTION_ERROR} {detail}".rstrip())


def _verdict(returned: list[Any]) -> Verdict:
    if not returned:
        return MISSING
    if len(returned) > 1:
        return DUPLICATED
    one = returned[0]
    match one.get("result"):
        case "Dropped":
            return None
        case "ProcessingFailed":
            return PROCESSING_FAILED
        case "Ok":
            return _transformed(one)
        case other:
            return Failure(
                "Lambda.JsonProcessingException",
                f"{_WRONG_SHAPE} (result is {other!r}, not Ok, Dropped or ProcessingFailed)",
            )


def _transformed(one: dict[str, Any]) -> Verdict:
    try:
        data = b64decode(one["data"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        return Failure("Lambda.FunctionError", f"The data of the record is not base64-encoded: {error}.")
    metadata = one.get("metadata")
    keys = metadata.get("partitionKeys") if isinstance(metadata, dict) else None
    return Transformed(data, keys if isinstance(keys, dict) else {})
