"""What S3 tells of objects that were written.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

**Left out:** which prefix an object is below and what happened to it; the bucket's notification configuration chooses.
Notifications that came through SNS or EventBridge; they are malformed here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

TEST_EVENT = "s3:TestEvent"  # sent once, when a bucket is told to notify the queue


class Malformed(Exception):  # noqa: N818 - an outcome of parsing
    """A message that is no notification of S3; no repetition mends it."""


@dataclass(frozen=True)
class Written:
    """Objects that were written: how many, and time and key of the newest."""

    objects: int
    at: datetime
    key: str


def parse_notification(body: str) -> Written | None:
    """What a message tells of; None when that is nothing. Raises Malformed when it is no notification."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("it is not JSON") from None
    if not isinstance(document, Mapping):
        raise Malformed("it is not a JSON object")
    if document.get("Event") == TEST_EVENT:
        return None
    records = document.get("Records")
    if not isinstance(records, list) or not records:
        raise Malformed("it has no Records")
    return _newest([_record(record) for record in records])


def _newest(times: Sequence[tuple[datetime, str]]) -> Written:
    at, key = max(times)
    return Written(len(times), at, key)


def _record(record: Any) -> tuple[datetime, str]:
    try:
        if record["eventSource"] != "aws:s3":
            raise Malformed("a record is not of aws:s3")
        at = datetime.fromisoformat(record["eventTime"])
        key = unquote_plus(record["s3"]["object"]["key"])
    except (TypeError, KeyError, ValueError, AttributeError):
        raise Malformed("a record lacks a valid eventTime or key") from None
    if at.tzinfo is None:
        raise Malformed("a record's eventTime has no time zone")
    return at.astimezone(UTC), key
