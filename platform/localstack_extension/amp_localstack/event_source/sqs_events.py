"""What an SQS event source mapping sends to a function, and what it makes of the answer.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

Message = Mapping[str, Any]  # as ReceiveMessage returns it
Record = dict[str, Any]


class BatchResponseError(Exception):
    """The answer to a batch does not say which items failed: AWS then takes the whole batch as failed."""


def to_record(message: Message, queue_arn: str, region: str) -> Record:
    """One entry of `Records`. The body is passed on as it was sent, byte for byte."""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: {key[0].lower() + key[1:]: value for key, value in attribute.items()}
            for name, attribute in (message.get("MessageAttributes") or {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
    if digest := message.get("MD5OfMessageAttributes"):
        record["md5OfMessageAttributes"] = digest
    return record


def for_filters(record: Record) -> Record:
    """The record as filter patterns see it: a JSON body is matched as JSON."""
    try:
        return record | {"body": json.loads(record["body"])}
    except ValueError:
        return record


def failed_ids(payload: bytes, sent: Collection[str]) -> set[str]:
    """The messages a function with ReportBatchItemFailures wants to see again.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    try:
        answer = json.loads(payload) if payload else None
    except ValueError as error:
        raise BatchResponseError("the response is not JSON") from error
    if not answer:
        return set()
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else answer
    if failures is None:
        return set()
    if not isinstance(failures, list):
        raise BatchResponseError("batchItemFailures is not a list")
    return {_failed_id(failure, sent) for failure in failures}


def payload_of(records: Sequence[Record]) -> bytes:
    """The event of an invocation."""
    return json.dumps({"Records": records}, default=_binary).encode()


def payload_size(record: Record) -> int:
    """How many bytes a record adds to an event."""
    return len(json.dumps(record, default=_binary)) + 2


def _failed_id(failure: object, sent: Collection[str]) -> str:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    if not isinstance(identifier, str) or identifier not in sent:
        raise BatchResponseError(f"{failure!r} names no message of the batch")
    return identifier


def _binary(value: object) -> str:
    import base64

    if isinstance(value, bytes):  # a binary message attribute
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is not JSON")
