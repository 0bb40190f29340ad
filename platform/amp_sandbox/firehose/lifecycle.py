"""Decides what becomes of a delivery stream that was just created: ACTIVE, or CREATING_FAILED with the reason.

A stream is activated when its source stream and the roles it names exist in LocalStack. While LocalStack does not
answer, it stays CREATING.

**Left out:** what the roles allow; the destination's bucket and transform function, which AWS too looks at only when it
delivers. (A table of format conversion is asked for when the stream is created: `checks.require_usable_table`.)
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from amp_sandbox.firehose import store

log = logging.getLogger(__name__)

_MISSING = frozenset({"NoSuchEntity", "ResourceNotFoundException"})


def settle_created(db: sqlite3.Connection, aws: Callable[[str], Any], now: Callable[[], float]) -> None:
    """Turn each stream in status CREATING into ACTIVE or CREATING_FAILED."""
    for stream in store.list_streams(db):
        if stream.status != "CREATING":
            continue
        failure = next(_missing(stream.definition, aws), None)
        status = "ACTIVE" if failure is None else "CREATING_FAILED"
        log.info("delivery stream %s: %s %s", stream.name, status, failure or "")
        store.set_status(db, stream.name, status, at=now(), failure=failure)


def _missing(definition: dict[str, Any], aws: Callable[[str], Any]) -> Iterator[str]:
    source = definition.get("KinesisStreamSourceConfiguration")
    roles = {definition["ExtendedS3DestinationConfiguration"]["RoleARN"]}
    if source is not None:
        roles.add(source["RoleARN"])
        arn = source["KinesisStreamARN"]
        if not _exists(aws("kinesis").describe_stream_summary, StreamARN=arn):
            yield f"The source stream {arn} does not exist."
    for role in sorted(roles):
        name = role.rpartition("/")[2]
        if not _exists(aws("iam").get_role, RoleName=name):
            yield f"Firehose is unable to assume role {role}: it does not exist."


def _exists(ask: Callable[..., Any], **name: str) -> bool:
    try:
        ask(**name)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return False
        raise
    return True
