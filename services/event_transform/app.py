"""Firehose transform of `app-events`: checks each event's contract and flattens it for the lake.

An event that keeps its contract becomes one flat line of JSON: the members of `device` get the prefix `device_`, those
of `properties` none. Its type and the date on which it happened are given to Firehose as partition keys.
https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html

An event that does not is answered as ProcessingFailed with its data unchanged; Firehose writes it below the stream's
error prefix, from where it can be sent again. The log says which record and why, never what was in it.

A response needs no more room than its request: a line is a few bytes longer than its event, and the keys are shorter
than what Firehose tells about a record's place on the stream. Firehose gathers 3 MB at most for one call.

**Left out:** the removal of duplicates; `event_id` tells readers which they are. A check that the event's time is
plausible: the contract allows any in this century, so a phone with a wrong clock can make a partition of its own.
"""

import json
import logging
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from event_contracts import ContractError, validate

log = logging.getLogger(__name__)
logging.getLogger().setLevel(os.environ.get("LOG_LEVEL", "INFO"))

# One encoder for all: json.dumps makes a new one for each call that asks for anything but its defaults.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")).encode


class EventError(Exception):
    """An event that cannot become a line; the message names the rule it breaks, not its content."""


def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Transform a batch of Firehose records; each is answered, with its own recordId and in order."""
    return {"records": [transform(record) for record in event["records"]]}


def transform(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return Firehose's answer for one record."""
    try:
        row = flatten(_event(record["data"]))
        line = _line(row)
    except EventError as error:
        log.warning("not transformed", extra={"record_id": record["recordId"], "reason": str(error)})
        return {"recordId": record["recordId"], "result": "ProcessingFailed", "data": record["data"]}
    keys = {"event_type": row["event_type"], "event_date": row["event_time"][:10]}
    return {
        "recordId": record["recordId"],
        "result": "Ok",
        "data": b64encode(line).decode("ascii"),
        "metadata": {"partitionKeys": keys},
    }


def flatten(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of an event that keeps its contract."""
    row = dict(event)
    device, properties = row.pop("device"), row.pop("properties")
    for name, value in device.items():
        row[f"device_{name}"] = value
    row.update(properties)
    if len(row) != len(event) - 2 + len(device) + len(properties):
        raise EventError("two members would have the same column")
    return row


def _event(data: str) -> dict[str, Any]:
    try:
        event = json.loads(b64decode(data).decode())
    except UnicodeError:
        raise EventError("the record is not UTF-8") from None
    except (ValueError, RecursionError):
        raise EventError("the record is not JSON") from None
    try:
        validate(event)
    except ContractError as error:
        raise EventError(str(error)) from None
    return event  # type: ignore[no-any-return]  # validate() refuses what is no object


def _line(row: Mapping[str, Any]) -> bytes:
    try:
        return f"{_encode(row)}\n".encode()
    except ValueError:  # half a surrogate pair, NaN: Python's JSON can hold them, the lake's readers cannot
        raise EventError("the record holds a value that JSON in UTF-8 cannot") from None
